"""What is removed from the text of an `.ipynb` file; everything else keeps its bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from nbprod.notebook import json_scan as scan
from nbprod.notebook.edits.replace import Replacement
from nbprod.notebook.json_positions import JsonMap, RawSpan

__all__ = ["cleared_counts", "cleared_outputs", "without_cells", "without_members"]

Path = tuple[str, ...]


def cleared_counts(raw: JsonMap, cell: int) -> list[Replacement]:
    """The execution count of a cell, and those of its outputs, become ``null``."""
    members = raw.members(raw.cells[cell][0])
    spans = [members.get("execution_count"), members.get("prompt_number")]
    outputs = members.get("outputs")
    if outputs is not None and raw.text[outputs[0]] == "[":
        for start, _ in scan.iter_array(raw.text, outputs[0]):
            output = raw.members(start)
            kind = output.get("output_type")
            # In nbformat 3 a result must have a number.
            if kind and raw.text[slice(*kind)] == '"execute_result"':
                spans.append(output.get("execution_count"))
    return [
        Replacement(*span, "null")
        for span in spans
        if span is not None and raw.text[slice(*span)] != "null"
    ]


def cleared_outputs(raw: JsonMap, cell: int) -> list[Replacement]:
    """The outputs of a cell become an empty list."""
    span = raw.members(raw.cells[cell][0]).get("outputs")
    if span is None or raw.text[span[0]] != "[" or not raw.text[span[0] + 1 : span[1] - 1].strip():
        return []
    return [Replacement(*span, "[]")]


def without_members(raw: JsonMap, cell: int, paths: Collection[Path]) -> list[Replacement]:
    """Members of the JSON of a cell (cell -1: of the notebook) go, where they are there.

    Args:
        raw: the map of the text.
        cell: the index of the cell, or -1.
        paths: the keys that lead to each member; of two, of which one leads through the other, the
            longer one is skipped.
    """
    by_parent: dict[Path, set[str]] = {}
    for path in paths:
        if not any(path[:depth] in paths for depth in range(1, len(path))):
            by_parent.setdefault(path[:-1], set()).add(path[-1])
    found: list[Replacement] = []
    for parent, keys in by_parent.items():
        span = raw.value_span(cell, parent)
        if span is None or raw.text[span[0] : span[0] + 1] != "{":
            continue
        members = list(scan.iter_object(raw.text, span[0]))
        spans = [(start, end) for _, start, _, end in members]
        gone = [number for number, member in enumerate(members) if member[0] in keys]
        found += _without(spans, gone, span)
    return found


def without_cells(raw: JsonMap, cells: Collection[int]) -> list[Replacement]:
    """Whole cells go, each with one comma."""
    found: list[Replacement] = []
    for first, last, container in _lists_of_cells(raw):
        spans = raw.cells[first:last]
        gone = [number - first for number in sorted(cells) if first <= number < last]
        found += _without(spans, gone, container)
    return found


def _lists_of_cells(raw: JsonMap) -> Iterator[tuple[int, int, RawSpan]]:
    """The lists that hold cells: the first cell, the one after the last, the list's own span."""
    top = raw.value_span(-1, ("cells",))
    if top is not None:
        yield 0, len(raw.cells), top
        return
    first, sheet = 0, 0
    while (span := raw.value_span(-1, ("worksheets", sheet, "cells"))) is not None:
        last = first + len(list(scan.iter_array(raw.text, span[0])))
        yield first, last, span
        first, sheet = last, sheet + 1


def _without(
    spans: Sequence[RawSpan], gone: Sequence[int], container: RawSpan
) -> Iterator[Replacement]:
    """Items of a list or members of an object go; one comma goes with each.

    Args:
        spans: those of all items.
        gone: the indices of those that go, in order.
        container: the span of the list or object, brackets included.
    """
    at = 0
    while at < len(gone):
        first = last = gone[at]
        while at + 1 < len(gone) and gone[at + 1] == last + 1:
            at += 1
            last = gone[at]
        at += 1
        if last + 1 < len(spans):
            yield Replacement(spans[first][0], spans[last + 1][0], "")
        elif first:
            yield Replacement(spans[first - 1][1], spans[last][1], "")
        else:
            yield Replacement(container[0] + 1, container[1] - 1, "")
