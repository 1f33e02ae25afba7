"""Statements with their names and literals taken out, hashed."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from zlib import crc32

from nbprod.clones.types import Source, Statement
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import CHILDREN

__all__ = ["source_of", "sources_of_notebook"]

_IMPORTS = (ast.Import, ast.ImportFrom)
_DATA = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp, ast.Constant)
_Magics = Mapping[tuple[int, int], str]
_NONE: _Magics = MappingProxyType({})


def sources_of_notebook(path: str, parsed: Sequence[ParsedCell | None]) -> list[Source]:
    """The cells of a notebook; those without Python left out."""
    return [
        source_of(
            path,
            one.cell.number,
            one.tree,
            {(magic.lineno, magic.col_offset): magic.text for magic in one.magics},
        )  # fmt: skip
        for one in parsed
        if one is not None and one.tree is not None and one.tree.body
    ]


def source_of(path: str, cell: int | None, tree: ast.Module, magics: _Magics = _NONE) -> Source:
    """A cell or a module; imports and docstrings are passed over, since everybody has them.

    ``magics`` are the texts that the tree has stand-ins for, by line and column. A statement that
    gives a name to data weighs nothing: settings look alike and are no work that a function does.
    """
    statements = tuple(
        Statement(digest, 0 if _is_setting(node) else weight, node, node.lineno)
        for node in tree.body
        if not isinstance(node, _IMPORTS)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for digest, weight in (_digest(node, magics),)
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
        _is_data(one) for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr)
    )


def _digest(node: ast.AST, magics: _Magics) -> tuple[int, int]:
    """What a node is hashed to, blind to names and literals, and how many nodes it has."""
    weight = 1
    kind = type(node)
    text = kind.__name__
    if kind is ast.Constant:
        text += type(node.value).__name__  # type: ignore[attr-defined]
        if magics:
            text += magics.get((node.lineno, node.col_offset), "")  # type: ignore[attr-defined]
    elif kind is ast.Attribute:
        text += node.attr  # type: ignore[attr-defined]
    elif kind is ast.keyword:
        text += str(node.arg)  # type: ignore[attr-defined]
    elif kind in (ast.BinOp, ast.UnaryOp, ast.AugAssign, ast.BoolOp):
        text += type(node.op).__name__  # type: ignore[attr-defined]
    elif kind is ast.Compare:
        text += "".join(type(one).__name__ for one in node.ops)  # type: ignore[attr-defined]
    digest = _mixed(0, text.encode("utf-8", "surrogatepass"))
    for field in CHILDREN[kind]:
        value = getattr(node, field, None)
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, ast.AST):
                inner, count = _digest(one, magics)
                weight += count
                digest = _mixed(digest, inner.to_bytes(8, "little"))
        digest = _mixed(digest, b"|")
    return digest, weight


def _mixed(digest: int, data: bytes) -> int:
    """A hash of 64 bits that goes on from another one: two check sums with other starts.

    With 32 bits some of a hundred thousand statements would meet by chance.
    """
    high = crc32(data, digest >> 32)
    low = crc32(data + b"#", (digest & 0xFFFFFFFF) ^ 0x9E3779B9)
    return (high << 32) | low
