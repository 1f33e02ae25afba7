"""Who binds and who reads each name, by syntax alone."""
