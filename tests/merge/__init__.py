"""Repeated code to functions."""
