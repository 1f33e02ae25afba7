"""Python cells that an editor calls shell scripts: it guesses, and keeps what it guessed.

The kernel of the notebook ran them all the same, and other cells use what they have bound.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from nbprod.notebook.types import Cell

__all__ = ["MISLABELS", "truly_python"]

MISLABELS = frozenset(["shellscript", "bat", "plaintext"])
"""What a language that was guessed may be; a cell of SQL or R is what it says."""


def truly_python(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """The cells of a notebook of Python, those that have run as Python called Python.

    A cell has if it has a count, parses, and binds names that cells of Python or such cells read.
    """
    trees = {cell.index: _tree(cell) for cell in cells if cell.kind == "code"}
    read: set[str] = set()
    for cell in cells:
        tree = trees.get(cell.index)
        if tree is not None:
            read.update(
                node.id
                for node in ast.walk(tree)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            )
    return tuple(
        cell._replace(language="python")
        if cell.language in MISLABELS
        and (tree := trees.get(cell.index)) is not None
        and not read.isdisjoint(_bound(tree))
        else cell
        for cell in cells
    )


def _tree(cell: Cell) -> ast.Module | None:
    """The tree of a cell of Python, or of one so labelled that has run without an error."""
    labelled = cell.language in MISLABELS
    if not (cell.is_python or (labelled and cell.execution_count)):
        return None
    if labelled and any(output.get("output_type") == "error" for output in cell.outputs):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(cell.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _bound(tree: ast.Module) -> Iterator[str]:
    """The names that the statements of a cell bind, those in blocks left out."""
    for statement in tree.body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            for alias in statement.names:
                yield (alias.asname or alias.name).partition(".")[0]
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield statement.name
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                for node in ast.walk(target):
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                        yield node.id
