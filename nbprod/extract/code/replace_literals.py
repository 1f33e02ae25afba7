"""Names in place of a statement's literals, on the tree that carries its comments and layout."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from nbprod.extract.code.fstrings import constants_of, runs_of
from nbprod.syntax.walk import walk

__all__ = ["CannotReplace", "comments_of", "replace_literals"]


class CannotReplace(Exception):
    """A literal is a part of a text that has no place of its own."""


class _Name(NamedTuple):
    """What takes the place of a node. ``in_text``: the node is a text of an f-string, and gone if
    the ``name`` is empty."""

    name: str
    in_text: bool = False


_GONE = cst.SimpleString('""')


def replace_literals(
    module: cst.Module, node: ast.stmt, names: Mapping[ast.AST, str]
) -> cst.Module:
    """A statement with names in place of some of its literals.

    A comment between the parts of a literal goes above the statement.

    Args:
        module: the statement as a module of its own.
        node: its tree as Python has it; positions may be those of another text.
        names: the names by the literals of that tree; others are skipped.

    Raises:
        CannotReplace: a literal is a part of a text that has no place of its own.
    """
    if not any(part in names for part in walk(node)):
        return module
    places = _Places(module)
    found: dict[cst.CSTNode, _Name] = {}
    for literal, here in _counterparts(node, ast.parse(module.code).body[0], names):
        tree = places.expression_at(here)
        if isinstance(literal, ast.JoinedStr):
            found |= _in_text(literal, tree, names)
        else:
            found[tree] = _Name(names[literal])
    changed = _replace_all(module, found)
    lost = comments_of(module)
    for comment in comments_of(changed):
        lost.remove(comment)
    above = [cst.EmptyLine(comment=cst.Comment(comment)) for comment in lost]
    return changed.with_changes(header=[*changed.header, *above])


def comments_of(tree: cst.CSTNode) -> list[str]:
    """The comments of a tree, in order."""
    found = [tree.value] if isinstance(tree, cst.Comment) else []
    return found + [comment for child in tree.children for comment in comments_of(child)]


def _counterparts(
    node: ast.AST, here: ast.AST, names: Mapping[ast.AST, str]
) -> Iterator[tuple[ast.AST, ast.expr]]:
    """The literals to replace, and the f-strings with some inside, each with the same node of a
    second tree. Where the trees differ (a magic in a block), none is looked for."""
    pending = [(node, here)]
    while pending:
        mine, theirs = pending.pop()
        if type(mine) is not type(theirs):
            continue
        if isinstance(theirs, ast.expr) and mine in names:
            yield mine, theirs
        elif isinstance(theirs, ast.JoinedStr):
            if any(part in names for part in walk(mine)):
                yield mine, theirs
        else:
            parts, others = [*ast.iter_child_nodes(mine)], [*ast.iter_child_nodes(theirs)]
            if len(parts) == len(others):
                pending += zip(parts, others, strict=True)


class _Places:
    """The expressions of a tree by their places in its text."""

    def __init__(self, module: cst.Module) -> None:
        self._lines = module.code.split("\n")
        self._found: dict[CodeRange, cst.BaseExpression] = {}
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        ranges = wrapper.resolve(PositionProvider)
        for node, place in ranges.items():
            if isinstance(node, cst.Tuple) and node.lpar:
                # To Python, the parentheses are a part of a tuple.
                place = CodeRange(ranges[node.lpar[-1]].start, ranges[node.rpar[0]].end)
            if isinstance(node, cst.BaseExpression):
                self._found[place] = node

    def expression_at(self, node: ast.expr) -> cst.BaseExpression:
        """The expression that a node of Python's tree is."""
        last = node.end_lineno or 0
        place = CodeRange(
            (node.lineno, self._column(node.lineno, node.col_offset)),
            (last, self._column(last, node.end_col_offset or 0)),
        )
        if place not in self._found:
            raise CannotReplace
        return self._found[place]

    def _column(self, line: int, column: int) -> int:
        text = self._lines[line - 1]
        return column if text.isascii() else len(text.encode("utf-8")[:column].decode("utf-8"))


def _in_text(
    node: ast.JoinedStr, tree: cst.CSTNode, names: Mapping[ast.AST, str]
) -> dict[cst.CSTNode, _Name]:
    """What is replaced inside of an f-string."""
    constants, runs = [*constants_of(node)], [*runs_of(tree)]
    if [(type(constant.value), repr(constant.value)) for constant in constants] != [
        run.key for run in runs
    ]:
        raise CannotReplace
    found = {}
    for constant, run in zip(constants, runs, strict=True):
        if constant in names:
            first, *others = run.nodes
            if any(isinstance(part, cst.FormattedStringExpression) for part in run.nodes):
                raise CannotReplace
            found[first] = _Name(names[constant], run.is_text)
            found |= {part: _Name("", run.is_text) for part in others}
    return found


def _replace_all(module: cst.Module, names: Mapping[cst.CSTNode, _Name]) -> cst.Module:
    try:
        return module.visit(_Replacer(names))
    except cst.CSTValidationError:
        # A quote may stand where a name needs a blank: ``return"text"``.
        return module.visit(_Replacer(names, (cst.LeftParen(),), (cst.RightParen(),)))


class _Replacer(cst.CSTTransformer):
    """Puts names in place of nodes."""

    def __init__(
        self,
        names: Mapping[cst.CSTNode, _Name],
        left: Sequence[cst.LeftParen] = (),
        right: Sequence[cst.RightParen] = (),
    ) -> None:
        super().__init__()
        self.names = names
        self.parentheses = (left, right)

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Look no further into what is replaced."""
        return node not in self.names

    def on_leave(  # type: ignore[override] # libcst's own types are wider
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel:
        """Replace a node."""
        new = self.names.get(original_node)
        if new is None:
            return _without_gone(original_node, updated_node)
        left, right = self.parentheses
        if not new.in_text:
            return cst.Name(new.name, lpar=left, rpar=right)
        is_part = isinstance(original_node, cst.FormattedStringText)
        if not new.name:
            return cst.RemoveFromParent() if is_part else _GONE
        braces = cst.FormattedStringExpression(cst.Name(new.name))
        return braces if is_part else cst.FormattedString([braces])


def _without_gone(before: cst.CSTNode, node: cst.CSTNode) -> cst.CSTNode:
    """Strings side by side without those that are gone."""
    if isinstance(before, cst.FormattedString) and isinstance(node, cst.FormattedString):
        return _GONE if before.parts and not node.parts else node
    if not isinstance(node, cst.ConcatenatedString) or _GONE not in (node.left, node.right):
        return node
    rest = node.right if node.left is _GONE else node.left
    return rest.with_changes(lpar=[*node.lpar, *rest.lpar], rpar=[*rest.rpar, *node.rpar])
