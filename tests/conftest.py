"""Property tests draw the same examples each time unless asked otherwise."""

import gc
import os
import tempfile

from hypothesis import HealthCheck, settings

# Whether the machine is busy is nothing that a test is about.
settings.register_profile(
    "fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("fixed")
# The tests run in the environment of their own Python, whatever another shell has activated:
# IPython warns of the difference, and warnings are errors here.
os.environ.pop("VIRTUAL_ENV", None)
# The journal and the key of the cache are kept apart from those of the user.
_CACHE = tempfile.TemporaryDirectory(prefix="nbprod-tests-")
os.environ["XDG_CACHE_HOME"] = _CACHE.name


def pytest_collection_finish() -> None:
    """Take what the modules and the thousands of tests are out of each collection of garbage."""
    gc.collect()
    gc.freeze()
