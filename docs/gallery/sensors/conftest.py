"""Here, pytest imports modules from this directory."""
