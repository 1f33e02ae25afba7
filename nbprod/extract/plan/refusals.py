"""What stands against an extraction: of the whole notebook, of a cell, of a definition."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from nbprod.extract.plan.sorting import SortedUnits
from nbprod.facts import Facts
from nbprod.libraries.modules import HISTORY_NAMES
from nbprod.names.table import NameTable
from nbprod.patterns import lazy_pattern
from nbprod.refactor.module_level import ModuleLevel
from nbprod.refactor.plan import CellGroup, Refusal

__all__ = ["refusals_of_cells", "refusals_of_definitions", "refusals_of_notebook"]

_LAST_SHOWN = ("_", "__", "___")
_NUMBERED = lazy_pattern(r"_i?\d+\Z")


def refusals_of_notebook(
    groups: Sequence[CellGroup], facts: Facts, names: NameTable
) -> Iterator[Refusal]:
    """What of a notebook is in the way, whatever the groups are: its use of the kernel's history,
    and cells that show each expression."""
    if not any(group.cells for group in groups):
        return
    chosen = {cell for group in groups for cell in group.cells}
    is_all = not any(group.is_asked or group.name for group in groups)
    for cell, name, span in facts.flow.history_reads:
        if name not in HISTORY_NAMES and not _NUMBERED.match(name):
            continue
        if name in _LAST_SHOWN and is_all and cell not in chosen:
            # Every cell still ends with what it showed: for a cell that stays it is the same.
            continue
        yield Refusal(
            cell, facts.line(span),
            f"`{name}` reads the kernel's history, which another number of cells changes",
            "give the value a name where it is made",
        )  # fmt: skip
    for cell in names.cells:
        if "ast_node_interactivity" in facts.cell(cell).source:
            yield Refusal(
                cell, 1, "makes every expression of a cell show its value",
                "take the setting out and write `display(...)`",
            )  # fmt: skip


def refusals_of_cells(group: CellGroup, facts: Facts, names: NameTable) -> Iterator[Refusal]:
    """Why cells of a group cannot be extracted."""
    for cell in group.cells:
        units = names.cells.get(cell)
        if units is None:
            yield Refusal(cell, 1, "is not a Python cell", "leave it out")
            continue
        if units.problem is not None:
            line = facts.index(cell).position(units.problem.offset)[0]
            yield Refusal(cell, line, units.problem.reason, units.problem.advice)
        if facts.is_parameters(cell):
            yield Refusal(
                cell, 1, "holds the notebook's parameters", "leave the cell in the notebook"
            )
        if units.must_keep_header and len(group.cells) > 1:
            yield Refusal(cell, 1, "`%%capture` is about this cell alone", "extract it on its own")


def refusals_of_definitions(parts: SortedUnits, closure: ModuleLevel) -> Iterator[Refusal]:
    """Definitions that cannot be at the top level of the module."""
    for unit in parts.body:
        node = unit.node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            reason = closure.why_not.get(node.name, "is not defined in the module")
            yield Refusal(
                unit.cell, node.lineno,
                f"`{node.name}` cannot be defined in the module: it {reason}",
                "make it depend on its arguments only, or leave the cell in the notebook",
            )  # fmt: skip
