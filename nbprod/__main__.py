"""``python -m nbprod``."""

import sys
from contextlib import suppress

# `python -m` lets every import look into the current directory first. What lies there is not ours.
with suppress(OSError):
    import os

    if sys.path[0] in ("", os.getcwd()):
        del sys.path[0]

from nbprod.cli.main import main  # noqa: E402 - nothing is imported before that

main()
