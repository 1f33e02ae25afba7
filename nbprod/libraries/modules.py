"""What the analysis knows of names that it does not find in the notebook.

Tables only: builtins, the kernel's own names, the types that library calls return, what methods
do to their receiver. Where nothing is known the machine assumes nothing.
"""

from __future__ import annotations

import builtins
import re
from functools import cache

__all__ = [
    "BUILTIN_NAMES",
    "CONTAINERS",
    "CHANGING_METHODS",
    "EAGER_CALLERS",
    "EAGER_METHODS",
    "HISTORY_NAMES",
    "IDEMPOTENT_METHODS",
    "KERNEL_NAMES",
    "LAZY_CALLERS",
    "MUTATORS",
    "PURE_MODULES",
    "RESETTING",
    "SHELL",
    "STRONG_MUTATORS",
    "is_kernel_name",
    "result_type",
]

# Names of newer Pythons than the one that runs: a notebook may be for those.
BUILTIN_NAMES = (
    frozenset(dir(builtins))
    | {"aiter", "anext", "EncodingWarning", "ExceptionGroup"}
    | {"BaseExceptionGroup", "PythonFinalizationError", "WindowsError"}
) - {"__file__", "_"}

_KERNEL = (
    "In Out _ih _oh _dh _ __ ___ _i _ii _iii exit quit get_ipython display open __IPYTHON__"
    " __name__ __doc__ __package__ __loader__ __spec__ __builtin__ __builtins__ _exit_code"
    " __session__ __vsc_ipynb_file__ __annotations__ __conditional_annotations__"
)


class _KernelNames:
    """Answers ``in`` for the kernel's names, numbered ones included."""

    _numbered = re.compile(r"_i?\d+\Z")
    _names = frozenset(_KERNEL.split())

    def __contains__(self, name: str) -> bool:
        return name in self._names or (name[:1] == "_" and bool(self._numbered.match(name)))


KERNEL_NAMES = _KernelNames()
SHELL = "IPython.shell"
"""What stands for the object that `get_ipython()` gives."""
# Inputs and outputs of earlier cells: what they hold depends on what ran before.
HISTORY_NAMES = frozenset(["In", "Out", "_ih", "_oh", "_", "__", "___", "_i", "_ii", "_iii"])


def is_kernel_name(name: str) -> bool:
    """Whether the kernel itself provides the name."""
    return name in KERNEL_NAMES


CONTAINERS = {
    "collections.defaultdict": "dict",
    "collections.OrderedDict": "dict",
    "collections.Counter": "dict",
    "collections.deque": "list",
    "builtins.list": "list",
    "builtins.dict": "dict",
    "builtins.set": "set",
    "builtins.bytearray": "list",
}

# How a method changes its receiver: "chain", the new state depends on the old one in a way that a
# second call shows; "reset", a second call changes nothing more.
MUTATORS: dict[str, dict[str, str]] = {
    "list": {
        "append": "chain", "extend": "chain", "insert": "chain", "pop": "chain",
        "remove": "chain", "reverse": "chain", "sort": "reset", "clear": "reset",
        "appendleft": "chain", "extendleft": "chain", "popleft": "chain", "rotate": "chain",
    },
    "dict": {
        "update": "reset", "setdefault": "reset", "pop": "chain", "popitem": "chain",
        "clear": "reset", "subtract": "chain", "move_to_end": "reset",
    },
    "set": {
        "add": "reset", "update": "reset", "discard": "reset", "remove": "chain",
        "pop": "chain", "clear": "reset", "difference_update": "reset",
        "intersection_update": "reset", "symmetric_difference_update": "chain",
    },
    "pandas.DataFrame": {"insert": "chain", "pop": "chain", "update": "reset"},
    "pandas.Series": {"pop": "chain", "update": "reset"},
    "numpy.ndarray": {"sort": "reset", "fill": "reset", "put": "reset", "resize": "reset"},
    "file": {"write": "chain", "writelines": "chain", "truncate": "chain"},
    "random": {"seed": "reset"},
}  # fmt: skip
RESETTING = frozenset(
    name for table in MUTATORS.values() for name, how in table.items() if how == "reset"
)
# On an object of unknown type these can hardly mean anything but a change of it.
STRONG_MUTATORS = {
    "append": "chain", "extend": "chain", "appendleft": "chain", "popleft": "chain",
    "setdefault": "reset", "popitem": "chain",
}  # fmt: skip

# Calls that run a function which they are given, before they return.
EAGER_CALLERS = frozenset(
    ["builtins.sorted", "builtins.max", "builtins.min", "functools.reduce", "builtins.list.sort"]
)
LAZY_CALLERS = frozenset(
    [
        "builtins.map",
        "builtins.filter",
        "itertools.starmap",
        "itertools.accumulate",
        "itertools.groupby",
        "itertools.takewhile",
        "itertools.dropwhile",
        "itertools.filterfalse",
    ]
)
EAGER_METHODS = frozenset(
    ["apply", "applymap", "agg", "aggregate", "transform", "pipe", "sort", "map"]
)

