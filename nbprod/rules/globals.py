"""Which globals keep their value and which change: shared by the rules on leaking globals."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.flow.types import Definition, FunctionFlow, Mutation
from nbprod.model import Span
from nbprod.syntax.walk import walk

__all__ = [
    "Alteration",
    "GlobalRead",
    "becomes_another",
    "is_one_constant",
    "is_settled",
    "is_used_up",
    "iter_global_reads",
    "starts_empty",
]

_PLAIN = (ast.Constant, ast.UnaryOp, ast.unaryop, ast.Tuple, ast.Load)
_DISPLAYS = (ast.List, ast.Set, ast.Dict)
_EMPTY_CALLS = frozenset(("list", "dict", "set", "defaultdict", "OrderedDict", "Counter", "deque"))
_PREALLOCATED = frozenset(
    ("zeros", "empty", "ones", "full", "zeros_like", "empty_like", "ones_like")
)
_SETTLED = ("import", "star-import", "function", "class", "type-alias", "magic", "dynamic")


class Alteration(NamedTuple):
    """Where and how a variable is altered."""

    span: Span
    how: str


class GlobalRead(NamedTuple):
    """A function that reads a global. ``change``: what alters it after the ``def``."""

    function: FunctionFlow
    name: str
    read: Span
    change: Alteration | None


def is_settled(name: str, definitions: tuple[Definition, ...]) -> bool:
    """Whether a name is constant-like: an import, a function, a class, or ALL_CAPS bound once."""
    if all(definition.binding.kind in _SETTLED for definition in definitions):
        return True
    places = {definition.binding.span for definition in definitions}
    return name.isupper() and len(places) == 1


def is_one_constant(definitions: tuple[Definition, ...]) -> bool:
    """Whether each definition of a name gives it the same number, text or the like."""
    forms = (*_PLAIN, *_DISPLAYS)
    values = {
        _constant_of(definition, forms) for definition in definitions if not definition.is_unbound
    }
    return len(values) == 1 and None not in values


def becomes_another(name: str, change: Span, facts: Facts) -> bool:
    """Whether a change is known to give a variable another value: constants, before and after."""
    bound = sorted(
        (definition.binding.span, _constant_of(definition))
        for definition in facts.flow.definitions.get(name, ())
        if not definition.is_unbound
        if not definition.binding.span > change
    )
    if len(bound) < 2 or bound[-1][0] != change:
        return False
    before, after = bound[-2][1], bound[-1][1]
    return before is not None and after is not None and before != after


def iter_global_reads(facts: Facts) -> Iterator[GlobalRead]:
    """Each read of a global that changes inside a function, one for function and name."""
    variables = facts.shared(_Variables)
    for function in facts.flow.functions:
        for name, reads in function.reads.items():
            if name not in function.writes and variables.is_unsettled(name):
                change = variables.first_change(name, function)
                yield GlobalRead(function, name, reads[0], change)


class _Variables:
    """What alters each global, looked up once for all functions that read it."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._unsettled: dict[str, bool] = {}
        self._rebindings: dict[str, list[Span]] = {}
        self._redefined: dict[str, list[int]] = {}
        self._mutations: dict[str, list[Mutation]] = {}
        for mutation in facts.flow.mutations:
            if mutation.definite and mutation.is_global and mutation.scope == 0:
                self._mutations.setdefault(mutation.name, []).append(mutation)

    def is_unsettled(self, name: str) -> bool:
        """Whether a name is a variable of the notebook that is no constant and no parameter."""
        known = self._unsettled.get(name)
        if known is None:
            known = self._unsettled[name] = self._is_unsettled(name)
            if known:
                self._note_changes(name)
        return known

    def _is_unsettled(self, name: str) -> bool:
        definitions = self.facts.flow.definitions.get(name)
        if not definitions or is_settled(name, definitions):
            return False
        if any(self.facts.is_parameters(definition.cell) for definition in definitions):
            return False
        # A function or import that is wrapped later is still meant as one.
        return definitions[0].binding.kind not in _SETTLED

    def _note_changes(self, name: str) -> None:
        definitions = self.facts.flow.definitions[name]
        bound = {
            definition.binding.span: definition
            for definition in definitions
            if not definition.is_unbound
        }
        rebindings, before = [], None
        for rank, (span, definition) in enumerate(sorted(bound.items())):
            value = _constant_of(definition)
            # Bound to the same constant again, it is not altered.
            if value is None or value != before:
                if rank or definition.binding.kind == "loop":
                    rebindings.append(span)
            before = value
        self._rebindings[name] = rebindings
        # A change in the cell that makes the object is how it gets its first value.
        made = {definition.cell for definition in definitions}
        changes = self._mutations.get(name, ())
        self._mutations[name] = [mutation for mutation in changes if mutation.cell not in made]

    def first_change(self, name: str, function: FunctionFlow) -> Alteration | None:
        """What first alters a name after a function is defined, and before it is replaced."""
        until = self._redefinition(function)
        spans = self._rebindings[name]
        at = bisect_right(spans, function.span)
        rebound = spans[at] if at < len(spans) else None
        if rebound is not None and until is not None and rebound.cell >= until:
            rebound = None
        mutations = self._mutations[name]
        at = bisect_left(mutations, function.span.cell, key=_cell_of)
        for mutation in islice(mutations, at, None):
            if until is not None and mutation.cell >= until:
                break
            if rebound is not None and rebound < mutation.span:
                break
            if mutation.span > function.span:
                return Alteration(mutation.span, f"mutated ({mutation.how})")
        return Alteration(rebound, "rebound") if rebound is not None else None

    def _redefinition(self, function: FunctionFlow) -> int | None:
        """The cell that gives the function's name to another one, which sees what comes after."""
        cells = self._redefined.get(function.name)
        if cells is None:
            cells = self._redefined[function.name] = sorted(
                {
                    definition.binding.span.cell
                    for definition in self.facts.flow.definitions.get(function.name, ())
                    if definition.binding.kind == "function"
                }
            )
        at = bisect_right(cells, function.cell)
        return cells[at] if at < len(cells) else None


