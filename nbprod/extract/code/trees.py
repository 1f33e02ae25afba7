"""Statements of a notebook as trees that carry their comments and layout."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import libcst as cst

from nbprod.extract.code.replace_literals import replace_literals
from nbprod.names.statements import StatementText
from nbprod.refactor.reindent import statement_text

__all__ = [
    "Statement",
    "block",
    "one_a_line",
    "plain_statements",
    "statements_of",
    "with_space_above",
    "without_space_above",
]

Statement: TypeAlias = cst.SimpleStatementLine | cst.BaseCompoundStatement


def statements_of(
    source: str,
    unit: StatementText,
    names: Mapping[ast.AST, str] = MappingProxyType({}),
) -> tuple[list[Statement], list[cst.EmptyLine]]:
    """A statement of a cell, and the comment lines after it that belong to no statement.

    A line with several statements gives several. The first one has the comments above it, and a
    blank line if the author left one. The ``names`` take the place of literals of the statement.

    Raises:
        CannotReplace: such a literal is a part of a text that has no place of its own.
    """
    module = replace_literals(_parse(statement_text(source, unit) + "\n"), unit.node, names)
    if unit.kind == "definition":
        module = module.visit(_SignatureComments())
    made = [statement for line in module.body for statement in one_a_line(line)]
    if not made:
        return [], [line for line in (*module.header, *module.footer) if line.comment]
    above = list(module.header)
    if source[unit.start : unit.code].replace("\r", "").lstrip(" \t").startswith("\n"):
        above.insert(0, cst.EmptyLine(indent=False))
    made[0] = made[0].with_changes(leading_lines=[*above, *made[0].leading_lines])
    return made, [line for line in module.footer if line.comment]


def _parse(text: str) -> cst.Module:
    """Parse a statement with its comments.

    Python reads some layouts that libcst does not, such as a backslash between two blocks. These
    are laid out anew; their comments go above the statement.
    """
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError:
        comments = [line.strip() for line in text.split("\n") if line.lstrip().startswith("#")]
        return cst.parse_module("\n".join([*comments, ast.unparse(ast.parse(text)), ""]))


def one_a_line(line: Statement | cst.BaseStatement) -> Iterable[Statement]:
    """The statements of a line that semicolons join, each on a line of its own."""
    assert isinstance(line, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    if not isinstance(line, cst.SimpleStatementLine):
        yield line
        return
    last = len(line.body) - 1
    for place, small in enumerate(line.body):
        yield line.with_changes(
            body=[small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)],
            leading_lines=line.leading_lines if place == 0 else [],
            trailing_whitespace=line.trailing_whitespace
            if place == last
            else cst.TrailingWhitespace(),
        )


class _SignatureComments(cst.CSTTransformer):
    """Binds the comment after a signature of several lines to its last parameter: a formatter
    would move it after the colon."""

    def leave_FunctionDef(  # noqa: N802 - the name is that of libcst
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """Move the comment of one function."""
        body = updated_node.body
        if not isinstance(body, cst.IndentedBlock) or body.header.comment is None:
            return updated_node
        params = updated_node.params
        several = any(
            isinstance(param.comma, cst.Comma)
            and isinstance(param.comma.whitespace_after, cst.ParenthesizedWhitespace)
            for param in (*params.posonly_params, *params.params, *params.kwonly_params)
        )
        field = "kwonly_params" if params.kwonly_params else "params"
        group = list(getattr(params, field))
        if not several or not group or params.star_kwarg is not None:
            return updated_node
        space = cst.ParenthesizedWhitespace(
            first_line=body.header, last_line=cst.SimpleWhitespace("")
        )
        group[-1] = group[-1].with_changes(comma=cst.Comma(whitespace_after=space))
        return updated_node.with_changes(
            params=params.with_changes(**{field: group}),
            body=body.with_changes(header=cst.TrailingWhitespace()),
        )


def plain_statements(text: str) -> list[Statement]:
    """Generated code as statements."""
    module = cst.parse_module(text)
    made = [line for line in module.body if isinstance(line, Statement)]
    if made and module.header:
        made[0] = made[0].with_changes(leading_lines=[*module.header, *made[0].leading_lines])
    return made


def with_space_above(statement: Statement) -> Statement:
    """A statement with a blank line above it."""
    lines = list(statement.leading_lines)
    if lines and lines[0].comment is None:
        return statement
    return statement.with_changes(leading_lines=[cst.EmptyLine(indent=False), *lines])


def without_space_above(statement: Statement) -> Statement:
    """A statement without blank lines above its first comment."""
    lines = list(statement.leading_lines)
    while lines and lines[0].comment is None:
        lines.pop(0)
    return statement.with_changes(leading_lines=lines)


def block(statements: Sequence[Statement], behind: Sequence[cst.EmptyLine]) -> cst.IndentedBlock:
    """The body of a function, with the comments after its last statement."""
    return cst.IndentedBlock(body=list(statements), footer=list(behind))
