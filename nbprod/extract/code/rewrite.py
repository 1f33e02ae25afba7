"""The notebook that imports the module: selected cells become an import and a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbprod.extract.code.render import import_text, value_name
from nbprod.extract.plan.settings import comment_on
from nbprod.facts import Facts
from nbprod.model import Edit, Span
from nbprod.names.statements import CellUnits, is_future_or_star
from nbprod.notebook.edits.replace import Replacement, replaced
from nbprod.notebook.edits.splice import apply_edits, encode_like
from nbprod.notebook.json_positions import JsonMap
from nbprod.notebook.read import decode_text
from nbprod.refactor.module_level import imports_of
from nbprod.refactor.plan import CellGroup, Function, Import, Plan
from nbprod.refactor.reindent import statement_text

__all__ = ["new_sources", "rewritten"]

_WIDTH = 88


def new_sources(
    plan: Plan, facts: Facts, units: dict[int, CellUnits], module: str
) -> dict[int, str]:
    """The new source of each cell that changes; an empty one for a cell that goes.

    Args:
        plan: what is extracted.
        facts: the notebook that the plan's cells are in.
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
        for cell in group.literals:
            found[cell] = "\n".join(_comments_left(cell, functions.get(first), facts, units))
    return plan.cut.whole_sources(found) if plan.cut is not None else found


def _head(
    group: CellGroup,
    function: Function | None,
    plan: Plan,
    facts: Facts,
    units: dict[int, CellUnits],
    module: str,
) -> Iterator[str]:
    first = group.cells[0]
    header = units[first].header
    moved = {installed.unit for installed in plan.installs if installed.moves}
    settings = [
        statement_text(facts.cell(cell).source, unit)
        for cell in group.cells
        for unit in units[cell].units
        if (unit.is_setting and unit not in moved) or is_future_or_star(unit)
    ]
    kept = [line for cell in group.cells for line in _imports_left(cell, plan, facts, units)]
    if header and (function or units[first].must_keep_header) and len(group.cells) == 1:
        yield header
    yield from settings
    yield from kept
    if first == plan.imported_at:
        names = [name for names in plan.exports.values() for name in names]
        names += [function.name for function in plan.own_functions]
        if names:
            if kept or settings:
                yield ""
            yield from _import_of(module, sorted(set(names), key=_order))
    if function:
        if kept or settings or first == plan.imported_at:
            yield ""
        if function.same_as is not None:
            unit = function.body[0]
            yield from _comment_lines(facts.cell(unit.cell).source[unit.start : unit.code])
        called = plan.called(function)
        words = function.call or tuple(one.name for one in function.parameters)
        words += tuple(f"{called.inner(name)}={text}" for name, text in function.call_settings)
        call = f"{called.name}({', '.join(words)})"
        yield from _call(function, call, is_last=_ends_cell(group, plan, facts))


def _order(name: str) -> tuple[int, str]:
    """Constants first, then classes, then functions, as import sorters have them."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name


def _import_of(module: str, names: list[str]) -> Iterator[str]:
    """The import of the module's names, in lines of at most the usual width."""
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= _WIDTH:
        yield line
    else:
        yield f"from {module} import ("
        yield from (f"    {name}," for name in names)
        yield ")"


def _imports_left(
    cell: int, plan: Plan, facts: Facts, units: dict[int, CellUnits]
) -> Iterator[str]:
    """The imports of a cell that the notebook still needs, and the comments of the others."""
    wanted = set(plan.imports_kept.get(cell, ()))
    source = facts.cell(cell).source
    for unit in units[cell].units:
        if unit.kind != "import" or is_future_or_star(unit):
            continue
        made = imports_of(unit.node, cell)
        left = [import_ for import_ in made if import_ in wanted]
        if left and len(left) == len(made):
            yield statement_text(source, unit)
        else:
            yield from _comment_lines(source[unit.start : unit.code])
            yield from _import_lines(tuple(left))
            yield from _comment_lines(source[unit.stop : unit.end].partition("\n")[2])


def _comment_lines(text: str) -> Iterator[str]:
    yield from (line.strip() for line in text.splitlines() if line.strip().startswith("#"))


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


def _ends_cell(group: CellGroup, plan: Plan, facts: Facts) -> bool:
    """Whether the call is the last statement of its cell."""
    first = group.cells[0]
    if first in plan.displays:
        return False
    if plan.cut is None:
        return True
    pieces = plan.cut.pieces
    rest = [
        place
        for place in range(first + 1, len(pieces))
        if pieces[place].cell == pieces[first].cell and place not in group.cells
    ]
    return not any(facts.cell(place).source.strip() for place in rest)


def _call(function: Function, call: str, *, is_last: bool) -> Iterator[str]:
    names = [variable.name for variable in function.results]
    value = value_name(function)
    if value:
        yield f"{', '.join([*names, value])} = {call}"
    elif names and function.returned is None:
        yield f"{', '.join(names)} = {call}"
    else:
        # The figure is shown at the end of the cell, once.
        yield f"{call};" if function.figure and is_last and not function.deleted else call
    if function.deleted:
        yield f"del {', '.join(function.deleted)}"
    if value:
        yield value


def _comments_left(
    cell: int, function: Function | None, facts: Facts, units: dict[int, CellUnits]
) -> Iterator[str]:
    """The comments on literals that became parameters, but for those that describe them there."""
    said = {constant.unit for constant in function.settings} if function is not None else set()
    for unit in units[cell].units:
        source = facts.cell(cell).source
        comment = comment_on(unit, facts)
        is_said = unit in said and any(
            constant.unit == unit
            and comment
            and constant.meaning.lower().startswith(comment.lower().rstrip("."))
            for constant in (function.settings if function is not None else ())
        )
        if not is_said:
            yield from _comment_lines(source[unit.start : unit.code])
            yield from _comment_lines(source[unit.stop : unit.end])


def _display(cell: int, plan: Plan, facts: Facts) -> Iterator[str]:
    unit = plan.displays.get(cell)
    if unit is not None:
        yield statement_text(facts.cell(cell).source, unit)
    elif cell in plan.shown_names:
        yield plan.shown_names[cell]


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
    text = decode_text(data)
    spans = JsonMap(text, prefixes).cells
    cuts = []
    gone = set(cells)
    kept = [cell for cell in range(len(spans)) if cell not in gone]
    for cell in sorted(gone):
        following = next((later for later in kept if later > cell), None)
        if following is not None:
            cuts.append(Replacement(spans[cell][0], spans[cell + 1][0], ""))
        elif cell > 0:
            cuts.append(Replacement(spans[cell - 1][1], spans[cell][1], ""))
    return encode_like(replaced(text, cuts), data)
