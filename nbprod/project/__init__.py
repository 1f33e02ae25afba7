"""Notebooks on disk: finding, reading, checking, caching and writing files."""
