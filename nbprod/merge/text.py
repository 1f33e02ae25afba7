"""The text of the function and of its calls, and the proof that the one is all of the places."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.merge.anti_unify import IDENTIFIERS, LiteralHole
from nbprod.merge.types import Argument, CannotMerge
from nbprod.names.statements import StatementText
from nbprod.refactor.reindent import indented, statement_text

__all__ = ["Draft", "body_of", "call_text", "function_text", "require_same_code"]

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


def body_of(draft: Draft) -> str:
    """The statements of the first place with the parameters in them, at the left margin."""
    lines = []
    for number, unit in enumerate(draft.units):
        source = draft.facts.cell(unit.cell).source
        piece = unit
        if number == 0:
            # What is said above the first statement is said of its call.
            piece = piece._replace(start=unit.code)
        if number == len(draft.units) - 1:
            piece = piece._replace(end=unit.stop)
        lines.append(statement_text(source, piece, [*_edits(draft, unit)]))
    return "\n".join(lines)


def _edits(draft: Draft, unit: StatementText) -> Iterator[tuple[int, int, str]]:
    """The changes of a statement's text. Python's places inside of f-strings are not to be relied
    on, so that one which changes is written anew."""
    changed = _Changed(draft)
    pending: list[ast.AST] = [unit.node]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.JoinedStr):
            after = changed.visit(copy.deepcopy(_marked(node)))
            if ast.dump(after) != ast.dump(node):
                span = draft.facts.span(unit.cell, node)
                yield span.start, span.end, ast.unparse(after)
            continue
        text = changed.text_of(node)
        if text is not None:
            start = draft.facts.span(unit.cell, node).start
            field = IDENTIFIERS.get(type(node))
            old = getattr(node, field) if field else None
            end = start + len(old) if old else draft.facts.span(unit.cell, node).end
            yield start, end, text
        pending += ast.iter_child_nodes(node)


def _marked(node: ast.AST) -> ast.AST:
    """A tree whose nodes remember who they are, so that a copy of them can be asked."""
    for part in ast.walk(node):
        part._identity = id(part)  # type: ignore[attr-defined]
    return node


class _Changed(ast.NodeTransformer):
    """The trees of the first place as they are in the function."""

    def __init__(self, draft: Draft) -> None:
        self.names = draft.names
        self.literals = {id(hole.nodes[0]): name for hole, name in draft.holes}

    def text_of(self, node: ast.AST) -> str | None:
        """What takes the place of a name or literal, None where it stays."""
        if isinstance(node, ast.Constant):
            return self.literals.get(id(node))
        if isinstance(node, (ast.Name, ast.arg)):
            return self.names.get(node.id if isinstance(node, ast.Name) else node.arg)
        return None

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        name = self.literals.get(getattr(node, "_identity", 0))
        return node if name is None else ast.Name(name, ast.Load())

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.arg = self.names.get(node.arg, node.arg)
        return self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        self.generic_visit(node)
        node.values = [
            ast.FormattedValue(expression, -1, None)
            if isinstance(expression, ast.Name)
            else expression
            for expression in node.values
        ]
        return node


def function_text(name: str, arguments: Sequence[str], body: str, results: Sequence[str]) -> str:
    """A definition."""
    lines = [_wrapped(f"def {name}(", arguments, "):"), indented(body)]
    if results:
        lines.append(f"    return {', '.join(results)}")
    return "\n".join(lines)


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
    try:
        definition = ast.parse(text).body[0]
    except (SyntaxError, ValueError, RecursionError):
        raise CannotMerge("the function would be no Python") from None
    assert isinstance(definition, ast.FunctionDef)
    for number, statements in enumerate(places):
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
            made = back.visit(copy.deepcopy(statement))
            if _dump(made) != _dump(wanted):
                raise CannotMerge("the function would not be all of the places")


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
    return ast.dump(_Plain().visit(copy.deepcopy(node)))


class _Plain(ast.NodeTransformer):
    """Without what is the same to Python: ``u"…"`` is ``"…"``."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        node.kind = None
        return node
