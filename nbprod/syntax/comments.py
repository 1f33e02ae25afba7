"""The comments of a cell, for suppressions."""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.patterns import lazy_pattern
from nbprod.syntax.lexer import comments
from nbprod.syntax.types import ParsedCell

__all__ = ["iter_comments"]

# In a language that is not ours, a comment is what looks like one.
_LOOKS_LIKE_ONE = lazy_pattern(r"(?<!\S)#[^\r\n]*")


def iter_comments(parsed: ParsedCell) -> Iterator[tuple[int, int, str]]:
    """The comments of a cell as (start, end, text), in order of place.

    Comments after magics and shell lines are also comments; so are those of a cell in another
    language, as far as they start with ``#``.
    """
    source = parsed.cell.source
    if "#" not in source:
        return
    if parsed.cell_magic is not None and parsed.cell_magic.scope == "opaque":
        for match in _LOOKS_LIKE_ONE.finditer(source):
            yield match.start(), match.end(), match[0]
        return
    places = [*comments(parsed.masked)]
    for magic in parsed.magics:
        if "#" in magic.text:
            places += [
                (magic.start + start, magic.start + end) for start, end in comments(magic.text)
            ]
    for start, end in sorted(set(places)):
        yield start, end, source[start:end]
