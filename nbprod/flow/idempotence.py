"""What a second application of an assignment does to a value: nothing, something, or unknown.

`x = x.strip()` gives the same again, `x = x + 1` does not, `x = f(x)` depends on f. The answer
rests on tables of methods and on the shape of the expression; own functions are looked into.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nbprod.flow.repeated_joins import joins_the_same_again
from nbprod.flow.repeated_methods import (
    SAME_OPERATORS,
    Again,
    labels_again,
    mask_again,
    method_again,
    reads,
    slice_again,
    slices_labels,
    text_method_again,
)
from nbprod.flow.repeated_resets import put_back
from nbprod.flow.text_picks import text_pick
from nbprod.libraries.functions import (
    CHANGING_CALLS,
    FAILING_CALLS,
    IDEMPOTENT_CALLS,
    JOINING_CALLS,
)
from nbprod.libraries.methods import CHANGING_METHODS, GATHERING_METHODS, IDEMPOTENT_METHODS
from nbprod.syntax.walk import walk

if TYPE_CHECKING:
    from nbprod.flow.interpreter.machine import Machine
    from nbprod.flow.interpreter.values import FunctionValue

__all__ = ["apply_again", "is_wiping"]

_TAKING_AWAY = ("strip", "lstrip", "rstrip", "removesuffix", "removeprefix", "replace", "split")
_GATHERING_CALLS = ("set", "frozenset", "unique", "max", "min", "filter")
_ELEMENTWISE = ("apply", "map", "transform", "applymap")


def apply_again(
    machine: Machine, statement: ast.Assign | ast.AugAssign | ast.AnnAssign, read: ast.AST
) -> Again:
    """Judge a store that follows a read (``read``) of what it replaces."""
    if isinstance(statement, ast.AugAssign):
        return _augmented_again(statement)
    if statement.value is None:
        return Again.UNRELATED
    if not any(node is read for node in walk(statement.value)):
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
    if is_wiping(statement) or isinstance(statement.op, SAME_OPERATORS):
        return Again.SAME
    if isinstance(statement.op, ast.Sub) and _is_set(value):
        return Again.SAME
    if isinstance(statement.op, ast.Mod):
        return Again.SAME if _is_number(value) else Again.UNKNOWN
    if isinstance(statement.op, ast.MatMult):
        return Again.UNKNOWN
    if isinstance(statement.op, (ast.Sub, ast.Div)) and reads(value, ast.unparse(target)):
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
    return isinstance(target, ast.Subscript) and reads(target.slice, ast.unparse(target.value))


def _unpacked(machine: Machine, target: ast.Tuple | ast.List, value: ast.expr) -> Again:
    if not isinstance(value, (ast.Tuple, ast.List)) or len(value.elts) != len(target.elts):
        return Again.UNKNOWN
    places = [ast.unparse(expression) for expression in target.elts]
    verdicts = {
        _part_again(machine, part, place, places)
        for place, part in zip(places, value.elts, strict=True)
    }
    return _worst(verdicts)


def _part_again(machine: Machine, part: ast.expr, place: str, places: list[str]) -> Again:
    """What one part of `a, b = b, a + b` gives its place the second time."""
    if ast.unparse(part) in places and ast.unparse(part) != place:
        return Again.CHANGES
    if reads(part, place):
        return _judge(machine, part, place)
    return Again.UNKNOWN if any(reads(part, other) for other in places) else Again.SAME


def _worst(verdicts: set[Again]) -> Again:
    for again in (Again.FAILS, Again.CHANGES, Again.UNKNOWN, Again.ADDS, Again.SAME):
        if again in verdicts:
            return again
    return Again.SAME


def _judge(machine: Machine, node: ast.expr, place: str) -> Again:
    """What the expression gives when ``place`` already holds what it gave."""
    if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and ast.unparse(node) == place:
        return Again.SAME
    if not reads(node, place):
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
    if isinstance(node.op, SAME_OPERATORS) or remainder or _takes_away(machine, node, place):
        return _judge(machine, node.left, place)
    if isinstance(node.op, (ast.Mod, ast.MatMult)):
        # A remainder stays, a text that is filled in has no gaps left, and shapes may not fit.
        return Again.CHANGES if _fills_in(node, place) else Again.UNKNOWN
    if isinstance(node.op, ast.Add) and joins_the_same_again(node, place):
        return Again.SAME
    for operand, other in ((node.left, node.right), (node.right, node.left)):
        if reads(operand, place) and _contains_place(machine, operand, place):
            # Minus the mean, over the norm: those may well be the same again.
            return Again.UNKNOWN if reads(other, place) else Again.CHANGES
    return Again.UNKNOWN


def _fills_in(node: ast.BinOp, place: str) -> bool:
    """Whether it is `"<%s>" % x`, a text around the old one."""
    text = node.left.value if isinstance(node.left, ast.Constant) else None
    if not isinstance(text, str) or ast.unparse(node.right) != place:
        return False
    return text.count("%") == text.count("%s") == 1 and text != "%s"


def _takes_away(machine: Machine, node: ast.BinOp, place: str) -> bool:
    """Whether it is the difference of two sets."""
    entry = machine.env.get(place)
    is_set = (entry is not None and entry.value.kind == "set") or _is_set(node.right)
    return is_set and isinstance(node.op, ast.Sub) and not reads(node.right, place)


def _is_set(node: ast.expr) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    named = isinstance(called, ast.Name) and called.id in ("set", "frozenset")
    return named or isinstance(node, (ast.Set, ast.SetComp))


def _contains_place(machine: Machine, node: ast.expr, place: str) -> bool:
    """Whether the value of an operand is the place's own, not just something derived from it."""
    if isinstance(node, ast.BinOp):
        return any(_contains_place(machine, side, place) for side in (node.left, node.right))
    if isinstance(node, (ast.Name, ast.Attribute)):
        return ast.unparse(node) == place
    if isinstance(node, ast.UnaryOp):
        return _contains_place(machine, node.operand, place)
    if isinstance(node, ast.Subscript) and ast.unparse(node) == place:
        return True
    # `path.rstrip("/") + "/"` removes what it adds.
    stripped = any(
        isinstance(part, ast.Attribute) and part.attr in _TAKING_AWAY for part in walk(node)
    )
    kept = (Again.SAME, Again.CHANGES)
    return not stripped and reads(node, place) and _judge(machine, node, place) in kept


