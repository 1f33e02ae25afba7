"""Second runs that are meant, or start anew: training, endless iterators, first rounds."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence

from nbprod.facts import Facts
from nbprod.flow.types import SelfDependence
from nbprod.libraries.methods import REWINDING
from nbprod.patterns import lazy_pattern
from nbprod.syntax.names import last_name, mentioned_names
from nbprod.syntax.walk import walk

__all__ = ["is_meant", "is_never_done", "is_one_step", "starts_anew", "statement_at"]

_RATES = ("rate", "lr", "alpha", "eta", "step")
_SLIDER = lazy_pattern(r"#\s*@param\s*\{[^}]*\bslider\b")
_OPTIMIZER = lazy_pattern(r"(?i)opt(?:im|$|_|[A-Z\d])|sched|adam|sgd|rmsprop")
_DEEPEST = 3
_LOOPS = (ast.For, ast.While)
_LOOPS_ALL = (ast.For, ast.AsyncFor, ast.While)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
# What goes on for ever: another item each time, and never fewer.
_ENDLESS = frozenset(
    "flow flow_from_directory flow_from_dataframe flow_from_generator cycle count repeat".split()
)


def is_meant(reason: SelfDependence, facts: Facts) -> bool:
    """Whether a cell is run again on purpose: a form's slider, training, another sample."""
    parsed = facts.parsed[reason.span.cell]
    if parsed is None or parsed.tree is None:
        return False
    if _SLIDER.search(parsed.cell.source):
        return True
    statement = statement_at(reason, facts)
    return statement is not None and (
        _draws_sample(statement)
        or _swaps(statement)
        or _shows_next(statement, parsed.tree)
        or _trains(statement, parsed.tree)
    )


def is_never_done(reason: SelfDependence, facts: Facts) -> bool:
    """Whether what is taken from does not run out, or what is written to is closed thereafter."""
    parsed = facts.parsed[reason.span.cell]
    if reason.kind == "mutates" and reason.how in ("write", "writelines") and parsed is not None:
        return any(
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "close"
            and ast.unparse(node.func.value) == reason.name
            for node in parsed.live_nodes_of(ast.Call)
        )
    if reason.kind != "consumes":
        return False
    made = [
        definition.node
        for definition in facts.flow.definitions.get(reason.name, ())
        if not definition.is_unbound
    ]
    return any(
        isinstance(node, ast.Assign)
        and (_goes_on(node.value, facts, 0) or _is_made_elsewhere(node.value, facts))
        for node in made
    )


