"""Notebooks for the data-flow tests, written as text: cells are separated by a line with a bar."""

from __future__ import annotations

from nbprod.flow import Flow, FlowOptions, analyse
from nbprod.notebook.types import Cell
from nbprod.syntax.parse import parse_cell


def sources_of(text: str) -> list[str]:
    """The sources of the cells of a text."""
    return [source.strip("\n") for source in ("\n" + text.strip("\n") + "\n").split("\n|\n")]


def flow_of(text: str, options: FlowOptions = FlowOptions()) -> Flow:
    """The data flow of a text in document order."""
    cells = [Cell(index, "code", source) for index, source in enumerate(sources_of(text))]
    return analyse([parse_cell(cell) for cell in cells], options)


def failures_of(flow: Flow) -> set[tuple[int, str, str]]:
    """The certain failures, cascades included: (cell from 1, exception, name)."""
    found = {(one.cell + 1, one.exception, one.name) for one in flow.failures}
    for root in (*flow.failures, *flow.cell_failures.values()):
        found |= {(cell + 1, "NameError", name) for cell, name in root.cascade}
    return found  # type: ignore[return-value]
