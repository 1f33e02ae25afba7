"""Variables that hold a data frame of pandas, wherever they are assigned."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from nbprod.facts import Facts
from nbprod.libraries.functions import result_type
from nbprod.libraries.methods import FRAME_TO_FRAME
from nbprod.rules.assigned import assignments

__all__ = ["FrameNames"]

_FRAME = "pandas.DataFrame"
_ROUNDS = 4
# Older versions of pandas have it, and a notebook that uses it does not know a list from a frame.
_TO_FRAME = FRAME_TO_FRAME | {"append"}


class FrameNames:
    """The names of a notebook all of whose assignments are data frames, at its top level."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._names: set[str] = set()
        by_name: dict[str, list[ast.expr | None]] = {}
        if facts.mentions(("pandas",)):
            for name, value in assignments(facts):
                by_name.setdefault(name, []).append(value)
        # Most names are never given anything that can be a frame.
        possible = {name: values for name, values in by_name.items() if any(map(_may_be, values))}
        self._settle(possible, any)
        self._settle({name: by_name[name] for name in self._names}, all)

    def _settle(
        self,
        by_name: dict[str, list[ast.expr | None]],
        enough: Callable[[Iterable[bool]], bool],
    ) -> None:
        """Take the names of which some, then all values are frames: `df = df.dropna()` is one."""
        for _ in range(_ROUNDS):
            known = {
                name
                for name, values in by_name.items()
                if enough(value is not None and self.is_frame(value) for value in values)
            }
            if known == self._names:
                break
            self._names = known

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def is_frame(self, node: ast.expr) -> bool:
        """Whether an expression is a data frame."""
        if isinstance(node, ast.Name):
            return node.id in self._names
        if isinstance(node, ast.Call):
            if result_type(self._facts.qualified(node.func)) == _FRAME:
                return not _may_be_many(node)
            function = node.func
            return (
                isinstance(function, ast.Attribute)
                and function.attr in _TO_FRAME
                and self.is_frame(function.value)
            )
        if isinstance(node, ast.Subscript):
            return self._is_part(node)
        return False

    def _is_part(self, node: ast.Subscript) -> bool:
        """Whether columns by a list, or rows by a mask or slice, are taken of a frame."""
        chosen = node.value
        if isinstance(chosen, ast.Attribute) and chosen.attr in ("loc", "iloc"):
            rows = node.slice.elts[0] if _is_pair(node.slice) else node.slice  # type: ignore[attr-defined]
            columns = node.slice.elts[1] if _is_pair(node.slice) else None  # type: ignore[attr-defined]
            several = columns is None or isinstance(columns, (ast.List, ast.Slice))
            return self.is_frame(chosen.value) and _is_many(rows) and several
        return self.is_frame(chosen) and _is_many(node.slice)

    @cached_property
    def looped(self) -> tuple[tuple[int, ast.For], ...]:
        """The loops over a list of frames, whose variable is one frame after the other."""
        return tuple(self._looped())

    def _looped(self) -> Iterator[tuple[int, ast.For]]:
        for cell, node in self._facts.nodes_with(ast.For, "for "):
            items = node.iter
            if isinstance(node.target, ast.Name) and isinstance(items, (ast.List, ast.Tuple)):
                if items.elts and all(self.is_frame(item) for item in items.elts):
                    yield cell, node


def _may_be(node: ast.expr | None) -> bool:
    """Whether an expression is of a class that `FrameNames.is_frame` says something of."""
    return isinstance(node, (ast.Call, ast.Name, ast.Subscript))


def _is_pair(node: ast.expr) -> bool:
    return isinstance(node, ast.Tuple) and len(node.elts) == 2


def _is_many(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Invert)
    return isinstance(node, (ast.List, ast.Slice, ast.Compare, ast.BinOp, ast.ListComp))


def _may_be_many(node: ast.Call) -> bool:
    """Whether a reader may give an iterator or a dictionary of frames instead of one."""
    return any(
        keyword.arg in ("chunksize", "iterator", "sheet_name", "squeeze", None)
        for keyword in node.keywords
    )
