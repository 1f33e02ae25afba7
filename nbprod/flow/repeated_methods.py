"""What a method, a slice or a mask does to its own result: nothing, something, or unknown."""

from __future__ import annotations

import ast
from enum import Enum

from nbprod.libraries.methods import (
    CHANGING_METHODS,
    FAILING_METHODS,
    IDEMPOTENT_METHODS,
    MASKS,
    MERGE_KEYS,
)
from nbprod.libraries.training import REDUCTIONS
from nbprod.syntax.names import root_of_text
from nbprod.syntax.walk import walk

__all__ = [
    "SAME_OPERATORS",
    "Again",
    "adds_again",
    "does_the_same_again",
    "fails_again",
    "is_doubtful_again",
    "labels_again",
    "mask_again",
    "method_again",
    "reads",
    "slice_again",
    "slices_labels",
    "text_method_again",
]

SAME_OPERATORS = (ast.BitOr, ast.BitAnd)
# Methods that take a key or an element away, or put a column in; with how many arguments.
_REMOVING = {"pop": 1, "remove": 1, "insert": 3}
# Methods whose result for a row depends on all rows.
_OF_ALL_ROWS = REDUCTIONS | {"rank"}


class Again(Enum):
    """What doing it again does: nothing more, a change, a failure, not known; or no part in it.

    ``ADDS``: no more than a column with the old index.
    """

    SAME = "same"
    ADDS = "adds"
    CHANGES = "changes"
    FAILS = "fails"
    UNKNOWN = "unknown"
    UNRELATED = "unrelated"


def does_the_same_again(node: ast.Call) -> bool:
    """Whether a method call that works in place changes nothing more a second time."""
    return _in_place_again(node) is Again.SAME


def is_doubtful_again(node: ast.AST) -> bool:
    """Whether it is `df.replace(…)` of something that is not known to be there a second time."""
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    if not called or node.func.attr != "replace":  # type: ignore[attr-defined]
        return False
    return _in_place_again(node) is Again.UNKNOWN  # type: ignore[arg-type]


def adds_again(node: ast.AST) -> bool:
    """Whether a method call that works in place only adds a column a second time."""
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return called and _in_place_again(node) is Again.ADDS  # type: ignore[arg-type]


def fails_again(node: ast.AST, kind: str) -> bool:
    """Whether a mutation of an object (a ``kind`` of value) raises a second time."""
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
    return method_again(node, function.attr, keywords, ast.unparse(function.value))


def slice_again(key: ast.Slice, place: str) -> Again:
    """`x[:3]` and `x[-3:]` stay the same, any other piece has fewer such pieces."""
    if reads(key, place):
        return Again.UNKNOWN
    lower, upper = key.lower, key.upper
    if isinstance(lower, ast.Constant) and not lower.value:
        lower = None
    if key.step is not None:
        plain = isinstance(key.step, ast.Constant) and key.step.value in (1, None)
        if not plain:
            return Again.CHANGES
    if lower is None:
        if isinstance(upper, ast.UnaryOp):
            return Again.CHANGES
        return Again.SAME if upper is None or isinstance(upper, ast.Constant) else Again.UNKNOWN
    if isinstance(lower, ast.UnaryOp) and upper is None:
        return Again.SAME
    return Again.CHANGES if isinstance(lower, (ast.Constant, ast.UnaryOp)) else Again.UNKNOWN


def labels_again(key: ast.Slice, place: str) -> Again:
    """`x.loc[1:]` picks rows by their labels, and those that are left keep theirs."""
    if key.step is not None or reads(key, place):
        return slice_again(key, place)
    bounds = [bound for bound in (key.lower, key.upper) if bound is not None]
    written = all(isinstance(bound, (ast.Constant, ast.UnaryOp)) for bound in bounds)
    return Again.SAME if written else Again.UNKNOWN


def mask_again(key: ast.expr) -> Again:
    if any(isinstance(part, ast.Attribute) and part.attr in _OF_ALL_ROWS for part in walk(key)):
        # The mask depends on all rows, so it moves when rows go.
        return Again.UNKNOWN
    if isinstance(key, (ast.List, ast.Compare, ast.BoolOp)):
        return Again.SAME
    if isinstance(key, ast.UnaryOp) and isinstance(key.op, ast.Invert):
        return Again.SAME
    if isinstance(key, ast.BinOp) and isinstance(key.op, SAME_OPERATORS):
        return Again.SAME
    if isinstance(key, ast.Call) and isinstance(key.func, ast.Attribute):
        return Again.SAME if key.func.attr in MASKS else Again.UNKNOWN
    return Again.UNKNOWN


