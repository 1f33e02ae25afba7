"""What a second application of an assignment does to a value: nothing, something, or unknown.

`x = x.strip()` gives the same again, `x = x + 1` does not, `x = f(x)` depends on f. The answer
rests on tables of methods and on the shape of the expression; own functions are looked into.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

from nbprod.flow.text_picks import text_pick
from nbprod.libraries.functions import CHANGING_CALLS, IDEMPOTENT_CALLS, JOINING_CALLS
from nbprod.libraries.methods import (
    CHANGING_METHODS,
    FAILING_METHODS,
    IDEMPOTENT_METHODS,
    MASKS,
)
from nbprod.libraries.training import REDUCTIONS

if TYPE_CHECKING:
    from nbprod.flow.interpreter.machine import Machine
    from nbprod.flow.interpreter.values import FunctionValue

__all__ = ["Again", "apply_again", "does_the_same_again", "fails_again", "is_wiping"]

_SAME_OPERATORS = (ast.BitOr, ast.BitAnd)
_ELEMENTWISE = ("apply", "map", "transform", "applymap")
# Methods that take a key or an element away, or put a column in; with how many arguments.
_REMOVING = {"pop": 1, "remove": 1, "insert": 3}
# Methods whose result for a row depends on all rows.
_OF_ALL_ROWS = REDUCTIONS | {"rank"}


class Again(Enum):
    """What doing it again does: nothing more, a change, a failure, not known; or no part in it."""

    SAME = "same"
    CHANGES = "changes"
    FAILS = "fails"
    UNKNOWN = "unknown"
    UNRELATED = "unrelated"


def apply_again(
    machine: Machine, statement: ast.Assign | ast.AugAssign | ast.AnnAssign, read: ast.AST
) -> Again:
    """Judge a store that follows a read (``read``) of what it replaces."""
    if isinstance(statement, ast.AugAssign):
        return _augmented_again(statement)
    if statement.value is None:
        return Again.UNRELATED
    if not any(node is read for node in ast.walk(statement.value)):
        # The read is elsewhere in the cell.
        return Again.UNRELATED
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    target, value = targets[0], statement.value
    if isinstance(target, (ast.Tuple, ast.List)):
        return _unpacked(machine, target, value)
    verdict = _judge(machine, value, ast.unparse(target))
    if verdict is Again.CHANGES and _picks_from_itself(target):
        return Again.UNKNOWN
    return verdict


def _augmented_again(statement: ast.AugAssign) -> Again:
    value, target = statement.value, statement.target
    if is_wiping(statement) or isinstance(statement.op, _SAME_OPERATORS):
        return Again.SAME
    if isinstance(statement.op, ast.Mod) and _is_number(value):
        return Again.SAME
    if isinstance(statement.op, (ast.Sub, ast.Div)) and _reads(value, ast.unparse(target)):
        # Minus its own mean, over its own norm.
        return Again.UNKNOWN
    return Again.UNKNOWN if _picks_from_itself(target) else Again.CHANGES


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def is_wiping(statement: ast.AugAssign) -> bool:
    """Whether it is `x *= 0`, which leaves nothing of what was there."""
    value = statement.value
    zero = isinstance(value, ast.Constant) and type(value.value) in (int, float) and not value.value
    return zero and isinstance(statement.op, ast.Mult)


def _picks_from_itself(target: ast.expr) -> bool:
    """Whether it is `x[x > 3]`: a second time there may be none of these left."""
    return isinstance(target, ast.Subscript) and _reads(target.slice, ast.unparse(target.value))


def does_the_same_again(node: ast.Call) -> bool:
    """Whether a method call that works in place changes nothing more a second time."""
    return _in_place_again(node) is Again.SAME


def fails_again(node: ast.AST, kind: str) -> bool:
    """Whether a change in place of an object (a ``kind`` of value) raises a second time."""
    if isinstance(node, ast.Attribute):
        return True  # deleted
    if isinstance(node, ast.Subscript):
        is_name = isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
        return is_name or kind == "dict"
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return _in_place_again(node) is Again.FAILS


def _in_place_again(node: ast.Call) -> Again:
    function = node.func
    assert isinstance(function, ast.Attribute)
    if function.attr in _REMOVING and len(node.args) == _REMOVING[function.attr]:
        first = node.args[0]
        named = isinstance(first, ast.Constant) and isinstance(first.value, str)
        return Again.FAILS if named or function.attr != "pop" else Again.CHANGES
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    return _method_again(node, function.attr, keywords, ast.unparse(function.value))


def _unpacked(machine: Machine, target: ast.Tuple | ast.List, value: ast.expr) -> Again:
    if not isinstance(value, (ast.Tuple, ast.List)) or len(value.elts) != len(target.elts):
        return Again.UNKNOWN
    places = [ast.unparse(expression) for expression in target.elts]
    for place, part in zip(places, value.elts, strict=True):
        others = [other for other in places if other != place]
        if any(_reads(part, other) for other in others):
            return Again.CHANGES
    verdicts = {
        _judge(machine, part, place)
        for place, part in zip(places, value.elts, strict=True)
        if _reads(part, place)
    }
    return _worst(verdicts)


def _worst(verdicts: set[Again]) -> Again:
    for again in (Again.FAILS, Again.CHANGES, Again.UNKNOWN, Again.SAME):
        if again in verdicts:
            return again
    return Again.SAME


def _judge(machine: Machine, node: ast.expr, place: str) -> Again:
    """What the expression gives when ``place`` already holds what it gave."""
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and ast.unparse(node) == place:
        return Again.SAME
    if not _reads(node, place):
        return Again.SAME
    judge = _JUDGES.get(type(node))
    return judge(machine, node, place) if judge is not None else Again.UNKNOWN


def _bool(machine: Machine, node: ast.BoolOp, place: str) -> Again:
    return _judge(machine, node.values[0], place)


def _choice(machine: Machine, node: ast.IfExp, place: str) -> Again:
    arms = {_judge(machine, arm, place) for arm in (node.body, node.orelse)}
    return Again.SAME if arms == {Again.SAME} else Again.UNKNOWN


def _operation(machine: Machine, node: ast.BinOp, place: str) -> Again:
    remainder = isinstance(node.op, ast.Mod) and _is_number(node.right)
    if isinstance(node.op, _SAME_OPERATORS) or remainder or _takes_away(machine, node, place):
        return _judge(machine, node.left, place)
    for operand, other in ((node.left, node.right), (node.right, node.left)):
        if _reads(operand, place) and _contains_place(operand, place):
            # Minus the mean, over the norm: those may well be the same again.
            return Again.UNKNOWN if _reads(other, place) else Again.CHANGES
    return Again.UNKNOWN


def _takes_away(machine: Machine, node: ast.BinOp, place: str) -> bool:
    """Whether it is the difference of two sets."""
    entry = machine.env.get(place)
    is_set = entry is not None and entry.value.kind == "set"
    return is_set and isinstance(node.op, ast.Sub) and not _reads(node.right, place)


def _contains_place(node: ast.expr, place: str) -> bool:
    """Whether the value of an operand is the place's own, not just something derived from it."""
    if isinstance(node, ast.BinOp):
        return _contains_place(node.left, place) or _contains_place(node.right, place)
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
        return ast.unparse(node) == place
    return isinstance(node, (ast.UnaryOp, ast.Call)) and _reads(node, place)


