"""Here, pytest imports modules from this folder."""
