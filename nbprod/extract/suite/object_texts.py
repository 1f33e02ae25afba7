"""Objects as the expressions that make them: estimators, functions, classes and their instances.

The interpreter that runs the notebook loads this beside the script that calls functions; it imports
nothing of nbprod.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

# Attributes of a fitted estimator that say nothing of what it has learned.
_COUNTS = ("n_features_in_", "n_outputs_", "n_classes_", "feature_names_in_")
# Those that say most, in this order.
_TELLING = (
    "best_params_", "coef_", "intercept_", "feature_importances_", "cluster_centers_", "labels_",
    "mean_", "scale_", "explained_variance_ratio_", "statistics_", "categories_", "classes_",
)  # fmt: skip
_SHORT = {"numpy": "np", "pandas": "pd"}
_MAKERS = ("collections.defaultdict", "collections.OrderedDict", "collections.deque")
_LONGEST_REPR = 300
_LOADERS = (
    "load_iris", "load_digits", "load_wine", "load_breast_cancer", "load_diabetes", "load_linnerud",
)  # fmt: skip
# Of data that is made to fit an estimator.
_MOST_FEATURES = 8
_FEWEST_ROWS = 6


class Objects:
    """Writes objects by what makes them, and notes what a test has to import for it.

    Args:
        module: the extracted module, whose names need no import of their own.
        public_module: gives the module from which a class is to be imported.
    """

    def __init__(self, module: types.ModuleType, public_module: Callable[[type], str]) -> None:
        self.module = module
        self.public_module = public_module
        self.imports: dict[str, str] = {}
        self.depth = 0
        self.given: Mapping[str, Any] = {}
        """The arguments by which a fitted estimator can be fitted again."""
        self.makes_data = False
        """Whether one that none of them fits is fitted with a few rows of numbers."""

    def text(self, value: Any, write: Callable[[Any], str]) -> str | None:
        """An expression that makes an object like a value; None where there is none.

        Args:
            value: the object.
            write: writes what it consists of.
        """
        kind = type(value)
        name = f"{kind.__module__}.{kind.__qualname__}"
        if callable(value) and hasattr(value, "__name__"):
            return self._named(value)
        if kind.__module__.startswith("pathlib"):
            return f"{self._imported('pathlib', 'Path')}({str(value)!r})"
        if isinstance(value, range):
            return repr(value)
        if name == "re.Pattern":
            return f"{self._imported('re')}.compile({write(value.pattern)})"
        if name in _MAKERS:
            return self._container(value, write)
        if is_estimator(value):
            is_whole = is_fitted(value) and not self.depth
            return self._fitted(value, write) if is_whole else self.unfitted(value, write)
        if hasattr(value, "toarray") and kind.__module__.startswith("scipy.sparse"):
            return f"{self._of_class(kind)}({write(value.toarray())})"
        if self._is_own(kind):
            return self._instance(value, write)
        if name == "sklearn.utils._bunch.Bunch":
            return self._of_loader(value)
        if kind.__module__.startswith("scipy.stats.") and hasattr(value, "dist"):
            return self._of_distribution(value, write)
        if kind.__module__.startswith("sympy."):
            return self._of_sympy(value)
        return self._of_subclass(value, write)

    def _of_loader(self, value: Any) -> str | None:
        """The call that loads a data set of scikit-learn, where it is one."""
        datasets = importlib.import_module("sklearn.datasets")
        for loader in _LOADERS:
            with contextlib.suppress(Exception):
                made = getattr(datasets, loader)()
                if made.DESCR == value.DESCR and made.keys() == value.keys():
                    if all((made[key] == value[key]).all() for key in ("data", "target")):
                        return f"{self._imported('sklearn.datasets', loader)}()"
        return None

    def _of_distribution(self, value: Any, write: Callable[[Any], str]) -> str | None:
        """A distribution of SciPy with its parameters."""
        name = str(getattr(value.dist, "name", ""))
        if type(value.dist) is not type(getattr(sys.modules.get("scipy.stats"), name, None)):
            return None
        given = [*map(write, value.args)]
        given += [f"{key}={write(item)}" for key, item in value.kwds.items()]
        return f"{self._imported('scipy', 'stats')}.{name}({', '.join(given)})"

    def _of_sympy(self, value: Any) -> str | None:
        """A formula by its text, with what its symbols are assumed to be where that matters."""
        sympy: Any = sys.modules["sympy"]
        for text in (str(value), sympy.srepr(value)):
            with contextlib.suppress(Exception):
                if sympy.sympify(text) == value:
                    return f"{self._imported('sympy', 'sympify')}({text!r})"
        return None

    def _of_subclass(self, value: Any, write: Callable[[Any], str]) -> str | None:
        """A series or frame of a class that a library has derived, made of a plain one."""
        pandas: Any = sys.modules.get("pandas")
        kind = type(value)
        for base in (pandas.Series, pandas.DataFrame) if pandas is not None else ():
            if isinstance(value, base):
                plain = base(value)
                with contextlib.suppress(Exception):
                    if kind(plain).equals(value):
                        return f"{self._of_class(kind)}({write(plain)})"
        return None

    def unfitted(self, value: Any, write: Callable[[Any], str]) -> str:
        """The constructor of an estimator with those parameters that are not the defaults."""
        defaults = inspect.signature(type(value).__init__).parameters
        # What it consists of is fitted with it.
        self.depth += 1
        try:
            given = [
                f"{name}={write(item)}"
                for name, item in value.get_params(deep=False).items()
                if name not in defaults or not is_same(item, defaults[name].default)
            ]
        finally:
            self.depth -= 1
        return f"{self._of_class(type(value))}({', '.join(given)})"

    def _fitted(self, value: Any, write: Callable[[Any], str]) -> str | None:
        """An estimator like a fitted one, fitted with other arguments."""
        names = fitting(value, self.given)
        if names is None:
            made = features_text(value, write) if self.makes_data else ""
            return f"{self.unfitted(value, write)}.fit({made})" if made else None
        target = names[1:] or (target_text(value, len(self.given[names[0]])),)
        arguments = ", ".join(filter(None, [names[0], *target]))
        return f"{self.unfitted(value, write)}.fit({arguments})"

    def _container(self, value: Any, write: Callable[[Any], str]) -> str:
        name = self._imported("collections", type(value).__name__)
        if type(value).__name__ == "deque":
            return f"{name}({write(list(value))})"
        first = ""
        if type(value).__name__ == "defaultdict":
            first = f"{write(value.default_factory)}, "
        return f"{name}({first}{write(dict(value))})"

    def _is_own(self, value: Any) -> bool:
        """Whether the module defines a function or class, and does not merely import it."""
        is_there = getattr(self.module, value.__name__, None) is value
        return is_there and getattr(value, "__module__", "") == self.module.__name__

    def _named(self, value: Any) -> str | None:
        name = str(getattr(value, "__name__", ""))
        if not name.isidentifier():
            return None
        if self._is_own(value) or getattr(builtins, name, None) is value:
            return name
        if inspect.isclass(value):
            return self._of_class(value)
        own = str(getattr(value, "__module__", None) or "numpy")
        for module in (own.partition(".")[0], own):
            there = getattr(sys.modules.get(module), name, None)
            if there is value and "._" not in module and not module.startswith("_"):
                return self._of_module(module, name)
        return None

    def _of_class(self, kind: type) -> str:
        if self._is_own(kind):
            return str(kind.__name__)
        return self._of_module(self.public_module(kind), kind.__name__)

    def _of_module(self, module: str, name: str) -> str:
        if module == "builtins":
            return name
        short = _SHORT.get(module)
        return f"{short}.{name}" if short is not None else self._imported(module, name)

    def _imported(self, module: str, name: str | None = None) -> str:
        """A name that a test has after an import."""
        if name is None:
            self.imports[module] = f"import {module}"
            return module
        self.imports[name] = f"from {module} import {name}"
        return name

    def _instance(self, value: Any, write: Callable[[Any], str]) -> str | None:
        """An instance of the notebook's own class by its constructor, where that gives it back."""
        kind = type(value)
        names = [*inspect.signature(kind).parameters]
        if not all(hasattr(value, name) for name in names):
            return None
        text = f"{kind.__name__}({', '.join(f'{x}={write(getattr(value, x))}' for x in names)})"
        with contextlib.suppress(Exception):
            made = kind(**{name: getattr(value, name) for name in names})
            state = [getattr(item, "__dict__", None) or repr(item) for item in (value, made)]
            if " at 0x" not in repr(state[0]) and repr(state[0]) == repr(state[1]):
                return text
        return None

    def names_for(self, text: str) -> dict[str, Any]:
        """What the names in an expression of ours stand for."""
        names: dict[str, Any] = dict(vars(self.module))
        for line in self.imports.values():
            exec(line, names)  # noqa: S102 - it is one of ours
        return names

    def lines_for(self, texts: Iterable[str]) -> list[str]:
        """The imports that some expressions need."""
        whole = "\n".join(texts)
        return [line for name, line in self.imports.items() if name in whole]


