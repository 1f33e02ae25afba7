"""What can be stored between two tasks, as far as the statement that makes a value tells."""

from __future__ import annotations

import ast

from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = ["format_of_hint", "why_not_carried"]

_OPEN = {
    "open": "an open file",
    "urlopen": "an open connection",
    "connect": "a connection",
    "cursor": "a cursor",
    "Session": "a session",
    "create_engine": "a database engine",
    "SparkSession": "a Spark session",
    "getOrCreate": "a Spark session",
    "Lock": "a lock",
    "Thread": "a thread",
    "Pool": "a pool of processes",
    "ThreadPoolExecutor": "a pool of threads",
    "ProcessPoolExecutor": "a pool of processes",
    "memmap": "a mapped file",
    "socket": "a socket",
    "Popen": "a running program",
}
_ITERATORS = frozenset(["iter", "zip", "map", "filter", "enumerate", "reversed"])
_FIGURES = frozenset(["figure", "subplots", "gca", "gcf", "add_subplot", "axes", "subplot"])
_FORMATS = {
    "pd.DataFrame": "frame",
    "pandas.DataFrame": "frame",
    "pd.Series": "series",
    "pandas.Series": "series",
    "np.ndarray": "array",
    "numpy.ndarray": "array",
    "int": "json",
    "float": "json",
    "str": "json",
    "bool": "json",
    "None": "json",
}


def why_not_carried(name: str, node: ast.stmt | ast.AST, modules: dict[str, str]) -> str | None:
    """What a value is that no format carries from task to task, or None.

    Args:
        name: the name that is read in a later task.
        node: the statement that binds it, or changes it last.
        modules: the dotted names of what is imported, by name.
    """
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return "a definition that needs the notebook's names"
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return "imported only sometimes"
    if isinstance(node, (ast.With, ast.AsyncWith)):
        return _of_with(name, node)
    value = _value_of(name, node)
    return None if value is None else _of_value(value, modules)


def _value_of(name: str, node: ast.AST) -> ast.expr | None:
    if isinstance(node, ast.AnnAssign):
        return node.value
    if not isinstance(node, ast.Assign):
        return None
    bound = {
        part.id
        for target in node.targets
        for part in walk(target)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }
    return node.value if name in bound else None


def _of_with(name: str, node: ast.With | ast.AsyncWith) -> str | None:
    for item in node.items:
        target = item.optional_vars
        if isinstance(target, ast.Name) and target.id == name:
            return "what a `with` statement opens"
    return None


def _of_value(value: ast.expr, modules: dict[str, str]) -> str | None:
    if isinstance(value, ast.Lambda):
        return "a lambda"
    if isinstance(value, ast.GeneratorExp):
        return "a generator"
    if not isinstance(value, ast.Call):
        return None
    called = last_name(value.func)
    if called in _OPEN:
        return _OPEN[called]
    if isinstance(value.func, ast.Name) and called in _ITERATORS:
        return "an iterator"
    root = ast.unparse(value.func).partition(".")[0]
    if called in _FIGURES and modules.get(root, root).startswith(("matplotlib", "plt", "fig")):
        return "a figure"
    return None


def format_of_hint(hint: str) -> str:
    """The format in which a value of a type is stored; `pickle` where nothing is known."""
    return _FORMATS.get(hint, "pickle")
