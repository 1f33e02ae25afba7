"""A notebook's JSON decoded member by member, so that it is known where each cell stands.

The places are asked for whenever something is found in a notebook; without them the text has to
be decoded a second time. Whatever is not plain JSON of a notebook is left to `json.loads`, which
knows what to make of it, or what is wrong with it.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from nbprod.patterns import lazy_pattern

__all__ = ["Decoded", "decode_document"]

_BLANK = lazy_pattern(r"[ \t\n\r]*")
_COLON = lazy_pattern(r"[ \t\n\r]*:[ \t\n\r]*")
_NEXT = lazy_pattern(r"[ \t\n\r]*([,\]}])[ \t\n\r]*")
_decode = json.JSONDecoder().raw_decode


class Decoded(NamedTuple):
    """The members of a notebook's JSON, and the raw start and end of each item of its `cells`.

    ``cells`` is None where it has no such list, as before nbformat 4.
    """

    document: dict[str, Any]
    cells: list[tuple[int, int]] | None


def decode_document(text: str) -> Decoded | None:
    """Decode the JSON of a notebook; None for what `json.loads` had better look at."""
    try:
        return _decoded(text)
    except (ValueError, RecursionError, _Odd):
        return None


class _Odd(Exception):  # noqa: N818 - never leaves this module
    """Something is not as it is in the JSON of a notebook."""


def _decoded(text: str) -> Decoded:
    document: dict[str, Any] = {}
    cells: list[tuple[int, int]] | None = None
    at = _behind(_BLANK, text, 0)
    if text[at : at + 1] != "{":
        raise _Odd
    at = _behind(_BLANK, text, at + 1)
    closed = ""
    while closed != "}":
        if text[at : at + 1] != '"':
            raise _Odd
        key, at = _decode(text, at)
        at = _behind(_COLON, text, at)
        if key == "cells" and text[at : at + 1] == "[":
            document[key], cells, at = _array(text, at)
        else:
            document[key], at = _decode(text, at)
            # The last of twins counts, be it no list.
            cells = cells if key != "cells" else None
        closed, at = _next(text, at, "}")
    if at != len(text):
        raise _Odd
    return Decoded(document, cells)


def _array(text: str, start: int) -> tuple[list[Any], list[tuple[int, int]], int]:
    """The items of a list that is not empty, where each stands, and the offset after the list."""
    values: list[Any] = []
    places: list[tuple[int, int]] = []
    at = _behind(_BLANK, text, start + 1)
    closed = ""
    while closed != "]":
        value, end = _decode(text, at)
        values.append(value)
        places.append((at, end))
        closed, at = _next(text, end, "]")
    return values, places, at


def _next(text: str, at: int, closing: str) -> tuple[str, int]:
    """What follows a value, a comma or the closing bracket, and the offset of what comes then."""
    match = _NEXT.match(text, at)
    if match is None or match[1] not in (",", closing):
        raise _Odd
    return match[1], match.end()


def _behind(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    if match is None:
        raise _Odd
    return match.end()
