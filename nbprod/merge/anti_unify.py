"""What differs between pieces of code that are alike: names, one to one, and literals.

`clones` finds what is alike by hashes and leaves out what is no matter to a reader. Here nothing is
left out: every field of every node is the same in all places, or a name, or a literal, or the
places are not one function.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nbprod.merge.types import CannotMerge
from nbprod.syntax.names import last_name

__all__ = ["IDENTIFIERS", "LiteralHole", "Unified", "unify"]

IDENTIFIERS: dict[type, str] = {
    ast.Name: "id",
    ast.arg: "arg",
    ast.ExceptHandler: "name",
    ast.MatchAs: "name",
    ast.MatchStar: "name",
    ast.MatchMapping: "rest",
}
"""The field of a node that holds a name which could be another one."""


_MORE = "the places differ in more than names and literals"


class LiteralHole(NamedTuple):
    """A literal that is not the same everywhere: the nodes of each place, in order.

    ``hint`` is what a parameter for it may be called.
    """

    nodes: tuple[ast.Constant, ...]
    hint: str


class Unified(NamedTuple):
    """What differs. ``nodes`` are the statements of the first place. ``names``: for each place,
    the names of the first place to its own.
    ``holes`` are the literals that differ, in order; one value may be in several holes."""

    nodes: tuple[ast.stmt, ...]
    names: tuple[dict[str, str], ...]
    holes: tuple[LiteralHole, ...]


def unify(places: Sequence[Sequence[ast.stmt]]) -> Unified:
    """What differs between the statements of some places.

    Raises:
        CannotMerge: more than names and literals does.
    """
    if len({len(sequence) for sequence in places}) > 1:
        raise CannotMerge("some of the places have more statements")
    reader = _Reader(len(places))
    for row in zip(*places, strict=True):
        reader.read(row, "value")
    return Unified(tuple(places[0]), tuple(reader.there), tuple(reader.holes))


class _Reader:
    """Walks the trees of all places at once."""

    def __init__(self, count: int) -> None:
        self.there: list[dict[str, str]] = [{} for _ in range(count)]
        self.back: list[dict[str, str]] = [{} for _ in range(count)]
        self.holes: list[LiteralHole] = []

    def read(self, row: Sequence[ast.AST], hint: str) -> None:
        first = row[0]
        if any(type(child) is not type(first) for child in row):
            raise CannotMerge(_MORE)
        if isinstance(first, ast.Constant):
            self._constant(row, hint)
            return
        holes = len(self.holes)
        for field, values in _fields(row):
            if field == IDENTIFIERS.get(type(first)):
                self._identifier(values)
            elif isinstance(values[0], (ast.AST, list)):
                self._inner(first, field, values, hint)
            elif any(value != values[0] for value in values):
                raise CannotMerge(_MORE)
        if isinstance(first, ast.pattern) and len(self.holes) > holes:
            # A name in the place of a pattern's literal would catch everything.
            raise CannotMerge("a literal of a pattern differs")

    def _inner(self, node: ast.AST, field: str, values: Sequence[object], hint: str) -> None:
        if isinstance(values[0], ast.AST):
            self.read(_trees(values), _hint(node, field, hint))
            return
        lists = [value if isinstance(value, list) else [] for value in values]
        if len({len(items) for items in lists}) > 1:
            raise CannotMerge(_MORE)
        for place, row in enumerate(zip(*lists, strict=True)):
            if isinstance(row[0], ast.AST):
                self.read(_trees(row), _hint(node, field, hint, place))
            elif any(value != row[0] for value in row):
                raise CannotMerge(_MORE)

    def _constant(self, row: Sequence[ast.AST], hint: str) -> None:
        nodes = tuple(child for child in row if isinstance(child, ast.Constant))
        if len({(type(constant.value), repr(constant.value)) for constant in nodes}) > 1:
            self.holes.append(LiteralHole(nodes, hint))

    def _identifier(self, values: Sequence[object]) -> None:
        mine = values[0]
        for place, theirs in enumerate(values):
            if not isinstance(mine, str) or not isinstance(theirs, str):
                if mine is not theirs:
                    raise CannotMerge(_MORE)
                continue
            there, back = self.there[place], self.back[place]
            if there.setdefault(mine, theirs) != theirs or back.setdefault(theirs, mine) != mine:
                raise CannotMerge(f"`{mine}` stands for several names of another place")


def _fields(row: Sequence[ast.AST]) -> Iterator[tuple[str, list[object]]]:
    for field in row[0]._fields:
        if field not in ("kind", "type_comment"):
            yield field, [getattr(child, field, None) for child in row]


def _trees(values: Sequence[object]) -> list[ast.AST]:
    trees = [value for value in values if isinstance(value, ast.AST)]
    if len(trees) != len(values):
        raise CannotMerge(_MORE)
    return trees


_PATHS = frozenset(["open", "load", "loadtxt", "imread", "savefig", "Path", "load_model"])
_TITLES = {"title": "title", "set_title": "title", "suptitle": "title", "print": "text"} | {
    f"{prefix}{axis}label": f"{axis}label" for prefix in ("", "set_") for axis in "xyz"
}


def _hint(node: ast.AST, field: str, outer: str, place: int = 0) -> str:
    """What a literal in a field of a node may be called, the one at a place of a list."""
    if isinstance(node, ast.keyword):
        return node.arg or outer
    if isinstance(node, ast.Subscript) and field == "slice":
        return "key"
    if isinstance(node, ast.Call):
        return _hint_of_argument(node) if field == "args" and place == 0 else "value"
    if isinstance(node, ast.JoinedStr):
        return "text"
    if isinstance(node, ast.Compare) and field == "comparators":
        return "value" if isinstance(node.ops[0], (ast.Eq, ast.NotEq, ast.In)) else "limit"
    if isinstance(node, ast.Dict) and field == "values":
        key = node.keys[place]
        return str(key.value) if isinstance(key, ast.Constant) else "value"
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and field == "value":
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        return target.id if isinstance(target, ast.Name) else outer
    if isinstance(node, (ast.Tuple, ast.List, ast.UnaryOp, ast.Subscript)):
        return outer
    return "value"


def _hint_of_argument(node: ast.Call) -> str:
    func = node.func
    called = last_name(func)
    if called in _PATHS or called.startswith(("read_", "to_")):
        return "path"
    if called in _TITLES:
        return _TITLES[called]
    is_plain = isinstance(func, ast.Attribute) and called.islower()
    return called if is_plain and called.isalpha() else "value"
