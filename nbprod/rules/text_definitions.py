"""Definitions that are text of a Markdown or raw cell, and how a reader makes code of them."""

from __future__ import annotations

import ast
import builtins
import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.names.loads import loads
from nbprod.names.scopes import bound_names
from nbprod.notebook.plain_python import tree_of
from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern

__all__ = ["help_from_text"]

_FENCE = lazy_pattern(r"^[ \t>]*(?:```|~~~)")
_MARGIN = lazy_pattern(r"^[ \t>]*")
_MOST_LINES = 60


class _Found(NamedTuple):
    """A statement in the lines of a text cell, from the ``first`` to the ``last``, from 1."""

    first: int
    last: int
    node: ast.stmt


def help_from_text(name: str, facts: Facts) -> str | None:
    """What to do with the definition of a name in a text cell; None where none can be used.

    Code that itself needs a name without a definition is no help.
    """
    for cell in facts.notebook.cells:
        if cell.kind not in ("markdown", "raw") or name not in cell.source:
            continue
        kind = "Markdown" if cell.kind == "markdown" else "raw"
        whole = tree_of(cell.source)
        if whole is not None and name in set(bound_names(whole.body)):
            if _is_complete(whole.body, facts):
                text = f"its definition is text in the {kind} cell {cell.index + 1}"
                return f"{text}: make that a code cell"
            continue
        for found in _definitions(name, cell):
            if isinstance(found.node, (ast.Import, ast.ImportFrom)):
                return f"import it: `{ast.unparse(found.node)}`"
            if _is_complete([found.node], facts):
                lines = f"line {found.first}"
                if found.last > found.first:
                    lines = f"lines {found.first} to {found.last}"
                return f"copy {lines} of the {kind} cell {cell.index + 1} into a code cell above"
    return None


def _definitions(name: str, cell: Cell) -> Iterator[_Found]:
    """The statements of a text cell that define a name: lines of a fenced block, or single ones."""
    lines = cell.source.splitlines()
    word = re.escape(name)
    pattern = re.compile(
        rf"[ \t>]*(?:{word}[ \t]*=(?!=)[ \t]*\S|(?:async )?def {word}\(|class {word}\b[^\n]*:"
        rf"|(?:from \S+ )?import (?:[^\n]*(?:[, ]|as ))?{word}[ \t]*(?:$|,|#))"
    )
    for at, line in enumerate(lines):
        if not pattern.match(line):
            continue
        node, end = _statement_from(lines, at)
        if node is not None and name in bound_names([node]):
            yield _Found(at + 1, end, node)


def _statement_from(lines: list[str], start: int) -> tuple[ast.stmt | None, int]:
    """The longest statement that begins at a line, and the last of its lines, from 1."""
    best: ast.stmt | None = None
    end = start + 1
    margin = _MARGIN.match(lines[start])
    for stop in range(start + 1, min(len(lines), start + _MOST_LINES) + 1):
        if _FENCE.match(lines[stop - 1]):
            break
        quote = margin[0] if margin is not None else ""
        own = [line[len(quote) :] if line.startswith(quote) else line for line in lines[start:stop]]
        tree = tree_of(textwrap.dedent("\n".join(own)))
        if tree is not None and len(tree.body) == 1:
            if (tree.body[0].end_lineno or 1) == stop - start:
                best, end = tree.body[0], stop
        elif tree is not None:
            break
    return best, end


def _is_complete(body: list[ast.stmt], facts: Facts) -> bool:
    """Whether statements read no name that neither they nor a cell binds."""
    own = set(bound_names(body))
    known = facts.flow.definitions
    return all(
        read.id in own or read.id in known or hasattr(builtins, read.id)
        for statement in body
        for read in loads(statement)
    )
