"""What evaluating each expression does: reads, calls, bindings, and the abstract value it gives."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from functools import partial
from typing import Any

from nbprod.flow.interpreter import calls
from nbprod.flow.interpreter.machine import Dead, Frame, Machine
from nbprod.flow.interpreter.objects import (
    attribute,
    call_special,
    display_text,
    distinct,
    iterate,
    subscript,
)
from nbprod.flow.interpreter.state import Entry
from nbprod.flow.interpreter.values import (
    ANY,
    NONE,
    FunctionValue,
    Value,
    constant,
    join_values,
    truth,
)
from nbprod.libraries.modules import MUTATORS
from nbprod.names.scopes import Scope

__all__ = ["branch", "evaluate", "function_value", "optional", "receiver"]

_MAX_TRACKED = 64
_BIG = 10**12
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
}
_PARTS = frozenset((ast.Attribute, ast.Subscript, ast.Starred))
_SPECIAL: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv",
    ast.Mod: "mod", ast.Pow: "pow", ast.MatMult: "matmul", ast.BitAnd: "and", ast.BitOr: "or",
    ast.BitXor: "xor", ast.LShift: "lshift", ast.RShift: "rshift",
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
    ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert",
}  # fmt: skip


def evaluate(machine: Machine, node: ast.expr) -> Value:
    """Evaluate an expression whose value is looked at as a whole."""
    if type(node) is ast.Name:
        value = machine.read(node.id, node)
        if value.objects or value.parts:
            machine.observe(value, node.id, node)
        return value
    return EVALUATE[type(node)](machine, node)


def receiver(machine: Machine, node: ast.expr) -> Value:
    """Evaluate an expression of which only a part may be looked at, or which is only passed on."""
    if type(node) is ast.Name:
        return machine.read(node.id, node)
    return EVALUATE[type(node)](machine, node)


def root_of(node: ast.expr) -> tuple[str, ast.expr]:
    """The variable at the root of `a.b[c].d`, and its node; no name when the root is no name."""
    while type(node) in _PARTS:
        node = node.value  # type: ignore[attr-defined]
    return (node.id if isinstance(node, ast.Name) else "", node)


def optional(machine: Machine, action: Callable[[], Value]) -> Value | None:
    """Do what may not happen; the state afterwards is that of both cases. None if it ends there."""
    mark = machine.env.mark()
    try:
        with machine.perhaps():
            value = action()
    except Dead:
        machine.env.rollback(mark)
        return None
    if machine.env.mark() > mark:
        delta = machine.env.delta(mark)
        machine.env.rollback(mark)
        machine.env.join([{}, delta])
    return value


def branch(machine: Machine, actions: list[Callable[[], Value]]) -> Value:
    """Do exactly one of several things, it is not known which; join states and values."""
    mark = machine.env.mark()
    deltas, value = [], None
    for action in actions:
        try:
            with machine.perhaps():
                result = action()
        except Dead:
            machine.env.rollback(mark)
            continue
        deltas.append(machine.env.delta(mark))
        machine.env.rollback(mark)
        value = result if value is None else join_values(value, result)
    if value is None:
        raise Dead
    machine.env.join(deltas)
    return value


def _name(machine: Machine, node: ast.Name) -> Value:
    return evaluate(machine, node)


def _constant(machine: Machine, node: ast.Constant) -> Value:
    if node.value == 0 and machine.source_cell >= 0 and machine.program.magics[machine.source_cell]:
        magic = machine.program.magic(machine.source_cell, node)
        if magic is not None:
            from nbprod.flow.interpreter.magics import run_magic

            return run_magic(machine, magic, node)
    return constant(node.value)


def _attribute(machine: Machine, node: ast.Attribute) -> Value:
    base = receiver(machine, node.value)
    name, root = root_of(node.value)
    if node.attr in MUTATORS.get(base.kind, ()):
        # `add = rows.append`: who has it may change the object at any time.
        machine.forget_contents(base)
    return attribute(machine, base, node.attr, name, root, node)


def _subscript(machine: Machine, node: ast.Subscript) -> Value:
    base = receiver(machine, node.value)
    key = evaluate(machine, node.slice)
    name, root = root_of(node.value)
    return subscript(machine, base, key, node, name, root)


def _slice(machine: Machine, node: ast.Slice) -> Value:
    for part in (node.lower, node.upper, node.step):
        if part is not None:
            evaluate(machine, part)
    return ANY


def _all(machine: Machine, node: ast.AST) -> Value:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            evaluate(machine, child)
    return ANY


def _binary(machine: Machine, node: ast.BinOp) -> Value:
    left = evaluate(machine, node.left)
    right = evaluate(machine, node.right)
    return apply_binary(machine, node.op, left, right, node)


def apply_binary(
    machine: Machine, op: ast.operator, left: Value, right: Value, node: ast.AST
) -> Value:
    """The value of ``left op right``, special methods of the notebook's classes included."""
    if left.kind == "const" and right.kind == "const":
        return _fold(_BINARY.get(type(op)), left.data[1], right.data[1])
    special = _SPECIAL[type(op)]
    for value, method, other in (
        (left, f"__{special}__", right),
        (right, f"__r{special}__", left),
    ):
        if value.kind == "instance":
            result = call_special(machine, value, method, (other,), node)
            if result is not None:
                return result
    if left.kind in ("list", "set", "tuple", "dict"):
        return machine.allocate(left.kind)
    if right.kind == "list":
        return machine.allocate("list" if left.kind == "const" else "any")
    if left.kind == "object" and str(left.data).startswith(("pandas.", "numpy.")):
        return machine.allocate("object", left.data)
    return ANY


