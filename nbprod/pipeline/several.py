"""Several notebooks as one: in the order in which they pass files on, in one session. Pure."""

from __future__ import annotations

import ast
import builtins
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nbprod.errors import UsageError
from nbprod.facts import Facts
from nbprod.names.table import NameTable
from nbprod.pipeline.paths import path_calls

__all__ = [
    "NotebookFiles",
    "files_of_notebook",
    "joined_notebooks",
    "notebook_bytes",
    "order_of_notebooks",
    "plain_cells",
]


class NotebookFiles(NamedTuple):
    """The files that a notebook reads before it writes them, and those that it writes."""

    path: str
    reads: frozenset[str]
    writes: frozenset[str]


def files_of_notebook(facts: Facts) -> NotebookFiles:
    """The files of a notebook, as far as its code names them."""
    texts = _texts(facts)
    reads: set[str] = set()
    writes: set[str] = set()
    for parsed in facts.parsed:
        for node in parsed.live_nodes if parsed is not None else ():
            for use, path in path_calls(node, texts):
                path = os.path.normpath(path)
                if use == "write":
                    writes.add(path)
                elif path not in writes:
                    reads.add(path)
    return NotebookFiles(facts.notebook.path, frozenset(reads), frozenset(writes))


def _texts(facts: Facts) -> dict[str, str]:
    """The names that a notebook binds once, to a text."""
    names = NameTable(facts.parsed)
    found: dict[str, str] = {}
    for parsed in facts.parsed:
        for node in parsed.live_nodes if parsed is not None else ():
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                target, value = node.targets[0], node.value.value
                if isinstance(target, ast.Name) and isinstance(value, str):
                    if names.is_single(target.id):
                        found[target.id] = value
    return found


def order_of_notebooks(notebooks: Sequence[NotebookFiles]) -> list[int]:
    """An order in which each file is written before it is read; else that in which they are given.

    Raises:
        UsageError: two write one file, or each waits for another.
    """
    writers: dict[str, int] = {}
    for number, notebook in enumerate(notebooks):
        for path in sorted(notebook.writes):
            if path in writers:
                other = _name(notebooks[writers[path]])
                raise UsageError(
                    f"`{path}` is written by {other} and by {_name(notebook)}; give one of the"
                    " files another name"
                )
            writers[path] = number
    above = [
        {writers[path] for path in notebook.reads if path in writers} - {number}
        for number, notebook in enumerate(notebooks)
    ]
    order: list[int] = []
    while len(order) < len(notebooks):
        waiting = (n for n in range(len(notebooks)) if n not in order and above[n] <= set(order))
        chosen = next(waiting, None)
        if chosen is None:
            raise UsageError(_cycle(notebooks, above, set(order)))
        order.append(chosen)
    return order


def _cycle(notebooks: Sequence[NotebookFiles], above: Sequence[set[int]], done: set[int]) -> str:
    """What each notebook of a cycle waits for."""
    number = next(n for n in range(len(notebooks)) if n not in done)
    seen: list[int] = []
    while number not in seen:
        seen.append(number)
        number = min(above[number] - done)
    parts = []
    for each in seen[seen.index(number) :]:
        source = min(above[each] - done)
        path = min(notebooks[each].reads & notebooks[source].writes)
        parts.append(f"{_name(notebooks[each])} reads `{path}` of {_name(notebooks[source])}")
    return f"the notebooks wait for each other: {', '.join(parts)}; split one of them"


def _name(notebook: NotebookFiles) -> str:
    return os.path.basename(notebook.path)


def joined_notebooks(notebooks: Sequence[Facts]) -> tuple[str, bytes]:
    """One notebook of several, with a heading for each; its path is in their directory.

    Raises:
        UsageError: they are in several directories, or one would see names of another.
    """
    folders = {os.path.dirname(os.path.abspath(each.notebook.path)) for each in notebooks}
    if len(folders) > 1:
        raise UsageError("the notebooks are in several directories; put them into one")
    _refuse_shadows(notebooks)
    stems = [os.path.splitext(os.path.basename(each.notebook.path))[0] for each in notebooks]
    cells = [
        cell
        for facts, stem in zip(notebooks, stems, strict=True)
        for cell in (_heading(stem), *plain_cells(facts))
    ]
    path = os.path.join(os.path.dirname(notebooks[0].notebook.path), f"{'+'.join(stems)}.ipynb")
    return path, notebook_bytes(cells)


def _heading(stem: str) -> dict[str, Any]:
    title = stem.lstrip("0123456789").replace("_", " ").replace("-", " ").strip() or stem
    return {"cell_type": "markdown", "metadata": {}, "source": f"# {title.capitalize()}"}


def notebook_bytes(cells: Sequence[dict[str, Any]]) -> bytes:
    """A notebook of cells, as Jupyter has it."""
    numbered = [{"id": f"c{number}", **cell} for number, cell in enumerate(cells)]
    metadata = {"language_info": {"name": "python"}}
    raw = {"cells": numbered, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(raw).encode()


def plain_cells(facts: Facts) -> Iterator[dict[str, Any]]:
    """The cells of a notebook as Jupyter has them; those of other languages as raw ones."""
    for cell in facts.notebook.cells:
        metadata: dict[str, Any] = {"tags": list(cell.tags)} if cell.tags else {}
        if cell.kind == "code" and not cell.is_python:
            yield {"cell_type": "raw", "metadata": metadata, "source": cell.source}
        elif cell.kind == "code":
            code: Mapping[str, Any] = {"cell_type": "code", "outputs": [], "execution_count": None}
            yield {**code, "metadata": metadata, "source": cell.source}
        else:
            kind = "markdown" if cell.kind == "markdown" else "raw"
            yield {"cell_type": kind, "metadata": metadata, "source": cell.source}


def _refuse_shadows(notebooks: Sequence[Facts]) -> None:
    """Refuse a name of Python that one notebook binds and another reads as it is."""
    known = frozenset(dir(builtins))
    bound = [frozenset(NameTable(each.parsed).bindings) & known for each in notebooks]
    for number, facts in enumerate(notebooks):
        read = {
            name.id
            for parsed in facts.parsed
            if parsed is not None
            for name in parsed.nodes_of(ast.Name)
            if isinstance(name.ctx, ast.Load)
        }
        for other, names in enumerate(bound):
            clashing = sorted((names & read) - bound[number])
            if other != number and clashing:
                where = os.path.basename(notebooks[other].notebook.path)
                raise UsageError(
                    f"{where} gives `{clashing[0]}` another meaning, and"
                    f" {os.path.basename(facts.notebook.path)} reads that of Python; rename it"
                )