def _text(machine: Machine, node: ast.JoinedStr, place: str) -> Again:
    return Again.CHANGES


def _unary(machine: Machine, node: ast.UnaryOp, place: str) -> Again:
    if isinstance(node.op, ast.UAdd):
        return _judge(machine, node.operand, place)
    return Again.CHANGES


def _display(machine: Machine, node: ast.expr, place: str) -> Again:
    return Again.CHANGES


def _comprehension(machine: Machine, node: ast.expr, place: str) -> Again:
    """`[f(x) for x in place]`: what f does to an element, and whether the filter stays."""
    generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
    if len(generators) != 1 or not isinstance(generators[0].target, (ast.Name, ast.Tuple)):
        return Again.UNKNOWN
    generator = generators[0]
    source = generator.iter
    if isinstance(source, ast.Call) and isinstance(source.func, ast.Attribute):
        source = source.func.value if source.func.attr in ("items", "values") else source
    if ast.unparse(source) != place:
        return Again.UNKNOWN
    element = node.value if isinstance(node, ast.DictComp) else node.elt  # type: ignore[attr-defined]
    target = generator.target
    assert isinstance(target, (ast.Name, ast.Tuple))
    names: list[ast.expr] = [target] if isinstance(target, ast.Name) else list(target.elts)
    mentioned = [expression for expression in names if _reads(element, ast.unparse(expression))]
    if len(mentioned) != 1:
        return Again.SAME if not mentioned else Again.UNKNOWN
    return _judge(machine, element, ast.unparse(mentioned[0]))


def _selection(machine: Machine, node: ast.Subscript, place: str) -> Again:
    """`x[x.a > 1]` and `x[["a", "b"]]`: rows or columns that are picked again are the same."""
    pick = text_pick(node)
    if pick is not None:
        before = _judge(machine, pick.receiver, place)
        if before is not Again.SAME:
            return before
        changes = Again.FAILS if pick.fails else Again.CHANGES
        return Again.SAME if pick.is_stable else changes
    base, key = node.value, node.slice
    if isinstance(base, ast.Attribute) and base.attr in ("loc", "iloc"):
        base = base.value
    verdict = _judge(machine, base, place) if _reads(base, place) else Again.UNKNOWN
    if verdict is not Again.SAME:
        return verdict
    if isinstance(key, ast.Slice):
        return _slice(key, place)
    if isinstance(key, ast.Constant):
        # A column of a frame, which has no such column itself.
        return Again.FAILS if isinstance(key.value, str) else Again.CHANGES
    return _mask(key)