def special_name(op: ast.operator) -> str:
    """The stem of the special method of an operator: ``add`` for ``+``."""
    return _SPECIAL[type(op)]


def _fold(function: Callable[[Any, Any], Any] | None, left: Any, right: Any) -> Value:
    """Compute with small constants; anything that could be big or fails is not known."""
    simple = (int, float, bool)
    if function is None:
        return ANY
    numbers = isinstance(left, simple) and isinstance(right, simple)
    if numbers and not (abs(left) < _BIG and abs(right) < _BIG):
        return ANY
    if not numbers and not (
        function is operator.add and isinstance(left, str) and isinstance(right, str)
    ):
        return ANY
    try:
        return constant(function(left, right))
    except (ArithmeticError, TypeError, ValueError):
        return ANY


def _unary(machine: Machine, node: ast.UnaryOp) -> Value:
    value = evaluate(machine, node.operand)
    if isinstance(node.op, ast.Not):
        verdict = truth_of(machine, value)
        return ANY if verdict is None else constant(not verdict)
    if value.kind == "const" and isinstance(value.data[1], (int, float)):
        number = value.data[1]
        if isinstance(node.op, ast.USub):
            return constant(-number)
        return constant(+number) if isinstance(node.op, ast.UAdd) else ANY
    if value.kind == "instance":
        method = f"__{_SPECIAL[type(node.op)]}__"
        return call_special(machine, value, method, (), node) or ANY
    return ANY


def truth_of(machine: Machine, value: Value) -> bool | None:
    """Whether a value counts as true; asks the heap for containers."""
    verdict = truth(value)
    if verdict is None and value.kind in ("list", "tuple", "set", "dict"):
        contents = machine.contents(value)
        return None if contents is None else bool(contents)
    if verdict is None and value.kind == "instance":
        for method in ("__bool__", "__len__"):
            result = call_special(machine, value, method, (), value.data.node)
            if result is not None:
                return truth(result)
        return None if value.data.is_open else True
    return verdict


def _bool(machine: Machine, node: ast.BoolOp) -> Value:
    stops_at = isinstance(node.op, ast.Or)
    value = evaluate(machine, node.values[0])
    for operand in node.values[1:]:
        verdict = truth_of(machine, value)
        if verdict is stops_at:
            return value
        if verdict is None:
            left = value
            right = optional(machine, partial(evaluate, machine, operand))
            value = left if right is None else join_values(left, right)
        else:
            value = evaluate(machine, operand)
    return value


def _compare(machine: Machine, node: ast.Compare) -> Value:
    guarded = guarded_name(node)
    if guarded is not None:
        bound = machine.is_bound(guarded)
        negated = isinstance(node.ops[0], ast.NotIn)
        return ANY if bound is None else constant(bound is not negated)
    left = evaluate(machine, node.left)
    result: Value | None = None
    for op, comparator in zip(node.ops, node.comparators, strict=True):
        right = evaluate(machine, comparator)
        outcome = _compare_one(machine, op, left, right, node)
        result = outcome if result is None or truth(result) else result
        left = right
    return result if result is not None and len(node.ops) == 1 else ANY


