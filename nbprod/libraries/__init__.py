"""Facts about libraries, each in one table."""
