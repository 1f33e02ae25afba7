"""What a change does to the data flow between cells. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from nbprod.flow import Flow
from nbprod.review.types import Arc, FlowChange

__all__ = ["arcs_of", "flow_changes", "moved_cells"]

_MOST_NAMES = 5


def arcs_of(flow: Flow, old: Flow | None, matched: Mapping[int, int]) -> tuple[Arc, ...]:
    """The edges of a notebook's graph; ``matched`` are the cells of the base by those of now.

    Imports above their use are omitted: every cell reads them.
    """
    known = _edges(old) if old is not None else None
    found = []
    for (source, target), names in sorted(_edges(flow).items()):
        if source < target:
            names = frozenset(name for name in names if not _is_import(flow, source, name))
        if not names:
            continue
        before: frozenset[str] = frozenset()
        if known is not None and source in matched and target in matched:
            before = known.get((matched[source], matched[target]), frozenset())
        is_new = known is not None and not names <= before
        found.append(Arc(source + 1, target + 1, tuple(sorted(names)), is_new))
    return tuple(found)


def _is_import(flow: Flow, cell: int, name: str) -> bool:
    definition = flow.cells[cell].definitions.get(name) if cell in flow.cells else None
    return definition is not None and definition.binding.kind in ("import", "star-import")


def _edges(flow: Flow) -> dict[tuple[int, int], frozenset[str]]:
    """What flows, and what would have to flow up because it is read before it is made."""
    return {
        (source, target): names
        for edges in (flow.edges, flow.early_reads)
        for source, targets in edges.items()
        for target, names in targets.items()
    }


def flow_changes(flow: Flow, old: Flow, matched: Mapping[int, int]) -> tuple[FlowChange, ...]:
    """New and lost dependencies, cells in another order, names that nothing defines any more."""
    return (
        *_removed_definitions(flow, old, matched),
        *_dependencies(flow, old, matched),
        *_order(matched),
    )


def _removed_definitions(flow: Flow, old: Flow, matched: Mapping[int, int]) -> Iterator[FlowChange]:
    now = {name for cell in flow.cells.values() for name in cell.definitions}
    back = {before: cell for cell, before in matched.items()}
    failing = {failure.name: failure.cell for failure in flow.failures}
    seen: set[str] = set()
    for index in sorted(old.cells):
        for name in sorted(old.cells[index].definitions):
            if name in now or name in seen:
                continue
            seen.add(name)
            read = f"; cell {failing[name] + 1} still reads it" if name in failing else ""
            text = f"`{name}` is not defined any more (it was in cell {index + 1}){read}"
            cell = failing.get(name, back.get(index))
            yield FlowChange("removed definition", text, cell + 1 if cell is not None else None)


def _dependencies(flow: Flow, old: Flow, matched: Mapping[int, int]) -> Iterator[FlowChange]:
    before = _needs(old)
    for target, needed in sorted(_needs(flow).items()):
        known = before.get(matched[target], {}) if target in matched else None
        if known is None:
            continue
        for name, source in sorted(needed.items()):
            if name not in known:
                text = f"cell {target + 1} now reads `{name}` of cell {source + 1}"
                yield FlowChange("new dependency", text, target + 1)
            elif matched.get(source) != known[name]:
                text = (
                    f"cell {target + 1} now reads `{name}` of cell {source + 1},"
                    f" before of what was cell {known[name] + 1}"
                )
                yield FlowChange("new dependency", text, target + 1)
        lost = sorted(known.keys() - needed.keys())
        if lost:
            names = ", ".join(f"`{name}`" for name in lost[:_MOST_NAMES])
            text = f"cell {target + 1} does not read {names} any more"
            yield FlowChange("lost dependency", text, target + 1)


def _needs(flow: Flow) -> dict[int, dict[str, int]]:
    """For each cell the names that it reads of others, with the last cell that gives them."""
    found: dict[int, dict[str, int]] = {}
    for (source, target), names in sorted(_edges(flow).items()):
        for name in names:
            found.setdefault(target, {})[name] = source
    return found


def _order(matched: Mapping[int, int]) -> Iterator[FlowChange]:
    for cell, before in sorted(moved_cells(matched).items()):
        text = f"cell {cell + 1} was cell {before + 1}: its order changed"
        yield FlowChange("changed order", text, cell + 1)


def moved_cells(matched: Mapping[int, int]) -> dict[int, int]:
    """The cells whose order among the others changed: those outside of a longest run that kept it.

    The longest increasing subsequence by patience sorting (Fredman 1975).
    """
    cells = sorted(matched)
    tails: list[int] = []
    ends: list[int] = []
    previous: dict[int, int | None] = {}
    for cell in cells:
        at = bisect_left(tails, matched[cell])
        previous[cell] = ends[at - 1] if at else None
        tails[at : at + 1] = [matched[cell]]
        ends[at : at + 1] = [cell]
    kept = set(_chain(ends, previous))
    return {cell: matched[cell] for cell in cells if cell not in kept}


def _chain(ends: Sequence[int], previous: Mapping[int, int | None]) -> Iterator[int]:
    current = ends[-1] if ends else None
    while current is not None:
        yield current
        current = previous[current]
