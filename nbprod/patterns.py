"""Regular expressions that are compiled when they are first searched for.

A short run uses few of some three hundred; compiling all costs more than the run.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, Generic, cast

__all__ = ["LazyPattern", "lazy_pattern"]


class LazyPattern(Generic[AnyStr]):
    """Stands for a `re.Pattern`: the first use compiles it, later ones cost nothing more."""

    def __init__(self, text: AnyStr, flags: int) -> None:
        self._text: AnyStr = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Look a method up in the compiled pattern, and keep it here."""
        if name.startswith("__"):
            raise AttributeError(name)
        # `re` keeps what it has compiled, so that several methods share one pattern.
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found


def lazy_pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, but nothing is compiled before the first use."""
    return cast("re.Pattern[AnyStr]", LazyPattern(text, flags))
