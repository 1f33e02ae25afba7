"""Second runs that are meant, or that add nothing: longer training, sliders, anti-joins."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.flow.types import SelfDependence
from nbprod.patterns import lazy_pattern
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = ["adds_what_is_missing", "is_meant"]

_RATES = ("rate", "lr", "alpha", "eta", "step")
_SLIDER = lazy_pattern(r"#\s*@param\s*\{[^}]*\bslider\b")
_Values = dict[str, list[ast.expr]]
_LOOPS = (ast.For, ast.While)


def is_meant(reason: SelfDependence, facts: Facts) -> bool:
    """Whether a cell is run again on purpose: a form's slider, training, another sample."""
    parsed = facts.parsed[reason.span.cell]
    if parsed is None or parsed.tree is None:
        return False
    if _SLIDER.search(parsed.cell.source):
        return True
    statement = _statement_at(reason, facts)
    return statement is not None and (_draws_sample(statement) or _trains(statement, parsed.tree))


def adds_what_is_missing(reason: SelfDependence, facts: Facts) -> bool:
    """Whether only rows are added that are not there: `new = b[~b.k.isin(a.k)]`, then `a + new`."""
    statement = _statement_at(reason, facts)
    value = getattr(statement, "value", None)
    if not isinstance(value, ast.AST) or reason.kind not in ("rebinds", "mutates", "overwrites"):
        return False
    parsed = facts.parsed[reason.span.cell]
    made: _Values = {}
    for node in parsed.live_nodes if parsed is not None else ():
        if isinstance(node, ast.Assign) and node is not statement:
            for target in node.targets:
                if isinstance(target, ast.Name):
                    made.setdefault(target.id, []).append(node.value)
    if _leaves_out(value, reason.name, made):
        return True
    added = {
        name
        for name in _names(value) - {reason.name}
        if all(made.binding.kind != "import" for made in facts.flow.definitions.get(name, ()))
    }
    return bool(added) and all(_is_anti_join(name, reason.name, made, set()) for name in added)


def _is_anti_join(name: str, table: str, made: _Values, seen: set[str]) -> bool:
    """Whether a name holds rows without those of a table, as the cell works it out."""
    values = made.get(name, [])
    if not values or name in seen:
        return False
    seen.add(name)
    for value in values:
        if not _leaves_out(value, table, made):
            parts = sorted(_names(value) & made.keys() - {name})
            if not parts or not all(_is_anti_join(part, table, made, seen) for part in parts):
                return False
    return True


def _leaves_out(value: ast.AST, table: str, made: _Values) -> bool:
    for node in walk(value):
        if not isinstance(node, ast.UnaryOp) or not isinstance(node.op, ast.Invert):
            continue
        for call in walk(node.operand):
            if isinstance(call, ast.Call) and last_name(call.func) == "isin":
                keys = {name for argument in call.args for name in _names(argument)}
                sources = {
                    name for key in keys for kept in made.get(key, ()) for name in _names(kept)
                }
                if table in keys | sources:
                    return True
    return False


def _statement_at(reason: SelfDependence, facts: Facts) -> ast.stmt | None:
    """The innermost assignment, or call, in which a reason lies."""
    parsed = facts.parsed[reason.span.cell]
    for node in parsed.live_nodes if parsed is not None else ():
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr)):
            span = facts.span(reason.span.cell, node)
            if span.start <= reason.span.start < span.end:
                return node
    return None


def _draws_sample(statement: ast.stmt) -> bool:
    """`df = df.sample(20)`: of 20 rows it draws the same 20."""
    value = statement.value if isinstance(statement, ast.Assign) else None
    if not isinstance(value, ast.Call) or last_name(value.func) != "sample":
        return False
    options = {keyword.arg for keyword in value.keywords}
    return not options & {"frac", "replace"} and bool(value.args or "n" in options)


def _trains(statement: ast.stmt, tree: ast.Module) -> bool:
    """A step of gradient descent in a loop: `w = w - rate * gradient`; more runs train longer."""
    change: ast.expr | None = None
    if isinstance(statement, ast.AugAssign) and isinstance(statement.op, (ast.Sub, ast.Add)):
        change = statement.value
    elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.BinOp):
        if isinstance(statement.value.op, (ast.Sub, ast.Add)):
            change = statement.value.right
    if not isinstance(change, ast.BinOp) or not isinstance(change.op, (ast.Mult, ast.Div)):
        return False
    names = {name.lower() for name in _names(change)}
    if not any(word in name.split("_") for name in names for word in _RATES):
        return False
    return any(
        isinstance(loop, _LOOPS) and any(node is statement for node in walk(loop))
        for loop in tree.body
    )


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in walk(node) if isinstance(part, ast.Name)}
