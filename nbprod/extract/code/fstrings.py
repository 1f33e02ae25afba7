"""The constants of an f-string: those of Python's tree, and the nodes of libcst that they are.

Before Python 3.12, positions inside of an f-string are not those of the text, so the two trees are
told together by the order of their constants.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import libcst as cst

__all__ = ["Run", "constants_of", "runs_of"]


class Run(NamedTuple):
    """The nodes that are one constant to Python, and its value.

    Texts that follow each other are one constant: ``f"a" "b"``. ``is_text``: they are texts of the
    f-string, not literals of an expression in it.
    """

    value: object
    nodes: tuple[cst.CSTNode, ...]
    is_text: bool

    @property
    def key(self) -> tuple[type, str]:
        """What tells its value from others: ``1`` is not ``1.0``."""
        return type(self.value), repr(self.value)


def constants_of(node: ast.AST) -> Iterator[ast.Constant]:
    """The constants of an f-string in the order of its text."""
    if isinstance(node, ast.Constant):
        yield node
    elif isinstance(node, ast.JoinedStr):
        for value in node.values:
            yield from constants_of(value)
    elif isinstance(node, ast.FormattedValue):
        yield from constants_of(node.value)
        if node.format_spec is not None:
            yield from constants_of(node.format_spec)
    else:
        # Positions inside of one pair of braces are right as to each other.
        for child in sorted(_outermost(node), key=lambda part: (part.lineno, part.col_offset)):
            yield from constants_of(child)


def _outermost(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Constant, ast.JoinedStr)):
            yield child
        else:
            yield from _outermost(child)


def runs_of(tree: cst.CSTNode) -> Iterator[Run]:
    """The constants of an f-string of libcst, or of strings side by side, in order."""
    yield from _runs(_pieces(tree))


class _Piece(NamedTuple):
    """A text, or braces, of an f-string with a prefix and quotes."""

    node: cst.CSTNode
    text: str
    quotes: tuple[str, str]


def _pieces(tree: cst.CSTNode) -> Iterator[_Piece]:
    if isinstance(tree, cst.ConcatenatedString):
        yield from _pieces(tree.left)
        yield from _pieces(tree.right)
    elif isinstance(tree, cst.FormattedString):
        prefix = tree.prefix.lower().replace("f", "")
        yield from _pieces_of_parts(tree.parts, (prefix, tree.quote))
    elif isinstance(tree, cst.SimpleString):
        yield _Piece(tree, str(tree.evaluated_value), ("", ""))


def _pieces_of_parts(
    parts: Sequence[cst.BaseFormattedStringContent], quotes: tuple[str, str]
) -> Iterator[_Piece]:
    for part in parts:
        text = ""
        if isinstance(part, cst.FormattedStringText):
            inner = part.value.replace("{{", "{").replace("}}", "}")
            text = str(ast.literal_eval(f"{quotes[0]}{quotes[1]}{inner}{quotes[1]}"))
        yield _Piece(part, text, quotes)


def _runs(pieces: Iterator[_Piece]) -> Iterator[Run]:
    texts: list[tuple[str, cst.CSTNode]] = []
    for piece in pieces:
        part = piece.node
        if not isinstance(part, cst.FormattedStringExpression):
            texts.append((piece.text, part))
            continue
        if part.equal is not None:
            # ``{x=}`` shows the code of its expression, which has no node of its own.
            code = _code_of(part.whitespace_before_expression, part.expression, part.equal)
            texts.append((code, part))
        yield from _run(texts)
        texts = []
        literals = _Literals()
        part.expression.visit(literals)
        yield from literals.found
        yield from _runs(_pieces_of_parts(part.format_spec or (), piece.quotes))
    yield from _run(texts)


def _code_of(*nodes: cst.CSTNode) -> str:
    module = cst.Module(())
    return "".join(module.code_for_node(node) for node in nodes)


def _run(texts: Sequence[tuple[str, cst.CSTNode]]) -> Iterator[Run]:
    value = "".join(text for text, _ in texts)
    if value:
        yield Run(value, tuple(node for text, node in texts if text), is_text=True)


class _Literals(cst.CSTVisitor):
    """Collects the constants of an expression."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Run] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Take a literal, and look no further into it."""
        if isinstance(node, (cst.ConcatenatedString, cst.FormattedString, cst.SimpleString)):
            value = getattr(node, "evaluated_value", None)
            if value is not None:
                self.found.append(Run(value, (node,), is_text=False))
            else:
                self.found += runs_of(node)
            return False
        if isinstance(node, (cst.Integer, cst.Float, cst.Imaginary)):
            self.found.append(Run(node.evaluated_value, (node,), is_text=False))
        elif isinstance(node, cst.Name) and node.value in _NAMED:
            self.found.append(Run(_NAMED[node.value], (node,), is_text=False))
        elif isinstance(node, cst.Ellipsis):
            self.found.append(Run(..., (node,), is_text=False))
        return True


_NAMED = {"True": True, "False": False, "None": None}