def _constant_of(definition: Definition, forms: tuple[type[ast.AST], ...] = _PLAIN) -> str | None:
    """What a plain assignment of a number, text or the like gives; None for all else."""
    node = definition.node
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or definition.binding.kind != "assignment":
        return None
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if not all(isinstance(target, ast.Name) for target in targets) or node.value is None:
        return None
    parts = walk(node.value)
    return ast.dump(node.value) if all(isinstance(part, forms) for part in parts) else None


def is_used_up(function: FunctionFlow, change: Span, facts: Facts) -> bool:
    """Whether a lambda is passed to a call, in a statement that has ended when the change comes."""
    parsed = facts.parsed[function.cell]
    last_call = max(function.calls, default=-1)
    if function.name != "<lambda>" or parsed is None:
        return False
    if last_call < change.cell:
        return True
    if change.cell != function.cell or last_call > change.cell:
        return False
    for statement in parsed.nodes:
        if isinstance(statement, (ast.Expr, ast.Assign, ast.AugAssign, ast.AnnAssign)):
            span = facts.span(function.cell, statement)
            if span.start <= function.span.start and function.span.end <= span.end:
                return span.end <= change.start and _is_handed(statement, function, facts)
    return False


def _is_handed(statement: ast.stmt, function: FunctionFlow, facts: Facts) -> bool:
    """Whether a function is an argument of a call of the statement."""
    return any(
        facts.span(function.cell, argument) == function.span
        for call in walk(statement)
        if isinstance(call, ast.Call)
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
    )


def _cell_of(mutation: Mutation) -> int:
    return mutation.cell


def starts_empty(name: str, facts: Facts) -> bool:
    """Whether no cell gives a variable contents, so that a reader expects those of functions."""
    made = [
        definition
        for definition in facts.flow.definitions.get(name, ())
        if not definition.is_unbound and not definition.binding.scope
    ]
    return all(
        definition.binding.kind == "assignment"
        and isinstance(definition.node, (ast.Assign, ast.AnnAssign))
        and _is_empty(definition.node.value)
        for definition in made
    )


def _is_empty(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Constant):
        return not value.value
    if isinstance(value, (ast.List, ast.Tuple)):
        return not value.elts
    if isinstance(value, ast.Dict):
        return not value.keys
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        # `[None] * n`: room for what comes.
        return any(isinstance(side, ast.List) for side in (value.left, value.right))
    if isinstance(value, ast.Call):
        called = value.func
        named = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        return named in _EMPTY_CALLS | _PREALLOCATED or (named == "DataFrame" and not value.args)
    return False
