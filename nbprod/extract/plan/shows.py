"""Which statements only show something, print, or draw; a notebook's own functions followed."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cached_property

from nbprod.libraries.functions import PURE_BUILTINS
from nbprod.libraries.purposes import READ_ONLY_METHODS, RETURN_NONE, RETURN_SELF
from nbprod.names.table import NameTable
from nbprod.refactor.display import draws
from nbprod.syntax.names import last_name, mentioned_names
from nbprod.syntax.walk import walk

__all__ = ["Shows"]

_PRINTS = frozenset(["print", "display", "pprint"])
# Builtins that only look at what they are given.
_LOOKING = PURE_BUILTINS | {"dir"}
_COUNTERS = frozenset(["collections.Counter"])
_NUMERIC = frozenset(["numpy", "math", "statistics"])
_COMPUTING = frozenset(
    """
    mean median sum std var min max sqrt exp log log2 log10 round unique bincount corrcoef cov
    allclose isclose array_equal argmax argmin quantile percentile abs absolute dot count_nonzero
    isnan isinf linspace arange prod cumsum diff nanmean nanmax nanmin average stdev array
    asarray zeros ones full eye where insert append delete concatenate vstack hstack stack sort
    argsort reshape ravel setdiff1d intersect1d union1d
    """.split()
)
# Functions and classes of pandas that make something new of what they are given.
_TABLES = frozenset(
    f"pandas.{name}"
    for name in """
    DataFrame Series Index MultiIndex.from_product MultiIndex.from_tuples MultiIndex.from_arrays
    Timestamp Timedelta concat merge crosstab pivot_table melt cut qcut get_dummies date_range
    to_datetime to_numeric isna isnull notna notnull unique
    """.split()
)
# Packages whose `fit` gives the estimator.
_ESTIMATORS = ("sklearn.", "xgboost.", "lightgbm.", "catboost.", "imblearn.")
# Methods that ask a fitted model, and modules of functions that measure.
_ASKING = frozenset(["score", "predict", "predict_proba", "decision_function"])
_MEASURES = ("sklearn.metrics.", "scipy.stats.")
_FINISHING = frozenset(["plt.show", "plt.tight_layout", "sns.despine"])
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Shows:
    """Answers for the statements of one notebook."""

    def __init__(self, names: NameTable, modules: dict[str, str]) -> None:
        self.names = names
        self.modules = modules

    def only_shows(self, node: ast.stmt, *, is_last: bool) -> bool:
        """Whether a statement shows something that it only reads, and does nothing else."""
        if not isinstance(node, ast.Expr):
            return False
        value = node.value
        if isinstance(value, ast.Constant):
            return True
        if isinstance(value, ast.Call):
            called = ast.unparse(value.func)
            if called in _FINISHING:
                return True
            if called in _PRINTS and called not in self.names.bindings:
                return all(self._reads(argument) for argument in self._arguments(value))
        return is_last and (self._reads(value) or self._asks_model(value))

    def _asks_model(self, node: ast.expr) -> bool:
        """Whether an expression shows what a fitted model says of values that are only read."""
        if isinstance(node, (ast.Tuple, ast.List)):
            return all(self._asks_model(item) or self._reads(item) for item in node.elts)
        if isinstance(node, ast.BinOp):
            sides = (node.left, node.right)
            return all(self._asks_model(side) or self._reads(side) for side in sides)
        if not isinstance(node, ast.Call) or self.draws(node):
            return False
        func = node.func
        asks = isinstance(func, ast.Attribute) and func.attr in _ASKING and self._reads(func.value)
        return (asks or self._is_measure(func)) and all(
            self._reads(argument) for argument in self._arguments(node)
        )

    def _is_measure(self, func: ast.expr) -> bool:
        """Whether a function of a library is called that measures values and changes none."""
        return self._dotted(func).startswith(_MEASURES)

    @staticmethod
    def _arguments(call: ast.Call) -> list[ast.expr]:
        return [*call.args, *(keyword.value for keyword in call.keywords)]

    def _reads(self, node: ast.expr) -> bool:
        """Whether an expression reads values without changing or drawing anything."""
        if self.draws(node):
            return False
        for part in walk(node):
            if isinstance(part, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda)):
                return False
            if isinstance(part, ast.Call):
                name = last_name(part.func)
                if any(keyword.arg == "inplace" for keyword in part.keywords):
                    return False
                if isinstance(part.func, ast.Name):
                    own = name in self.names.bindings and name not in self.modules
                    if own or (name not in _LOOKING and self.modules.get(name) not in _COUNTERS):
                        return False
                elif name not in READ_ONLY_METHODS and not name.endswith("_score"):
                    if not self._is_pure_function(part.func):
                        return False
        return True

    def _is_pure_function(self, func: ast.expr) -> bool:
        """Whether a function of a module of numbers or tables is called that only computes."""
        if self._dotted(func) in _TABLES:
            return True
        if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
            return False
        module = self.modules.get(func.value.id, "")
        return module in _NUMERIC and func.attr in _COMPUTING

    def gives_none(self, value: ast.expr) -> bool:
        """Whether a call certainly gives None, so that a cell that ends with it shows nothing."""
        if not isinstance(value, ast.Call):
            return False
        name = last_name(value.func)
        own = self._results.get(name)
        if own is not None:
            return not own
        if isinstance(value.func, ast.Name):
            return name in _PRINTS and name not in self.names.bindings and name not in self.modules
        inplace = [word for word in value.keywords if word.arg == "inplace"]
        if any(isinstance(word.value, ast.Constant) and word.value.value for word in inplace):
            return True
        return name in RETURN_NONE and not draws(value, self.modules)

    def gives_itself(self, value: ast.expr) -> str | None:
        """The name of the object that a call changes and gives, as ``fit`` of scikit-learn does."""
        if not isinstance(value, ast.Call) or last_name(value.func) not in RETURN_SELF:
            return None
        receiver = value.func.value if isinstance(value.func, ast.Attribute) else None
        if not isinstance(receiver, ast.Name):
            return None
        made = [site.statement for site in self.names.bindings.get(receiver.id, ())]
        known = bool(made) and all(
            isinstance(statement, ast.Assign)
            and isinstance(statement.value, ast.Call)
            and self._dotted(statement.value.func).startswith(_ESTIMATORS)
            for statement in made
        )
        return receiver.id if known else None

    def _dotted(self, func: ast.expr) -> str:
        root, _, rest = ast.unparse(func).partition(".")
        module = self.modules.get(root, "")
        return f"{module}.{rest}" if rest else module

    @cached_property
    def _results(self) -> dict[str, bool]:
        """The notebook's functions and methods by name: whether one of them may give a value."""
        found: dict[str, bool] = {}
        for cell in self.names.cells:
            for statement in self.names.statements(cell):
                for part in walk(statement):
                    if isinstance(part, _FUNCTIONS):
                        gives = bool(part.decorator_list) or isinstance(part, ast.AsyncFunctionDef)
                        gives = gives or any(
                            isinstance(inner, (ast.Yield, ast.YieldFrom))
                            or (isinstance(inner, ast.Return) and inner.value is not None)
                            for inner in walk(part)
                        )
                        found[part.name] = found.get(part.name, False) or gives
        return found

    def draws(self, node: ast.AST) -> bool:
        """Whether a statement draws, itself, by a function of the notebook or on what was drawn."""
        return draws(node, self.modules) or any(
            isinstance(part, ast.Name) and part.id in self._drawing for part in walk(node)
        )

    def prints(self, node: ast.AST) -> bool:
        """Whether a statement prints, itself or by a function of the notebook."""
        return _prints_itself(node) or any(
            isinstance(part, ast.Name) and part.id in self._printing for part in walk(node)
        )

    @cached_property
    def _drawing(self) -> frozenset[str]:
        own = self._functions(lambda node: draws(node, self.modules))
        found = set(own)
        for cell in self.names.cells:
            for statement in self.names.statements(cell):
                if isinstance(statement, ast.Assign) and self._makes_figure(statement.value, own):
                    for target in statement.targets:
                        found |= mentioned_names(target)
        return frozenset(found)

    def _makes_figure(self, value: ast.expr, own: frozenset[str]) -> bool:
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            return value.func.id in own
        return isinstance(value, ast.Call) and draws(value, self.modules)

    @cached_property
    def _printing(self) -> frozenset[str]:
        return self._functions(_prints_itself)

    def _functions(self, does: Callable[[ast.AST], bool]) -> frozenset[str]:
        """The notebook's functions that do something, themselves or by calling each other."""
        bodies = {
            statement.name: statement
            for cell in self.names.cells
            for statement in self.names.statements(cell)
            if isinstance(statement, (*_FUNCTIONS, ast.ClassDef))
        }
        found = {name for name, node in bodies.items() if does(node)}
        size = -1
        while size != len(found):
            size = len(found)
            for name, node in bodies.items():
                called = mentioned_names(node)
                if called & found:
                    found.add(name)
        return frozenset(found)


def _prints_itself(node: ast.AST) -> bool:
    return any(
        isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in _PRINTS
        for part in walk(node)
    )
