"""Edits of notebooks as bytes: what is not edited keeps every byte."""
