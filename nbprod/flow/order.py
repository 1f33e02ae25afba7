"""Recorded order against document order: where they disagree, and whether that matters.

A disorder matters when some read sees another definition, or fails where it did not; two orders
that differ only by swaps of independent cells are equal (Mazurkiewicz traces), and nothing is said
of those.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count as count_from
from typing import Literal, NamedTuple

from nbprod.flow.analysis import follow
from nbprod.flow.answers import Flow
from nbprod.flow.program import Program
from nbprod.flow.types import Definition, Failure
from nbprod.libraries.modules import STEADY_MODULES
from nbprod.libraries.randomness import GENERATORS
from nbprod.model import Span
from nbprod.notebook.types import Cell
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import walk

__all__ = ["Execution", "OrderChange", "compare_orders", "recorded_execution"]

_LITERAL = (ast.Constant, ast.UnaryOp, ast.Tuple)


class Execution(NamedTuple):
    """What the execution counts of a notebook say.

    ``order``: executed Python cells by count. ``unexecuted``: Python cells with code and no count,
    in a notebook where others have one. ``repeated``: cells whose count an earlier cell has too
    (the counts of several sessions). ``first_gap`` is the lowest number from 1 that no cell has: a
    cell that ran after it may have run after one whose count is gone, for editors clear the count
    of a cell with its outputs. ``counts`` are the counts of the cells in ``order``.
    """

    order: tuple[int, ...]
    unexecuted: tuple[int, ...]
    repeated: tuple[int, ...]
    first_gap: int
    counts: Mapping[int, int]

    @property
    def is_disordered(self) -> bool:
        """Whether the counts do not rise from top to bottom."""
        return list(self.order) != sorted(self.order)

    def may_have_run_unseen(self, after: int, before: int) -> bool:
        """Whether between two counts one is missing: a count tells a cell's last run only."""
        seen = set(self.counts.values())
        return any(number not in seen for number in range(after + 1, before))


def recorded_execution(cells: Sequence[Cell]) -> Execution:
    """Read the execution counts of a notebook's Python cells.

    Kernels count from 1; some editors write 0 where they no longer know, and it means nothing.
    """
    counts: dict[int, int] = {}
    unexecuted = []
    for cell in cells:
        if not cell.is_python or not cell.source.strip():
            continue
        if cell.execution_count:
            counts[cell.index] = cell.execution_count
        elif cell.execution_count is None:
            unexecuted.append(cell.index)
    order = sorted(counts, key=lambda index: (counts[index], index))
    seen: set[int] = set()
    repeated = []
    before: int | None = None
    for index, count in counts.items():
        if count in seen and not (before is not None and _is_split(cells[before], cells[index])):
            repeated.append(index)
        seen.add(count)
        before = index
    gap = next(number for number in count_from(1) if number not in seen)
    not_run = tuple(unexecuted) if counts else ()
    return Execution(tuple(order), not_run, tuple(repeated), gap, counts)


def _is_split(first: Cell, second: Cell) -> bool:
    """Whether two neighbours may be one cell that was split: both then keep its count."""
    return first.execution_count == second.execution_count and not first.outputs


class OrderChange(NamedTuple):
    """One way in which a run from top to bottom differs from the recorded run.

    ``kind``: ``fails`` (the read has no value) or ``changes`` (it sees another definition). A name
    that only ends with another value, which nobody reads, is no difference that matters.
    ``recorded``/``document``: the definitions seen in either run. ``cells``: all cells concerned.
    ``certain`` is false where a run that no count tells of any more may have bound the name.
    """

    kind: Literal["fails", "changes"]
    name: str
    cell: int
    span: Span
    recorded: tuple[Definition, ...]
    document: tuple[Definition, ...]
    cells: tuple[int, ...]
    certain: bool = True


def compare_orders(
    program: Program, execution: Execution, whole: Flow, recorded: Callable[[], Flow]
) -> tuple[OrderChange, ...]:
    """How the recorded run differs from a run of the same cells from top to bottom.

    ``whole`` is the run of all cells from top to bottom; ``recorded`` gives that of the counts.
    """
    if not execution.is_disordered or execution.repeated:
        return ()
    document = _from_the_top(program, execution, whole)
    then = recorded()
    failures = _failures(document, then, whole)
    if not failures and document.shows_the_same(then):
        return ()
    stopped = {failure.cell for failure in then.failures}
    changes = [
        *failures,
        *(
            change._replace(certain=_is_certain(change, execution, whole, stopped))
            for change in _reads(document, then)
        ),
    ]
    return tuple(sorted(changes, key=lambda order_change: (order_change.span, order_change.name)))


def _from_the_top(program: Program, execution: Execution, whole: Flow) -> Flow:
    """The run of the executed cells from top to bottom.

    It is that of all cells where those that did not run hold no code, as the last cell often does.
    """
    executed = set(execution.order)
    if all(cell in executed or not program.has_code(cell) for cell in whole.order):
        return whole
    return follow(program, sorted(executed), judges_reruns=False)


