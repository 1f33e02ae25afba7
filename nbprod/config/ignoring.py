r"""Patterns of git, from files that anybody may have written: matched without running away.

The library makes of `*a*a*a` a regular expression that tries each `a` of a name for each `*`. What
a wildcard skips may as well be the shortest that fits, as long as another one follows in its place,
so no other is tried: `(?=(…))\1` is what Python before 3.11 has for `(?>…)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count
from typing import TYPE_CHECKING, Any

from nbprod.patterns import lazy_pattern

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

__all__ = ["bounded", "ignore_spec"]

# As the library writes them: `*`, what one character can be besides, and directories of `**`.
_STAR = r"\[\^/\]\*"
_ONE = r"(?:\\.|\[\^?\]?(?:\\.|[^\]\\])*\](?!\*)|[^][\\()|*+?^$./])"
_WILDCARD = lazy_pattern(r"[*+]")
_IN_NAME = lazy_pattern(rf"{_STAR}((?:{_ONE})*)(?={_STAR})")
_FOLDERS = r"\(\?:/\.\+\)\?"
_IN_PATH = lazy_pattern(rf"{_FOLDERS}((?:(?!{_FOLDERS}).)+?)(?={_FOLDERS}/)")


def ignore_spec(lines: Iterable[str]) -> GitIgnoreSpec:
    """The patterns of some lines, as in `.gitignore`."""
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(lines)
    patterns: Iterable[Any] = spec.patterns
    for pattern in patterns:
        if pattern.regex is not None and len(_WILDCARD.findall(pattern.regex.pattern)) > 2:
            pattern.regex = re.compile(bounded(pattern.regex.pattern))
    return spec


def bounded(expression: str) -> str:
    """The library's regular expression of a pattern so that each wildcard is tried once."""
    numbers = count()

    def first(skipped: str, text: str, end: str = "") -> str:
        name = f"part{next(numbers)}"
        return f"(?=(?P<{name}>{skipped}{text}){end})(?P={name})"

    in_names = _IN_NAME.sub(lambda match: first("[^/]*?", match[1]) if match[1] else "", expression)
    return _IN_PATH.sub(lambda match: first("(?:/.+?)??", match[1], "(?=/)"), in_names)