def text_method_again(
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
        return slice_again(ast.Slice(lower, upper, step or keywords.get("step")), place)
    verdict = method_again(node, name, keywords, place)
    return Again.CHANGES if verdict is Again.FAILS else verdict


def method_again(
    node: ast.Call, name: str, keywords: dict[str | None, ast.expr], place: str
) -> Again:
    """What a method does to its own result, by its name and its other arguments."""
    if name == "reset_index":
        return _reset_again(node, keywords)
    if name == "drop":
        errors = keywords.get("errors")
        ignored = isinstance(errors, ast.Constant) and errors.value == "ignore"
        # Rows that are found by a condition are not there any more.
        found = any(reads(value, place) for value in (*node.args, *keywords.values()))
        return Again.SAME if ignored or found else Again.FAILS
    if name in ("assign", "with_columns", "withColumn"):
        given = (*keywords.values(), *node.args)
        plain = all(isinstance(value, ast.Constant) for value in given)
        return Again.SAME if plain else Again.UNKNOWN
    if name == "replace":
        return _replacement(node)
    if name in ("sub", "div", "divide", "truediv", "subtract") and any(
        reads(value, place) for value in (*node.args, *keywords.values())
    ):
        # Minus its own mean, over its own sum.
        return Again.UNKNOWN
    if name == "sample" and _is_one(keywords.get("frac")):
        # Another order of the same rows.
        return Again.SAME
    if name == "merge" and _is_written(keywords.get("indicator")):
        # The column that says where a row is from is there already.
        return Again.FAILS
    if name == "merge" and not keywords.keys() & MERGE_KEYS and not _is_cross(keywords):
        # By all shared columns, which are all columns of the other the second time.
        return Again.UNKNOWN
    if name in IDEMPOTENT_METHODS:
        return Again.SAME
    if name in FAILING_METHODS:
        return Again.FAILS
    return Again.CHANGES if name in CHANGING_METHODS else Again.UNKNOWN


def _reset_again(node: ast.Call, keywords: dict[str | None, ast.expr]) -> Again:
    """`df.reset_index(…)`: a column more, which is refused if it has the name of one.

    Without a name of its own the index becomes the column `index`, then `level_0`, then it fails.
    """
    drop = keywords.get("drop")
    if drop is not None and not (isinstance(drop, ast.Constant) and drop.value is False):
        return Again.SAME if _is_true(drop) else Again.UNKNOWN
    if _is_written(keywords.get("names")) or _is_named_axis(node):
        return Again.FAILS
    levels = [*node.args, *(keywords[key] for key in ("level",) if key in keywords)]
    if levels and not all(isinstance(level, ast.Constant) for level in levels):
        return Again.UNKNOWN
    if any(isinstance(level, ast.Constant) and isinstance(level.value, str) for level in levels):
        # No level of the new index has that name.
        return Again.FAILS
    return Again.ADDS if keywords.keys() <= {"inplace", "drop", "level"} else Again.CHANGES


def _is_named_axis(node: ast.Call) -> bool:
    """Whether the index gets its name just before: `df.rename_axis("year").reset_index()`."""
    before = node.func.value if isinstance(node.func, ast.Attribute) else None
    if not isinstance(before, ast.Call) or not isinstance(before.func, ast.Attribute):
        return False
    given = {keyword.arg: keyword.value for keyword in before.keywords}
    named = before.args[:1] or [given[key] for key in ("mapper", "index") if key in given]
    return before.func.attr == "rename_axis" and "axis" not in given and _is_written(*named)


def _is_written(*nodes: ast.expr | None) -> bool:
    """Whether something is given, a constant other than False and None."""
    return any(isinstance(node, ast.Constant) and bool(node.value) for node in nodes)


def _is_cross(keywords: dict[str | None, ast.expr]) -> bool:
    how = keywords.get("how")
    return isinstance(how, ast.Constant) and how.value == "cross"


def _is_one(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _replacement(node: ast.Call) -> Again:
    """`s.replace("a", "b")` again changes nothing when the new text does not hold the old."""
    if node.args and isinstance(node.args[0], ast.Dict):
        pairs = _pairs(node.args[0])
        if pairs is None:
            return Again.UNKNOWN
        # `{0: False, 1: True}` maps what it gives to itself, for 0 equals False.
        moved = any(pairs.get(value, value) != value for value in pairs.values())
        return Again.CHANGES if moved else Again.SAME
    if node.args and _is_a_value(node.args[0]):
        return Again.SAME
    texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
    if len(texts) == 2 and all(isinstance(text, str) for text in texts):
        if str(texts[0]) not in str(texts[1]):
            return Again.SAME
        # A column replaces whole values, a text its parts; an item may be either.
        return Again.UNKNOWN if _is_item(node.func) else Again.CHANGES
    return Again.UNKNOWN if len(node.args) == 2 else Again.SAME


def _is_item(function: ast.expr) -> bool:
    """Whether it is a method of an item, such as a column: `df["month"].replace`."""
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Subscript)


def _is_a_value(node: ast.expr) -> bool:
    """Whether it is a number or `nan`, `inf`: a whole value, which is not there a second time."""
    if isinstance(node, ast.UnaryOp):
        return _is_a_value(node.operand)
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, (str, bytes))
    return isinstance(node, ast.Attribute) and node.attr.lower() in ("nan", "inf", "na", "nat")


def _pairs(mapping: ast.Dict) -> dict[object, object] | None:
    """The constants that a (nested) dict maps to constants; None: not all known."""
    found: dict[object, object] = {}
    for key, value in zip(mapping.keys, mapping.values, strict=True):
        if isinstance(value, ast.Dict):
            inner = _pairs(value)
            if inner is None or any(found.get(old, new) != new for old, new in inner.items()):
                # Two columns map one value to two: each may be moved on by the other's.
                return None
            found.update(inner)
        elif isinstance(key, ast.Constant) and isinstance(value, ast.Constant):
            found[key.value] = value.value
        else:
            return None
    return found


def reads(node: ast.AST, place: str) -> bool:
    """Whether an expression reads the variable of a place (a name, an attribute or an item)."""
    root = root_of_text(place)
    return any(isinstance(part, ast.Name) and part.id == root for part in walk(node))


def slices_labels(node: ast.expr) -> bool:
    """Whether it has a slice by labels, from a number on: `df.loc[1:]`."""
    return any(
        isinstance(part, ast.Subscript)
        and isinstance(part.value, ast.Attribute)
        and part.value.attr == "loc"
        and isinstance(part.slice, ast.Slice)
        and isinstance(part.slice.lower, ast.Constant)
        and type(part.slice.lower.value) is int
        and part.slice.lower.value > 0
        for part in walk(node)
    )
