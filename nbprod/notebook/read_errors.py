"""Why a file is no notebook, in words that say what to do: `ReadError` for each way to fail."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from nbprod.errors import ReadError
from nbprod.notebook import json_scan as scan
from nbprod.patterns import lazy_pattern

__all__ = [
    "conflict_fault",
    "json_fault",
    "not_a_notebook",
    "refuse_merge_conflict",
    "refuse_what_has_no_content",
]

_NOTHING = lazy_pattern(r"[\s\0]*\Z")
_CONFLICT = lazy_pattern(r"(?:^|(?<=[\r\n]))<{7}(?= |\r|\n|\Z)")
_CONFLICT_END = lazy_pattern(r"[\r\n]>{7}(?: |\r|\n|\Z)")
_LFS = "version https://git-lfs.github.com/spec/"
_HTML = lazy_pattern(r"\s*<(?:!doctype\s|html\b|head\b|\?xml\b)", re.IGNORECASE)
# What is left of a JSON value when the file stops in it.
_STUB = lazy_pattern(r"(?:[-+.\deE]*|[a-zA-Z]{1,8}|\\u[0-9a-fA-F]{0,4})\s*\Z")
_RUN = lazy_pattern(r"[\w+/-]{10,}")
_WORDS = ("true", "false", "null", "NaN", "Infinity")
_LIKENESS = (
    ("paragraphs", "a Zeppelin note (call it .zpln)"),
    ("commands", "a Databricks export"),
    ("dependencies", "a package manifest"),
    ("$schema", "a JSON schema or settings file"),
    ("features", "GeoJSON data"),
    ("runs", "a SARIF report"),
)


def refuse_what_has_no_content(text: str) -> None:
    """Refuse what is empty, or stands for a notebook that is elsewhere.

    Raises:
        ReadError: there is no notebook in the file at all.
    """
    if _NOTHING.match(text):
        lost = "holds nothing but NUL characters, as after a crash; restore it" if text else None
        blank = "is empty; delete it, or save the notebook again"
        raise ReadError("empty-file", lost if lost and "\0" in text else blank)
    if text.startswith(_LFS):
        raise ReadError(
            "lfs-pointer",
            "is a Git LFS pointer, not the notebook itself; run `git lfs pull` to get it",
        )


def refuse_merge_conflict(text: str) -> None:
    """Refuse a text with git's conflict marks, both the opening and the closing one.

    Raises:
        ReadError: they are there.
    """
    if "<<<<<<<" not in text:
        return
    opening = _CONFLICT.search(text)
    if opening is not None and _CONFLICT_END.search(text, opening.end()):
        raise conflict_fault(text, opening.start())


def conflict_fault(text: str, offset: int) -> ReadError:
    """The fault of a conflict mark at an offset."""
    line, column = scan.LineStarts(text).position(offset)
    return ReadError(
        "merge-conflict",
        "has git conflict marks; resolve the merge first (nbdime can: `nbdime mergetool`)",
        line,
        column,
    )


def json_fault(text: str, error: json.JSONDecodeError) -> ReadError:
    """Why a text is no JSON. A conflict mark explains it even where its end is gone."""
    conflict = _CONFLICT.search(text) if "<<<<<<<" in text else None
    if conflict is not None:
        return conflict_fault(text, conflict.start())
    line, column = scan.LineStarts(text).position(error.pos)
    return ReadError("invalid-json", _json_message(text, error), line, column)


def _json_message(text: str, error: json.JSONDecodeError) -> str:
    rest = text[error.pos : error.pos + 64].strip()
    if not error.pos and _HTML.match(text):
        return "is a web page, not the notebook it shows; download the raw file"
    if error.msg.startswith("Unterminated string"):
        return "the file ends in the middle of a string; it is truncated"
    if _is_stub(text, error.pos):
        return "the file ends in the middle of the JSON; it is truncated"
    if error.msg.startswith("Extra data"):
        return f"not valid JSON: after its end there is more, {_shown(rest)}"
    if error.msg.startswith("Invalid control character"):
        found = ascii(text[error.pos])
        return f"not valid JSON: a string is not closed on its line, or holds a bare {found}"
    if "<<<<<<<" in rest or not rest:
        return f"not valid JSON: {error.msg.lower()}"
    return f"not valid JSON: {error.msg.lower()}, found {_shown(rest)}"


def _shown(text: str) -> str:
    """The start of a text; long runs are left out, since they may be credentials."""
    return repr(_RUN.sub("\N{HORIZONTAL ELLIPSIS}", text[:64])[:20])


def _is_stub(text: str, position: int) -> bool:
    """Whether nothing, or only the start of a value, is left at the place of an error."""
    match = _STUB.match(text, position)
    if match is None:
        return False
    rest = match[0].strip()
    if not rest[:1].isalpha():
        return True
    return any(word.startswith(rest) and word != rest for word in _WORDS)


def not_a_notebook(document: object) -> ReadError:
    """The fault of JSON that holds something else; says what it looks like."""
    if not isinstance(document, Mapping):
        names = {list: "array", str: "string", bool: "boolean", type(None): "null"}
        kind = names.get(type(document), "number")
        return ReadError("not-a-notebook", f"holds a JSON {kind}, not a notebook")
    for key in ("cells", "worksheets"):
        if key in document:
            return ReadError("not-a-notebook", f"has no list of cells: {key!r} is something else")
    for key, likeness in _LIKENESS:
        if key in document:
            return ReadError("not-a-notebook", f"is JSON without cells; it looks like {likeness}")
    keys = ", ".join(repr(key[:30]) for key in list(document)[:4]) or "no keys"
    return ReadError("not-a-notebook", f"is JSON without cells (it has {keys}), not a notebook")
