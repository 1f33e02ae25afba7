"""Rules of other packages: those that an installed distribution announces as `nbprod.rules`.

The distributions are found by looking for `entry_points.txt` files, since `importlib.metadata`
takes longer to import than a notebook takes to check. Only folders of installed packages are
looked into: what lies in the current folder is no plug-in, whatever its name.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from nbprod.disk.read import read_text
from nbprod.errors import UsageError

__all__ = ["PluginPackage", "plugin_packages"]

_GROUP = "nbprod.rules"
_SITE_FOLDERS = ("site-packages", "dist-packages")


class PluginPackage(NamedTuple):
    """A package with rule files: its group name, its dotted name and its folder."""

    group: str
    module: str
    folder: str


@cache
def plugin_packages() -> tuple[PluginPackage, ...]:
    """Return the packages that installed distributions announce, by group name.

    Raises:
        UsageError: an entry point names a package that cannot be found.
    """
    return tuple(sorted(_located(name, module) for name, module in set(_entry_points())))


def _entry_points() -> Iterator[tuple[str, str]]:
    """Yield name and value of each entry point of the group."""
    for folder in dict.fromkeys(sys.path):
        if os.path.basename(folder.rstrip(os.sep)) not in _SITE_FOLDERS:
            continue
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                yield from _declared_in(os.path.join(folder, name, "entry_points.txt"))


def _declared_in(path: str) -> Iterator[tuple[str, str]]:
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError):
        return
    if f"[{_GROUP}]" not in text:
        return
    from configparser import ConfigParser

    parser = ConfigParser(delimiters=("=",), interpolation=None)
    parser.read_string(text)
    yield from parser.items(_GROUP)


def _located(name: str, module: str) -> PluginPackage:
    from importlib.util import find_spec

    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        spec = None
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not folders:
        raise UsageError(
            f"entry point {name!r} of {_GROUP}: {module!r} is not a package; "
            "uninstall its distribution or use --no-plugins"
        )
    return PluginPackage(name, module, folders[0])
