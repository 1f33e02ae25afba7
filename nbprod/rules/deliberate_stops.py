"""Cells that are there to end a run: `assert False`, `raise Exception`, a bare `stop`."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.rules.practice_data import is_course, is_lesson

__all__ = ["HELP_FOR_STOP", "message_of_stop", "stops_on_purpose"]

HELP_FOR_STOP = "delete the cell, or move what must not run to another notebook"
_STOPS = frozenset(
    """
    stop stop_here stophere halt abort fail die crash kill error breakpoint_here break_here
    raise_error dont_run do_not_run end end_here finish pause stop_execution stop_run
    """.split()
)


def stops_on_purpose(cell: int, facts: Facts) -> bool:
    """Whether a cell has one statement, which does nothing but fail: in a lesson it shows that."""
    taught = is_course(facts) or is_lesson(facts)
    return not taught and _text_of_stop(cell, facts) is not None


def message_of_stop(cell: int, facts: Facts) -> str:
    """Say what a cell that stops on purpose does to the cells below."""
    below = [
        parsed.cell.index
        for parsed in facts.parsed[cell + 1 :]
        if parsed is not None and parsed.tree is not None and parsed.tree.body
    ]
    ends = f"`{_text_of_stop(cell, facts)}` ends the run"
    return f"{ends}: nothing from cell {below[0] + 1} on is executed" if below else ends


def _text_of_stop(cell: int, facts: Facts) -> str | None:
    parsed = facts.parsed[cell]
    body = parsed.tree.body if parsed is not None and parsed.tree is not None else []
    if parsed is None or parsed.magics or len(body) != 1:
        return None
    statement = body[0]
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return f"raise {ast.unparse(raised)}"
    if isinstance(statement, ast.Assert):
        fails = isinstance(statement.test, ast.Constant) and not statement.test.value
        return f"assert {ast.unparse(statement.test)}" if fails else None
    value = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(value, ast.Name):
        known = value.id in facts.flow.definitions
        return value.id if value.id.lower().strip("_") in _STOPS and not known else None
    return None