def _compare_one(
    machine: Machine, op: ast.cmpop, left: Value, right: Value, node: ast.AST
) -> Value:
    if left.kind == "union" and right.kind == "const":
        outcomes = {_compare_one(machine, op, one, right, node) for one in left.data}
        return outcomes.pop() if len(outcomes) == 1 else ANY
    if left.kind == "const" and right.kind == "const":
        try:
            return constant(bool(_COMPARE[type(op)](left.data[1], right.data[1])))
        except TypeError:
            return ANY
    if left.kind == "instance" and type(op) in _SPECIAL:
        result = call_special(machine, left, f"__{_SPECIAL[type(op)]}__", (right,), node)
        return result or ANY
    if right.kind == "instance" and isinstance(op, (ast.In, ast.NotIn)):
        call_special(machine, right, "__contains__", (left,), node)
    none = next((v for v in (left, right) if v == NONE), None)
    other = right if none is left else left
    if none is not None and isinstance(op, (ast.Is, ast.IsNot)):
        known = other.kind in ("function", "class", "instance", "list", "dict", "set", "tuple")
        return constant(isinstance(op, ast.IsNot)) if known else ANY
    return ANY


def guarded_name(node: ast.Compare) -> str | None:
    """The name in ``'x' in globals()`` and its like, None for another comparison."""
    if len(node.ops) != 1 or not isinstance(node.ops[0], (ast.In, ast.NotIn)):
        return None
    left, right = node.left, node.comparators[0]
    if not (isinstance(left, ast.Constant) and isinstance(left.value, str)):
        return None
    if isinstance(right, ast.Call) and isinstance(right.func, ast.Attribute):
        right = right.func.value if right.func.attr == "keys" else right
    if (
        isinstance(right, ast.Call)
        and isinstance(right.func, ast.Name)
        and right.func.id in ("globals", "locals", "vars", "dir")
        and not right.args
    ):
        return left.value
    return None


def _choose(machine: Machine, node: ast.IfExp) -> Value:
    verdict = truth_of(machine, evaluate(machine, node.test))
    if verdict is not None:
        return evaluate(machine, node.body if verdict else node.orelse)
    return branch(
        machine,
        [lambda: evaluate(machine, node.body), lambda: evaluate(machine, node.orelse)],
    )


def _sequence(machine: Machine, node: ast.List | ast.Tuple | ast.Set) -> Value:
    values: list[Value] | None = []
    for item in node.elts:
        value = receiver(machine, item)
        if isinstance(item, ast.Starred) or (values is not None and len(values) >= _MAX_TRACKED):
            values = None
        elif values is not None:
            values.append(value)
    kind = type(node).__name__.lower()
    if kind == "tuple" and values and all(value.kind == "const" for value in values):
        return constant(tuple(value.data[1] for value in values))
    held = None if values is None else tuple(values)
    if kind == "set" and held is not None:
        held = distinct(held)
    return machine.allocate(kind, None, held)


def _dict(machine: Machine, node: ast.Dict) -> Value:
    held: list[tuple[str, Value]] = []
    keys: list[Value] | None = []
    for key, item in zip(node.keys, node.values, strict=True):
        name = evaluate(machine, key) if key is not None else None
        value = receiver(machine, item)
        if name is None or len(held) >= _MAX_TRACKED:
            keys = None
        elif keys is not None:
            keys.append(name)
        if name is not None and name.kind == "const" and len(held) < _MAX_TRACKED:
            held.append((repr(name.data[1]), value))
    result = machine.allocate("dict", None, None if keys is None else tuple(keys))
    (identity,) = result.objects
    for part, value in held:
        if value.kind != "any" or value.objects:
            machine.env.set(("object", identity, part), Entry(frozenset(), value))
            machine.note_part(identity, part)
    return result


def _comprehension(machine: Machine, node: Any) -> Value:
    first = evaluate(machine, node.generators[0].iter)
    scope = Scope(node, 0)
    for generator in node.generators:
        for part in ast.walk(generator.target):
            if isinstance(part, ast.Name):
                scope.local_names.add(part.id)
    frame = Frame(machine.fresh(), "comprehension", scope, machine.frame)
    if isinstance(node, ast.GeneratorExp):
        machine.capture()
        pending = calls.Pending("generator", machine.source_cell, node, frame, first)
        return machine.allocate("pending", pending)
    return run_comprehension(machine, node, frame, first)


def run_comprehension(machine: Machine, node: Any, frame: Frame, first: Value) -> Value:
    """Run a comprehension's clauses over its first iterable, in its own frame."""
    outer, machine.frame = machine.frame, frame
    scope_identity = outer.scope.identity if outer else 0
    frame.scope.identity = scope_identity
    kind = {ast.SetComp: "set", ast.DictComp: "dict"}.get(type(node), "list")
    elements: list[Value] = []
    try:
        _clauses(machine, node, 0, elements, first)
    finally:
        machine.frame = outer
    return machine.allocate(kind, None, None, _join_all(tuple(elements)))


