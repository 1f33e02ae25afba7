"""The text of the function and of its calls, and the proof that the one is all of the places."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import libcst as cst

from nbprod.extract.code.replace_literals import CannotReplace
from nbprod.extract.code.trees import Statement, block, plain_statements, statements_of
from nbprod.facts import Facts
from nbprod.merge.anti_unify import IDENTIFIERS, LiteralHole
from nbprod.merge.types import Argument, CannotMerge
from nbprod.names.statements import StatementText
from nbprod.syntax.walk import walk

__all__ = ["Draft", "call_text", "function_text", "require_same_code"]

_WIDTH = 88


class Draft(NamedTuple):
    """A function to be: its statements as text, and how each place reads it.

    ``names`` are other names that the function has for some of the first place's; ``holes`` the
    literals with the parameter that each has become.
    """

    units: tuple[StatementText, ...]
    facts: Facts
    names: Mapping[str, str]
    holes: tuple[tuple[LiteralHole, str], ...]


def function_text(draft: Draft, name: str, arguments: Sequence[str], results: Sequence[str]) -> str:
    """The definition of the function: the statements of the first place with the parameters in
    them, and the results.

    Raises:
        CannotMerge: a literal that differs is a part of a text that has no place of its own.
    """
    body, behind = _body_of(draft)
    if results:
        body += plain_statements(f"return {', '.join(results)}\n")
    (head,) = plain_statements(_wrapped(f"def {name}(", arguments, "): pass\n"))
    return cst.Module([head.with_changes(body=block(body, behind))]).code.rstrip("\n")


def _body_of(draft: Draft) -> tuple[list[Statement], list[cst.EmptyLine]]:
    """The statements, and the comments after the last one."""
    literals: dict[ast.AST, str] = {hole.nodes[0]: name for hole, name in draft.holes}
    renamer = _Renamer(draft.names)
    body: list[Statement] = []
    behind: list[cst.EmptyLine] = []
    for number, unit in enumerate(draft.units):
        if number == 0:
            # What is said above the first statement is said of its call.
            unit = unit._replace(start=unit.code)
        if number == len(draft.units) - 1:
            unit = unit._replace(end=unit.stop)
        try:
            made, below = statements_of(draft.facts.cell(unit.cell).source, unit, literals)
        except CannotReplace:
            raise CannotMerge("a part of a text differs that is no literal of its own") from None
        for statement in made:
            renamed = statement.visit(renamer)
            assert isinstance(renamed, Statement)
            lines = [*behind, *renamed.leading_lines]
            body.append(renamed.with_changes(leading_lines=lines))
            behind = []
        behind += below
    return body, behind


class _Renamer(cst.CSTTransformer):
    """Gives variables other names: attributes, keywords and declarations keep theirs."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self.names = names

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:  # noqa: N802 - as libcst
        """Rename a variable."""
        name = self.names.get(updated_node.value)
        return updated_node if name is None else updated_node.with_changes(value=name)

    def leave_Attribute(  # noqa: N802 - as libcst
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        """Keep the name of an attribute."""
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:  # noqa: N802 - as libcst
        """Keep the keyword of an argument."""
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_MatchKeywordElement(  # noqa: N802 - as libcst
        self, original_node: cst.MatchKeywordElement, updated_node: cst.MatchKeywordElement
    ) -> cst.MatchKeywordElement:
        """Keep the name of an attribute that a pattern asks for."""
        return updated_node.with_changes(key=original_node.key)

    def visit_Global(self, node: cst.Global) -> bool:  # noqa: N802 - as libcst
        """Keep what is declared ``global``."""
        return False


def call_text(name: str, arguments: Sequence[str], results: Sequence[str]) -> str:
    """A call that binds what comes back."""
    bound = f"{', '.join(results)} = " if results else ""
    return _wrapped(f"{bound}{name}(", arguments, ")")


def _wrapped(head: str, arguments: Sequence[str], tail: str) -> str:
    line = f"{head}{', '.join(arguments)}{tail}"
    if len(line) <= _WIDTH or not arguments:
        return line
    inner = "".join(f"    {argument},\n" for argument in arguments)
    return f"{head}\n{inner}{tail}"


# --- the proof -----------------------------------------------------------------------------------


def require_same_code(
    text: str,
    arguments: Sequence[Argument],
    names: Sequence[Mapping[str, str]],
    places: Sequence[Sequence[ast.stmt]],
) -> None:
    """Make sure that the function's body, with a place's arguments put in, is the place's code.

    Args:
        text: the definition.
        arguments: its parameters with what each place gives.
        names: for each place, what it calls each name of the function.
        places: the statements of each place.

    Raises:
        CannotMerge: it is not.
    """
    for number, statements in enumerate(places):
        definition = _definition(text)
        literals = {
            argument.name: argument.texts[number] for argument in arguments if argument.keyword
        }
        back = _Back(names[number], literals)
        own = definition.body[: len(statements)]
        left = definition.body[len(statements) :]
        if len(own) < len(statements) or any(
            not isinstance(statement, ast.Return) for statement in left
        ):
            raise CannotMerge("the function would not be all of the places")
        for statement, wanted in zip(own, statements, strict=True):
            if _dump(back.visit(statement)) != _dump(wanted):
                raise CannotMerge("the function would not be all of the places")


def _definition(text: str) -> ast.FunctionDef:
    """The tree of the function, for one place to change: Python copies no tree as fast."""
    try:
        definition = ast.parse(text).body[0]
    except (SyntaxError, ValueError, RecursionError):
        raise CannotMerge("the function would be no Python") from None
    assert isinstance(definition, ast.FunctionDef)
    return definition


class _Back(ast.NodeTransformer):
    """The trees of the function as they are in one place."""

    def __init__(self, names: Mapping[str, str], literals: Mapping[str, str]) -> None:
        self.names = names
        self.literals = {name: ast.literal_eval(f"({text}\n)") for name, text in literals.items()}

    def generic_visit(self, node: ast.AST) -> ast.AST:
        field = IDENTIFIERS.get(type(node))
        if field is not None and isinstance(getattr(node, field), str):
            setattr(node, field, self.names.get(getattr(node, field), getattr(node, field)))
        return super().generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.literals:
            return ast.Constant(self.literals[node.id])
        return self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        pieces: list[ast.expr] = []
        for expression in node.values:
            inner = expression.value if isinstance(expression, ast.FormattedValue) else None
            if isinstance(inner, ast.Name) and inner.id in self.literals:
                pieces.append(ast.Constant(self.literals[inner.id]))
            else:
                pieces.append(self.visit(expression))
        node.values = pieces
        return node


def _dump(node: ast.AST) -> str:
    if any(isinstance(part, ast.Constant) and part.kind for part in walk(node)):
        node = _Plain().visit(copy.deepcopy(node))
    return ast.dump(node)


class _Plain(ast.NodeTransformer):
    """Without what is the same to Python: ``u"…"`` is ``"…"``."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        node.kind = None
        return node
