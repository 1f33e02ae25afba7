"""Cells that were saved with an error because a cell before them was: one cause, one finding."""

from __future__ import annotations

from nbprod.facts import Facts
from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern

__all__ = ["cause_of", "undefined_name"]

_COLORS = lazy_pattern(r"\x1b\[[\d;]*m")
_ARROW = lazy_pattern(r"(?m)^-+> *(\d+)\b")
_MISSING = lazy_pattern(r"name '(\w+)' is not defined")


def cause_of(cell: Cell, facts: Facts) -> int | None:
    """The first of the failed cells that led to a saved NameError; None: it is no consequence."""
    return facts.shared(_causes).get(cell.index)


def _causes(facts: Facts) -> dict[int, int]:
    failed = [cell for cell in facts.notebook.cells if cell.is_python and _error(cell) is not None]
    lost = {cell.index: _lost_names(cell, facts) for cell in failed}
    found: dict[int, int] = {}
    for cell in failed:
        error = _error(cell) or {}
        name = undefined_name(error.get("ename"), str(error.get("evalue") or ""))
        for other in reversed([one for one in failed if one.index < cell.index]):
            if name in lost[other.index]:
                found[cell.index] = found.get(other.index, other.index)
                break
    return found


def _error(cell: Cell) -> dict[str, object] | None:
    return next(
        (dict(output) for output in cell.outputs if output.get("output_type") == "error"), None
    )


def undefined_name(error: object, message: str) -> str | None:
    """The name that a saved NameError is about."""
    match = _MISSING.match(message) if error == "NameError" else None
    return match[1] if match else None


def _lost_names(cell: Cell, facts: Facts) -> frozenset[str]:
    """The names that a failed cell binds where it did not come to."""
    bound = facts.program.static_bindings()[cell.index]
    line = _failing_line(cell)
    return frozenset(
        name for name, node in bound.items() if getattr(node, "end_lineno", line) >= line
    )


def _failing_line(cell: Cell) -> int:
    """The line of a cell where its saved error was raised; the first if that is not saved."""
    traceback = (_error(cell) or {}).get("traceback")
    text = "\n".join(map(str, traceback)) if isinstance(traceback, list) else ""
    arrow = _ARROW.search(_COLORS.sub("", text))
    return int(arrow[1]) if arrow else 1