def _clauses(
    machine: Machine, node: Any, depth: int, made: list[Value], iterable: Value | None = None
) -> None:
    """Run the generators from ``depth`` on; what the element gives is added to ``made``."""
    from nbprod.flow.interpreter.statements import assign

    if depth == len(node.generators):
        if isinstance(node, ast.DictComp):
            evaluate(machine, node.key)
            evaluate(machine, node.value)
        else:
            made.append(evaluate(machine, node.elt))
        return
    generator = node.generators[depth]
    value = iterable if iterable is not None else evaluate(machine, generator.iter)
    elements, nonempty = iterate(machine, value, generator.iter)

    def body(element: Value) -> Value:
        assign(machine, generator.target, element, "comprehension")
        _conditions(machine, node, depth, generator.ifs, made)
        return ANY

    if nonempty is False:
        return
    if nonempty and len(elements) <= 6:
        for element in elements:
            body(element)
        return
    joined = _join_all(elements)
    if nonempty:
        body(joined)
    else:
        optional(machine, lambda: body(joined))


def _conditions(
    machine: Machine, node: Any, depth: int, tests: list[ast.expr], made: list[Value]
) -> None:
    """The ``if`` clauses of one generator, then what is inside it."""
    if not tests:
        _clauses(machine, node, depth + 1, made)
        return
    verdict = truth_of(machine, evaluate(machine, tests[0]))
    if verdict:
        _conditions(machine, node, depth, tests[1:], made)
    elif verdict is None:

        def rest() -> Value:
            _conditions(machine, node, depth, tests[1:], made)
            return ANY

        optional(machine, rest)


def _join_all(values: tuple[Value, ...]) -> Value:
    joined = values[0] if values else ANY
    for value in values[1:]:
        joined = join_values(joined, value)
    return joined


def _lambda(machine: Machine, node: ast.Lambda) -> Value:
    return function_value(machine, node)


def function_value(
    machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
) -> Value:
    """Make the function that a ``def`` or a ``lambda`` makes; evaluates its defaults."""
    scope = machine.program.scope(node)
    function = FunctionValue(node, machine.source_cell, machine.capture(), scope)
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    for argument, default in zip(
        positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True
    ):
        function.defaults[argument.arg] = receiver(machine, default)
    for argument, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if keyword_default is not None:
            function.defaults[argument.arg] = receiver(machine, keyword_default)
    if not machine.uncalled:
        machine.functions.setdefault(scope.identity, function)
    return Value("function", function)


def _walrus(machine: Machine, node: ast.NamedExpr) -> Value:
    value = evaluate(machine, node.value)
    machine.bind(node.target.id, node.target, value, "walrus")
    return value


def _await(machine: Machine, node: ast.Await) -> Value:
    return calls.consume(machine, evaluate(machine, node.value), node)


def _yield(machine: Machine, node: ast.Yield | ast.YieldFrom) -> Value:
    value = NONE
    if node.value is not None:
        value = evaluate(machine, node.value)
        if isinstance(node, ast.YieldFrom):
            frame = machine.frame
            calls.consume(machine, value, node, in_part=frame is not None and frame.is_partial)
            value = ANY
    if machine.frame is not None:
        _stop_at(machine, machine.frame, value)
    return ANY


def _stop_at(machine: Machine, frame: Frame, value: Value) -> None:
    """Note a ``yield``: a consumer that takes only what it needs may never come back."""
    frame.yields.append((machine.env.delta(frame.mark), value))
    if frame.is_partial and not frame.relaxed:
        frame.relaxed = 1
        machine.maybe += 1


def _formatted(machine: Machine, node: ast.FormattedValue) -> Value:
    value = evaluate(machine, node.value)
    display_text(machine, value, node, "__repr__" if node.conversion == ord("r") else "__str__")
    if node.format_spec is not None:
        evaluate(machine, node.format_spec)
    return ANY


def _starred(machine: Machine, node: ast.Starred) -> Value:
    return calls.consume(machine, evaluate(machine, node.value), node)


EVALUATE: dict[type[ast.AST], Callable[[Machine, Any], Value]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _bool,
    ast.Compare: _compare,
    ast.IfExp: _choose,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Lambda: _lambda,
    ast.NamedExpr: _walrus,
    ast.Await: _await,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.JoinedStr: _all,
    ast.FormattedValue: _formatted,
    ast.Starred: _starred,
    ast.Call: lambda machine, node: calls.evaluate_call(machine, node),
}
for _newer in ("TemplateStr", "Interpolation"):
    if hasattr(ast, _newer):
        EVALUATE[getattr(ast, _newer)] = _all
