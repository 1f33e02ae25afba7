"""Loops: their turns, what one hands to the next, ``break``, ``continue`` and ``else``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from nbprod.flow.interpreter.frames import Dead, Loop
from nbprod.flow.interpreter.iteration import iterate
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.operators import truth_of
from nbprod.flow.interpreter.state import Delta
from nbprod.flow.interpreter.targets import assign
from nbprod.flow.interpreter.values import join_all
from nbprod.syntax.walk import walk

__all__ = ["run_break", "run_continue", "run_for", "run_while"]


def run_while(machine: Machine, node: ast.While) -> None:
    first = truth_of(machine, machine.evaluate(node.test))

    def again() -> bool | None:
        return truth_of(machine, machine.evaluate(node.test))

    if first is False:
        machine.run(node.orelse)
        return
    endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
    _loop(machine, lambda: machine.run(node.body), first, node.orelse, again, endless)


def run_for(machine: Machine, node: ast.For | ast.AsyncFor) -> None:
    iterable = machine.evaluate(node.iter)
    leaves = iterable.kind in ("pending", "instance") and _may_leave(node.body)
    elements, nonempty = iterate(machine, iterable, node.iter, in_part=leaves)
    if nonempty is False:
        machine.run(node.orelse)
        return
    joined = join_all(elements)

    def body() -> None:
        assign(machine, node.target, joined, "loop")
        machine.run(node.body)

    _loop(machine, body, nonempty, node.orelse, lambda: None, False)


def _may_leave(body: Sequence[ast.stmt]) -> bool:
    """Whether a loop body has a way out of its loop."""
    return any(
        isinstance(part, (ast.Break, ast.Return)) for statement in body for part in walk(statement)
    )


def _loop(
    machine: Machine,
    body: Callable[[], None],
    first: bool | None,
    orelse: Sequence[ast.stmt],
    again: Callable[[], bool | None],
    endless: bool,
) -> None:
    """Run a loop: once as its first turn, once more for what a turn hands to the next.

    ``first``: whether there is a first turn (None: unknown). ``again`` evaluates the condition.
    """
    mark = machine.env.mark()
    loop = Loop(mark)
    machine.loops.append(loop)
    ends: list[Delta] = [] if first else [{}]
    try:
        turn = _turn(machine, body, loop, sure=bool(first))
        if turn is not None:
            with machine.perhaps():
                ends.append(machine.env.delta(mark))
                again()
                # What one turn hands to the next, an inner loop has seen in the first of this one.
                if not machine.second_turns:
                    machine.env.widen(mark)
                if not machine.second_turns and _second_turn(machine, body, loop):
                    ends.append(machine.env.delta(mark))
    finally:
        machine.loops.pop()
    machine.env.rollback(mark)
    paths: list[Delta] = []
    if ends and not endless:
        machine.env.join(ends)
        if orelse:
            try:
                _orelse(machine, orelse, sure=not loop.breaks)
                paths.append(machine.env.delta(mark))
            except Dead:
                pass
        else:
            paths.append(machine.env.delta(mark))
        machine.env.rollback(mark)
    paths += loop.breaks
    if not paths:
        raise Dead
    machine.env.join(paths)


def _second_turn(machine: Machine, body: Callable[[], None], loop: Loop) -> bool:
    machine.second_turns += 1
    try:
        return _turn(machine, body, loop, sure=False) is not None
    finally:
        machine.second_turns -= 1


def _orelse(machine: Machine, body: Sequence[ast.stmt], *, sure: bool) -> None:
    if sure:
        machine.run(body)
    else:
        with machine.perhaps():
            machine.run(body)


def _turn(machine: Machine, body: Callable[[], None], loop: Loop, *, sure: bool) -> bool | None:
    """One turn of a loop body, ``continue`` included; None when no path reaches its end."""
    start = len(loop.continues)
    alive = True
    machine.maybe += 0 if sure else 1
    try:
        body()
    except Dead:
        alive = False
    finally:
        machine.maybe -= 0 if sure else 1
    continued = loop.continues[start:]
    if not continued:
        return True if alive else None
    if alive:
        continued = [*continued, machine.env.delta(loop.mark)]
    machine.env.rollback(loop.mark)
    machine.env.join(continued)
    return True


def run_break(machine: Machine, node: ast.Break) -> None:
    if machine.loops:
        loop = machine.loops[-1]
        loop.breaks.append(machine.env.delta(loop.mark))
    raise Dead


def run_continue(machine: Machine, node: ast.Continue) -> None:
    if machine.loops:
        loop = machine.loops[-1]
        loop.continues.append(machine.env.delta(loop.mark))
    raise Dead
