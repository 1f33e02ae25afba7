"""``nbprod fix``."""

from __future__ import annotations

from typing import Any

import click

from nbprod.cli.check import command as check

_EXAMPLES = """\b
Examples:
  nbprod fix                      everything below this directory
  nbprod fix --diff a.ipynb       show the changes without writing them
  nbprod fix --unsafe-fixes       also apply fixes that may change behaviour
"""
# What `check` does in place of checking, and what `fix` has of itself.
_OTHER_JOBS = ("fix", "add_noqa", "explain", "watches", "show_files", "show_settings")


def _fix(**given: Any) -> int:
    """Apply the safe fixes to notebooks, and report what is left: the same as `check --fix`.

    Exit codes: 0 clean, 1 findings left, 2 usage, 4 unreadable input or an internal error.
    """
    assert check.callback is not None
    absent = dict.fromkeys(_OTHER_JOBS)
    code: int = check.callback(**{**absent, **given, "fix": not given["diff"]})
    return code


command = click.Command(
    "fix",
    callback=_fix,
    params=[param for param in check.params if param.name not in _OTHER_JOBS],
    help=_fix.__doc__,
    epilog=_EXAMPLES,
)
