"""A module that is there already, with what an extraction adds: nothing of it is changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import libcst as cst

from nbprod.extract.code.render import import_text
from nbprod.extract.code.trees import Statement, one_a_line
from nbprod.names.scopes import bound_names
from nbprod.refactor.module_level import imports_of
from nbprod.refactor.plan import Import

__all__ = ["Extended", "extended"]


class Extended(NamedTuple):
    """The text of both; ``conflicts`` are names that both have, with different code."""

    text: str
    conflicts: tuple[str, ...]


class _Piece(NamedTuple):
    """A statement at the top level with the comments above it."""

    names: tuple[str, ...]
    node: ast.stmt
    text: str


def extended(old: str, new: str, module: str) -> Extended:
    """Add to a module what another one has and it has not.

    Imports go after its own, everything else after its end. What both have alike keeps the
    text of ``old``, and what ``new`` imports of the ``module`` itself is there.

    Raises:
        SyntaxError: ``old`` is no Python.
    """
    there = ast.parse(old)
    known = {name: ast.unparse(node) for node in there.body for name in bound_names([node])}
    imports = {import_.bound: import_ for node in there.body for import_ in imports_of(node, 0)}
    conflicts: list[str] = []
    lines: list[str] = []
    pieces: list[str] = []
    for piece in _pieces(new):
        made = imports_of(piece.node, 0)
        if made:
            for import_ in made:
                if import_.module == module and import_.bound in known:
                    continue
                if import_.bound not in known:
                    lines.append(import_text(import_))
                elif not _is_same(imports.get(import_.bound), import_):
                    conflicts.append(import_.bound)
        elif not any(name in known for name in piece.names):
            pieces.append(piece.text)
        elif any(known.get(name) != ast.unparse(piece.node) for name in piece.names):
            conflicts += [name for name in piece.names if name in known]
    text = _with_imports(old, there, lines)
    if pieces:
        text = text.rstrip("\n") + "\n\n\n" + "\n\n\n".join(pieces) + "\n"
    return Extended(text, tuple(dict.fromkeys(conflicts)))


def _is_same(old: Import | None, new: Import) -> bool:
    return old is not None and (old.module, old.name) == (new.module, new.name)


def _pieces(text: str) -> Iterator[_Piece]:
    """The statements of a module, its docstring left out; the last has the comments after it."""
    tree = cst.parse_module(text)
    lines = [statement for line in tree.body for statement in one_a_line(line)]
    for place, line in enumerate(lines):
        node = ast.parse(tree.code_for_node(line)).body[0]
        is_docstring = place == 0 and ast.get_docstring(ast.Module([node], [])) is not None
        if is_docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            continue
        behind = tree.footer if place == len(lines) - 1 else ()
        yield _Piece(tuple(bound_names([node])), node, _text_of(line, behind, tree))


def _text_of(line: Statement, behind: Sequence[cst.EmptyLine], tree: cst.Module) -> str:
    return "".join(map(tree.code_for_node, (line, *behind))).strip("\n")


def _with_imports(text: str, tree: ast.Module, added: list[str]) -> str:
    if not added:
        return text
    behind = [
        node.end_lineno or 0
        for place, node in enumerate(tree.body)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        or (place == 0 and ast.get_docstring(tree) is not None)
    ]
    at = max(behind, default=0)
    lines = text.split("\n")
    return "\n".join([*lines[:at], *dict.fromkeys(added), *lines[at:]])
