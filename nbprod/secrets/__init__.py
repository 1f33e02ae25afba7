"""Credentials in a notebook: where they can be, what they look like, how they go."""
