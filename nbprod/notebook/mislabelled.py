"""Python cells that an editor calls shell scripts or SQL: it guesses, and keeps what it guessed.

The kernel of the notebook ran them anyway, and other cells use what they have bound.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.notebook.plain_python import tree_of
from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern

__all__ = ["is_guessed", "truly_python"]

_WORD = lazy_pattern(r"[^\W\d]\w*")


def is_guessed(cell: Cell) -> bool:
    """Whether an editor says the language of a code cell, which the kernel does not ask for."""
    return cell.kind == "code" and not cell.is_python and "vscode" in cell.metadata


def truly_python(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """The cells of a notebook of Python, those that have run as Python called Python.

    A cell has if it has a count, parses, and binds names that another such cell, or one of Python,
    mentions.
    """
    trees = {cell.index: _tree(cell) for cell in cells if is_guessed(cell)}
    words = {
        cell.index: set(_WORD.findall(cell.source))
        for cell in cells
        if cell.is_python or trees.get(cell.index) is not None
    }
    return tuple(
        cell._replace(language="python") if _is_used(trees.get(cell.index), cell, words) else cell
        for cell in cells
    )


def _is_used(tree: ast.Module | None, cell: Cell, words: dict[int, set[str]]) -> bool:
    bound = set(_bound(tree)) if tree is not None else set()
    others = (mentioned for index, mentioned in words.items() if index != cell.index)
    return bool(bound) and any(not bound.isdisjoint(mentioned) for mentioned in others)


def _tree(cell: Cell) -> ast.Module | None:
    """The tree of a cell that has run without an error; None where it is no Python."""
    failed = any(output.get("output_type") == "error" for output in cell.outputs)
    if failed or not (cell.execution_count or cell.outputs):
        return None
    return tree_of(cell.source)


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
                for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
                    if isinstance(part, ast.Name):
                        yield part.id
