"""Characters of word processors and web pages that look like Python's and are not."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Edit, Fix, Label, Span
from nbprod.patterns import lazy_pattern
from nbprod.rule import safe
from nbprod.syntax.parse import parse_cell
from nbprod.syntax.types import ParsedCell

__all__ = ["help_on_character", "of_pasted_characters", "pasted_characters"]

_MEANT = {
    **dict.fromkeys("\u00a0\u1680\u202f\u205f\u3000", " "),
    **dict.fromkeys(map(chr, range(0x2000, 0x200B)), " "),
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad", ""),
    **dict.fromkeys("“”„‟″", '"'),
    **dict.fromkeys("‘’‚‛′", "'"),
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict(zip("，；：（）［］｛｝＝＋", ",;:()[]{}=+", strict=True)),
}
# Texts in quotes that are to become Python's.
_CURLY = lazy_pattern(r"[“”„‟][^“”„‟\n]*[“”„‟]|[‘’‚‛][^‘’‚‛\n]*[‘’‚‛]")
_QUOTED = lazy_pattern(
    r"'{3}[\s\S]*?'{3}|\"{3}[\s\S]*?\"{3}|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|#[^\n]*"
)


def pasted_characters(parsed: ParsedCell) -> list[int]:
    """The places of all such characters outside of texts, if the cell parses without them."""
    if parsed.tree is not None or not any(char in _MEANT for char in parsed.cell.source):
        return []
    source = parsed.cell.source
    quoted = [match.span() for match in _QUOTED.finditer(source)]
    quoted += [(match.start() + 1, match.end() - 1) for match in _CURLY.finditer(source)]
    places = [
        place
        for place, char in enumerate(source)
        if char in _MEANT and not any(start <= place < end for start, end in quoted)
    ]
    meant = _replaced(source, places)
    return places if parse_cell(parsed.cell._replace(source=meant)).tree is not None else []


def _replaced(source: str, places: Sequence[int]) -> str:
    found = set(places)
    return "".join(_MEANT[char] if place in found else char for place, char in enumerate(source))


def of_pasted_characters(cells: Sequence[ParsedCell], facts: Facts) -> Iterator[Diagnostic]:
    """One finding for all cells that such characters keep from parsing, with a fix for each."""
    if not cells:
        return
    places = {parsed.cell.index: pasted_characters(parsed) for parsed in cells}
    first, *others = cells
    char = first.cell.source[places[first.cell.index][0]]
    named = f"U+{ord(char):04X} ({unicodedata.name(char, 'unnamed').lower()})"
    where = f"{len(cells)} cells do not parse: " if others else "syntax error: "
    yield Diagnostic(
        _span(first, places),
        f"{where}{named} stands where Python has {_wording(_MEANT[char])}",
        labels=tuple(
            Label(_span(parsed, places), f"{len(places[parsed.cell.index])} more here")
            for parsed in others
        ),
        help="replace the characters, which come from a web page or a document",
        fix=_fix(cells, places),
    )


def help_on_character(parsed: ParsedCell) -> str | None:
    """What to do about the character at which a cell stops to parse, if it is one of these."""
    assert parsed.fault is not None
    char = parsed.cell.source[parsed.fault.start : parsed.fault.start + 1]
    return f"replace U+{ord(char):04X} with {_wording(_MEANT[char])}" if char in _MEANT else None


def _wording(meant: str) -> str:
    return {" ": "a blank", "": "nothing"}.get(meant, f"`{meant}`")


def _span(parsed: ParsedCell, places: dict[int, list[int]]) -> Span:
    place = places[parsed.cell.index][0]
    return Span(parsed.cell.index, place, place + 1)


def _fix(cells: Sequence[ParsedCell], places: dict[int, list[int]]) -> Fix:
    edits = [
        Edit(Span(parsed.cell.index, place, place + 1), _MEANT[parsed.cell.source[place]])
        for parsed in cells
        for place in places[parsed.cell.index]
    ]
    count = f"{len(edits)} characters" if len(edits) > 1 else "the character"
    return safe(f"Replace {count}", *edits)
