"""Rules about structure and documentation."""