def _is_certain(
    change: OrderChange, execution: Execution, whole: Flow, stopped: Collection[int]
) -> bool:
    """Whether the counts prove where the value came from.

    A count tells the last run of a cell. One that ran again after the reader, or whose count is
    gone, may have run between the source and the reader also where a count is missing there.
    ``stopped`` are cells that by the counts alone lack a name: one between the two did run.
    """
    counts = execution.counts
    reader = counts[change.cell]
    sources = [counts.get(definition.cell, 0) for definition in change.recorded]
    bound = (*change.document, *whole.definitions.get(change.name, ()))
    known = {definition.cell for definition in change.recorded}
    rivals = {definition.cell for definition in bound} - known
    between = range(max(sources, default=0) + 1, reader)
    if any(cell in stopped and counts.get(cell, 0) in between for cell in rivals):
        return False
    unseen = any(cell >= 0 and counts.get(cell, reader + 1) > reader for cell in rivals)
    return not unseen or not execution.may_have_run_unseen(max(sources, default=0), reader)


def _failures(document: Flow, recorded: Flow, whole: Flow) -> list[OrderChange]:
    failed_before = {(failure.cell, failure.name) for failure in recorded.failures}
    possible_before = {(failure.cell, failure.name) for failure in recorded.possible}
    found = []
    for failure in document.failures:
        key = (failure.cell, failure.name)
        if key in failed_before or key in possible_before or failure.reason == "local":
            continue
        seen = _seen_by(recorded, failure)
        if seen:
            cells = (failure.cell, *(cell for cell, _ in failure.cascade))
            # A cell that has no count may define it: a run of all cells does not fail.
            bound = _seen_by(whole, failure)
            kind: Literal["fails", "changes"] = "changes" if bound else "fails"
            found.append(
                OrderChange(kind, failure.name, failure.cell, failure.span, seen, bound, cells)
            )
    return found


def _seen_by(flow: Flow, failure: Failure) -> tuple[Definition, ...]:
    """The definitions that a read met in another run."""
    for use in flow.cells[failure.cell].uses if failure.cell in flow.cells else ():
        if use.name == failure.name and use.span == failure.read:
            return _sorted(
                definition for definition in use.definitions if not definition.is_unbound
            )
    return ()


def _reads(document: Flow, recorded: Flow) -> list[OrderChange]:
    groups: dict[tuple[str, frozenset[Definition], frozenset[Definition]], list[tuple[int, Span]]]
    groups = {}
    seeded = _is_seeded(document) or _is_seeded(recorded)
    broken = _broken(document) | _broken(recorded)
    for cell in document.order:
        if cell in broken:
            # What a run does after a failure says nothing about order.
            continue
        before = recorded.uses_by_node(cell)
        for node, use in document.uses_by_node(cell).items():
            old = before.get(node)
            if old is None or (use.name in GENERATORS and not seeded):
                continue
            if use.definitions and all(
                _is_loop_variable_of(cell, definition) for definition in use.definitions
            ):
                # What it goes through is reported already.
                continue
            then = _seen(old.definitions, old.mutations, cell)
            now = _seen(use.definitions, use.mutations, cell)
            if then != now and then ^ now <= use.mutations | old.mutations:
                key_read = _key_at(node, document.program.parsed[cell])
                then, now = _without_other_keys(then, key_read), _without_other_keys(now, key_read)
            if then == now or _same_effect(then, now, document):
                continue
            if _same_cells(then, now, document.program):
                continue
            constant = document.constant_at(cell, node)
            if constant is not None and constant == recorded.constant_at(cell, node):
                continue
            if not (then or now) or (
                not use.mutations and not old.mutations and (then < now or now < then)
            ):
                continue
            key = (use.name, frozenset(then), frozenset(now))
            place = use.chain[0].span if use.chain else use.span
            groups.setdefault(key, []).append((cell, place))
    return _joined(groups)


def _key_at(name: int, parsed: ParsedCell | None) -> str | None:
    """The key that is read of a name, by the identity of its node: `x` of `df["x"]`."""
    for node in parsed.live_nodes_of(ast.Subscript) if parsed is not None else ():
        if id(node.value) == name and isinstance(node.slice, ast.Constant):
            return repr(node.slice.value)
    return None


def _without_other_keys(seen: frozenset[Definition], key: str | None) -> frozenset[Definition]:
    """What is seen, but for stores under other keys than the one that is read."""
    if key is None:
        return seen
    return frozenset(made for made in seen if _stored_key(made) in (None, key))


def _stored_key(definition: Definition) -> str | None:
    """The key of `df["y"] = …`; None for any other definition."""
    node = definition.node
    if definition.binding.kind != "mutation" or not isinstance(node, ast.Assign):
        return None
    target = node.targets[0]
    if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name):
        return None
    return repr(target.slice.value) if isinstance(target.slice, ast.Constant) else None