def _slice(key: ast.Slice, place: str) -> Again:
    """`x[:3]` and `x[-3:]` stay the same, any other piece has fewer such pieces."""
    if _reads(key, place):
        return Again.UNKNOWN
    first = key.lower is None and isinstance(key.upper, ast.Constant)
    last = key.upper is None and isinstance(key.lower, ast.UnaryOp)
    return Again.SAME if (first or last) and key.step is None else Again.CHANGES


def _mask(key: ast.expr) -> Again:
    if any(isinstance(part, ast.Attribute) and part.attr in _OF_ALL_ROWS for part in ast.walk(key)):
        # The mask depends on all rows, so it moves when rows go.
        return Again.UNKNOWN
    if isinstance(key, (ast.List, ast.Compare, ast.BoolOp)):
        return Again.SAME
    if isinstance(key, ast.UnaryOp) and isinstance(key.op, ast.Invert):
        return Again.SAME
    if isinstance(key, ast.BinOp) and isinstance(key.op, _SAME_OPERATORS):
        return Again.SAME
    if isinstance(key, ast.Call) and isinstance(key.func, ast.Attribute):
        return Again.SAME if key.func.attr in MASKS else Again.UNKNOWN
    return Again.UNKNOWN


def _attribute(machine: Machine, node: ast.Attribute, place: str) -> Again:
    if node.attr in ("str", "values", "dt", "data"):
        return _judge(machine, node.value, place)
    return Again.CHANGES if node.attr == "T" else Again.UNKNOWN


def _call(machine: Machine, node: ast.Call, place: str) -> Again:
    function = node.func
    if isinstance(function, ast.Attribute) and _reads(function.value, place):
        return _method(machine, node, function, place)
    name = ast.unparse(function)
    if name in IDEMPOTENT_CALLS and node.args:
        return _worst({_judge(machine, arg, place) for arg in node.args if _reads(arg, place)})
    if name in CHANGING_CALLS:
        return Again.CHANGES
    if name.endswith("get_dummies") and node.args and ast.unparse(node.args[0]) == place:
        chosen = any(keyword.arg == "columns" for keyword in node.keywords)
        return Again.FAILS if chosen else Again.SAME
    if name in JOINING_CALLS and node.args:
        first = node.args[0]
        joined = first.elts if isinstance(first, (ast.List, ast.Tuple)) else node.args
        if len(joined) > 1 and any(ast.unparse(part) == place for part in joined):
            return Again.CHANGES
    if isinstance(function, ast.Name):
        return _own_function(machine, node, function.id, place)
    return Again.UNKNOWN


def _method(machine: Machine, node: ast.Call, function: ast.Attribute, place: str) -> Again:
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    before = _judge(machine, function.value, place)
    name = function.attr
    if before is not Again.SAME:
        # A change on the way may be taken back by what follows: groupby and then apply.
        stays = name in IDEMPOTENT_METHODS or name in CHANGING_METHODS or before is Again.FAILS
        return before if stays else Again.UNKNOWN
    if name in _ELEMENTWISE and len(node.args) == 1 and isinstance(node.args[0], ast.Lambda):
        return _elementwise(machine, node.args[0], place)
    if isinstance(function.value, ast.Attribute) and function.value.attr == "str":
        return _text_method(node, name, keywords, place)
    return _method_again(node, name, keywords, place)


def _elementwise(machine: Machine, function: ast.Lambda, place: str) -> Again:
    """`s.map(lambda v: …)`: what the function makes of its own result."""
    parameters = function.args.args
    if len(parameters) != 1 or _reads(function.body, place):
        return Again.UNKNOWN
    verdict = _judge(machine, function.body, parameters[0].arg)
    # What an element is, and so what it can do, is not known.
    return Again.UNKNOWN if verdict is Again.FAILS else verdict


def _text_method(
    node: ast.Call, name: str, keywords: dict[str | None, ast.expr], place: str
) -> Again:
    """`s.str.name(…)`, which raises nothing: what fails for a text is missing in the result."""
    if name == "get" and node.args:
        stable = isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
        return Again.SAME if stable else Again.CHANGES
    if name == "slice":
        lower, upper, step = [*node.args, None, None, None][:3]
        lower, upper = lower or keywords.get("start"), upper or keywords.get("stop")
        if isinstance(lower, ast.Constant) and not lower.value:
            lower = None
        return _slice(ast.Slice(lower, upper, step or keywords.get("step")), place)
    verdict = _method_again(node, name, keywords, place)
    return Again.CHANGES if verdict is Again.FAILS else verdict


