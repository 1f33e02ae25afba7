"""Takes the current directory out of where this process looks for modules; to be imported first.

`python -m` puts it there, and so does a relative entry of PYTHONPATH, which an `.env` file of a
repository may have set. What lies in a repository is none of our imports.
"""

from __future__ import annotations

# Both are loaded before the first line of a program runs.
import os
import sys


def _forget_current_directory() -> None:
    try:
        here = os.getcwd()
    except OSError:
        here = ""
    if sys.path and sys.path[0] in ("", here):
        del sys.path[0]
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if entries == [""] or not here:
        return
    relative = {os.path.abspath(entry) for entry in entries if not os.path.isabs(entry)}
    sys.path[:] = [path for path in sys.path if path not in relative]


_forget_current_directory()
