"""Paths that may or may not be taken, and how the states at their ends come together."""

from __future__ import annotations

from collections.abc import Callable

from nbprod.flow.interpreter.frames import Dead
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.values import Value, join_values

__all__ = ["branch", "optional"]


def optional(machine: Machine, action: Callable[[], Value]) -> Value | None:
    """Do what may not happen; the state afterwards is that of both cases. None if it ends there."""
    mark = machine.env.mark()
    try:
        with machine.perhaps():
            value = action()
    except Dead:
        machine.env.rollback(mark)
        return None
    if machine.env.mark() > mark:
        delta = machine.env.delta(mark)
        machine.env.rollback(mark)
        machine.env.join([{}, delta])
    return value


def branch(machine: Machine, actions: list[Callable[[], Value]]) -> Value:
    """Do exactly one of several things, it is not known which; join states and values."""
    mark = machine.env.mark()
    deltas, value = [], None
    for action in actions:
        try:
            with machine.perhaps():
                result = action()
        except Dead:
            machine.env.rollback(mark)
            continue
        deltas.append(machine.env.delta(mark))
        machine.env.rollback(mark)
        value = result if value is None else join_values(value, result)
    if value is None:
        raise Dead
    machine.env.join(deltas)
    return value