def _method_again(
    node: ast.Call, name: str, keywords: dict[str | None, ast.expr], place: str
) -> Again:
    """What a method does to its own result, by its name and its other arguments."""
    if name == "reset_index":
        return Again.SAME if _is_true(keywords.get("drop")) else Again.CHANGES
    if name == "drop":
        errors = keywords.get("errors")
        ignored = isinstance(errors, ast.Constant) and errors.value == "ignore"
        # Rows that are found by a condition are not there any more.
        found = any(_reads(value, place) for value in (*node.args, *keywords.values()))
        return Again.SAME if ignored or found else Again.FAILS
    if name in ("assign", "with_columns", "withColumn"):
        given = (*keywords.values(), *node.args)
        plain = all(isinstance(value, ast.Constant) for value in given)
        return Again.SAME if plain else Again.UNKNOWN
    if name == "replace":
        return _replacement(node)
    if name in IDEMPOTENT_METHODS:
        return Again.SAME
    if name in FAILING_METHODS:
        return Again.FAILS
    return Again.CHANGES if name in CHANGING_METHODS else Again.UNKNOWN


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _replacement(node: ast.Call) -> Again:
    """`s.replace("a", "b")` again changes nothing when the new text does not hold the old."""
    if node.args and isinstance(node.args[0], ast.Dict):
        old, new = _pairs(node.args[0])
        return Again.UNKNOWN if old is None else Again.CHANGES if old & new else Again.SAME
    texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
    if len(texts) == 2 and all(isinstance(text, str) for text in texts):
        return Again.CHANGES if str(texts[0]) in str(texts[1]) else Again.SAME
    return Again.UNKNOWN if len(node.args) == 2 else Again.SAME


def _pairs(mapping: ast.Dict) -> tuple[set[object] | None, set[object]]:
    """The constants that a (nested) dict maps and those that it maps to; None: not all known."""
    old: set[object] = set()
    new: set[object] = set()
    for key, value in zip(mapping.keys, mapping.values, strict=True):
        if isinstance(value, ast.Dict):
            keys, values = _pairs(value)
            if keys is None:
                return None, new
            old, new = old | keys, new | values
        elif isinstance(key, ast.Constant) and isinstance(value, ast.Constant):
            old.add(key.value)
            new.add(value.value)
        else:
            return None, new
    return old, new


def _own_function(machine: Machine, node: ast.Call, name: str, place: str) -> Again:
    """A function of the notebook: what its return value makes of the argument."""
    entry = machine.env.get(name)
    if entry is None or entry.value.kind != "function":
        return Again.UNKNOWN
    function: FunctionValue = entry.value.data
    definition = function.node
    reading = [index for index, arg in enumerate(node.args) if _reads(arg, place)]
    parameters = definition.args.posonlyargs + definition.args.args
    if len(reading) != 1 or reading[0] >= len(parameters):
        return Again.UNKNOWN
    if _judge(machine, node.args[reading[0]], place) is not Again.SAME:
        return Again.UNKNOWN
    parameter = parameters[reading[0]].arg
    if isinstance(definition, ast.Lambda):
        return _judge(machine, definition.body, parameter)
    return _body(machine, definition.body, parameter)


def _body(machine: Machine, body: list[ast.stmt], parameter: str) -> Again:
    """A body of assignments to the parameter and a return of it; anything else is unknown."""
    verdicts: set[Again] = set()
    for statement in body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            if ast.unparse(statement.targets[0]) != parameter:
                return Again.UNKNOWN
            verdicts.add(_judge(machine, statement.value, parameter))
        elif isinstance(statement, ast.AugAssign) and ast.unparse(statement.target) == parameter:
            verdicts.add(Again.CHANGES)
        elif isinstance(statement, ast.Return) and statement.value is not None:
            verdicts.add(_judge(machine, statement.value, parameter))
            return _worst(verdicts)
        else:
            return Again.UNKNOWN
    return Again.UNKNOWN


def _reads(node: ast.AST, place: str) -> bool:
    """Whether an expression reads the variable of a place (a name, an attribute or an item)."""
    root = place.partition("[")[0].partition(".")[0]
    return any(isinstance(part, ast.Name) and part.id == root for part in ast.walk(node))


_JUDGES: dict[type[ast.expr], Callable[[Machine, Any, str], Again]] = {
    ast.BoolOp: _bool,
    ast.IfExp: _choice,
    ast.BinOp: _operation,
    ast.UnaryOp: _unary,
    ast.JoinedStr: _text,
    ast.List: _display,
    ast.Tuple: _display,
    ast.Set: _display,
    ast.Dict: _display,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Subscript: _selection,
    ast.Attribute: _attribute,
    ast.Call: _call,
}
