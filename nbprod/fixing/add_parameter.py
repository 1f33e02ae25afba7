"""The fix that makes leaked globals parameters and passes them at every call of the notebook.

A caller that is a function becomes a reader of the global by that, so that it gets the parameter
as well. A parameter to which every call gives the global already is used instead of another one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from nbprod.facts import Facts
from nbprod.fixing.callers import binds, carrier_of, definition_of, is_plain, mentions_of
from nbprod.flow.types import FunctionFlow
from nbprod.model import Edit, Fix, Span
from nbprod.rule import unsafe

__all__ = ["as_parameters"]

# A change of more functions does not repair one of them.
_MOST_FUNCTIONS = 4


def as_parameters(function: FunctionFlow, names: Sequence[str], facts: Facts) -> Fix | None:
    """Have a function get globals as parameters, all of them; None where that is not sure.

    It is sure when the function and those that call it are plain `def`s of the notebook with one
    definition each, are only ever called directly, and never passed on as a value.
    """
    carriers = {name: carrier_of(function, name, facts) for name in names}
    edits = [
        Edit(span, carrier)
        for name, carrier in carriers.items()
        if carrier is not None
        for span in function.reads[name]
    ]
    if any(facts.text(edit.span) not in carriers for edit in edits):
        return None
    rest = [name for name, carrier in carriers.items() if carrier is None]
    if not rest:
        used = ", ".join(f"`{carrier}`" for carrier in dict.fromkeys(carriers.values()))
        return unsafe(f"Use {used} in `{function.name}`", *edits)
    given = _given(function.name, rest, facts)
    added = _edits(given, facts) if given is not None else None
    if added is None:
        return None
    listed = ", ".join(f"`{name}`" for name in rest)
    return unsafe(f"Pass {listed} to `{function.name}`", *edits, *added)


def _is_named_where_nothing_parses(name: str, facts: Facts) -> bool:
    """Whether a cell that does not parse, as one of Python 2, may call a function."""
    return any(
        parsed is not None and parsed.tree is None and re.search(rf"\b{name}\b", parsed.cell.source)
        for parsed in facts.parsed
    )


def _given(function: str, names: Sequence[str], facts: Facts) -> dict[str, list[str]] | None:
    """The parameters that a function gets, and those of the functions that call it."""
    given: dict[str, list[str]] = {}
    waiting = [(function, name) for name in names]
    while waiting:
        reader, name = waiting.pop(0)
        if name in given.get(reader, ()):
            continue
        given.setdefault(reader, []).append(name)
        found = definition_of(reader, facts)
        if found is None or found[1].decorator_list or binds(found[1], name):
            return None
        if _is_named_where_nothing_parses(reader, facts):
            return None
        if len(given) > _MOST_FUNCTIONS:
            return None
        for mention in mentions_of(reader, facts):
            if mention.call is None or not is_plain(mention.call):
                return None
            if any(keyword.arg == name for keyword in mention.call.keywords):
                return None
            if any(binds(scope, name) for scope in mention.scopes):
                return None
            if any(isinstance(scope, ast.ClassDef) for scope in mention.scopes):
                return None
            outer = mention.scopes[0] if mention.scopes else None
            if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
                waiting.append((outer.name, name))
    return given


def _edits(given: dict[str, list[str]], facts: Facts) -> list[Edit] | None:
    """Write the parameters into the signatures and the calls."""
    edits: list[Edit] = []
    for function, names in given.items():
        found = definition_of(function, facts)
        signature = _in_signature(found[1], found[0], names, facts) if found is not None else None
        if signature is None:
            return None
        edits.append(signature)
        calls = [
            _in_call(mention.call, mention.cell, names, facts)
            for mention in mentions_of(function, facts)
            if mention.call is not None
        ]
        edits += sorted(calls, key=lambda edit: edit.span)
    return edits


def _in_signature(
    node: ast.FunctionDef, cell: int, names: Sequence[str], facts: Facts
) -> Edit | None:
    """Put parameters at the end of a signature; keyword-only where plain ones cannot follow."""
    arguments = node.args
    if getattr(node, "type_params", None):
        return None
    if arguments.posonlyargs and not (arguments.args or arguments.vararg or arguments.kwonlyargs):
        return None
    source = facts.cell(cell).source
    opening = source.index("(", facts.span(cell, node).end)
    listed = ", ".join(names)
    is_open = arguments.vararg is not None or bool(arguments.kwonlyargs)
    if arguments.defaults and not is_open:
        listed = f"*, {listed}"
    if arguments.kwarg is not None:
        at = source.rindex("**", opening, facts.span(cell, arguments.kwarg).start)
        return Edit(Span(cell, at, at), f"{listed}, ")
    at = max((facts.span(cell, part).end for part in _parts(arguments)), default=opening + 1)
    if not _closes_at(at, cell, node, facts):
        return None
    return Edit(Span(cell, at, at), f", {listed}" if at > opening + 1 else listed)


def _parts(arguments: ast.arguments) -> Iterator[ast.AST]:
    """The parameters but the last of `**`, with their annotations and defaults."""
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    if arguments.vararg is not None:
        named.append(arguments.vararg)
    for argument in named:
        yield argument
        if argument.annotation is not None:
            yield argument.annotation
    for expression in (*arguments.defaults, *arguments.kw_defaults):
        if expression is not None:
            yield expression


def _closes_at(at: int, cell: int, node: ast.FunctionDef, facts: Facts) -> bool:
    """Whether nothing but the bracket of a signature follows: no bracket of a default's own."""
    rest = facts.cell(cell).source[at:].lstrip(" \t\n,")
    after = rest[1:].lstrip()
    return rest.startswith(")") and after.startswith((":", "->"))


def _in_call(call: ast.Call, cell: int, names: Sequence[str], facts: Facts) -> Edit:
    """Add keyword arguments to a call, after its last argument."""
    listed = ", ".join(f"{name}={name}" for name in names)
    parts = [*call.args, *(keyword.value for keyword in call.keywords)]
    source = facts.cell(cell).source
    end = facts.span(cell, call).end
    if parts:
        at = max(facts.span(cell, part).end for part in parts)
        # An argument in brackets of its own ends after them.
        closing = end - 1
        between = source[at:closing]
        if ")" in between or "," in between or "#" in between:
            at = closing
            lead = "" if source[:at].rstrip().endswith(",") else ", "
            return Edit(Span(cell, at, at), f"{lead}{listed}")
        return Edit(Span(cell, at, at), f", {listed}")
    at = source.rindex(")", 0, end)
    return Edit(Span(cell, at, at), listed)
