"""Rules about code in several places."""