# Libraries whose functions leave their arguments alone unless a table says otherwise.
PURE_MODULES = frozenset(
    [
        "builtins",
        "math",
        "statistics",
        "itertools",
        "functools",
        "operator",
        "collections",
        "json",
        "re",
        "string",
        "datetime",
        "time",
        "os",
        "sys",
        "pathlib",
        "copy",
        "pprint",
        "typing",
        "dataclasses",
        "enum",
        "decimal",
        "fractions",
        "numpy",
        "pandas",
        "scipy",
        "sklearn",
        "matplotlib",
        "seaborn",
        "plotly",
        "bokeh",
        "altair",
        "IPython",
        "statsmodels",
        "tqdm",
        "warnings",
        "logging",
        "random",
        "display",
        "requests",
        "glob",
        "pickle",
        "csv",
        "io",
        "textwrap",
        "hashlib",
        "urllib",
        "calendar",
        "tensorflow",
        "keras",
        "torch",
        "torchvision",
        "transformers",
        "datasets",
        "xgboost",
        "lightgbm",
        "nltk",
        "spacy",
        "cv2",
        "PIL",
        "sympy",
        "networkx",
        "polars",
        "pyspark",
    ]
)

# f(f(x)) == f(x) for these methods of their receiver, whatever their other arguments.
IDEMPOTENT_METHODS = frozenset(
    [
        "dropna",
        "drop_duplicates",
        "sort_values",
        "sort_index",
        "fillna",
        "ffill",
        "bfill",
        "astype",
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "title",
        "capitalize",
        "casefold",
        "copy",
        "rename",
        "reindex",
        "to_numpy",
        "tolist",
        "to_frame",
        "abs",
        "round",
        "normalize",
        "clip",
        "infer_objects",
        "convert_dtypes",
        "eval",
        "cuda",
        "cpu",
        "to",
        "float",
        "double",
        "half",
        "long",
        "contiguous",
        "flatten",
        "ravel",
        "squeeze",
        "detach",
        "numpy",
        "reshape",
        "nlargest",
        "nsmallest",
        "head",
        "set_axis",
        "query",
        "isin",
        "tz_convert",
        "rename_axis",
        "persist",
        "cache",
        "union",
        "difference",
        "intersection",
        "prefetch",
        "resolve",
        "expanduser",
        "absolute",
        "unique",
        "toarray",
        "filter",
        "where",
        "select",
        "cast",
        "cast_column",
        "set_format",
        "with_format",
        "sort",
        "train",
        "requires_grad_",
        "limit",
        "distinct",
        "dropDuplicates",
        "ungroup",
        "interpolate",
        "mask",
        "select_dtypes",
        "to_dict",
        "items",
    ]
)
# Methods whose result is surely another when they are applied to it again.
CHANGING_METHODS = frozenset(
    [
        "append",
        "extend",
        "drop",
        "pop",
        "shift",
        "diff",
        "pct_change",
        "cumsum",
        "cumprod",
        "merge",
        "join",
        "explode",
        "melt",
        "stack",
        "unstack",
        "pivot",
        "pivot_table",
        "transpose",
        "set_index",
        "reset_index",
        "split",
        "rsplit",
        "replace_with",
        "encode",
        "decode",
        "remove_columns",
        "remove_column",
        "rename_column",
        "rename_columns",
        "train_test_split",
        "add",
        "sub",
        "mul",
        "div",
        "add_suffix",
        "add_prefix",
        "center",
        "zfill",
        "rjust",
        "ljust",
        "insert",
        "groupby",
        "resample",
        "tail_but",
        "concat",
        "unsqueeze",
        "permute",
        "swapaxes",
        "batch",
        "repeat",
        "shuffle",
        "sample",
        "describe",
        "value_counts",
        "sum",
        "mean",
        "count",
        "index",
        "find",
        "getvalue",
        "read",
        "readline",
        "keys",
        "values",
    ]
)

_FRAMES = re.compile(
    r"pandas\.(?:DataFrame|read_\w+|concat|merge|get_dummies|pivot_table|crosstab|melt"
    r"|json_normalize|io\.\w+\.read_\w+)\Z"
)
_SERIES = re.compile(r"pandas\.(?:Series|to_datetime|to_numeric|cut|qcut|date_range|Index)\Z")
_ARRAYS = re.compile(
    r"numpy\.(?:array|asarray|zeros|ones|empty|full|arange|linspace|logspace|eye|identity|random\."
    r"\w+|zeros_like|ones_like|full_like|concatenate|vstack|hstack|stack|where|sort|cumsum)\Z"
)
_FIXED = {
    "builtins.open": "file",
    "random.Random": "generator",
    "numpy.random.default_rng": "generator",
    "numpy.random.RandomState": "generator",
    "numpy.random.Generator": "generator",
}


@cache
def result_type(name: str) -> str | None:
    """The type of what calling a library's ``name`` returns, None when that is not known."""
    fixed = _FIXED.get(name)
    if fixed is not None:
        return fixed
    if name.startswith("pandas."):
        if _FRAMES.match(name):
            return "pandas.DataFrame"
        return "pandas.Series" if _SERIES.match(name) else None
    if name.startswith("numpy.") and _ARRAYS.match(name):
        return "numpy.ndarray"
    last = name.rpartition(".")[2]
    # A capitalised name is a class by convention: the call makes an object of it.
    return name if last[:1].isupper() and not last.isupper() else None