def _text(machine: Machine, node: ast.JoinedStr, place: str) -> Again:
    """`f"<{text}>"` grows; what is formatted as a number is none the second time."""
    grows = False
    for part in node.values:
        if isinstance(part, ast.Constant):
            grows = grows or bool(part.value)
        elif isinstance(part, ast.FormattedValue) and reads(part, place):
            if ast.unparse(part.value) != place or part.format_spec is not None:
                return Again.UNKNOWN
            grows = grows or part.conversion == ord("r")
    return Again.CHANGES if grows else Again.SAME


def _unary(machine: Machine, node: ast.UnaryOp, place: str) -> Again:
    if isinstance(node.op, ast.UAdd):
        return _judge(machine, node.operand, place)
    return Again.CHANGES


def _display(machine: Machine, node: ast.List | ast.Tuple, place: str) -> Again:
    """`[x, 1]` holds what was, one level deeper, `[*x, 1]` grows; else what each element does."""
    verdicts = set()
    starred = any(isinstance(element, ast.Starred) for element in node.elts)
    for index, element in enumerate(node.elts):
        if not reads(element, place):
            continue
        if isinstance(element, ast.Starred):
            same = ast.unparse(element.value) == place
            grown = Again.CHANGES if len(node.elts) > 1 else Again.SAME
            verdicts.add(grown if same else Again.UNKNOWN)
        elif ast.unparse(element) == place:
            verdicts.add(Again.CHANGES)
        else:
            own = _judge(machine, element, f"{place}[{index}]")
            verdicts.add(Again.UNKNOWN if starred or own is Again.FAILS else own)
    return _worst(verdicts)


def _mapping(machine: Machine, node: ast.Dict, place: str) -> Again:
    """`{"a": x["a"] + 1}` changes by what each key does to its own value; others are not known."""
    verdicts = set()
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            verdicts.add(_judge(machine, value, place))
        elif ast.unparse(value) == place:
            verdicts.add(Again.CHANGES)
        elif reads(key, place) or reads(value, place):
            own = _judge(machine, value, f"{place}[{ast.unparse(key)}]")
            verdicts.add(Again.UNKNOWN if own is Again.FAILS else own)
    return _worst(verdicts)


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
    mentioned = [expression for expression in names if reads(element, ast.unparse(expression))]
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
    by_label = isinstance(base, ast.Attribute) and base.attr == "loc"
    if isinstance(base, ast.Attribute) and base.attr in ("loc", "iloc"):
        base = base.value
    verdict = _judge(machine, base, place) if reads(base, place) else Again.UNKNOWN
    if verdict is not Again.SAME:
        # What came to it may be left out again.
        return Again.UNKNOWN if verdict is Again.CHANGES else verdict
    if isinstance(key, ast.Slice):
        lower, upper = _known(machine, key.lower), _known(machine, key.upper)
        again = labels_again if by_label else slice_again
        return again(ast.Slice(lower, upper, key.step), place)
    if isinstance(key, ast.Constant):
        # A column of a frame has no such column itself; what an element has is not known.
        return Again.FAILS if isinstance(key.value, str) else Again.UNKNOWN
    return mask_again(key)


