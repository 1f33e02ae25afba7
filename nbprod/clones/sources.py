"""Statements without their names and literals, hashed."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType

from nbprod.clones.types import ClonableStatement, Source
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import CHILDREN

__all__ = ["clone_source_of", "sources_of_notebook"]

_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
_DATA = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp, ast.Constant)
_Magics = Mapping[tuple[int, int], str]
_NONE: _Magics = MappingProxyType({})


def sources_of_notebook(path: str, parsed: Sequence[ParsedCell | None]) -> list[Source]:
    """The cells of a notebook; those without Python left out."""
    return [
        clone_source_of(
            path,
            parsed.cell.number,
            parsed.tree,
            {(magic.lineno, magic.col_offset): magic.text for magic in parsed.magics},
        )  # fmt: skip
        for parsed in parsed
        if parsed is not None and parsed.tree is not None and parsed.tree.body
    ]


def clone_source_of(
    path: str, cell: int | None, tree: ast.Module, magics: _Magics = _NONE
) -> Source:
    """A cell or a module; imports and docstrings are skipped, since every module has them.

    ``magics`` are the texts that the tree has stand-ins for, by line and column. A statement that
    gives a name to data weighs nothing: settings look alike and are no work that a function does.
    """
    statements = tuple(
        ClonableStatement(digest, 0 if _is_setting(node) else weight, node, node.lineno, names)
        for node in tree.body
        if not isinstance(node, _IMPORTS)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for digest, weight, names in (_digest(node, magics),)
    )
    return Source(path, cell, statements)


def _is_setting(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and _is_data(node.value)
    )


def _is_data(node: ast.AST) -> bool:
    return isinstance(node, _DATA) and all(
        _is_data(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)
    )


def _digest(node: ast.AST, magics: _Magics) -> tuple[int, int, tuple[str, ...]]:
    """What a node is hashed to, blind to names and literals, how many nodes it has, and its names.

    64 bits: with 32 some of a hundred thousand statements would meet by chance.
    """
    words: list[str] = []
    names: list[str] = []
    weight = _spell(node, magics, words, names)
    data = " ".join(words).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little"), weight, tuple(names)


def _spell(node: ast.AST, magics: _Magics, words: list[str], names: list[str]) -> int:
    """Add a word for each node to ``words``, and a bar after each field; how many nodes."""
    weight = 1
    kind = type(node)
    word = kind.__name__
    if kind is ast.Name:
        names.append(node.id)  # type: ignore[attr-defined]
    elif kind is ast.Constant:
        word += type(node.value).__name__  # type: ignore[attr-defined]
        if magics:
            word += magics.get((node.lineno, node.col_offset), "")  # type: ignore[attr-defined]
    elif kind is ast.Attribute:
        word += node.attr  # type: ignore[attr-defined]
    elif kind is ast.keyword:
        word += str(node.arg)  # type: ignore[attr-defined]
    elif kind is ast.arg:
        names.append(node.arg)  # type: ignore[attr-defined]
    elif kind in _NAMED:
        names.append(node.name)  # type: ignore[attr-defined]
    elif kind in (ast.BinOp, ast.UnaryOp, ast.AugAssign, ast.BoolOp):
        word += type(node.op).__name__  # type: ignore[attr-defined]
    elif kind is ast.Compare:
        word += "".join(type(op).__name__ for op in node.ops)  # type: ignore[attr-defined]
    words.append(word)
    for field in CHILDREN[kind]:
        value = getattr(node, field, None)
        if type(value) is list:
            for held in value:
                if isinstance(held, ast.AST):
                    weight += _spell(held, magics, words, names)
        elif isinstance(value, ast.AST):
            weight += _spell(value, magics, words, names)
        words.append("|")
    return weight
