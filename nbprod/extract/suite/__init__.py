"""The tests of an extracted module."""
