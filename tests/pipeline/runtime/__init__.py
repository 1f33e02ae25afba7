"""The runtime that is copied into applications."""
