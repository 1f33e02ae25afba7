"""Names that released versions of libraries have no more, with the version and what replaced them.

The table is `removed.txt` beside this file; `tests/libraries/test_removed.py` holds it against the
installed libraries.
"""

from __future__ import annotations

import os
from functools import cache
from typing import NamedTuple

from nbprod.disk.read import read_text

__all__ = [
    "Removed",
    "removed_everywhere",
    "removed_keyword",
    "removed_method",
    "removed_name",
    "removed_rows",
    "version_key",
]


class Removed(NamedTuple):
    """A name that is gone: of which distribution, since which version, and what replaced it."""

    library: str
    since: str
    instead: str


_DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "pillow", "skimage": "scikit-image",
    "imblearn": "imbalanced-learn"}  # fmt: skip
_PYTHON = frozenset(
    "collections time fractions inspect cgi platform string itertools os urllib xml".split()
)


def _library(name: str) -> str:
    top = name.partition(".")[0]
    return "python" if top in _PYTHON else _DISTRIBUTIONS.get(top, top)


Key = tuple[str, str]


@cache
def removed_rows() -> dict[Key, Removed]:
    """Every row of the table, by its section (empty for dotted names) and its name.

    The name of a keyword is that of its function, a blank and the keyword.
    """
    # Not by `pathlib` or `importlib.resources`: both are slow to import.
    path = os.path.join(os.path.dirname(__file__), "removed.txt")
    found: dict[Key, Removed] = {}
    section = ""
    for line in read_text(path).splitlines():
        if line.startswith("["):
            section = line.strip().strip("[]")
        elif line.strip() and not line.startswith("#"):
            wide = section in ("keywords", "methods")
            *name, since, instead = line.split(maxsplit=3 if wide else 2)
            library = "pandas" if section == "pandas.DataFrame" else _library(name[0])
            if section == "methods":
                library = name.pop()
            found[section, " ".join(name)] = Removed(library, since, instead.strip())
    return found


def removed_name(name: str) -> Removed | None:
    """What became of a dotted name, or of a module that it is in."""
    rows = removed_rows()
    found = rows.get(("", name)) or rows.get(("", f"{name}."))
    parts = name.split(".")
    while found is None and len(parts) > 1:
        parts.pop()
        found = rows.get(("", f"{'.'.join(parts)}."))
    return found


def removed_method(name: str) -> Removed | None:
    """What became of a method or attribute of pandas' data frames and series."""
    return removed_rows().get(("pandas.DataFrame", name))


def removed_everywhere(name: str) -> Removed | None:
    """What became of a method that only objects of one library had."""
    return removed_rows().get(("methods", name))


def removed_keyword(function: str, keyword: str) -> Removed | None:
    """What became of a keyword of a function."""
    return removed_rows().get(("keywords", f"{function} {keyword}"))


def version_key(text: str) -> tuple[int, ...]:
    """A version as numbers, for comparison: `1.2rc1` is (1, 2)."""
    numbers = []
    for part in text.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)