def _is_made_elsewhere(value: ast.expr, facts: Facts) -> bool:
    """Whether a function of a module makes it that nobody knows here: it may go on for ever."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name):
        return False
    module = facts.imported.get(value.func.id, "").partition(".")[0]
    return bool(module) and module not in sys.stdlib_module_names


def _goes_on(value: ast.expr, facts: Facts, depth: int) -> bool:
    """Whether an expression makes what goes on for ever, itself or by a function of a cell."""
    for call in walk(value):
        if not isinstance(call, ast.Call):
            continue
        if last_name(call.func) in _ENDLESS:
            return True
        called = call.func.id if isinstance(call.func, ast.Name) and depth < _DEEPEST else ""
        for made in facts.flow.definitions.get(called, ()):
            if isinstance(made.node, ast.FunctionDef) and (
                _yields_for_ever(made.node)
                or any(
                    isinstance(part, ast.Call) and _goes_on(part, facts, depth + 1)
                    for part in walk(made.node)
                )
            ):
                return True
    return False


def _yields_for_ever(function: ast.FunctionDef) -> bool:
    """Whether a generator never comes to its end: `while True:` with a `yield`, and no way out."""
    return any(
        isinstance(loop, ast.While)
        and isinstance(loop.test, ast.Constant)
        and bool(loop.test.value)
        and any(isinstance(part, (ast.Yield, ast.YieldFrom)) for part in _own_parts(loop.body))
        and not any(isinstance(part, (ast.Return, ast.Raise)) for part in _own_parts(loop.body))
        and not any(
            isinstance(part, ast.Break) for part in _own_parts(loop.body, without=_LOOPS_ALL)
        )
        for loop in _own_parts(function.body)
    )


def _own_parts(
    body: Sequence[ast.AST], without: tuple[type[ast.AST], ...] = ()
) -> Iterator[ast.AST]:
    """What is in a block, but not in functions and classes within it, nor in ``without``."""
    for node in body:
        yield node
        if not isinstance(node, (*_SCOPES, *without)):
            yield from _own_parts(list(ast.iter_child_nodes(node)), without)


def is_one_step(reason: SelfDependence, facts: Facts) -> bool:
    """Whether it is one step of an optimizer, taken by hand outside of a loop."""
    statement = statement_at(reason, facts)
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or last_name(call.func) not in ("step", "apply_gradients"):
        return False
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if owner is None or not _OPTIMIZER.search(last_name(owner)):
        return False
    parsed = facts.parsed[reason.span.cell]
    return parsed is not None and not any(
        part is statement for loop in parsed.live_nodes_of(_LOOPS) for part in walk(loop)
    )


def starts_anew(reason: SelfDependence, facts: Facts) -> bool:
    """Whether the cell itself brings what it changes back to its beginning, before the change.

    `env.reset()`, `file.seek(0)`, or the first round of a loop: `o = a if n == 0 else f(o)`.
    """
    parsed = facts.parsed[reason.span.cell]
    tree = parsed.tree if parsed is not None else None
    if (
        reason.kind in ("mutates", "consumes")
        and tree is not None
        and _is_rewound(tree.body, reason, facts)
    ):
        return True
    for loop in parsed.live_nodes_of(_LOOPS) if parsed is not None else ():
        span = facts.span(reason.span.cell, loop)
        if span.start <= reason.span.start < span.end and parsed is not None:
            rounds = mentioned_names(loop.target) if isinstance(loop, ast.For) else set()
            rounds |= _set_before(loop, parsed.tree)
            if any(_starts(node, reason.name, rounds) for node in walk(loop)):
                return True
    return False


def _is_rewound(body: list[ast.stmt], reason: SelfDependence, facts: Facts) -> bool:
    """Whether a statement that always runs before the change rewinds the object."""
    for statement in body:
        span = facts.span(reason.span.cell, statement)
        if span.start <= reason.span.start < span.end:
            blocks = [getattr(statement, part, ()) for part in ("body", "orelse", "finalbody")]
            return any(_is_rewound(list(block), reason, facts) for block in blocks if block)
        if isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign)) and any(
            _rewinds(node, reason.name) for node in walk(statement)
        ):
            return True
    return False


def _rewinds(node: ast.AST, name: str) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr not in REWINDING or ast.unparse(node.func.value) != name:
        return False
    if node.func.attr != "seek":
        return True
    first = node.args[0] if node.args else None
    return isinstance(first, ast.Constant) and first.value == 0


def _set_before(loop: ast.stmt, tree: ast.Module | None) -> set[str]:
    """The names that a cell gives constants above a loop: flags, and counts of rounds."""
    return {
        target.id
        for statement in (tree.body if tree is not None else ())
        if isinstance(statement, ast.Assign) and statement.lineno < loop.lineno
        if isinstance(statement.value, ast.Constant)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _starts(node: ast.AST, name: str, rounds: set[str]) -> bool:
    """Whether a choice that depends on the round gives a name a value without its old one."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp):
        choice = node.value
        targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
        fresh = any(name not in mentioned_names(arm) for arm in (choice.body, choice.orelse))
        return name in targets and fresh and _is_of_rounds(choice.test, name, rounds)
    return (
        isinstance(node, ast.If)
        and _is_of_rounds(node.test, name, rounds)
        and any(
            isinstance(statement, ast.Assign)
            and any(
                isinstance(target, ast.Name) and target.id == name for target in statement.targets
            )
            and name not in mentioned_names(statement.value)
            for statement in (*node.body, *node.orelse)
        )
    )


def _is_of_rounds(test: ast.expr, name: str, rounds: set[str]) -> bool:
    names = mentioned_names(test)
    return bool(names & rounds) and name not in names


def _swaps(statement: ast.stmt) -> bool:
    """`a, b = b, a`: a second run brings back what was."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Tuple):
        return False
    target = statement.targets[0]
    places = [ast.unparse(part) for part in getattr(target, "elts", ())]
    parts = [ast.unparse(part) for part in statement.value.elts]
    return places != parts and sorted(places) == sorted(parts)


def _shows_next(statement: ast.stmt, tree: ast.Module) -> bool:
    """`next(rows)` that a cell ends with, or prints: it is there to see what comes."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(call, ast.Call) and last_name(call.func) in ("print", "display") and call.args:
        call = call.args[0]
    elif statement is not tree.body[-1]:
        return False
    return isinstance(call, ast.Call) and last_name(call.func) in ("next", "__next__")


def statement_at(reason: SelfDependence, facts: Facts) -> ast.stmt | None:
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
    names = {name.lower() for name in mentioned_names(change)}
    if not any(word in name.split("_") for name in names for word in _RATES):
        return False
    return any(
        isinstance(loop, _LOOPS) and any(node is statement for node in walk(loop))
        for loop in tree.body
    )
