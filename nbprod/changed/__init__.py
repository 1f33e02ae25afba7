"""Only what changed: notebooks, cells and lines since a commit."""
