"""Fixes: which to take, how to apply them, and the proof that they did no harm."""