def is_same(value: Any, default: Any) -> bool:
    """Whether a value is a default, as far as that is known."""
    if value is default:
        return True
    with contextlib.suppress(Exception):
        is_nan = value != value and default != default
        return bool(type(value) is type(default) and (value == default or is_nan))
    return False


def is_estimator(value: Any) -> bool:
    """Whether a value has parameters and learns, as scikit-learn's estimators do."""
    return hasattr(value, "get_params") and hasattr(value, "fit") and not inspect.isclass(value)


def is_fitted(value: Any) -> bool:
    """Whether an estimator has learned something."""
    sklearn = sys.modules.get("sklearn.utils.validation")
    check = getattr(sklearn, "check_is_fitted", None)
    if check is not None:
        try:
            check(value)
        except Exception:
            return False
        return any(name.endswith("_") for name in vars(value)) or hasattr(value, "steps")
    return any(name.endswith("_") and not name.startswith("_") for name in vars(value))


def learned(value: Any) -> list[str]:
    """The attributes that an estimator has learned, those first that say most."""
    found = [
        name for name in vars(value)
        if name.endswith("_") and not name.startswith("_") and name not in _COUNTS
    ]  # fmt: skip
    # What is computed from others is a property of the class, as the importances of a forest are.
    found += [name for name in _TELLING if name not in found and hasattr(type(value), name)]
    order = {name: place for place, name in enumerate(_TELLING)}
    return sorted(found, key=lambda name: order.get(name, len(order)))


