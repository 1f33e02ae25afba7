"""Names for functions, from headings, comments and what they make."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Container

from nbprod.patterns import lazy_pattern

__all__ = ["identifier", "unique", "without_closing_marks", "words_of_identifier"]

_WORD = lazy_pattern(r"[a-z0-9]+")
_SKIPPED = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "and",
        "or",
        "to",
        "in",
        "on",
        "for",
        "with",
        "by",
        "our",
        "we",
        "let",
        "lets",
        "us",
        "is",
        "are",
        "it",
        "this",
        "that",
    ]
)
_MOST_WORDS = 5
_NUMBERING = lazy_pattern(
    r"^\W*(?:(?:step|part|section|chapter|question|exercise|task|phase)\s*)?[\d.]+\W*(?=\D)"
)
_PARTS = lazy_pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def identifier(text: str, most: int = _MOST_WORDS) -> str:
    """A name of words of a text in lower case; empty when it has none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    plain = _NUMBERING.sub("", re.sub(r"[`'’]", "", plain))
    words = [word for word in _WORD.findall(plain) if word not in _SKIPPED]
    while words and words[0].isdigit():
        words.pop(0)
    name = "_".join(words[:most])
    if not name or not name.isidentifier():
        return ""
    return f"{name}_" if keyword.iskeyword(name) else name


def words_of_identifier(name: str) -> list[str]:
    """The words of a name in lower case: ``trainSet``, ``train_set``, ``TrainSet2``."""
    return [word.lower() for word in _PARTS.findall(name)]


def unique(name: str, taken: Container[str]) -> str:
    """The name, with a number where it is taken."""
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def without_closing_marks(heading: str) -> str:
    """The text of a markdown heading without the `#` that may close it."""
    return heading.rstrip().rstrip("#").rstrip()
