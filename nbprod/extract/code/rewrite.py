"""The notebook that imports the module: selected cells become an import and a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbprod.extract.code.render import import_text, shown_name
from nbprod.facts import Facts
from nbprod.model import Edit, Span
from nbprod.names.statements import CellUnits, is_future_or_star
from nbprod.notebook.edits.replace import Replacement, replaced
from nbprod.notebook.edits.splice import apply_edits, encode_like
from nbprod.notebook.json_positions import JsonMap
from nbprod.notebook.read import decode
from nbprod.refactor.plan import Function, Group, Import, Plan
from nbprod.refactor.reindent import statement_text

__all__ = ["new_sources", "rewritten"]


def new_sources(
    plan: Plan, facts: Facts, units: dict[int, CellUnits], module: str
) -> dict[int, str]:
    """The new source of each cell that changes; an empty one for a cell that goes.

    Args:
        plan: what is extracted.
        facts: the notebook.
        units: its cells taken apart.
        module: the dotted name to import from.
    """
    functions = {function.cells[0]: function for function in plan.functions}
    found: dict[int, str] = {}
    for group in plan.groups:
        first = group.cells[0]
        for cell in group.cells:
            lines: list[str] = []
            if cell == first:
                lines += _head(group, functions.get(first), plan, facts, units, module)
            lines += _display(cell, plan, facts)
            text = "\n".join(lines).strip("\n")
            if text.strip() != facts.cell(cell).source.strip():
                found[cell] = text
    return found


def _head(
    group: Group,
    function: Function | None,
    plan: Plan,
    facts: Facts,
    units: dict[int, CellUnits],
    module: str,
) -> Iterator[str]:
    first = group.cells[0]
    header = units[first].header
    names = [*plan.exports.get(first, ()), *([function.name] if function else ())]
    moved = {installed.unit for installed in plan.installs if installed.moves}
    settings = [
        statement_text(facts.cell(cell).source, unit)
        for cell in group.cells
        for unit in units[cell].units
        if (unit.is_setting and unit not in moved) or is_future_or_star(unit)
    ]
    kept = [*_import_lines(plan.imports_kept.get(first, ()))]
    if header and (function or units[first].must_keep_header) and len(group.cells) == 1:
        yield header
    yield from settings
    if kept:
        yield from kept
    if names:
        if kept or settings:
            yield ""
        yield f"from {module} import {', '.join(names)}"
    if function:
        yield ""
        yield from _call(function)


def _import_lines(imports: tuple[Import, ...]) -> Iterator[str]:
    """Import lines, those from one module together."""
    groups: dict[str, list[str]] = {}
    for import_ in imports:
        line = import_text(import_)
        if import_.name is None:
            groups.setdefault(line, [])
        else:
            head, _, tail = line.partition(" import ")
            groups.setdefault(head, []).append(tail)
    for head, tails in groups.items():
        yield f"{head} import {', '.join(dict.fromkeys(tails))}" if tails else head


def _call(function: Function) -> Iterator[str]:
    call = f"{function.name}({', '.join(variable.name for variable in function.parameters)})"
    names = [variable.name for variable in function.results]
    shown = shown_name(function)
    if shown and names:
        yield f"{', '.join(names)}, {shown} = {call}"
    elif names:
        yield f"{', '.join(names)} = {call}"
    else:
        yield call
    if function.deleted:
        yield f"del {', '.join(function.deleted)}"
    if shown and names:
        yield shown


def _display(cell: int, plan: Plan, facts: Facts) -> Iterator[str]:
    unit = plan.displays.get(cell)
    if unit is not None:
        yield statement_text(facts.cell(cell).source, unit)


def rewritten(facts: Facts, data: bytes, sources: dict[int, str]) -> bytes:
    """The bytes of the notebook with new sources; cells that are left without any go.

    Raises:
        EditRefused: the format does not allow it.
    """
    edits = []
    for cell, text in sources.items():
        old = facts.cell(cell).source
        edits.append(Edit(Span(cell, 0, len(old)), text if text else ""))
    changed = apply_edits(facts.notebook, data, edits)
    empty = [cell for cell, text in sources.items() if not text.strip()]
    if not empty or not isinstance(facts.notebook.raw, JsonMap):
        return changed
    return _without(changed, facts.notebook.raw.prefixes, empty)


def _without(data: bytes, prefixes: Mapping[int, int], cells: list[int]) -> bytes:
    """The file without some cells: each goes with one comma."""
    text = decode(data)
    spans = JsonMap(text, prefixes).cells
    cuts = []
    gone = set(cells)
    kept = [cell for cell in range(len(spans)) if cell not in gone]
    for cell in sorted(gone):
        following = next((one for one in kept if one > cell), None)
        if following is not None:
            cuts.append(Replacement(spans[cell][0], spans[cell + 1][0], ""))
        elif cell > 0:
            cuts.append(Replacement(spans[cell - 1][1], spans[cell][1], ""))
    return encode_like(replaced(text, cuts), data)
