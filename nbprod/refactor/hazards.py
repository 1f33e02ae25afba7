"""What a function cannot do as its cells did: each such thing is a refusal with its line."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.names.loads import all_seeing, loads
from nbprod.names.scopes import bound_names, scope_of
from nbprod.names.statements import StatementText
from nbprod.refactor.closures import callable_name
from nbprod.refactor.liveness import Liveness
from nbprod.refactor.module_level import KERNEL_READS, moves_imports
from nbprod.refactor.plan import Refusal, Variable
from nbprod.syntax.walk import walk

__all__ = ["find_hazards"]

_LEAVE = "leave the cell in the notebook"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def find_hazards(live: Liveness, parameters: tuple[Variable, ...]) -> Iterator[Refusal]:
    """What stands against making one function of a group, in no order."""
    for unit in live.part.body:
        for node in unit.nodes:
            yield from _in_statement(unit, node)
    yield from _failing_cells(live)
    yield from _deletions(live)
    own = set(live.bound) | {variable.name for variable in parameters}
    yield from _closures(live, own)
    yield from _closures_elsewhere(live)
    yield from _shared(live, parameters)
    yield from _readers_elsewhere(live)
    yield from _writers_elsewhere(live, own)
    yield from _seers_elsewhere(live)


def _in_statement(unit: StatementText, node: ast.AST) -> Iterator[Refusal]:
    seeing = all_seeing(node)
    if seeing is not None:
        text = ast.unparse(seeing)
        yield _refusal(unit, seeing, f"`{text}` sees other names in a function", _LEAVE)
    if moves_imports(node):
        yield _refusal(unit, node, "changes where modules and files are found", _LEAVE)
    for name in loads(node):
        if name.id in KERNEL_READS:
            reason = f"`{name.id}` is the kernel's own and another in a module"
            yield _refusal(unit, name, reason, _LEAVE)
    for part in _own_parts(node):
        if isinstance(part, (ast.Await, ast.AsyncFor, ast.AsyncWith)) or (
            isinstance(part, ast.comprehension) and part.is_async
        ):
            yield _refusal(
                unit, part, "waits at the top level of the cell",
                "put it into an `async def`, or leave the cell in the notebook",
            )  # fmt: skip
        elif isinstance(part, (ast.Yield, ast.YieldFrom)):
            yield _refusal(unit, part, "yields at the top level of the cell", _LEAVE)
        elif isinstance(part, ast.Global):
            yield _refusal(unit, part, "declares a global at the top level", "take the line out")
        elif isinstance(part, ast.ImportFrom) and any(alias.name == "*" for alias in part.names):
            yield _refusal(unit, part, f"a star import of `{part.module}`", "name what is imported")
        elif isinstance(part, ast.ClassDef):
            yield from _class_reads(unit, part)


def _own_parts(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement that run with it, functions' bodies left out."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _FUNCTIONS):
            yield from _own_parts(child)


def _class_reads(unit: StatementText, node: ast.ClassDef) -> Iterator[Refusal]:
    """A class body that reads a name from outside before it binds it finds globals only."""
    own = set(bound_names(node.body))
    for statement in node.body:
        if isinstance(statement, _FUNCTIONS):
            continue
        for part in _own_parts(statement):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id in own:
                if part.id in _stored(statement):
                    reason = f"the class reads `{part.id}` from outside and also assigns it"
                    yield _refusal(unit, part, reason, "name the attribute in another way")


def _stored(node: ast.AST) -> set[str]:
    return {
        part.id
        for part in walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }


def _failing_cells(live: Liveness) -> Iterator[Refusal]:
    for cell in live.part.cells:
        flow = live.facts.flow.cells.get(cell)
        if (
            flow is not None
            and flow.stops
            and any(statement.cell == cell for statement in live.part.body)
        ):
            unit = next(statement for statement in live.part.body if statement.cell == cell)
            failure = next(
                (failure for failure in live.facts.flow.failures if failure.cell == cell), None
            )
            reason = f"`{failure.name}` has no value yet" if failure else "raises before its end"
            line = live.facts.line(failure.span) if failure else unit.node.lineno
            yield Refusal(cell, line, reason, "see `nbprod check`")


def _deletions(live: Liveness) -> Iterator[Refusal]:
    """A deletion of a notebook name can only be repeated after the call where it always happens,
    and a name that is read after it is the builtin or global again, which a function's is not."""
    gone: set[str] = set()
    for unit in live.part.body:
        for node in unit.nodes:
            for name in live.names.loads_of(node):
                if name.id in gone and not isinstance(name.ctx, ast.Del):
                    reason = f"`{name.id}` is read after its deletion"
                    yield _refusal(unit, name, reason, "give one of the two another name")
            gone -= bound_names([node]).keys() if isinstance(node, ast.stmt) else set()
            for part in walk(node):
                if not (isinstance(part, ast.Name) and isinstance(part.ctx, ast.Del)):
                    continue
                if _in_function(node, part):
                    continue
                if isinstance(node, ast.Delete):
                    gone.add(part.id)
                elif part.id in BUILTIN_NAMES or any(
                    site.cell not in live.cells for site in live.names.bindings.get(part.id, ())
                ):
                    yield _refusal(unit, part, f"may delete `{part.id}`", _LEAVE)


def _in_function(node: ast.AST, part: ast.AST) -> bool:
    return not any(child is part for child in _own_parts(node))


