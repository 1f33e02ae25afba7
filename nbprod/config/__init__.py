"""Configuration: what can be set, where it is read, which value wins and where it comes from."""
