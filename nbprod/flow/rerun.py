"""Whether a cell gives the same result when it is run a second time, and if not, why.

A cell is safe when nothing that it read from before itself has been changed by itself, or when
the change is of a kind that a second application does not alter (`df = df.dropna()`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nbprod.flow.environment import Entry
from nbprod.flow.library import RESETTING
from nbprod.flow.types import Definition, SelfDependence
from nbprod.flow.values import FunctionValue

if TYPE_CHECKING:
    from nbprod.flow.machine import Exposure, Machine

__all__ = ["is_idempotent", "self_dependences"]

# f(f(x)) == f(x) for these methods of their receiver, whatever their other arguments.
IDEMPOTENT_METHODS = frozenset(
    "dropna drop_duplicates sort_values sort_index fillna ffill bfill astype lower upper strip"
    " lstrip rstrip title capitalize casefold copy deepcopy rename reindex to_numpy tolist"
    " to_frame abs round normalize clip infer_objects convert_dtypes eval cuda cpu to float"
    " double half long contiguous flatten ravel squeeze detach numpy reshape nlargest nsmallest"
    " head set_axis query isin tz_convert rename_axis droplevel_ persist cache union format_map_"
    " splitlines_ resolve expanduser absolute unique sorted toarray todense date".split()
)
IDEMPOTENT_CALLS = frozenset(
    "sorted list tuple set frozenset dict str int float bool abs round iter_ np.array np.asarray"
    " numpy.array numpy.asarray np.abs np.sort np.unique np.squeeze np.ravel pd.DataFrame"
    " pandas.DataFrame pd.to_datetime pandas.to_datetime pd.to_numeric pandas.to_numeric pd.Series"
    " Path pathlib.Path os.path.abspath copy.copy copy.deepcopy deepcopy np.nan_to_num torch.tensor"
    " torch.Tensor torch.from_numpy np.float32 np.float64 np.int32 np.int64 OrderedDict dict"
    " np.round np.floor np.ceil math.floor math.ceil np.maximum np.minimum max min".split()
)
IDEMPOTENT_OPERATORS = (ast.BitOr, ast.BitAnd)
_TEXT_REPLACE = "replace"


def self_dependences(machine: Machine, cell: int) -> tuple[SelfDependence, ...]:
    """Why ``cell``, which has just run, is not safe to run again; empty when it is."""
    found: dict[tuple[str, str], SelfDependence] = {}
    for exposure in machine.exposures.get(cell, {}).values():
        entry = machine.env.get(exposure.key)
        if entry is None:
            continue
        own = [
            one for one in entry.definitions if one.cell == cell and one not in exposure.definitions
        ]
        for definition in own:
            verdict = _judge(machine, exposure, entry, definition)
            if verdict is not None:
                known = found.get((verdict.kind, verdict.name))
                if known is None or (verdict.certain and not known.certain):
                    found[verdict.kind, verdict.name] = verdict
    for name, node in machine.builtin_reads.get(cell, {}).items():
        entry = machine.env.get(name)
        if entry is not None and any(one.cell == cell for one in entry.definitions):
            definition = next(one for one in entry.definitions if one.cell == cell)
            if definition.binding.kind not in ("import", "star-import", "deletion"):
                span = definition.binding.span
                found["shadows", name] = SelfDependence("shadows", name, span, "", True)
        del node
    return tuple(sorted(found.values(), key=lambda one: (one.span, one.kind)))


def _judge(
    machine: Machine, exposure: Exposure, entry: Entry, definition: Definition
) -> SelfDependence | None:
    binding = definition.binding
    certain = exposure.mandatory and all(
        one.cell == definition.cell for one in entry.definitions if not one.is_unbound or one.cell >= 0
    )
    certain = certain and not machine.maybe
    statement = definition.node
    if isinstance(exposure.key, str):
        return _judge_name(machine, exposure, definition, certain)
    if exposure.key[0] == "resource":  # type: ignore[index]
        return _judge_resource(exposure, definition, certain)
    if binding.kind != "mutation":
        return None
    name = exposure.name or binding.name
    how = binding.detail
    if exposure.how:
        return SelfDependence(_KINDS.get(exposure.how, "mutates"), name, binding.span, how, certain)
    if how in RESETTING or how in ("fit", "fit_transform", "compile", "train"):
        return None
    if isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and is_idempotent(
        machine, statement, name
    ):
        return None
    if how == "[]=" or how.startswith("."):
        # Only a store whose value comes from what it replaces changes again.
        if not (isinstance(statement, ast.stmt) and _mentions_target(statement)):
            return None
    return SelfDependence("mutates", name, binding.span, how, certain)


_KINDS = {"del": "deletes", "next": "consumes", "iteration": "consumes"}


def _judge_name(
    machine: Machine, exposure: Exposure, definition: Definition, certain: bool
) -> SelfDependence | None:
    binding = definition.binding
    statement = definition.node
    if binding.kind == "deletion":
        return SelfDependence("deletes", exposure.name, binding.span, "del", certain)
    if binding.kind in ("function", "class", "import", "star-import", "type-alias"):
        return None
    if binding.kind == "augmented":
        if isinstance(statement, ast.AugAssign) and isinstance(statement.op, IDEMPOTENT_OPERATORS):
            return None
        return SelfDependence("augments", exposure.name, binding.span, binding.detail, certain)
    if isinstance(statement, ast.stmt) and is_idempotent(machine, statement, exposure.name):
        return None
    return SelfDependence("rebinds", exposure.name, binding.span, "", certain)


def _judge_resource(
    exposure: Exposure, definition: Definition, certain: bool
) -> SelfDependence | None:
    how = exposure.how
    binding = definition.binding
    if exposure.name.startswith("file:"):
        if how not in ("appends", "removes", "creates"):
            return None
        kind = "appends" if how == "appends" else "removes"
        return SelfDependence(kind, exposure.name[5:], binding.span, how, certain)
    if exposure.name.endswith("random"):
        return SelfDependence("draws", exposure.name, binding.span, how, False)
    return None


def _mentions_target(statement: ast.stmt) -> bool:
    """Whether a statement that stores in `x[k]` or `x.a` also reads that very place."""
    if isinstance(statement, ast.AugAssign):
        return True
    if not isinstance(statement, ast.Assign):
        return False
    read = {ast.unparse(node) for node in _places(statement.value)}
    return any(ast.unparse(target) in read for target in statement.targets)


def _places(node: ast.expr) -> Iterator[ast.expr]:
    for part in ast.walk(node):
        if isinstance(part, (ast.Attribute, ast.Subscript)):
            yield part


def is_idempotent(machine: Machine, statement: ast.stmt, name: str) -> bool:
    """Whether ``x = f(x)`` leaves x as it is when it is done again, by the table of methods."""
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.op, IDEMPOTENT_OPERATORS)
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
        return False
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if len(targets) != 1:
        return False
    target = targets[0]
    if isinstance(target, (ast.Tuple, ast.List)):
        if not isinstance(statement.value, (ast.Tuple, ast.List)):
            return False
        if len(target.elts) != len(statement.value.elts):
            return False
        return all(
            _chain(machine, value, ast.unparse(one)) and not _crosses(value, target.elts, one)
            for one, value in zip(target.elts, statement.value.elts, strict=True)
        )
    return _chain(machine, statement.value, ast.unparse(target))


def _crosses(value: ast.expr, targets: list[ast.expr], own: ast.expr) -> bool:
    """Whether a part of a swap reads one of the other targets."""
    others = {ast.unparse(target) for target in targets if target is not own}
    return any(isinstance(node, ast.Name) and node.id in others for node in ast.walk(value))


def _chain(machine: Machine, node: ast.expr, place: str) -> bool:
    """Whether an expression is ``place`` under operations that change nothing the second time."""
    text = ast.unparse(node) if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) else ""
    if text == place:
        return True
    if not _reads(node, place):
        # Nothing of the old value is in it; the cell read it elsewhere.
        return False
    if isinstance(node, ast.Call):
        return _call(machine, node, place)
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return _chain(machine, node.values[0], place)
    if isinstance(node, ast.IfExp):
        arms = [arm for arm in (node.body, node.orelse) if _reads(arm, place)]
        return all(_chain(machine, arm, place) for arm in arms)
    if isinstance(node, ast.BinOp) and isinstance(node.op, IDEMPOTENT_OPERATORS):
        return _chain(machine, node.left, place) or _chain(machine, node.right, place)
    if isinstance(node, ast.Subscript):
        return _selection(machine, node, place)
    if isinstance(node, ast.Attribute):
        return node.attr in ("str", "values", "dt", "data") and _chain(machine, node.value, place)
    return False


def _selection(machine: Machine, node: ast.Subscript, place: str) -> bool:
    """`x[x.a > 1]` and `x[["a", "b"]]`: rows or columns that are picked again are the same."""
    base = node.value
    if isinstance(base, ast.Attribute) and base.attr in ("loc", "iloc"):
        base = base.value
    if not _chain(machine, base, place):
        return False
    key = node.slice
    if isinstance(key, (ast.List, ast.Compare, ast.BoolOp)):
        return not _aggregates(key)
    if isinstance(key, ast.Slice):
        return key.lower is None and key.step is None and isinstance(key.upper, ast.Constant) and (
            isinstance(key.upper.value, int) and key.upper.value >= 0
        )
    if isinstance(key, ast.UnaryOp) and isinstance(key.op, ast.Invert):
        return True
    if isinstance(key, ast.BinOp) and isinstance(key.op, IDEMPOTENT_OPERATORS):
        return not _aggregates(key)
    if isinstance(key, ast.Call) and isinstance(key.func, ast.Attribute):
        return key.func.attr in ("notnull", "notna", "isin", "between", "contains", "startswith")
    return False


def _aggregates(node: ast.expr) -> bool:
    """Whether a mask depends on the whole of the data, so that it moves when rows go."""
    return any(
        isinstance(part, ast.Attribute)
        and part.attr in ("mean", "median", "quantile", "std", "max", "min", "sum", "rank")
        for part in ast.walk(node)
    )


def _call(machine: Machine, node: ast.Call, place: str) -> bool:
    function = node.func
    if isinstance(function, ast.Attribute) and _reads(function.value, place):
        return _method(machine, node, function, place)
    name = ast.unparse(function)
    if name in IDEMPOTENT_CALLS and node.args:
        return all(_chain(machine, arg, place) for arg in node.args if _reads(arg, place))
    if isinstance(function, ast.Name):
        return _own_function(machine, node, function.id, place)
    return False


def _method(machine: Machine, node: ast.Call, function: ast.Attribute, place: str) -> bool:
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    if not _chain(machine, function.value, place):
        return False
    if function.attr == "reset_index":
        drop = keywords.get("drop")
        return isinstance(drop, ast.Constant) and drop.value is True
    if function.attr == "drop":
        errors = keywords.get("errors")
        return isinstance(errors, ast.Constant) and errors.value == "ignore"
    if function.attr in ("assign", "with_columns", "withColumn"):
        return not any(_reads_parts(value) for value in (*keywords.values(), *node.args))
    if function.attr == _TEXT_REPLACE:
        return _replacement_is_stable(node)
    return function.attr in IDEMPOTENT_METHODS


def _reads_parts(node: ast.expr) -> bool:
    return isinstance(node, ast.Lambda) or not isinstance(node, ast.Constant)


def _replacement_is_stable(node: ast.Call) -> bool:
    """`s.replace("a", "b")` again changes nothing when the new text does not hold the old."""
    texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)]
    if len(texts) == 2 and all(isinstance(text, str) for text in texts):
        return str(texts[0]) not in str(texts[1])
    return True


def _own_function(machine: Machine, node: ast.Call, name: str, place: str) -> bool:
    """A function of the notebook whose only statement returns an idempotent chain of its argument."""
    entry = machine.env.get(name)
    if entry is None or entry.value.kind != "function":
        return False
    function: FunctionValue = entry.value.data
    definition = function.node
    reading = [index for index, arg in enumerate(node.args) if _reads(arg, place)]
    if reading != [0] or not _chain(machine, node.args[0], place):
        return False
    parameters = definition.args.posonlyargs + definition.args.args
    if not parameters:
        return False
    parameter = parameters[0].arg
    if isinstance(definition, ast.Lambda):
        return _chain(machine, definition.body, parameter)
    body = definition.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    for statement in body[:-1]:
        if not (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and ast.unparse(statement.targets[0]) == parameter
            and _chain(machine, statement.value, parameter)
        ):
            return False
    last = body[-1] if body else None
    return isinstance(last, ast.Return) and last.value is not None and _chain(
        machine, last.value, parameter
    )


def _reads(node: ast.AST, place: str) -> bool:
    """Whether an expression reads a place (a name, an attribute or an item)."""
    root = place.partition("[")[0].partition(".")[0]
    return any(isinstance(part, ast.Name) and part.id == root for part in ast.walk(node))