def short_repr(value: Any) -> str | None:
    """The text of an estimator, which names the parameters that are not the defaults."""
    text = repr(value)
    is_plain = len(text) < _LONGEST_REPR and "..." not in text and " at 0x" not in text
    return text if is_plain else None


def fitting(value: Any, given: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The names of the arguments by which an estimator like a fitted one can be fitted again: its
    features, and where it needs them and there are such, what it is to predict."""
    count = getattr(value, "n_features_in_", None)
    columns = getattr(value, "feature_names_in_", None)
    for name, features in given.items():
        shape: Sequence[Any] = getattr(features, "shape", ())
        if len(shape) != 2 or shape[1] != count:
            continue
        if columns is not None and list(getattr(features, "columns", ())) != list(columns):
            continue
        answers = [
            other
            for other, item in given.items()
            if getattr(item, "shape", None) == (shape[0],) and _may_be_target(item, value)
        ]
        return (name, *answers[:1])
    return None


def _may_be_target(item: Any, value: Any) -> bool:
    classes = getattr(value, "classes_", None)
    if classes is None:
        return getattr(getattr(item, "dtype", None), "kind", "") in "fi"
    found = set(item.tolist())
    return len(found) > 1 and found <= set(getattr(classes, "tolist", list)())


def features_text(value: Any, write: Callable[[Any], str]) -> str:
    """What an estimator like a fitted one is fitted with where no argument of the call has its
    features: a few rows of numbers, and what it is to predict; empty where that says nothing."""
    classes: Any = getattr(value, "classes_", None)
    count = getattr(value, "n_features_in_", None)
    if count is None and classes is not None and hasattr(value, "inverse_transform"):
        # What codes labels is fitted with them.
        return write(list(classes.tolist()))
    if count is None or not 0 < count <= _MOST_FEATURES or hasattr(value, "categories_"):
        return ""
    rows = max(_FEWEST_ROWS, 2 * len(classes) if hasattr(classes, "__len__") else 0)
    table = [
        [float((3 * row + 2 * row * place + place) % 7) for place in range(count)]
        for row in range(rows)
    ]
    columns = getattr(value, "feature_names_in_", None)
    text = write(table)
    if columns is not None:
        text = f"pd.DataFrame({text}, columns={write(list(columns))})"
    return ", ".join(filter(None, [text, target_text(value, rows)]))


def target_text(value: Any, count: int) -> str:
    """What an estimator is to predict for so many rows, as an expression; empty: it needs none."""
    classes = getattr(value, "classes_", None)
    if classes is not None:
        labels = list(classes.tolist())
        return repr([labels[place % len(labels)] for place in range(count)])
    # What groups or transforms is fitted without one.
    if hasattr(value, "predict") and not hasattr(value, "cluster_centers_"):
        return repr([float(place % 5) for place in range(count)])
    return ""