def _joined(
    groups: Mapping[
        tuple[str, frozenset[Definition], frozenset[Definition]], list[tuple[int, Span]]
    ],
) -> list[OrderChange]:
    """One change for each name, with all cells that see it."""
    found: dict[str, OrderChange] = {}
    for (name, then, now), places in groups.items():
        recorded, document = then - now or then, now - then or now
        if _cells_of(recorded) == _cells_of(document) or _cells_of(then) == _cells_of(now):
            continue
        cells = tuple(dict.fromkeys(cell for cell, _ in places))
        known = found.get(name)
        if known is None:
            cell, span = places[0]
            found[name] = OrderChange(
                "changes", name, cell, span, _sorted(recorded), _sorted(document), cells
            )
        else:
            merged = tuple(dict.fromkeys((*known.cells, *cells)))
            found[name] = known._replace(cells=merged)
    return list(found.values())


def _cells_of(definitions: frozenset[Definition]) -> set[int]:
    return {definition.cell for definition in definitions}


def _broken(flow: Flow) -> set[int]:
    """The cells that stop with a failure."""
    cells = {failure.cell for failure in flow.failures}
    for root in (*flow.failures, *flow.cell_failures.values()):
        cells |= {cell for cell, _ in root.cascade}
    return cells


def _seen(
    definitions: frozenset[Definition], mutations: frozenset[Definition], reader: int = -2
) -> frozenset[Definition]:
    """What a read sees of other cells; definitions after a failure were never made."""
    return frozenset(
        definition
        for definition in definitions | mutations
        if not definition.is_unbound and definition.after is None and definition.cell != reader
    )


def _is_seeded(flow: Flow) -> bool:
    return any(
        definition.binding.detail == "seed"
        for use in flow.uses_of(GENERATORS)
        for definition in use.mutations
    )


def _is_loop_variable_of(cell: int, definition: Definition) -> bool:
    return definition.cell == cell and definition.binding.kind in ("loop", "comprehension")


def _same_effect(left: frozenset[Definition], right: frozenset[Definition], flow: Flow) -> bool:
    """Whether definitions at different places give the same value."""
    texts = {_effect(definition, flow) for definition in left | right}
    return None not in texts and len(texts) == 1


def _same_cells(
    left: frozenset[Definition], right: frozenset[Definition], program: Program
) -> bool:
    """Whether the definitions are those of cells with the same text."""

    def texts(definitions: frozenset[Definition]) -> set[tuple[str, int, str]]:
        found: set[tuple[str, int, str]] = set()
        for definition in definitions:
            parsed = program.parsed[definition.cell]
            source = parsed.cell.source if parsed is not None else ""
            found.add((source, definition.binding.span.start, definition.binding.kind))
        return found

    return texts(left) == texts(right)


def _effect(definition: Definition, flow: Flow) -> str | None:
    """What a definition gives, when that depends on nothing but its own text."""
    binding = definition.binding
    if binding.kind in ("import", "star-import"):
        return f"import {binding.detail} {binding.name}"
    node = definition.node
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        if _is_literal(node.value) or _is_made_by_libraries(node.value, flow):
            return f"{binding.name} = {ast.dump(node.value)}"
        read = _sources(definition.cell, node.value, flow)
        return f"{binding.name} = {ast.dump(node.value)} of {read}"
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and binding.kind in ("function", "class"):
        return ast.dump(node)
    return None


def _sources(cell: int, node: ast.expr, flow: Flow) -> list[tuple[str, list[int]]]:
    """Which definitions an expression reads: of the same ones, the same text makes the same."""
    uses = flow.uses_by_node(cell)
    return [
        (use.name, sorted(id(definition) for definition in use.definitions | use.mutations))
        for part in walk(node)
        if (use := uses.get(id(part))) is not None
    ]


def _is_literal(node: ast.expr) -> bool:
    return all(isinstance(part, _LITERAL) for part in walk(node))


def _is_made_by_libraries(node: ast.expr, flow: Flow) -> bool:
    """Whether an expression is made of constants and of library calls that always give the same."""
    for part in walk(node):
        if isinstance(part, ast.Name):
            definitions = flow.definitions.get(part.id, ())
            if not definitions and part.id in ("range", "list", "dict", "tuple", "set", "sorted"):
                continue
            modules = {
                definition.binding.detail
                for definition in definitions
                if definition.binding.kind == "import"
            }
            if len(modules) != 1 or any(
                definition.binding.kind != "import" for definition in definitions
            ):
                return False
            if modules.pop().partition(".")[0] not in STEADY_MODULES:
                return False
        elif isinstance(part, ast.Attribute):
            if part.attr == "random" or part.attr.startswith(("read_", "load", "from", "empty")):
                return False
        elif not isinstance(part, (*_LITERAL, ast.Call, ast.keyword, ast.List, ast.Dict)):
            return False
    return True


def _sorted(definitions: object) -> tuple[Definition, ...]:
    unique: Mapping[Definition, None] = dict.fromkeys(definitions)  # type: ignore[call-overload]
    return tuple(sorted(unique, key=lambda definition: (definition.binding.span, definition.cell)))
