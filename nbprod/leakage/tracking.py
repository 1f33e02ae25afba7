"""Follow the data of a notebook from where it is read to where it is tested.

An abstract run in document order, with the notebook's own functions followed into. The classes of
leakage are those of Yang, Brower-Sinning, Lewis and Kästner, "Data Leakage in Notebooks: Static
Detection and Better Processes" (ASE 2022): preprocessing, overlap, multi-test.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nbprod.leakage.leaks import evaluated
from nbprod.leakage.rows import (
    below,
    chooses_rows,
    counts_bins,
    data_of,
    is_split_call,
    positions,
    returns_pair,
    roles,
    whole,
    zipped,
)
from nbprod.leakage.types import (
    Data,
    Estimator,
    Evaluation,
    Function,
    Many,
    Place,
    Taint,
    Training,
    Value,
)
from nbprod.libraries.training import (
    EVALUATING,
    REDUCTIONS,
    ROW_PARTS,
    SPLITTERS,
    kind_of,
)
from nbprod.syntax.names import last_name

__all__ = ["NOTHING_TRAINED", "follow"]

NOTHING_TRAINED = Evaluation((), (), ())
_DEEPEST = 4
_MOST_STEPS = 60_000
_NOTHING = Data(frozenset())
_SCALING_FUNCTIONS = frozenset(
    "scale minmax_scale robust_scale maxabs_scale quantile_transform power_transform qcut".split()
)
_COMBINING = frozenset(
    "fillna replace clip where mask sub div map apply append merge join concat union assign"
    " extend".split()
)
_APPLYING = frozenset(["apply", "applymap", "map", "transform", "pipe", "agg"])
_FITTING = frozenset("fit partial_fit fit_generator train fit_on_texts fit_transform".split())
_INDEXERS = ("iloc", "loc", "ix")


def follow(cells: Iterable[tuple[int, ast.Module]], imported: Mapping[str, str]) -> Evaluation:
    """What is trained on what, and how test data reached it.

    Args:
        cells: the trees of the Python cells with their indices, in document order.
        imported: the dotted names of what is imported, by name.
    """
    run = _Run(imported)
    for cell, tree in cells:
        run.cell = cell
        run.body(tree.body)
    return run.evaluation()


class _Run:
    """The state of one abstract run."""

    def __init__(self, imported: Mapping[str, str]) -> None:
        self.imported = imported
        self.cell = 0
        self.frames: list[dict[str, Value]] = [{}]
        self.trainings: list[Training] = []
        self.results: list[Value] = []
        self.steps = 0
        self.splits = 0

    # --- statements ---------------------------------------------------------------------------

    def body(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self.steps += 1
            if self.steps > _MOST_STEPS:
                return
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assign):
            value = self.value(node.value)
            for target in node.targets:
                self.bind(target, value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self.bind(node.target, self.value(node.value))
        elif isinstance(node, ast.AugAssign):
            joined = self.joined([self.value(node.target), self.value(node.value)])
            self.bind(node.target, joined)
        elif isinstance(node, ast.Expr):
            self.value(node.value)
        elif isinstance(node, ast.FunctionDef):
            self.frames[-1][node.name] = Function(self.cell, node)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self.loop(node)
        elif isinstance(node, ast.If):
            self.value(node.test)
            self.body(node.body)
            self.body(node.orelse)
        elif isinstance(node, ast.While):
            self.body(node.body)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                value = self.value(item.context_expr)
                if item.optional_vars is not None:
                    self.bind(item.optional_vars, value)
            self.body(node.body)
        elif isinstance(node, ast.Try):
            for part in (node.body, *(handler.body for handler in node.handlers)):
                self.body(part)
            self.body(node.orelse)
            self.body(node.finalbody)
        elif isinstance(node, ast.Return):
            self.results.append(self.value(node.value) if node.value is not None else None)

    def loop(self, node: ast.For | ast.AsyncFor) -> None:
        source = self.value(node.iter)
        if isinstance(source, Many) and 0 < len(source.items) <= 12:
            for item in source.items:
                self.bind(node.target, item)
                self.body(node.body)
            return
        if isinstance(source, Data) and is_split_call(node.iter):
            # `for train, test in folds.split(X)`: indices of two parts of one split.
            self.splits += 1
            parts = [positions(source, f"{self.splits}{part}") for part in "ab"]
            self.bind(node.target, Many(tuple(parts)))
        else:
            self.bind(node.target, source)
        self.body(node.body)

    def bind(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.frames[-1][target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            items = value.items if isinstance(value, Many) else ()
            parts = roles(target.elts)
            for place, expression in enumerate(target.elts):
                known = items[place] if len(items) == len(target.elts) else whole(value)
                if isinstance(known, Data) and parts and not items:
                    # A loader that gives the parts of a split which it has made itself.
                    known = known._replace(rows=below(known.rows, parts[place]))
                self.bind(expression, known)
        elif isinstance(target, (ast.Subscript, ast.Attribute)):
            self.store(target, value)

    def store(self, target: ast.Subscript | ast.Attribute, value: Value) -> None:
        """A column of a frame gets a value: what was learnt goes into the frame."""
        root: ast.expr = target
        while isinstance(root, (ast.Subscript, ast.Attribute)):
            root = root.value
        if not isinstance(root, ast.Name):
            return
        old = self.read(root.id)
        new = data_of(value)
        if isinstance(old, Data) and new is not None:
            taints = old.taints | new.taints | self.learnt(new, target)
            self.frames[-1][root.id] = old._replace(taints=taints)

    def read(self, name: str) -> Value:
        for frame in (self.frames[-1], self.frames[0]):
            if name in frame:
                return frame[name]
        return None

    # --- expressions --------------------------------------------------------------------------

    def value(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Name):
            return self.read(node.id)
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.Attribute):
            value = self.value(node.value)
            return value if isinstance(value, Data) else None
        if isinstance(node, ast.Subscript):
            return self.subscript(node)
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return Many(tuple(self.value(expression) for expression in node.elts))
        if isinstance(node, ast.Dict):
            return Many(tuple(self.value(expression) for expression in node.values))
        if isinstance(node, ast.Lambda):
            return Function(self.cell, node)
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
            for generator in node.generators:
                self.bind(generator.target, self.value(generator.iter))
            return whole(self.value(node.elt))
        if isinstance(node, (ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.UnaryOp)):
            parts = [
                self.value(child)
                for child in ast.iter_child_nodes(node)
                if isinstance(child, ast.expr)
            ]
            return self.combined(parts, node)
        if isinstance(node, (ast.Starred, ast.Await)):
            return self.value(node.value)
        return None

    def combined(self, parts: Sequence[Value], node: ast.AST) -> Value:
        """An operation on data: statistics among its parts are learnt into the result."""
        known = [one for part in parts if (one := data_of(part)) is not None]
        rows = [data for data in known if not data.is_statistic]
        if not known:
            return None
        if not rows:
            return self.joined(known)
        taints = frozenset().union(*(data.taints for data in known))
        for one in known:
            taints |= self.learnt(one, node)
        return Data(frozenset().union(*(data.rows for data in rows)), taints)

    def learnt(self, value: Data, node: ast.AST) -> frozenset[Taint]:
        """What goes into data with a statistic."""
        if not value.is_statistic or not value.rows:
            return frozenset()
        return frozenset([Taint("a statistic", value.rows, Place(self.cell, node), "statistic")])

    def subscript(self, node: ast.Subscript) -> Value:
        value = self.value(node.value)
        if isinstance(value, Many):
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
                place = node.slice.value
                if -len(value.items) <= place < len(value.items):
                    item: Value = value.items[place]
                    return item
            return whole(value)
        if not isinstance(value, Data) or value.is_statistic:
            return value
        first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
        picked = self.value(first) if isinstance(first, ast.Name) else None
        if isinstance(picked, Data) and any("#" in path for path in picked.rows):
            # Positions of a fold: the rows are those of that part of the split.
            step = next(path.rpartition("#")[2] for path in picked.rows if "#" in path)
            return value._replace(rows=below(value.rows, step))
        is_indexed = isinstance(node.value, ast.Attribute) and node.value.attr in _INDEXERS
        if chooses_rows(first, is_indexed=is_indexed):
            return value._replace(rows=below(value.rows, ast.unparse(first).replace("/", "|")))
        return value

    # --- calls --------------------------------------------------------------------------------

    def call(self, node: ast.Call) -> Value:
        arguments = [self.value(expression) for expression in node.args]
        if self.wants_data(node.func):
            arguments = [
                self.adopted(expression, value)
                for expression, value in zip(node.args, arguments, strict=True)
            ]
        keywords = {
            keyword.arg: self.value(keyword.value) for keyword in node.keywords if keyword.arg
        }
        func = node.func
        if isinstance(func, ast.Name):
            own = self.read(func.id)
            if isinstance(own, Function):
                return self.follow_call(own, arguments, keywords)
            if isinstance(own, Estimator):
                # Keras: a layer or model is called to build another.
                return own
        name = self.called(func)
        if isinstance(func, ast.Attribute):
            receiver = self.value(func.value)
            if isinstance(receiver, Estimator):
                return self.method(receiver, func.attr, node, arguments, keywords)
            if isinstance(receiver, Data):
                return self.data_method(receiver, func.attr, node, arguments, keywords)
            if isinstance(receiver, Many):
                receiver_items = [*receiver.items, *arguments]
                if func.attr == "append" and isinstance(func.value, ast.Name):
                    self.frames[-1][func.value.id] = Many(tuple(receiver_items[:12]))
                return whole(receiver)
        return self.function(name, node, arguments, keywords)

    def wants_data(self, func: ast.expr) -> bool:
        """Whether what is called takes data, so that what is not known must be some."""
        last = last_name(func)
        return last in SPLITTERS or last in _FITTING or last in ("transform", "fit_resample")

    def adopted(self, node: ast.expr, value: Value) -> Value:
        """A name that nobody saw bound to data, as a source of its own."""
        if value is None and isinstance(node, ast.Name):
            root = Data(frozenset([f"n{len(self.frames)}.{node.id}"]))
            self.frames[-1][node.id] = root
            return root
        return value

    def called(self, func: ast.expr) -> str:
        """The dotted name of what is called, the last part at least."""
        parts: list[str] = []
        while isinstance(func, ast.Attribute):
            parts.append(func.attr)
            func = func.value
        if isinstance(func, ast.Name):
            parts.append(self.imported.get(func.id, func.id))
        return ".".join(reversed(parts))

    def function(
        self, name: str, node: ast.Call, arguments: list[Value], keywords: dict[str, Value]
    ) -> Value:
        """A call of something that is not the notebook's own."""
        last = name.rpartition(".")[2]
        given = [*arguments, *keywords.values()]
        place = Place(self.cell, node)
        if last == "enumerate" and given and isinstance(given[0], Many):
            return Many(tuple(Many((None, item)) for item in given[0].items))
        if last == "zip":
            return zipped(given)
        if last in SPLITTERS:
            return self.split(arguments)
        kind = kind_of(last)
        if kind in ("transformer", "model", "safe", "resampler") and last[:1].isupper():
            return Estimator(last, kind, place)  # type: ignore[arg-type]
        if last in ("make_pipeline", "Pipeline"):
            return Estimator("Pipeline", "model", place)
        if (
            last.startswith("read_")
            or last in ("load_dataset", "fetch_openml")
            or (last.startswith(("load_", "fetch_", "make_")) and "datasets" in name)
        ):
            root = Data(frozenset([f"r{self.cell}.{node.lineno}.{node.col_offset}"]))
            return Many((root, root)) if returns_pair(node, last) else root
        if last in ("cross_val_score", "cross_validate", "cross_val_predict"):
            self.cross_validated(given, place)
            return None
        data = self.joined(given)
        if isinstance(data, Data):
            if last in _SCALING_FUNCTIONS or (last == "cut" and counts_bins(node)):
                taint = Taint(f"`{last}`", data.rows, place, "statistic")
                return Data(data.rows, data.taints | {taint})
            if last in REDUCTIONS or last in ("nanmean", "nanstd", "nanmedian", "average"):
                return Data(data.rows, data.taints, is_statistic=True)
            if last == "resample" and "sklearn" in name:
                taint = Taint("`resample`", data.rows, place, "resample")
                return Data(data.rows, data.taints | {taint})
            if last in ("len", "print", "display", "range", "type", "isinstance", "set_option"):
                return None
            if data.is_statistic:
                return data
            return Data(data.rows, data.taints)
        if last[:1].isupper() and ("sklearn" in name or "keras" in name or "." not in name):
            return Estimator(last, "unknown", place)
        return data

    def split(self, arguments: list[Value]) -> Value:
        """`train_test_split`: two disjoint parts of each argument, the same for all of them."""
        self.splits += 1
        parts: list[Value] = []
        for argument in arguments:
            data = data_of(argument) or _NOTHING
            for side in ("a", "b"):
                parts.append(data._replace(rows=below(data.rows, f"{self.splits}{side}")))
        return Many(tuple(parts))

    def cross_validated(self, given: Sequence[Value], place: Place) -> None:
        model = next((one for one in given if isinstance(one, Estimator)), None)
        data = self.joined([one for one in given if not isinstance(one, Estimator)])
        if model is not None and isinstance(data, Data) and model.name != "Pipeline":
            self.trainings.append(Training(model.name, place, data, splits_itself=True))

    def follow_call(
        self, function: Function, arguments: list[Value], keywords: dict[str, Value]
    ) -> Value:
        """Go into a function of the notebook."""
        if len(self.frames) > _DEEPEST or self.steps > _MOST_STEPS:
            return self.joined([*arguments, *keywords.values()])
        parameters = function.node.args
        names = [argument.arg for argument in (*parameters.posonlyargs, *parameters.args)]
        frame: dict[str, Value] = dict(zip(names, arguments, strict=False))
        frame.update({name: value for name, value in keywords.items() if name})
        cell, results = self.cell, self.results
        self.frames.append(frame)
        self.cell, self.results = function.cell, []
        if isinstance(function.node, ast.Lambda):
            self.results.append(self.value(function.node.body))
        else:
            self.body(function.node.body)
        made = self.results
        self.frames.pop()
        self.cell, self.results = cell, results
        known = [one for one in made if one is not None]
        if len(known) == 1 or (known and isinstance(known[0], (Many, Estimator))):
            return known[0]
        return self.joined(known)

    def joined(self, values: Iterable[Value]) -> Value:
        """Data of the rows of all; something that is no data only where there is none."""
        values = list(values)
        known = [one for value in values if (one := data_of(value)) is not None]
        if not known:
            return next((value for value in values if isinstance(value, Estimator)), None)
        return Data(
            frozenset().union(*(data.rows for data in known)),
            frozenset().union(*(data.taints for data in known)),
            is_statistic=all(data.is_statistic for data in known),
        )

    # --- methods ------------------------------------------------------------------------------

    def data_method(
        self,
        data: Data,
        name: str,
        node: ast.Call,
        arguments: list[Value],
        keywords: dict[str, Value],
    ) -> Value:
        """A method of a frame, series or array."""
        given = [*arguments, *keywords.values()]
        result: Value
        if name in REDUCTIONS:
            result = Data(data.rows, data.taints, is_statistic=True)
        elif name in ROW_PARTS:
            step = ast.unparse(node).replace("/", "|")
            result = data._replace(rows=below(data.rows, step))
        elif name in ("groupby", "rolling", "expanding", "ewm", "pivot_table"):
            result = Data(data.rows, data.taints, is_statistic=name == "groupby")
        elif name in _APPLYING and given and isinstance(given[0], Function):
            result = self.combined([data, self.follow_call(given[0], [data], {})], node)
        elif name in _COMBINING:
            result = self.combined([data, *given], node)
        else:
            result = data
        inplace = any(
            keyword.arg == "inplace"
            and isinstance(keyword.value, ast.Constant)
            and keyword.value.value
            for keyword in node.keywords
        )
        if inplace and isinstance(node.func, ast.Attribute):
            target = node.func.value
            if isinstance(target, ast.Name):
                self.frames[-1][target.id] = result
            elif isinstance(target, (ast.Subscript, ast.Attribute)):
                self.store(target, result)
        return result

    def method(
        self,
        one: Estimator,
        name: str,
        node: ast.Call,
        arguments: list[Value],
        keywords: dict[str, Value],
    ) -> Value:
        """A method of a transformer or model."""
        place = Place(self.cell, node)
        given = [*arguments, *(keywords[key] for key in ("X", "x", "y", "data") if key in keywords)]
        data = data_of(given[0]) if given else None
        if name in ("fit_resample", "fit_sample"):
            base = data or _NOTHING
            taint = Taint(f"`{one.name}`", base.rows, place, "resample")
            made = Data(base.rows, base.taints | {taint})
            return Many((made, made))
        if name in _FITTING:
            return self.fit(one, name, node, given, keywords)
        if name in ("transform", "inverse_transform", "texts_to_sequences", "texts_to_matrix"):
            return self.transformed(one, data)
        if name in EVALUATING and one.training is not None and data is not None:
            one.training.tests.append((place, data))
            return data
        if name in ("split", "get_n_splits"):
            return data
        return one if name == "set_params" else None

    def fit(
        self,
        one: Estimator,
        name: str,
        node: ast.Call,
        given: list[Value],
        keywords: dict[str, Value],
    ) -> Value:
        place = Place(self.cell, node)
        data = data_of(given[0]) if given else None
        if data is None:
            return one
        is_transform = name in ("fit_transform", "fit_on_texts")
        if not is_transform and one.kind in ("model", "unknown"):
            splits = "validation_split" in keywords
            training = Training(one.name, place, data, splits)
            validation = keywords.get("validation_data")
            if validation is not None:
                tested = data_of(whole(validation))
                if tested is not None:
                    training.tests.append((place, tested))
            one.training = training
            self.trainings.append(training)
            return one
        one.fitted = data
        if is_transform and name != "fit_on_texts":
            return self.transformed(one, data)
        return one

    def transformed(self, one: Estimator, data: Data | None) -> Value:
        if data is None:
            return None
        if one.kind == "safe" or one.fitted is None:
            return data
        kind: Any = "selection" if one.name.startswith(("Select", "RFE")) else "fit"
        taint = Taint(f"`{one.name}`", one.fitted.rows, one.place, kind)
        return Data(data.rows, data.taints | one.fitted.taints | {taint})

    # --- what came of it ----------------------------------------------------------------------

    def evaluation(self) -> Evaluation:
        return evaluated(self.trainings)
