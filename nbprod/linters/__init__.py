"""Other linters over the same notebooks, with what they say at both places."""
