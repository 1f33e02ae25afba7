"""Run a notebook abstractly in some order, and say what flows where.

`analyse` is the entry: parsed cells in, `Flow` out. A `Flow` answers what rules, fixes, slices
and extraction ask; it is computed once and never changes.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Sequence
from typing import TypeGuard

from nbprod.flow.answers import Flow
from nbprod.flow.interpreter.frames import Dead
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.magics import run_cell_magics, run_private
from nbprod.flow.interpreter.objects import call_special, class_attribute
from nbprod.flow.interpreter.refusals import refuse_cell
from nbprod.flow.interpreter.semantics import PYTHON
from nbprod.flow.interpreter.state import StateEntry
from nbprod.flow.interpreter.tracker import Tracker
from nbprod.flow.interpreter.values import NONE, Value
from nbprod.flow.program import FlowOptions, Program
from nbprod.flow.rerun import self_dependences
from nbprod.flow.types import Definition, SelfDependence
from nbprod.syntax.magic_table import AUTOMAGICS
from nbprod.syntax.types import ParsedCell

__all__ = ["analyse", "follow", "follow_unless_worse"]

_DECIDABLE = ("rebinds", "augments", "overwrites")


def analyse(parsed: Sequence[ParsedCell | None], options: FlowOptions = FlowOptions()) -> Flow:
    """Follow a notebook in document order.

    Args:
        parsed: one entry a cell, None for cells that are not Python.
        options: what is known from outside the notebook.
    """
    return follow(Program(parsed, options), range(len(parsed)))


def follow(
    program: Program,
    order: Iterable[int],
    tracker: Tracker | None = None,
    *,
    judges_reruns: bool = True,
) -> Flow:
    """Follow the cells of a program in any order; cells that are left out do not run.

    A tracker is called with all that is computed; the flow is the same with and without it.
    Where a run is only compared with another one, it need not find what a second run of its cells
    would do: see ``judges_reruns``.
    """
    flow = follow_unless_worse(program, order, sys.maxsize, tracker, judges_reruns=judges_reruns)
    assert flow is not None
    return flow


def follow_unless_worse(
    program: Program,
    order: Iterable[int],
    most: int,
    tracker: Tracker | None = None,
    *,
    judges_reruns: bool = False,
) -> Flow | None:
    """As `follow`, but give up, with None, as soon as there are more than ``most`` failures."""
    machine = Machine(program, PYTHON, tracker)
    machine.exposes = judges_reruns
    executed = [index for index in order if program.parsed[index] is not None]
    again: dict[int, tuple[SelfDependence, ...]] = {}
    stops: set[int] = set()
    bound: dict[int, dict[str, Definition]] = {}
    for index in executed:
        mark = machine.env.mark()
        if not _run_cell(machine, index):
            stops.add(index)
        if len(machine.failures) > most:
            return None
        bound[index] = _left_bound(machine, mark, index)
        reasons = self_dependences(machine, index) if judges_reruns else ()
        again[index] = _proven(machine, index, reasons) if reasons else ()
        machine.failed = None
        machine.env.forget()
    return Flow(program, machine, executed, again, frozenset(stops), bound)


def _proven(
    machine: Machine, index: int, reasons: tuple[SelfDependence, ...]
) -> tuple[SelfDependence, ...]:
    """Follow the cell a second time: where all values are known, that decides."""
    decidable = [dependence.name for dependence in reasons if dependence.kind in _DECIDABLE]
    first = {dependence.name: machine.env.get(dependence.name) for dependence in reasons}
    shown = machine.shown.get(index, NONE)
    printed = machine.printed.get(index, [])
    if (
        machine.failed is not None
        or not any(_is_constant(first[name]) for name in decidable)
        or shown.kind != "const"
        or None in printed
    ):
        return reasons
    second = machine.twin()
    mark = machine.env.mark()
    completed = _run_cell(second, index) and not second.failures
    after = {name: machine.env.get(name) for name in first}
    machine.env.rollback(mark)
    if not completed:
        return reasons
    again, next_shown = second.printed.get(index, []), second.shown.get(index, NONE)
    known = None not in again and next_shown.kind == "const"
    decided = []
    for dependence in reasons:
        old, new = first[dependence.name], after[dependence.name]
        if dependence.kind in _DECIDABLE and known and _is_constant(old) and _is_constant(new):
            if old.value != new.value or printed != again or shown != next_shown:
                decided.append(dependence._replace(certain=True))
        else:
            decided.append(dependence)
    return tuple(decided)


def _is_constant(entry: StateEntry | None) -> TypeGuard[StateEntry]:
    return entry is not None and entry.value.kind == "const"


def _run_cell(machine: Machine, index: int) -> bool:
    """Run one cell; false when it certainly raises before its end."""
    parsed = machine.program.parsed[index]
    assert parsed is not None
    machine.cell = machine.source_cell = index
    if parsed.tree is None:
        refuse_cell(machine, parsed)
        return machine.failed is None
    try:
        run_cell_magics(machine, parsed)
        if parsed.cell_magic is not None and parsed.cell_magic.scope == "private":
            run_private(machine, parsed.tree.body)
        else:
            _run_top_level(machine, parsed)
    except Dead:
        return False
    except RecursionError:
        # Deeper nesting than this interpreter follows: anything may be bound in there.
        machine.maybe, machine.frame, machine.chain, machine.active = 0, None, (), []
        machine.catches, machine.loops = [], []
        machine.mark_opaque(parsed.tree.body[0], "deeply nested code")
    return machine.failed is None


def _run_top_level(machine: Machine, parsed: ParsedCell) -> None:
    assert parsed.tree is not None
    body = parsed.tree.body
    last = body[-1] if body and not parsed.suppressed_output else None
    for statement in body:
        if statement is last and isinstance(statement, ast.Expr):
            machine.statement = statement
            if _is_bare_magic(machine, statement.value, body):
                continue
            value = machine.evaluate(statement.value)
            if machine.mandatory:
                machine.shown[machine.cell] = value
            _display(machine, value, statement.value)
            machine.statement = None
        else:
            machine.run_statement(statement)


def _is_bare_magic(machine: Machine, node: ast.expr, body: list[ast.stmt]) -> bool:
    """A cell that is only a word such as ``ls`` or ``pwd``, and no variable has that name."""
    return (
        isinstance(node, ast.Name)
        and len(body) == 1
        and node.id in AUTOMAGICS
        and machine.is_bound(node.id) is False
    )


def _display(machine: Machine, value: Value, node: ast.expr) -> None:
    """Show the last expression of a cell as IPython does: by the object's own methods."""
    if value.kind != "instance":
        return
    for method in ("_ipython_display_", "_repr_mimebundle_", "_repr_html_", "_repr_markdown_"):
        if class_attribute(machine, value.data, method) is not None:
            call_special(machine, value, method, (), node)
            break
    call_special(machine, value, "__repr__", (), node)


def _left_bound(machine: Machine, mark: int, index: int) -> dict[str, Definition]:
    """The notebook names that a cell leaves with a definition of its own."""
    left: dict[str, Definition] = {}
    for key, entry in machine.env.delta(mark).items():
        if isinstance(key, str):
            for definition in entry.definitions:
                if definition.cell == index and not definition.is_unbound:
                    left[key] = definition
    return left
