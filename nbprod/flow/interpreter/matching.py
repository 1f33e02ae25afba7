"""The ``match`` statement."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial

from nbprod.flow.interpreter.frames import Dead
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.operators import truth_of
from nbprod.flow.interpreter.paths import branch
from nbprod.flow.interpreter.values import ANY, Value
from nbprod.syntax.walk import walk

__all__ = ["run_match"]


def run_match(machine: Machine, node: ast.Match) -> None:
    subject = machine.evaluate(node.subject)
    actions: list[Callable[[], Value]] = []
    exhaustive = False
    for case in node.cases:
        if case.guard is None and _irrefutable(case.pattern):
            exhaustive = True
        actions.append(partial(_case, machine, case, subject))
    if not exhaustive:
        actions.append(lambda: ANY)
    if len(actions) == 1:
        actions[0]()
    else:
        branch(machine, actions)


def _irrefutable(pattern: ast.pattern) -> bool:
    if isinstance(pattern, ast.MatchOr):
        return any(_irrefutable(pattern) for pattern in pattern.patterns)
    return isinstance(pattern, ast.MatchAs) and (
        pattern.pattern is None or _irrefutable(pattern.pattern)
    )


def _case(machine: Machine, case: ast.match_case, subject: Value) -> Value:
    for part in walk(case.pattern):
        if isinstance(part, ast.MatchValue):
            machine.evaluate(part.value)
        elif isinstance(part, ast.MatchClass):
            machine.receive(part.cls)
        elif isinstance(part, ast.MatchMapping):
            for key in part.keys:
                machine.evaluate(key)
    for part in walk(case.pattern):
        name = getattr(part, "name", None) or getattr(part, "rest", None)
        if isinstance(name, str):
            value = subject if part is case.pattern else ANY
            machine.bind(name, part, value, "pattern")
    if case.guard is not None and truth_of(machine, machine.evaluate(case.guard)) is False:
        raise Dead
    machine.run(case.body)
    return ANY
