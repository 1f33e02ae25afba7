"""Rules about files that cannot be read, and cells that cannot be parsed."""
