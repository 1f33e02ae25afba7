"""Whether a cell gives the same result when it is run a second time, and if not, why.

A cell is safe when nothing that it read from before itself has been changed by itself, or when
the change is of a kind that a second application does not alter (`df = df.dropna()`).
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from nbprod.flow.idempotence import apply_again
from nbprod.flow.interpreter.state import StateEntry
from nbprod.flow.repeated_methods import Again, adds_again, fails_again, is_doubtful_again, reads
from nbprod.flow.types import Definition, SelfDependence
from nbprod.libraries.methods import RESETTING, TRAINERS
from nbprod.libraries.training import REDUCTIONS
from nbprod.model import Span
from nbprod.syntax.walk import walk

if TYPE_CHECKING:
    from nbprod.flow.interpreter.machine import Machine
    from nbprod.flow.interpreter.records import Exposure

__all__ = ["is_the_builtin", "self_dependences"]

_LONGEST = 50
_BUILTINS = ("builtins", "__builtins__", "__builtin__", "six.moves.builtins")
_KINDS = {"del": "deletes", "next": "consumes", "iteration": "consumes", "draw": "draws"}


def self_dependences(machine: Machine, cell: int) -> tuple[SelfDependence, ...]:
    """Why ``cell``, which has just run, is not safe to run again; empty when it is."""
    found: dict[tuple[str, str], SelfDependence] = {}
    entries = machine.env.entries
    for exposure in machine.exposures.get(cell, {}).values():
        entry = entries.get(exposure.key)
        if entry is None:
            continue
        own = [definition for definition in entry.definitions if definition.cell == cell]
        # Sets of definitions have no order of their own, and the first one is reported.
        for definition in sorted(own, key=_place_of) if len(own) > 1 else own:
            if definition in exposure.definitions:
                continue
            verdict = _judge(machine, exposure, entry, definition)
            if verdict is not None:
                known = found.get((verdict.kind, verdict.name))
                if known is None or (verdict.certain and not known.certain):
                    found[verdict.kind, verdict.name] = verdict
    for verdict in _shadows(machine, cell):
        found[verdict.kind, verdict.name] = verdict
    return tuple(sorted(found.values(), key=lambda dependence: (dependence.span, dependence.kind)))


def _place_of(definition: Definition) -> Span:
    return definition.binding.span


def _shadows(machine: Machine, cell: int) -> list[SelfDependence]:
    """Builtins that the cell uses and then hides."""
    found = []
    for name in machine.builtin_reads.get(cell, {}):
        entry = machine.env.get(name)
        for definition in entry.definitions if entry is not None else ():
            binding = definition.binding
            if (
                definition.cell == cell
                and binding.kind not in ("import", "star-import", "deletion")
                and not is_the_builtin(definition, name)
            ):
                found.append(SelfDependence("shadows", name, binding.span, "", True))
                break
    return found


def is_the_builtin(definition: Definition, name: str) -> bool:
    """Whether a name is given the builtin itself: `range = builtins.range`."""
    node = definition.node
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
        return False
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if not all(isinstance(target, ast.Name) for target in targets):
        return False
    value = node.value
    if isinstance(value, ast.Attribute):
        return value.attr == name and ast.unparse(value.value) in _BUILTINS
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "getattr" and value.args:
        words = [ast.unparse(value.args[0]), *(getattr(arg, "value", "") for arg in value.args[1:])]
        return words[0] in _BUILTINS and words[1:] == [name]
    return False


def _judge(
    machine: Machine, exposure: Exposure, entry: StateEntry, definition: Definition
) -> SelfDependence | None:
    """Whether what the cell did to what it had read shows in a second run."""
    old = exposure.value
    if old is not None and old.kind == "const" and old == entry.value and not exposure.how:
        return None
    certain = exposure.mandatory and all(
        one.cell == definition.cell or one.is_unbound for one in entry.definitions
    )
    if isinstance(exposure.key, str):
        return _judge_name(machine, exposure, definition, certain)
    if exposure.key[0] == "resource":  # type: ignore[index]
        return _judge_resource(machine, exposure, definition, certain)
    if definition.binding.kind != "mutation":
        return None
    return _judge_object(machine, exposure, definition, certain)


def _judge_object(
    machine: Machine, exposure: Exposure, definition: Definition, certain: bool
) -> SelfDependence | None:
    binding = definition.binding
    name, how = _name_of(machine, exposure), binding.detail
    if exposure.how:
        # Another order of the same elements is what a shuffle is for.
        if how in ("truncate", "shuffle") or _empties(exposure.node):
            return None
        kind = _KINDS.get(exposure.how, "mutates")
        sure = certain and kind != "draws" and not is_doubtful_again(exposure.node)
        place = _place(machine, exposure, definition)
        held = machine.env.get(exposure.name)
        if kind in ("deletes", "mutates") and fails_again(
            exposure.node, held.value.kind if held is not None else ""
        ):
            text = ("del " if kind == "deletes" else "") + _text_of(exposure.node)
            return SelfDependence("fails", name, place, text, sure)
        if kind == "mutates" and adds_again(exposure.node):
            kind = "adds"
        return SelfDependence(kind, name, place, how, sure)
    if how in RESETTING or how in TRAINERS or how == "draw":
        return None
    statement = definition.node
    if not isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        return None
    again = _again(machine, statement, exposure, definition.cell)
    if again is Again.SAME or again is Again.UNRELATED:
        return None
    if again is Again.FAILS:
        place = _place(machine, exposure, definition)
        return SelfDependence("fails", name, place, _text_of(statement), certain)
    return SelfDependence(
        "adds" if again is Again.ADDS else "mutates",
        name,
        _place(machine, exposure, definition),
        how,
        certain and again in (Again.CHANGES, Again.ADDS),
    )


def _again(
    machine: Machine,
    statement: ast.Assign | ast.AugAssign | ast.AnnAssign,
    exposure: Exposure,
    cell: int,
) -> Again:
    again = apply_again(machine, statement, exposure.node)
    if again is Again.CHANGES and (
        _is_scaled_by_itself(machine, statement, cell) or _counts_down(machine, statement, cell)
    ):
        return Again.UNKNOWN
    return again


def _counts_down(
    machine: Machine, statement: ast.Assign | ast.AugAssign | ast.AnnAssign, cell: int
) -> bool:
    """Whether it is in `while n > 0:`: when the cell is through, the loop has nothing to do."""
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    parsed = machine.program.parsed[cell]
    tree = parsed.tree if parsed is not None else None
    return tree is not None and any(
        isinstance(loop, ast.While)
        and reads(loop.test, ast.unparse(target))
        and any(part is statement for part in walk(loop))
        for loop in walk(tree)
    )


def _is_scaled_by_itself(
    machine: Machine, statement: ast.Assign | ast.AugAssign | ast.AnnAssign, cell: int
) -> bool:
    """Whether it takes off, or divides by, what the same cell has just computed of the value.

    `low = x.min()` and then `x = x - low`: the second run finds 0 to take off.
    """
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    place = ast.unparse(target)
    operations: list[tuple[ast.operator, ast.expr]] = [
        (node.op, node.right)
        for node in (walk(statement.value) if statement.value is not None else ())
        if isinstance(node, ast.BinOp)
    ]
    if isinstance(statement, ast.AugAssign):
        operations.append((statement.op, statement.value))
    names = {
        part.id
        for operator, operand in operations
        if isinstance(operator, (ast.Sub, ast.Div))
        for part in walk(operand)
        if isinstance(part, ast.Name)
    }
    return any(_is_reduced_here(machine, name, place, cell) for name in names)


def _is_reduced_here(machine: Machine, name: str, place: str, cell: int) -> bool:
    """Whether a variable is a reduction of what a place holds, made by the same cell."""
    entry = machine.env.get(name)
    made = [one for one in entry.definitions if not one.is_unbound] if entry is not None else []
    return bool(made) and all(
        one.cell == cell
        and isinstance(one.node, ast.Assign)
        and reads(one.node.value, place)
        and any(_reduces(part) for part in walk(one.node.value))
        for one in made
    )


def _reduces(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in REDUCTIONS | {"norm"}


def _empties(node: ast.AST) -> bool:
    """Whether it is `del xs[:]`, or the `xs[:]` of it: nothing is left for a second run."""
    if isinstance(node, ast.Delete):
        return all(map(_empties, node.targets))
    part = node.slice if isinstance(node, ast.Subscript) else None
    return isinstance(part, ast.Slice) and not (part.lower or part.upper or part.step)


def _judge_name(
    machine: Machine, exposure: Exposure, definition: Definition, certain: bool
) -> SelfDependence | None:
    binding = definition.binding
    statement = definition.node
    if binding.kind == "deletion":
        place = _place(machine, exposure, definition)
        return SelfDependence("fails", exposure.name, place, f"del {exposure.name}", certain)
    if exposure.how == "del":
        return None
    if binding.kind in ("function", "class", "import", "star-import", "type-alias"):
        return None
    if not isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
        return SelfDependence(
            "overwrites", exposure.name, _place(machine, exposure, definition), "", False
        )
    again = _again(machine, statement, exposure, definition.cell)
    if again is Again.SAME:
        return None
    if again is Again.FAILS:
        place = _place(machine, exposure, definition)
        return SelfDependence("fails", exposure.name, place, _text_of(statement), certain)
    if binding.kind == "augmented":
        return SelfDependence(
            "augments",
            exposure.name,
            _place(machine, exposure, definition),
            binding.detail,
            certain and again is not Again.UNKNOWN,
        )
    if again is Again.UNRELATED:
        if _is_discarded(machine, exposure.node, definition.cell):
            return None
        # The old value served for something else before it was replaced.
        return SelfDependence(
            "overwrites", exposure.name, _place(machine, exposure, definition), "", False
        )
    if again is Again.ADDS:
        place = _place(machine, exposure, definition)
        return SelfDependence("adds", exposure.name, place, "", certain)
    sure = certain and again is Again.CHANGES
    return SelfDependence("rebinds", exposure.name, _place(machine, exposure, definition), "", sure)


_INERT = (
    ast.Name, ast.Constant, ast.List, ast.Tuple, ast.ListComp, ast.comprehension, ast.expr_context
)  # fmt: skip


def _is_discarded(machine: Machine, node: ast.AST, cell: int) -> bool:
    """Whether a read is in a statement that keeps and shows nothing: `[x for _ in range(2)]`."""
    parsed = machine.program.parsed[cell]
    for statement in parsed.tree.body[:-1] if parsed is not None and parsed.tree else ():
        if isinstance(statement, ast.Expr):
            parts = list(walk(statement.value))
            if any(part is node for part in parts):
                return all(isinstance(part, _INERT) or _is_range(part) for part in parts)
    return False


def _is_range(node: ast.AST) -> bool:
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return called and node.func.id == "range"  # type: ignore[attr-defined]


def _text_of(node: ast.AST) -> str:
    """The code of a node in one line."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _name_of(machine: Machine, exposure: Exposure) -> str:
    """What the notebook calls an object that a function, say, calls `self`."""
    if not isinstance(exposure.key, tuple) or (exposure.call is None and exposure.name):
        return exposure.name
    return machine.name_of_object(exposure.key[1]) or exposure.name


def _place(machine: Machine, exposure: Exposure, definition: Definition) -> Span:
    """Where the cell does it: the change itself, or the call that leads to it."""
    span = definition.binding.span
    if span.cell == definition.cell:
        return span
    if exposure.call is not None:
        return exposure.call.span
    return machine.program.places.span(exposure.source, exposure.node)


def _judge_resource(
    machine: Machine, exposure: Exposure, definition: Definition, certain: bool
) -> SelfDependence | None:
    how, span = exposure.how, _place(machine, exposure, definition)
    if exposure.name.startswith("file:"):
        if how not in ("appends", "removes", "creates"):
            return None
        kind = "appends" if how == "appends" else "removes"
        path = exposure.name[5:]
        # A path that is computed may be another one each time, or be made anew.
        return SelfDependence(kind, path, span, how, certain and path != "None")
    if exposure.name.endswith("random"):
        return SelfDependence("draws", exposure.name, span, how, False)
    return None
