"""The data flow of a notebook as a picture: JSON, Mermaid or DOT. Cells count from 1."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from nbprod.flow.answers import Flow
from nbprod.notebook.types import Cell, Notebook
from nbprod.patterns import lazy_pattern

__all__ = ["RENDERERS", "names_not_found", "graph_dot", "graph_json", "graph_mermaid"]

_LABEL = 40
_NAMES = 4
_UNWRITABLE = lazy_pattern("[\0\ud800-\udfff]")


def graph_json(notebook: Notebook, flow: Flow, runnable: Sequence[int] | None) -> str:
    """The graph as one JSON object; ``order`` is an order that runs, null when none is known.

    ``early`` are the reads of names that only a cell below defines, from that cell up.
    """
    failing = names_not_found(flow)
    cells: list[dict[str, Any]] = [
        {
            "cell": index + 1,
            "cell_id": notebook.cells[index].id,
            "execution_count": notebook.cells[index].execution_count,
            "label": _label(notebook.cells[index]),
            "defines": sorted(flow.cells[index].definitions),
            "fails": failing.get(index, []),
        }
        for index in sorted(flow.order)
    ]
    edges = [
        {"from": source + 1, "to": target + 1, "names": sorted(names)}
        for source, target, names in _edges(flow)
    ]
    early = [
        {"from": source + 1, "to": target + 1, "names": sorted(names)}
        for source, target, names in _early(flow)
    ]
    order = None if runnable is None else [index + 1 for index in runnable]
    document = {"version": "1", "path": notebook.path, "cells": cells, "edges": edges}
    return json.dumps({**document, "early": early, "order": order}, indent=2) + "\n"


def graph_mermaid(notebook: Notebook, flow: Flow, runnable: Sequence[int] | None) -> str:
    """The graph as a Mermaid flowchart; cells that would fail have the class ``fails``."""
    failing = names_not_found(flow)
    lines = ["flowchart TD"]
    for index in sorted(flow.order):
        text = _entities(f"{index + 1}: {_label(notebook.cells[index])}")
        lines.append(f'    c{index + 1}["{text}"]' + (":::fails" if index in failing else ""))
    for source, target, names in _edges(flow):
        lines.append(f'    c{source + 1} -->|"{_entities(_some(names))}"| c{target + 1}')
    count = sum(1 for _ in _edges(flow))
    for number, (source, target, names) in enumerate(_early(flow), count):
        label = f"{_entities(_some(names))} too late"
        lines.append(f'    c{source + 1} -.->|"{label}"| c{target + 1}')
        lines.append(f"    linkStyle {number} stroke:#c00")
    lines.append("    classDef fails stroke:#c00,stroke-width:3px")
    return "\n".join(lines) + "\n"


def graph_dot(notebook: Notebook, flow: Flow, runnable: Sequence[int] | None) -> str:
    """The graph in DOT, for Graphviz."""
    failing = names_not_found(flow)
    lines = ["digraph notebook {", "  node [shape=box, fontname=monospace];"]
    for index in sorted(flow.order):
        text = _quoted(f"{index + 1}: {_label(notebook.cells[index])}")
        lines.append(f"  c{index + 1} [label={text}{', color=red' if index in failing else ''}];")
    for source, target, names in _edges(flow):
        lines.append(f"  c{source + 1} -> c{target + 1} [label={_quoted(_some(names))}];")
    for source, target, names in _early(flow):
        label = _quoted(f"{_some(names)} too late")
        style = "color=red, fontcolor=red, style=dashed, constraint=false"
        lines.append(f"  c{source + 1} -> c{target + 1} [label={label}, {style}];")
    return "\n".join([*lines, "}"]) + "\n"


RENDERERS: dict[str, Callable[[Notebook, Flow, Sequence[int] | None], str]] = {
    "json": graph_json,
    "mermaid": graph_mermaid,
    "dot": graph_dot,
}


def _edges(flow: Flow) -> Iterator[tuple[int, int, frozenset[str]]]:
    for source, targets in flow.edges.items():
        for target, names in targets.items():
            yield source, target, names


def _early(flow: Flow) -> Iterator[tuple[int, int, frozenset[str]]]:
    for source, targets in flow.early_reads.items():
        for target, names in targets.items():
            yield source, target, names


def names_not_found(flow: Flow) -> dict[int, list[str]]:
    """Cell to the names that it will not find, what fails in turn included."""
    found: dict[int, set[str]] = {}
    for failure in flow.failures:
        found.setdefault(failure.cell, set()).add(failure.name)
    for root in (*flow.failures, *flow.cell_failures.values()):
        for cell, name in root.cascade:
            found.setdefault(cell, set()).add(name)
    return {cell: sorted(names) for cell, names in found.items()}


def _label(cell: Cell) -> str:
    line = next(
        (splitline.strip() for splitline in cell.source.splitlines() if splitline.strip()), ""
    )
    return line if len(line) <= _LABEL else line[: _LABEL - 1] + "…"


def _some(names: frozenset[str]) -> str:
    shown = sorted(names)
    more = f" +{len(shown) - _NAMES}" if len(shown) > _NAMES else ""
    return ", ".join(shown[:_NAMES]) + more


def _entities(text: str) -> str:
    """Text inside a Mermaid label: everything with a meaning there as an entity."""
    return "".join(
        char if char.isalnum() or char in " .,:_=()-+…" else f"#{ord(char)};" for char in text
    )


def _quoted(text: str) -> str:
    """A DOT string. Graphviz reads HTML entities in it; a lone surrogate cannot be encoded."""
    text = _UNWRITABLE.sub("\ufffd", text).replace("&", "&amp;")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