def _known(machine: Machine, bound: ast.expr | None) -> ast.expr | None:
    """A bound of a slice as a constant, where a name is known to hold one."""
    entry = machine.env.get(bound.id) if isinstance(bound, ast.Name) else None
    if entry is None or entry.value.kind != "const":
        return bound
    number = entry.value.data[1]
    if type(number) is int and number < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-number))
    return ast.Constant(number)


def _attribute(machine: Machine, node: ast.Attribute, place: str) -> Again:
    if node.attr in ("str", "values", "dt", "data"):
        return _judge(machine, node.value, place)
    if node.attr != "T":
        return Again.UNKNOWN
    # Columns that were picked by name are rows now.
    base = node.value
    picked = isinstance(base, ast.Subscript) and ast.unparse(base.value) == place
    named = picked and isinstance(base.slice, ast.List) and base.slice.elts  # type: ignore[attr-defined]
    is_text = named and all(
        isinstance(one, ast.Constant) and isinstance(one.value, str) for one in named
    )
    return Again.FAILS if is_text else Again.CHANGES


def _call(machine: Machine, node: ast.Call, place: str) -> Again:
    function = node.func
    if isinstance(function, ast.Attribute) and reads(function.value, place):
        return _method(machine, node, function, place)
    name = ast.unparse(function)
    if name in IDEMPOTENT_CALLS and node.args:
        again = {_argument_again(machine, arg, place) for arg in node.args if reads(arg, place)}
        # A set of more elements may be the same set.
        gathers = name.rpartition(".")[2] in _GATHERING_CALLS and Again.CHANGES in again
        return Again.UNKNOWN if gathers else _worst(again)
    if name in FAILING_CALLS:
        return Again.FAILS if [ast.unparse(arg) for arg in node.args] == [place] else Again.UNKNOWN
    if name in CHANGING_CALLS:
        plain = len(node.args) == 1 and _judge(machine, node.args[0], place) is Again.SAME
        return Again.CHANGES if plain else Again.UNKNOWN
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


def _argument_again(machine: Machine, node: ast.expr, place: str) -> Again:
    """What a conversion makes of an argument: an array of `[x]` may well be x again."""
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return Again.UNKNOWN
    if isinstance(node, ast.Dict) and any(ast.unparse(value) == place for value in node.values):
        return Again.UNKNOWN
    return _judge(machine, node, place)


def _method(machine: Machine, node: ast.Call, function: ast.Attribute, place: str) -> Again:
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    before = _judge(machine, function.value, place)
    name = function.attr
    back = put_back(node, before)
    if back is not None:
        return back
    if before is not Again.SAME:
        # A change on the way may be taken back by what follows: groupby and then apply.
        stays = name in IDEMPOTENT_METHODS or name in CHANGING_METHODS or before is Again.FAILS
        return before if stays and name not in GATHERING_METHODS else Again.UNKNOWN
    if name == "reset_index" and slices_labels(function.value):
        # The rows that are left get the labels of those that went.
        return Again.CHANGES
    if name in _ELEMENTWISE and len(node.args) == 1 and isinstance(node.args[0], ast.Lambda):
        return _elementwise(machine, node.args[0], place)
    if isinstance(function.value, ast.Attribute) and function.value.attr == "str":
        return text_method_again(node, name, keywords, place)
    return method_again(node, name, keywords, place)


def _elementwise(machine: Machine, function: ast.Lambda, place: str) -> Again:
    """`s.map(lambda v: …)`: what the function makes of its own result."""
    parameters = function.args.args
    if len(parameters) != 1 or reads(function.body, place):
        return Again.UNKNOWN
    verdict = _judge(machine, function.body, parameters[0].arg)
    # What an element is, and so what it can do, is not known.
    return Again.UNKNOWN if verdict is Again.FAILS else verdict


def _own_function(machine: Machine, node: ast.Call, name: str, place: str) -> Again:
    """A function of the notebook: what its return value makes of the argument."""
    entry = machine.env.get(name)
    if entry is None or entry.value.kind != "function":
        return Again.UNKNOWN
    function: FunctionValue = entry.value.data
    definition = function.node
    reading = [index for index, arg in enumerate(node.args) if reads(arg, place)]
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


_JUDGES: dict[type[ast.expr], Callable[[Machine, Any, str], Again]] = {
    ast.BoolOp: _bool,
    ast.IfExp: _choice,
    ast.BinOp: _operation,
    ast.UnaryOp: _unary,
    ast.JoinedStr: _text,
    ast.List: _display,
    ast.Tuple: _display,
    ast.Dict: _mapping,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Subscript: _selection,
    ast.Attribute: _attribute,
    ast.Call: _call,
}
