"""What notebooks import, and which distributions declare it."""
