"""Exceptions: ``raise``, ``assert``, ``try``, and ``with`` blocks that may swallow them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Collection, Sequence

from nbprod.flow.interpreter.frames import Catch, Dead
from nbprod.flow.interpreter.iteration import consume
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.objects import call_special, class_attribute
from nbprod.flow.interpreter.operators import truth_of
from nbprod.flow.interpreter.paths import optional
from nbprod.flow.interpreter.state import Delta
from nbprod.flow.interpreter.targets import assign
from nbprod.flow.interpreter.values import ANY, Value
from nbprod.libraries.functions import SWALLOWERS
from nbprod.syntax.walk import walk

__all__ = ["run_assert", "run_raise", "run_try", "run_with"]


def run_raise(machine: Machine, node: ast.Raise) -> None:
    if node.exc is not None:
        machine.evaluate(node.exc)
    if node.cause is not None:
        machine.evaluate(node.cause)
    machine.raise_(_exception_name(node.exc))


def _exception_name(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Call):
        node = node.func
    return node.id if isinstance(node, ast.Name) else None


def run_assert(machine: Machine, node: ast.Assert) -> None:
    verdict = truth_of(machine, machine.evaluate(node.test))
    if verdict is False:
        if node.msg is not None:
            machine.evaluate(node.msg)
        machine.raise_("AssertionError")
    if verdict is None and node.msg is not None:
        optional(machine, lambda: machine.evaluate(node.msg))  # type: ignore[arg-type]


def _catcher(handlers: Sequence[ast.ExceptHandler]) -> Callable[[str | None], bool | None]:
    """Whether handlers catch an exception of a given name (None in: unknown exception)."""
    names: set[str] = set()
    for handler in handlers:
        types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        for expression in types:
            if expression is None:
                names.add("BaseException")
            elif isinstance(expression, ast.Name):
                names.add(expression.id)
            elif isinstance(expression, ast.Attribute):
                names.add(expression.attr)
    return lambda exception: _catches(names, exception)


def _catches(names: set[str], exception: str | None) -> bool | None:
    """Whether ``except`` clauses of these names catch an exception: builtins by their classes."""
    if "BaseException" in names:
        return True
    cls = getattr(builtins, exception, None) if exception else None
    if not isinstance(cls, type):
        if exception in names:
            return True
        return True if "Exception" in names and exception != "SystemExit" else None
    lineage = {ancestor.__name__ for ancestor in cls.__mro__}
    return bool(names & lineage)


def run_try(machine: Machine, node: ast.Try) -> None:
    mark = machine.env.mark()
    paths: list[Delta] = []
    try:
        _guarded(machine, node, mark, paths)
    except Dead:
        if not paths:
            if node.finalbody:
                with machine.perhaps():
                    machine.run(node.finalbody)
            raise
    machine.env.rollback(mark)
    machine.env.join(paths)
    if node.finalbody:
        machine.run(node.finalbody)


def _guarded(machine: Machine, node: ast.Try, mark: int, paths: list[Delta]) -> None:
    """Run the body and its handlers; adds the state at the end of each to ``paths``."""
    catch = Catch(mark, machine.maybe, _catcher(node.handlers))
    if node.handlers:
        machine.catches.append(catch)
    alive = True
    try:
        machine.run(node.body)
    except Dead:
        alive = False
    finally:
        if node.handlers:
            machine.catches.pop()
    seen = machine.env.seen_since(mark)
    if alive:
        try:
            machine.run(node.orelse)
            paths.append(machine.env.delta(mark))
        except Dead:
            pass
    machine.env.rollback(mark)
    # The handlers start from any point of the body, unless it is known where it stops.
    starts = catch.throws if catch.sure and not alive else [*catch.throws, seen]
    machine.env.join(starts)
    start = machine.env.delta(mark)
    for handler in node.handlers:
        machine.env.rollback(mark)
        machine.env.apply(start)
        sure = catch.sure and not alive and len(node.handlers) == 1
        try:
            _handle(machine, handler, sure=sure)
            paths.append(machine.env.delta(mark))
        except Dead:
            continue
    machine.env.rollback(mark)
    if not paths:
        raise Dead


def _handle(machine: Machine, handler: ast.ExceptHandler, *, sure: bool) -> None:
    machine.maybe += 0 if sure else 1
    try:
        if handler.type is not None:
            machine.evaluate(handler.type)
        if handler.name:
            machine.bind(handler.name, handler, ANY, "except")
        machine.run(handler.body)
        if handler.name:
            machine.unbind(handler.name, handler)
    finally:
        machine.maybe -= 0 if sure else 1


def run_with(machine: Machine, node: ast.With | ast.AsyncWith) -> None:
    managers: list[Value] = []
    swallowed: set[str] = set()
    for item in node.items:
        manager = machine.receive(item.context_expr)
        call = item.context_expr
        if isinstance(call, ast.Call) and _is_library(machine, call.func, SWALLOWERS):
            swallowed |= {arg.id for arg in call.args if isinstance(arg, ast.Name)}
        elif _may_swallow(machine, manager):
            swallowed.add("BaseException")
        entered = call_special(machine, manager, "__enter__", (), node)
        if entered is None:
            entered = call_special(machine, manager, "__aenter__", (), node)
        if entered is None:
            entered = _entered(machine, manager, item)
        managers.append(manager)
        if item.optional_vars is not None:
            assign(machine, item.optional_vars, entered, "with")
    if swallowed:
        _suppressing(machine, node.body, swallowed)
    else:
        machine.run(node.body)
    for manager in reversed(managers):
        for method in ("__exit__", "__aexit__"):
            call_special(machine, manager, method, (ANY, ANY, ANY), node)


def _may_swallow(machine: Machine, manager: Value) -> bool:
    """Whether a context manager of the notebook may keep exceptions from going on."""
    if manager.kind != "instance":
        return False
    for method in ("__exit__", "__aexit__"):
        found = class_attribute(machine, manager.data, method)
        if found is not None and found[0].kind == "function":
            parts = walk(found[0].data.node)
            if any(isinstance(part, ast.Return) and not _is_false(part.value) for part in parts):
                return True
    return False


def _is_false(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and not node.value)


def _entered(machine: Machine, manager: Value, item: ast.withitem) -> Value:
    if manager.kind == "pending":
        return consume(machine, manager, item.context_expr)
    return manager


def _is_library(machine: Machine, node: ast.expr, names: Collection[str]) -> bool:
    """Whether an expression names one of some library functions; records nothing."""
    if isinstance(node, ast.Name):
        entry = machine.env.entries.get(machine.key_of(node.id))
        return entry is not None and entry.value.is_library(*names)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        entry = machine.env.entries.get(machine.key_of(node.value.id))
        if entry is None or entry.value.kind != "library":
            return False
        return f"{entry.value.data}.{node.attr}" in names
    return False


def _suppressing(machine: Machine, body: Sequence[ast.stmt], names: set[str]) -> None:
    mark = machine.env.mark()
    catch = Catch(mark, machine.maybe, lambda exception: _catches(names, exception))
    machine.catches.append(catch)
    alive = True
    try:
        machine.run(body)
    except Dead:
        alive = False
    finally:
        machine.catches.pop()
    paths = list(catch.throws)
    if alive:
        paths += [machine.env.delta(mark), machine.env.seen_since(mark)]
    machine.env.rollback(mark)
    if not paths:
        raise Dead
    machine.env.join(paths)
