"""Property tests draw the same examples each time unless asked otherwise."""

from hypothesis import settings

settings.register_profile("fixed", derandomize=True)
settings.load_profile("fixed")
