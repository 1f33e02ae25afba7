"""Random draws of which nothing comes but something to look at: a sample row, points of a demo."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from nbprod.facts import Facts
from nbprod.libraries.training import REDUCTIONS
from nbprod.rules.drawn import drawing_statements
from nbprod.syntax.names import last_name, mentioned_names
from nbprod.syntax.walk import walk

__all__ = ["is_only_displayed"]

_PICKS = frozenset("choice choices randint randrange integers sample".split())
_SHOWING = frozenset("print display pprint".split())
_LOOKS = frozenset("head tail".split())
_FITS = ("fit", "train", "predict", "score", "partial_fit")
_MOST_ROWS = 30
_MOST_NAMES = 20
_DEEPEST = 5


def is_only_displayed(statement: ast.stmt, facts: Facts) -> bool:
    """Whether a draw is a pick that is only looked at, or makes points that are only drawn."""
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
        return False
    names = _names_bound(statement)
    if not names:
        return False
    if _is_pick(statement.value):
        return _are_only_used(names, facts, may_be_printed=True)
    return _is_made_of_nothing(statement.value, facts, 0) and _are_only_used(names, facts)


def _names_bound(statement: ast.Assign | ast.AnnAssign) -> list[str]:
    """The names that an assignment binds, empty where it stores anything else."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    parts = [
        part
        for target in targets
        for part in (target.elts if isinstance(target, ast.Tuple) else [target])
    ]
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    return names if len(names) == len(parts) else []


def _is_pick(value: ast.expr) -> bool:
    """Whether it is one element, or some few rows: `random.choice(files)`, `df.sample(5)`."""
    if isinstance(value, ast.Subscript):
        value = value.slice if _has_call(value.slice) else value.value
    if not isinstance(value, ast.Call) or last_name(value.func) not in _PICKS:
        return False
    options = {keyword.arg: keyword.value for keyword in value.keywords}
    if options.keys() & {"frac", "replace", "p", "weights"}:
        return False
    counts = [options[word] for word in ("n", "k", "size") if word in options]
    if last_name(value.func) == "sample":
        counts += value.args[-1:]
        return not counts or all(map(_is_small, counts))
    return all(map(_is_small, [*counts, *value.args[2:]]))


def _has_call(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Call) for part in walk(node))


def _is_small(node: ast.expr) -> bool:
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, int) and value <= _MOST_ROWS


def _is_made_of_nothing(value: ast.expr, facts: Facts, depth: int) -> bool:
    """Whether an expression uses modules, constants and such values only: no data, no model."""
    if depth > _DEEPEST or any(_fits(part) for part in walk(value)):
        return False
    for name in mentioned_names(value):
        made = [made for made in facts.flow.definitions.get(name, ()) if not made.is_unbound]
        if name in facts.imported or not made:
            continue
        nodes = [definition.node for definition in made]
        if not all(
            isinstance(node, ast.Assign) and _is_made_of_nothing(node.value, facts, depth + 1)
            for node in nodes
        ):
            return False
    return not any(_reads(part) for part in walk(value))


def _fits(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func).startswith(_FITS)


def _reduces(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) in REDUCTIONS


def _reads(node: ast.AST) -> bool:
    """Whether it is a call that brings in something from outside."""
    return isinstance(node, ast.Call) and last_name(node.func).startswith(
        ("read_", "load", "open", "fetch", "get")
    )


def _are_only_used(names: Sequence[str], facts: Facts, *, may_be_printed: bool = False) -> bool:
    """Whether some names, and what is computed of them, are drawn or shown, and nothing else."""
    waiting, seen, shown = list(names), set(names), 0
    while waiting:
        name = waiting.pop()
        for statement in _using(name, facts):
            if _shows(statement, name, may_be_printed, facts):
                shown += 1
            elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
                bound = _names_bound(statement)
                computed = any(_fits(part) for part in walk(statement)) or (
                    may_be_printed and any(_reduces(part) for part in walk(statement))
                )
                if not bound or computed or len(seen) > _MOST_NAMES:
                    return False
                waiting += [other for other in bound if other not in seen]
                seen.update(bound)
            else:
                return False
    return shown > 0


def _using(name: str, facts: Facts) -> Iterator[ast.stmt]:
    """The simple statements, or heads of compound ones, that read a name."""
    for parsed in facts.cells_with(name):
        for statement in parsed.live_nodes_of((*_SIMPLE, *_COMPOUND)):
            heads = [statement] if isinstance(statement, _SIMPLE) else _heads(statement)
            if any(
                isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Load)
                for head in heads
                for part in walk(head)
            ):
                yield statement


_SIMPLE = (
    ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Delete, ast.Assert,
    ast.Raise,
)  # fmt: skip
_COMPOUND = (
    ast.For, ast.While, ast.If, ast.With, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef
)  # fmt: skip


def _heads(statement: ast.AST) -> list[ast.AST]:
    """The parts of a compound statement that are not statements."""
    return [
        child
        for child in ast.iter_child_nodes(statement)
        if not isinstance(child, (ast.stmt, ast.excepthandler))
    ]


def _shows(statement: ast.stmt, name: str, may_be_printed: bool, facts: Facts) -> bool:
    """Whether a statement draws, or shows a pick as it is."""
    if not isinstance(statement, (ast.Expr, ast.Assign)):
        return False
    if any(_fits(part) for part in walk(statement)):
        return False
    if drawing_statements([statement], facts):
        return True
    value = statement.value
    if not may_be_printed or isinstance(statement, ast.Assign):
        return False
    if isinstance(value, ast.Call) and last_name(value.func) in _SHOWING:
        return all(map(_is_the_thing, value.args))
    return _is_the_thing(value)


def _is_the_thing(node: ast.expr) -> bool:
    """Whether it is a value, an item, an attribute or the head of one, or a text with it."""
    if isinstance(node, ast.JoinedStr):
        return all(_is_the_thing(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _is_the_thing(node.value)
    if isinstance(node, ast.Call):
        function = node.func
        if not isinstance(function, ast.Attribute) or function.attr not in _LOOKS:
            return False
        return not any(map(_has_call, node.args)) and _is_the_thing(function.value)
    if isinstance(node, (ast.Subscript, ast.Attribute)):
        return _is_the_thing(node.value)
    return isinstance(node, (ast.Name, ast.Constant))
