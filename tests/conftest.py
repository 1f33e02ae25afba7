"""Property tests draw the same examples each time unless asked otherwise."""

import os

from hypothesis import settings

settings.register_profile("fixed", derandomize=True)
settings.load_profile("fixed")
# The tests run in the environment of their own Python, whatever another shell has activated:
# IPython warns of the difference, and warnings are errors here.
os.environ.pop("VIRTUAL_ENV", None)
