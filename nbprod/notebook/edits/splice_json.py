"""Edits of the text of an `.ipynb` file: only the lines of source that are touched change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from nbprod.model import Edit, PartEdit, Span
from nbprod.notebook import json_scan as scan
from nbprod.notebook.edits.clear_json import cleared_counts
from nbprod.notebook.edits.replace import EditRefused, Replacement, replaced
from nbprod.notebook.json_positions import JsonMap, RawSpan, RawString
from nbprod.patterns import lazy_pattern

__all__ = ["edited_json", "writes_ascii"]

_LINE = lazy_pattern(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_SURROGATE = lazy_pattern("[\ud800-\udfff]")
# An escape that a writer makes only of what is not ASCII: control characters are always escaped.
_WIDE_ESCAPE = lazy_pattern(r"(?<!\\)(?:\\\\)*\\u(?!00[0-7])")


def edited_json(
    raw: JsonMap,
    edits: Mapping[int, Sequence[Edit]],
    clears: Iterable[int],
    order: Sequence[int],
    parts: Iterable[PartEdit] = (),
) -> str:
    """The text after edits of sources, cleared counts, and cells in another order.

    Args:
        raw: the map of the text itself.
        edits: those of each cell, sorted, without overlaps.
        clears: the cells whose execution counts go.
        order: for each place the index of the cell that comes there.
        parts: edits of what is no source.

    Raises:
        EditRefused: a source, or another text, is not text.
    """
    escaped = _Escapes(raw.text)
    by_cell: dict[int, list[Replacement]] = {}
    for cell, group in edits.items():
        by_cell[cell] = _source_edits(raw, cell, group, escaped)
    for cell in dict.fromkeys(clears):
        by_cell.setdefault(cell, []).extend(cleared_counts(raw, cell))
    text = raw.text
    spans = raw.cells
    moved: list[Replacement] = []
    for part in dict.fromkeys(parts):
        target = by_cell.setdefault(part.cell, []) if part.cell >= 0 else moved
        target.extend(_part_edits(raw, part, escaped))
    for place, cell in enumerate(order):
        if cell != place or cell in by_cell:
            start, end = spans[cell]
            local = [Replacement(a - start, b - start, c) for a, b, c in by_cell.get(cell, ())]
            # Each place gets the text of the cell that goes there; what is between stays.
            moved.append(Replacement(*spans[place], replaced(text[start:end], local)))
    return replaced(text, moved)


def writes_ascii(text: str) -> bool:
    """Whether the writer of a file escapes what is not ASCII."""
    return text.isascii() and _WIDE_ESCAPE.search(text) is not None


class _Escapes:
    """Writes text as the inside of a JSON string, in ASCII if the file is."""

    def __init__(self, text: str) -> None:
        self._ascii = writes_ascii(text)

    def __call__(self, text: str) -> str:
        found = json.dumps(text, ensure_ascii=self._ascii)[1:-1]
        # Half of a pair has no other form in a file.
        return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", found)


class _Cluster(NamedTuple):
    """Edits that touch the lines from ``first`` to ``last`` and so are written together."""

    first: int
    last: int
    edits: list[Edit]


def _source_edits(
    raw: JsonMap, cell: int, edits: Sequence[Edit], escaped: _Escapes
) -> list[Replacement]:
    shift = raw.prefixes.get(cell, 0)
    if shift:
        if edits[0].span.start < shift:
            raise EditRefused("the level of a heading is not text of the file")
        edits = [_shifted(edit, -shift) for edit in edits]
    span = raw.source_span(cell)
    if span is None or raw.text[span[0]] not in '"[':
        raise EditRefused("the source of the cell is not text")
    literals = raw.literals(cell)
    if raw.text[span[0]] == '"':
        return [_in_place(raw, literals[0], edit, escaped) for edit in edits]
    if not literals:
        text = replaced("", [Replacement(0, 0, edit.text) for edit in edits])
        return _filled(raw, cell, span, text, escaped)
    return [
        replacement
        for cluster in _clusters(raw, literals, edits)
        for replacement in _cluster_edits(raw, cell, span, cluster, escaped)
    ]


def _shifted(edit: Edit, by: int) -> Edit:
    cell, start, end = edit.span
    return Edit(Span(cell, start + by, end + by), edit.text)


def _in_place(raw: JsonMap, literal: RawString, edit: Edit, escaped: _Escapes) -> Replacement:
    start, end = (
        scan.raw_offset(raw.text, literal.start, literal.end, offset - literal.first)
        for offset in edit.span[1:]
    )
    return Replacement(start, end, escaped(edit.text))


def _decoded(raw: JsonMap, literal: RawString) -> str:
    text: str = json.loads(raw.text[literal.start : literal.end])
    return text


def _clusters(raw: JsonMap, literals: Sequence[RawString], edits: Sequence[Edit]) -> list[_Cluster]:
    """Edits by the lines that they touch, and the line after where a line break goes."""
    found: list[_Cluster] = []
    for edit in edits:
        first = _line_at(literals, edit.span.start)
        last = max(first, _line_of_end(literals, edit.span.end))
        if found and first <= found[-1].last:
            before = found.pop()
            first, last = before.first, max(last, before.last)
            group = [*before.edits, edit]
        else:
            group = [edit]
        while last + 1 < len(literals) and _joins(raw, literals, first, last, group):
            last += 1
        found.append(_Cluster(first, last, group))
    return found


def _line_at(literals: Sequence[RawString], offset: int) -> int:
    """The line in which an edit starts: at a boundary, the line that starts there."""
    low, high = 0, len(literals) - 1
    while low < high:
        middle = (low + high) // 2
        if offset < literals[middle].last:
            high = middle
        else:
            low = middle + 1
    return low


def _line_of_end(literals: Sequence[RawString], offset: int) -> int:
    """The line in which an edit ends: at a boundary, the line that ends there."""
    low, high = 0, len(literals) - 1
    while low < high:
        middle = (low + high) // 2
        if offset <= literals[middle].last:
            high = middle
        else:
            low = middle + 1
    return low


def _joins(
    raw: JsonMap, literals: Sequence[RawString], first: int, last: int, edits: Sequence[Edit]
) -> bool:
    """Whether the last line loses its break, so that the one after becomes part of it."""
    old, new = _before_and_after(raw, literals[first : last + 1], edits)
    if first == last and _is_block(old):
        return False
    return old.endswith(("\n", "\r")) and bool(new) and not new.endswith(("\n", "\r"))


def _before_and_after(
    raw: JsonMap, literals: Sequence[RawString], edits: Sequence[Edit]
) -> tuple[str, str]:
    old = "".join(_decoded(raw, literal) for literal in literals)
    base = literals[0].first
    return old, replaced(
        old,
        [Replacement(edit.span.start - base, edit.span.end - base, edit.text) for edit in edits],
    )


def _cluster_edits(
    raw: JsonMap, cell: int, span: RawSpan, cluster: _Cluster, escaped: _Escapes
) -> list[Replacement]:
    literals = raw.literals(cell)
    touched = literals[cluster.first : cluster.last + 1]
    old, new = _before_and_after(raw, touched, cluster.edits)
    lines = _lines(new, [_decoded(raw, literal) for literal in touched])
    if len(touched) == 1 and (len(lines) == 1 or (new and _is_block(old))):
        return [_in_place(raw, touched[0], edit, escaped) for edit in cluster.edits]
    if len(list(scan.iter_array(raw.text, span[0]))) != len(literals):
        raise EditRefused("the source of the cell holds what is not text")
    if not lines:
        return [_without(literals, cluster, span)]
    # Lines that stay keep their own way to write characters.
    written = {_decoded(raw, literal): raw.text[literal.start : literal.end] for literal in touched}
    between = _between(raw, cell, literals, span)
    text = between.join(written.get(line) or f'"{escaped(line)}"' for line in lines)
    return [Replacement(touched[0].start, touched[-1].end, text)]


def _is_block(item: str) -> bool:
    """Whether the item of a list holds several lines: its writer does not split sources."""
    return len(_LINE.findall(item)) > 1


def _lines(text: str, before: Sequence[str]) -> list[str]:
    """The items of a source: its lines, as the writer of the file splits them.

    Jupyter also splits at form feeds and the like, other editors do not.
    """
    like_jupyter = all(len(item.splitlines()) <= 1 for item in before)
    return text.splitlines(keepends=True) if like_jupyter else _LINE.findall(text)


def _without(literals: Sequence[RawString], cluster: _Cluster, span: RawSpan) -> Replacement:
    """Lines that go take one comma with them; an array of none is written as the empty one."""
    if cluster.last + 1 < len(literals):
        return Replacement(literals[cluster.first].start, literals[cluster.last + 1].start, "")
    if cluster.first:
        return Replacement(literals[cluster.first - 1].end, literals[cluster.last].end, "")
    return Replacement(span[0] + 1, span[1] - 1, "")


def _between(raw: JsonMap, cell: int, literals: Sequence[RawString], span: RawSpan) -> str:
    """What the file has between two lines of a source."""
    if len(literals) > 1:
        return raw.text[literals[0].end : literals[1].start]
    lead = raw.text[span[0] + 1 : literals[0].start]
    if lead:
        return f",{lead}"
    gap = _member_gap(raw, cell)
    return ", " if "\n" in gap or "\r" in gap else gap


def _member_gap(raw: JsonMap, cell: int) -> str:
    """What the file has between the first two members of a cell."""
    members = scan.iter_object(raw.text, raw.cells[cell][0])
    first, second = next(members, None), next(members, None)
    return raw.text[first[3] : second[1]] if first and second else ", "


def _filled(
    raw: JsonMap, cell: int, span: RawSpan, text: str, escaped: _Escapes
) -> list[Replacement]:
    """Lines for a source that is an empty array, indented as the file is."""
    if scan.array_items(raw.text, span[0])[0]:
        raise EditRefused("the source of the cell holds what is not text")
    items = [f'"{escaped(line)}"' for line in _lines(text, ())]
    gap = _member_gap(raw, cell)
    outer = gap[1:] if "\n" in gap else ""
    if not outer or not items:
        return [Replacement(span[0] + 1, span[1] - 1, gap.join(items))]
    top = scan.document_start(raw.text) + 1
    unit = raw.text[top : scan.next_start(raw.text, top)].lstrip("\r\n")
    inner = outer + unit
    body = f",{inner}".join(items)
    return [Replacement(span[0] + 1, span[1] - 1, f"{inner}{body}{outer}")]


def _part_edits(raw: JsonMap, part: PartEdit, escaped: _Escapes) -> Iterator[Replacement]:
    """The new text goes where the old one starts; what continues in further items is removed."""
    literals = raw.literals_in(raw.value_span(part.cell, part.path))
    if not literals or part.end > literals[-1].last:
        raise EditRefused("the text is not where it was")
    text = escaped(part.text)
    for literal in literals:
        first, last = max(part.start, literal.first), min(part.end, literal.last)
        if first < last:
            start, end = (
                scan.raw_offset(raw.text, literal.start, literal.end, offset - literal.first)
                for offset in (first, last)
            )
            yield Replacement(start, end, text)
            text = ""