def _closures(live: Liveness, own: set[str]) -> Iterator[Refusal]:
    """A function that outlives the call keeps the call's names; the notebook's may go on."""
    last = max(live.cells)
    for unit, inner, may_stay in live.closures():
        for name in sorted(inner.reads & own):
            if live.is_module_level(name):
                continue
            if may_stay and _is_rebound_after(live, name, last):
                what = callable_name(inner.node)
                yield _refusal(
                    unit, inner.node, f"{what} reads `{name}`, which a later cell reassigns",
                    f"make `{name}` a parameter of it",
                )  # fmt: skip


def _is_rebound_after(live: Liveness, name: str, last: int) -> bool:
    later = any(site.cell > last for site in live.names.bindings.get(name, ()))
    return later or name in live.names.global_writers


def _closures_elsewhere(live: Liveness) -> Iterator[Refusal]:
    """Functions that the notebook keeps, read a name that the body rebinds, and may be called by
    it through a list, an object or a callback."""
    bound = {name for name in live.bound if not live.is_module_level(name)}
    own = {id(node) for unit in live.part.body for node in unit.nodes}
    touched = {called for name in live.loaded for called in (name, *live.free_reads_of(name))}
    for kept in live.closure.kept_closures:
        if id(kept.statement) in own or kept.cell > max(live.cells):
            continue
        for name in sorted(kept.reads & bound):
            holders = sorted(kept.holders & touched)
            if holders:
                unit, place = live.bound[name]
                number = live.facts.cell(kept.cell).number
                reason = (
                    f"`{holders[0]}` may call {kept.what} of cell {number}, which reads the global"
                    f" `{name}`, bound here"
                )
                yield _refusal(unit, place, reason, f"make `{name}` a parameter of it")


def _shared(live: Liveness, parameters: tuple[Variable, ...]) -> Iterator[Refusal]:
    """Arguments of which one is, or holds, another: a caller who copies one gets other results."""
    names = [variable.name for variable in parameters]
    for place, name in enumerate(names):
        for other in names[place + 1 :]:
            if other in live.closure.shared_objects.get(name, ()):
                unit, node = live.loaded.get(other) or live.loaded[name]
                reason = f"`{name}` and `{other}` share an object and would both be parameters"
                yield _refusal(unit, node, reason, "read it through one of the two")


def _readers_elsewhere(live: Liveness) -> Iterator[Refusal]:
    """Functions of the notebook that read as a global what the body binds as its own."""
    bound = {name for name in live.bound if not live.is_module_level(name)}
    for name, uses in live.uses.items():
        if name not in bound:
            continue
        for use in uses:
            if use.chain and not _stands_in_body(live, use.span.cell, use.span.start):
                if any(
                    definition.cell in live.cells and not definition.binding.scope
                    for definition in use.definitions
                ):
                    unit = _unit_at(live, use.chain[0].span.cell, use.chain[0].span.start)
                    line = live.facts.line(use.chain[0].span)
                    function = use.chain[-1].function
                    yield Refusal(
                        unit.cell, line, f"`{function}` reads the global `{name}`, bound here",
                        f"make `{name}` a parameter of `{function}`",
                    )  # fmt: skip
                    break
    for name, (unit, place) in live.loaded.items():
        if live.is_module_level(name) or name in bound:
            continue
        for read in sorted(live.free_reads_of(name) & bound):
            yield _refusal(
                unit, place, f"`{name}` reads the global `{read}`, bound here",
                f"make `{read}` a parameter of `{name}`",
            )  # fmt: skip


def _stands_in_body(live: Liveness, cell: int, start: int) -> bool:
    return any(unit.cell == cell and unit.code <= start < unit.stop for unit in live.part.body)


def _unit_at(live: Liveness, cell: int, start: int) -> StatementText:
    for unit in live.part.body:
        if unit.cell == cell and unit.code <= start < unit.stop:
            return unit
    return live.part.body[0]


def _writers_elsewhere(live: Liveness, own: set[str]) -> Iterator[Refusal]:
    """Functions that bind a global while the body has the name for its own."""
    for name in sorted(own & live.names.global_writers):
        made = live.facts.flow.definitions.get(name, ())
        for definition in made:
            if definition.cell in live.cells and definition.binding.scope:
                unit = live.bound[name][0] if name in live.bound else live.loaded[name][0]
                yield Refusal(
                    unit.cell, unit.node.lineno, f"a function reassigns the global `{name}`",
                    "return the value from the function instead",
                )  # fmt: skip
                break
        else:
            for called, (unit, place) in live.loaded.items():
                if name in _written_by(live, called):
                    yield _refusal(
                        unit, place, f"`{called}` reassigns the global `{name}`",
                        "return the value from the function instead",
                    )  # fmt: skip


def _seers_elsewhere(live: Liveness) -> Iterator[Refusal]:
    """Functions of the notebook that may read any name of it, and the body binds some."""
    if not live.bound:
        return
    for name, (unit, place) in live.loaded.items():
        for called in sorted({name, *live.free_reads_of(name)}):
            for binding in live.names.bindings.get(called, ()):
                if isinstance(binding.statement, _DEFINITIONS):
                    seeing = all_seeing(binding.statement)
                    if seeing is not None:
                        text = f"`{called}` calls `{ast.unparse(seeing)}`, which sees the notebook"
                        yield _refusal(unit, place, text, _LEAVE)
                        return


def _written_by(live: Liveness, function: str) -> set[str]:
    found: set[str] = set()
    for called in {function, *live.free_reads_of(function)}:
        for binding in live.names.bindings.get(called, ()):
            if isinstance(binding.statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found |= scope_of(binding.statement, -1).global_names
    return found


def _refusal(unit: StatementText, node: ast.AST, reason: str, advice: str) -> Refusal:
    line = getattr(node, "lineno", None) or unit.node.lineno
    return Refusal(unit.cell, line, reason, advice)
