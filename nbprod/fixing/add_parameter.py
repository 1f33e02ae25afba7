"""The fix that makes a leaked global a parameter and passes it at every call of the notebook."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nbprod.facts import Facts
from nbprod.flow.types import FunctionFlow
from nbprod.model import Edit, Fix, Span
from nbprod.rule import unsafe
from nbprod.syntax.walk import walk

__all__ = ["as_parameter"]


def as_parameter(function: FunctionFlow, name: str, facts: Facts) -> Fix | None:
    """Add ``name`` to a function's parameters and to each call; None where that is not sure.

    It is sure when the function is a plain `def` of the notebook with one definition, is only ever
    called directly, and never handed on as a value.
    """
    definitions = facts.flow.definitions.get(function.name, ())
    if len({definition.binding.span for definition in definitions}) != 1:
        return None
    found = _definition(function, facts)
    if found is None or found.decorator_list or name in function.local_names:
        return None
    signature = _in_signature(found, function.cell, name, facts)
    if signature is None:
        return None
    calls: list[Edit] = []
    for cell, call in facts.shared(_mentions).get(function.name, ()):
        if call is None:
            return None
        if any(keyword.arg is None for keyword in call.keywords) or any(
            isinstance(arg, ast.Starred) for arg in call.args
        ):
            return None
        calls.append(_in_call(call, cell, name, facts))
    calls.sort(key=lambda edit: edit.span)
    return unsafe(f"Pass `{name}` to `{function.name}`", signature, *calls)


def _definition(function: FunctionFlow, facts: Facts) -> ast.FunctionDef | None:
    parsed = facts.parsed[function.cell]
    if parsed is None or parsed.tree is None:
        return None
    for statement in parsed.tree.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == function.name:
            return statement
    return None


_Mentions = dict[str, list[tuple[int, ast.Call | None]]]


def _mentions(facts: Facts) -> _Mentions:
    """For each name the cells of its reads, with the call of which a read is the callee."""
    found: _Mentions = {}
    for parsed in facts.parsed:
        if parsed is None or parsed.tree is None:
            continue
        roots: list[Sequence[ast.AST]] = [parsed.nodes]
        roots += [walk(magic.body) for magic in parsed.magics if magic.body is not None]
        for nodes in roots:
            callees = {id(node.func): node for node in nodes if isinstance(node, ast.Call)}
            for node in nodes:
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    mention = (parsed.cell.index, callees.get(id(node)))
                    found.setdefault(node.id, []).append(mention)
    return found


def _in_signature(node: ast.FunctionDef, cell: int, name: str, facts: Facts) -> Edit | None:
    """Put a parameter at the end of a signature; keyword-only where a plain one cannot follow."""
    arguments = node.args
    if arguments.kwarg is not None or arguments.vararg is not None:
        return None
    parts: list[ast.AST] = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    parts += [
        expression
        for expression in (*arguments.defaults, *arguments.kw_defaults)
        if expression is not None
    ]
    parts += [
        child.annotation for child in parts if isinstance(child, ast.arg) and child.annotation
    ]
    source = facts.cell(cell).source
    start = facts.span(cell, node).end
    if getattr(node, "type_params", None):
        return None
    opening = source.index("(", start)
    if not parts:
        at = opening + 1
        return Edit(Span(cell, at, at), name)
    at = max(facts.span(cell, part).end for part in parts)
    keyword_only = arguments.defaults and not arguments.kwonlyargs
    text = f", *, {name}" if keyword_only else f", {name}"
    return Edit(Span(cell, at, at), text)


def _in_call(call: ast.Call, cell: int, name: str, facts: Facts) -> Edit:
    """Add a keyword argument to a call, behind its last argument."""
    parts = [*call.args, *(keyword.value for keyword in call.keywords)]
    source = facts.cell(cell).source
    end = facts.span(cell, call).end
    if parts:
        at = max(facts.span(cell, part).end for part in parts)
        # An argument in brackets of its own ends behind them.
        closing = end - 1
        between = source[at:closing]
        if ")" in between or "," in between or "#" in between:
            at = closing
            lead = "" if source[:at].rstrip().endswith(",") else ", "
            return Edit(Span(cell, at, at), f"{lead}{name}={name}")
        return Edit(Span(cell, at, at), f", {name}={name}")
    at = source.rindex(")", 0, end)
    return Edit(Span(cell, at, at), f"{name}={name}")
