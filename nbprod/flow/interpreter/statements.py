"""What running each statement does: order, branches, loops, exceptions, definitions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from nbprod.flow.idempotence import is_wiping
from nbprod.flow.interpreter import expressions, imports, objects
from nbprod.flow.interpreter import library_calls as libcalls
from nbprod.flow.interpreter.expressions import (
    branch,
    evaluate,
    function_value,
    optional,
    receiver,
    truth_of,
)
from nbprod.flow.interpreter.machine import Catch, Dead, Frame, Loop, Machine
from nbprod.flow.interpreter.state import Delta
from nbprod.flow.interpreter.values import ANY, NONE, ClassValue, Value, join_values
from nbprod.flow.types import BindingKind
from nbprod.syntax.walk import walk

__all__ = ["assign", "run_block", "run_statement"]

_MUTABLE = ("list", "dict", "set")
_SWALLOWERS = ("contextlib.suppress", "pytest.raises")


def run_block(machine: Machine, body: Sequence[ast.stmt]) -> None:
    """Run statements in order; raises `Dead` when the path ends inside."""
    in_function = machine.frame is not None
    for statement in body:
        if in_function:
            machine.steps += 1
        run_statement(machine, statement)


def run_statement(machine: Machine, statement: ast.stmt) -> None:
    """Run one statement."""
    outer, machine.statement = machine.statement, statement
    try:
        RUN[type(statement)](machine, statement)
    finally:
        machine.statement = outer


# --- bindings ---------------------------------------------------------------------------------


def assign(
    machine: Machine, target: ast.expr, value: Value, kind: BindingKind = "assignment"
) -> None:
    """Store a value in a target: a name, an attribute, an item, or a tuple of those."""
    if isinstance(target, ast.Name):
        machine.bind(target.id, target, value, kind)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _unpack(machine, target, value, kind)
    elif isinstance(target, ast.Attribute):
        base = receiver(machine, target.value)
        root, _ = expressions.root_of(target.value)
        objects.store_attribute(machine, base, target.attr, value, root, target)
    elif isinstance(target, ast.Subscript):
        base = receiver(machine, target.value)
        key = evaluate(machine, target.slice)
        root, _ = expressions.root_of(target.value)
        objects.store_item(machine, base, key, value, root, target)
    elif isinstance(target, ast.Starred):
        assign(machine, target.value, machine.allocate("list"), kind)


def _unpack(
    machine: Machine, target: ast.Tuple | ast.List, value: Value, kind: BindingKind
) -> None:
    if value.kind in ("pending", "instance"):
        elements, _ = objects.iterate(machine, value, target)
        for item in target.elts:
            assign(machine, item, elements[0] if elements else ANY, kind)
        return
    held = machine.contents(value)
    starred = any(isinstance(item, ast.Starred) for item in target.elts)
    if held is None or starred or len(held) != len(target.elts):
        part = Value("any", None, frozenset(), value.objects | value.parts)
        held = (part,) * len(target.elts)
    for item, element in zip(target.elts, held, strict=True):
        assign(machine, item, element, kind)


def _assign(machine: Machine, node: ast.Assign) -> None:
    value = receiver(machine, node.value)
    if value.kind == "const" and machine.program.is_input(machine.source_cell, node):
        # The value on the page is only the one that nobody has changed yet.
        value = ANY
    for target in node.targets:
        assign(machine, target, value)


def _annotated(machine: Machine, node: ast.AnnAssign) -> None:
    if node.value is not None:
        value = receiver(machine, node.value)
    if machine.frame is None or machine.frame.kind == "class":
        _annotation(machine, node.annotation)
    if node.value is not None:
        assign(machine, node.target, value)
    elif not isinstance(node.target, ast.Name):
        evaluate(machine, node.target.value)


def _annotation(machine: Machine, node: ast.expr | None) -> None:
    """Evaluate an annotation where Python does: not under the `annotations` future, nor 3.14."""
    if node is not None and not machine.lazy_annotations:
        evaluate(machine, node)


def _augmented(machine: Machine, node: ast.AugAssign) -> None:
    target = node.target
    if isinstance(target, ast.Name):
        wiped = is_wiping(node)
        old = receiver(machine, target) if wiped else evaluate(machine, target)
        operand = evaluate(machine, node.value)
        if old.kind in _MUTABLE or old.data == "numpy.ndarray":
            machine.mutate(old, target.id, target, "+=", chained=not wiped, wipes=wiped)
            machine.bind(target.id, target, old, "augmented", "+=")
            return
        if old.kind == "instance":
            special = f"__i{expressions.special_name(node.op)}__"
            result = objects.call_special(machine, old, special, (operand,), node)
        else:
            result = None
        value = result or expressions.apply_binary(machine, node.op, old, operand, node)
        if value.kind == "any" and not value.objects and old.kind == "any":
            value = Value("any", None, old.objects, old.parts)
        machine.bind(target.id, target, value, "augmented", type(node.op).__name__)
        return
    base = receiver(machine, target.value)
    root, root_node = expressions.root_of(target.value)
    if isinstance(target, ast.Attribute):
        old = objects.attribute(machine, base, target.attr, root, root_node, target)
        operand = evaluate(machine, node.value)
        value = expressions.apply_binary(machine, node.op, old, operand, node)
        objects.store_attribute(machine, base, target.attr, value, root, target)
    else:
        key = evaluate(machine, target.slice)
        old = objects.subscript(machine, base, key, target, root, root_node)
        operand = evaluate(machine, node.value)
        value = expressions.apply_binary(machine, node.op, old, operand, node)
        objects.store_item(machine, base, key, value, root, target)


def _delete(machine: Machine, node: ast.Delete) -> None:
    for target in node.targets:
        _delete_target(machine, target)


def _delete_target(machine: Machine, target: ast.expr) -> None:
    if isinstance(target, ast.Name):
        machine.read(target.id, target)
        machine.excuse(target.id, target)
        machine.unbind(target.id, target)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            _delete_target(machine, item)
    elif isinstance(target, ast.Attribute):
        base = receiver(machine, target.value)
        root, _ = expressions.root_of(target.value)
        machine.mutate(base, root, target, "del", part="." + target.attr, chained=True)
    elif isinstance(target, ast.Subscript):
        base = receiver(machine, target.value)
        key = evaluate(machine, target.slice)
        root, _ = expressions.root_of(target.value)
        if base.kind == "namespace" and key.kind == "const":
            libcalls.unbind_global(machine, key.data[1], target)
            return
        part = repr(key.data[1]) if key.kind == "const" else None
        machine.mutate(base, root, target, "del", part=part, chained=True)


def _expression(machine: Machine, node: ast.Expr) -> None:
    evaluate(machine, node.value)


def _scope_statement(machine: Machine, node: ast.stmt) -> None:
    """``pass``, ``global``, ``nonlocal``: nothing happens when they run."""


# --- branches and loops -----------------------------------------------------------------------


def _if(machine: Machine, node: ast.If) -> None:
    verdict = truth_of(machine, evaluate(machine, node.test))
    if verdict is not None:
        run_block(machine, node.body if verdict else node.orelse)
        return
    branch(machine, [_block(machine, node.body), _block(machine, node.orelse)])


def _block(machine: Machine, body: Sequence[ast.stmt]) -> Callable[[], Value]:
    def run() -> Value:
        run_block(machine, body)
        return ANY

    return run


def _while(machine: Machine, node: ast.While) -> None:
    first = truth_of(machine, evaluate(machine, node.test))

    def again() -> bool | None:
        return truth_of(machine, evaluate(machine, node.test))

    if first is False:
        run_block(machine, node.orelse)
        return
    endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
    _loop(machine, lambda: run_block(machine, node.body), first, node.orelse, again, endless)


def _for(machine: Machine, node: ast.For | ast.AsyncFor) -> None:
    iterable = evaluate(machine, node.iter)
    leaves = iterable.kind in ("pending", "instance") and _may_leave(node.body)
    elements, nonempty = objects.iterate(machine, iterable, node.iter, in_part=leaves)
    if nonempty is False:
        run_block(machine, node.orelse)
        return
    joined = elements[0] if elements else ANY
    for element in elements[1:]:
        joined = join_values(joined, element)

    def body() -> None:
        assign(machine, node.target, joined, "loop")
        run_block(machine, node.body)

    _loop(machine, body, nonempty, node.orelse, lambda: None, False)


def _may_leave(body: Sequence[ast.stmt]) -> bool:
    """Whether a loop body has a way out of its loop."""
    return any(
        isinstance(part, (ast.Break, ast.Return)) for statement in body for part in walk(statement)
    )


def _loop(
    machine: Machine,
    body: Callable[[], None],
    first: bool | None,
    orelse: Sequence[ast.stmt],
    again: Callable[[], bool | None],
    endless: bool,
) -> None:
    """Run a loop: once as its first turn, once more for what a turn hands to the next.

    ``first``: whether there is a first turn (None: unknown). ``again`` evaluates the condition.
    """
    mark = machine.env.mark()
    loop = Loop(mark)
    machine.loops.append(loop)
    ends: list[Delta] = [] if first else [{}]
    try:
        turn = _turn(machine, body, loop, sure=bool(first))
        if turn is not None:
            with machine.perhaps():
                ends.append(machine.env.delta(mark))
                again()
                # What one turn hands to the next, an inner loop has seen in the first of this one.
                if not machine.second_turns:
                    machine.env.widen(mark)
                if not machine.second_turns and _second_turn(machine, body, loop):
                    ends.append(machine.env.delta(mark))
    finally:
        machine.loops.pop()
    machine.env.rollback(mark)
    paths: list[Delta] = []
    if ends and not endless:
        machine.env.join(ends)
        if orelse:
            try:
                _orelse(machine, orelse, sure=not loop.breaks)
                paths.append(machine.env.delta(mark))
            except Dead:
                pass
        else:
            paths.append(machine.env.delta(mark))
        machine.env.rollback(mark)
    paths += loop.breaks
    if not paths:
        raise Dead
    machine.env.join(paths)


def _second_turn(machine: Machine, body: Callable[[], None], loop: Loop) -> bool:
    machine.second_turns += 1
    try:
        return _turn(machine, body, loop, sure=False) is not None
    finally:
        machine.second_turns -= 1


def _orelse(machine: Machine, body: Sequence[ast.stmt], *, sure: bool) -> None:
    if sure:
        run_block(machine, body)
    else:
        with machine.perhaps():
            run_block(machine, body)


def _turn(machine: Machine, body: Callable[[], None], loop: Loop, *, sure: bool) -> bool | None:
    """One turn of a loop body, ``continue`` included; None when no path reaches its end."""
    start = len(loop.continues)
    alive = True
    machine.maybe += 0 if sure else 1
    try:
        body()
    except Dead:
        alive = False
    finally:
        machine.maybe -= 0 if sure else 1
    continued = loop.continues[start:]
    if not continued:
        return True if alive else None
    if alive:
        continued = [*continued, machine.env.delta(loop.mark)]
    machine.env.rollback(loop.mark)
    machine.env.join(continued)
    return True


def _break(machine: Machine, node: ast.Break) -> None:
    if machine.loops:
        loop = machine.loops[-1]
        loop.breaks.append(machine.env.delta(loop.mark))
    raise Dead


def _continue(machine: Machine, node: ast.Continue) -> None:
    if machine.loops:
        loop = machine.loops[-1]
        loop.continues.append(machine.env.delta(loop.mark))
    raise Dead


def _return(machine: Machine, node: ast.Return) -> None:
    value = receiver(machine, node.value) if node.value is not None else NONE
    frame = machine.frame
    while frame is not None and frame.kind != "function":
        frame = frame.closure
    if frame is not None:
        frame.returns.append((machine.env.delta(frame.mark), value))
    raise Dead


# --- exceptions -------------------------------------------------------------------------------


def _raise(machine: Machine, node: ast.Raise) -> None:
    if node.exc is not None:
        evaluate(machine, node.exc)
    if node.cause is not None:
        evaluate(machine, node.cause)
    machine.raise_(_exception_name(node.exc))


def _exception_name(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Call):
        node = node.func
    return node.id if isinstance(node, ast.Name) else None


def _assert(machine: Machine, node: ast.Assert) -> None:
    verdict = truth_of(machine, evaluate(machine, node.test))
    if verdict is False:
        if node.msg is not None:
            evaluate(machine, node.msg)
        machine.raise_("AssertionError")
    if verdict is None and node.msg is not None:
        optional(machine, lambda: evaluate(machine, node.msg))  # type: ignore[arg-type]


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
    return lambda exception: catches(names, exception)


def catches(names: set[str], exception: str | None) -> bool | None:
    """Whether ``except`` clauses of these names catch an exception: builtins by their classes."""
    import builtins

    if "BaseException" in names:
        return True
    cls = getattr(builtins, exception, None) if exception else None
    if not isinstance(cls, type):
        if exception in names:
            return True
        return True if "Exception" in names and exception != "SystemExit" else None
    lineage = {one.__name__ for one in cls.__mro__}
    return bool(names & lineage)


def _try(machine: Machine, node: ast.Try) -> None:
    mark = machine.env.mark()
    paths: list[Delta] = []
    try:
        _guarded(machine, node, mark, paths)
    except Dead:
        if not paths:
            if node.finalbody:
                with machine.perhaps():
                    run_block(machine, node.finalbody)
            raise
    machine.env.rollback(mark)
    machine.env.join(paths)
    if node.finalbody:
        run_block(machine, node.finalbody)


def _guarded(machine: Machine, node: ast.Try, mark: int, paths: list[Delta]) -> None:
    """Run the body and its handlers; adds the state at the end of each to ``paths``."""
    catch = Catch(mark, machine.maybe, _catcher(node.handlers))
    if node.handlers:
        machine.catches.append(catch)
    alive = True
    try:
        run_block(machine, node.body)
    except Dead:
        alive = False
    finally:
        if node.handlers:
            machine.catches.pop()
    seen = machine.env.seen_since(mark)
    if alive:
        try:
            run_block(machine, node.orelse)
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
            evaluate(machine, handler.type)
        if handler.name:
            machine.bind(handler.name, handler, ANY, "except")
        run_block(machine, handler.body)
        if handler.name:
            machine.unbind(handler.name, handler)
    finally:
        machine.maybe -= 0 if sure else 1


def _with(machine: Machine, node: ast.With | ast.AsyncWith) -> None:
    managers: list[Value] = []
    swallowed: set[str] = set()
    for item in node.items:
        manager = receiver(machine, item.context_expr)
        call = item.context_expr
        if isinstance(call, ast.Call) and receiver_is(machine, call.func, _SWALLOWERS):
            swallowed |= {arg.id for arg in call.args if isinstance(arg, ast.Name)}
        elif _may_swallow(machine, manager):
            swallowed.add("BaseException")
        entered = objects.call_special(machine, manager, "__enter__", (), node)
        if entered is None:
            entered = objects.call_special(machine, manager, "__aenter__", (), node)
        if entered is None:
            entered = _entered(machine, manager, item)
        managers.append(manager)
        if item.optional_vars is not None:
            assign(machine, item.optional_vars, entered, "with")
    if swallowed:
        _suppressing(machine, node.body, swallowed)
    else:
        run_block(machine, node.body)
    for manager in reversed(managers):
        for method in ("__exit__", "__aexit__"):
            objects.call_special(machine, manager, method, (ANY, ANY, ANY), node)


def _may_swallow(machine: Machine, manager: Value) -> bool:
    """Whether a context manager of the notebook may keep exceptions from going on."""
    if manager.kind != "instance":
        return False
    for method in ("__exit__", "__aexit__"):
        found = objects.class_attribute(machine, manager.data, method)
        if found is not None and found[0].kind == "function":
            parts = walk(found[0].data.node)
            if any(isinstance(part, ast.Return) and not _is_false(part.value) for part in parts):
                return True
    return False


def _is_false(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and not node.value)


def _entered(machine: Machine, manager: Value, item: ast.withitem) -> Value:
    from nbprod.flow.interpreter.calls import consume

    if manager.kind == "pending":
        return consume(machine, manager, item.context_expr)
    return manager


def receiver_is(machine: Machine, node: ast.expr, names: Sequence[str]) -> bool:
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
    catch = Catch(mark, machine.maybe, lambda exception: catches(names, exception))
    machine.catches.append(catch)
    alive = True
    try:
        run_block(machine, body)
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


# --- definitions ------------------------------------------------------------------------------


def _function(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    decorators = [receiver(machine, decorator) for decorator in node.decorator_list]
    value = function_value(machine, node)
    if not getattr(node, "type_params", None):
        arguments = node.args
        for argument in (
            *arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs,
            arguments.kwarg,
        ):  # fmt: skip
            if argument is not None:
                _annotation(machine, argument.annotation)
        _annotation(machine, node.returns)
    for expression, decorator in zip(
        reversed(node.decorator_list), reversed(decorators), strict=True
    ):
        value = _decorated(machine, value, decorator, expression)
    machine.bind(node.name, node, value, "function")


def _decorated(machine: Machine, value: Value, decorator: Value, node: ast.expr) -> Value:
    from nbprod.flow.interpreter.calls import call_value

    if isinstance(node, ast.Attribute) and node.attr in ("setter", "getter", "deleter"):
        value.data.role = "property"
        return value
    result = call_value(machine, decorator, (value,), (), node)
    if result.kind not in ("function", "class", "instance", "union", "const", "pending"):
        # A library's decorator: most keep calling what they are given.
        return value
    return result


def _class(machine: Machine, node: ast.ClassDef) -> None:
    decorators = [receiver(machine, decorator) for decorator in node.decorator_list]
    bases = tuple(receiver(machine, base) for base in node.bases)
    for keyword in node.keywords:
        evaluate(machine, keyword.value)
    scope = machine.program.scope(node)
    frame = Frame(machine.fresh(), "class", scope, machine.capture())
    cls = ClassValue(node, machine.source_cell, frame.identity, bases)
    cls.is_open = any(
        (base.kind != "class" and not base.is_library("builtins.object")) or
        (base.kind == "class" and base.data.is_open)
        for base in bases
    ) or any(keyword.arg == "metaclass" for keyword in node.keywords)  # fmt: skip
    cls.is_dataclass = any(base.kind == "class" and base.data.is_dataclass for base in bases)
    outer, machine.frame = machine.frame, frame
    try:
        run_block(machine, node.body)
    finally:
        machine.frame = outer
    for name in scope.local_names:
        entry = machine.env.entries.get((frame.identity, name))
        if entry is not None and entry.value.kind == "function" and entry.value.data.owner is None:
            entry.value.data.owner = cls
    value = Value("class", cls)
    for expression, decorator in zip(
        reversed(node.decorator_list), reversed(decorators), strict=True
    ):
        value = _decorated(machine, value, decorator, expression)
    machine.bind(node.name, node, value, "class")


def _type_alias(machine: Machine, node: Any) -> None:
    machine.bind(node.name.id, node.name, ANY, "type-alias")


# --- match ------------------------------------------------------------------------------------


def _match(machine: Machine, node: ast.Match) -> None:
    subject = evaluate(machine, node.subject)
    actions: list[Callable[[], Value]] = []
    exhaustive = False
    for case in node.cases:
        if case.guard is None and _irrefutable(case.pattern):
            exhaustive = True
        actions.append(partial(_case, machine, case, subject))
    if not exhaustive:
        actions.append(lambda: ANY)
    if len(actions) == 1:
        actions[0]()
    else:
        branch(machine, actions)


def _irrefutable(pattern: ast.pattern) -> bool:
    if isinstance(pattern, ast.MatchOr):
        return any(_irrefutable(pattern) for pattern in pattern.patterns)
    return isinstance(pattern, ast.MatchAs) and (
        pattern.pattern is None or _irrefutable(pattern.pattern)
    )


def _case(machine: Machine, case: ast.match_case, subject: Value) -> Value:
    for part in ast.walk(case.pattern):
        if isinstance(part, ast.MatchValue):
            evaluate(machine, part.value)
        elif isinstance(part, ast.MatchClass):
            receiver(machine, part.cls)
        elif isinstance(part, ast.MatchMapping):
            for key in part.keys:
                evaluate(machine, key)
    for part in ast.walk(case.pattern):
        name = getattr(part, "name", None) or getattr(part, "rest", None)
        if isinstance(name, str):
            value = subject if part is case.pattern else ANY
            machine.bind(name, part, value, "pattern")
    if case.guard is not None and truth_of(machine, evaluate(machine, case.guard)) is False:
        raise Dead
    run_block(machine, case.body)
    return ANY


RUN: dict[type[ast.AST], Callable[[Machine, Any], None]] = {
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augmented,
    ast.Delete: _delete,
    ast.Expr: _expression,
    ast.Pass: _scope_statement,
    ast.Global: _scope_statement,
    ast.Nonlocal: _scope_statement,
    ast.If: _if,
    ast.While: _while,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.Break: _break,
    ast.Continue: _continue,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Try: _try,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.ClassDef: _class,
    ast.Import: imports.run_import,
    ast.ImportFrom: imports.run_import_from,
    ast.Match: _match,
}
if hasattr(ast, "TryStar"):
    RUN[ast.TryStar] = _try
if hasattr(ast, "TypeAlias"):
    RUN[ast.TypeAlias] = _type_alias
