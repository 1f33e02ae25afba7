"""Which last expressions show something, which draw, and which are worth more than a look."""

from __future__ import annotations

import ast
from collections.abc import Container, Sequence

from nbprod.syntax.walk import walk

__all__ = ["draws", "figure_name", "is_silent", "leaves_figure"]

_SILENT_BUILTINS = frozenset(["print", "display"])
_SILENT_CALLS = frozenset(
    [
        "plt.show",
        "plt.savefig",
        "plt.close",
        "plt.tight_layout",
        "plt.figure.show",
        "random.seed",
        "np.random.seed",
        "warnings.filterwarnings",
        "warnings.simplefilter",
        "logging.basicConfig",
        "pprint.pprint",
        "np.save",
        "np.random.shuffle",
        "random.shuffle",
        "plt.clf",
        "plt.cla",
        "json.dump",
        "pickle.dump",
    ]
)
# Of whatever they are methods, they return nothing.
_NOTHING = frozenset(
    """set_size_inches subplots_adjust savetxt savez savez_compressed tight_layout autofmt_xdate
    invert_xaxis invert_yaxis set_axis_off set_aspect set_xscale set_yscale xscale yscale grid
    set_printoptions""".split()
)
# Given a path, they return nothing.
_WRITERS = frozenset(
    ["to_csv", "to_parquet", "to_excel", "to_json", "to_pickle", "to_feather", "savefig"]
)
_LIST_METHODS = frozenset(["append", "extend", "insert", "sort", "reverse", "clear"])
_PLOTTING_MODULES = frozenset(
    ["matplotlib", "seaborn", "pandas.plotting", "plotnine", "mpl_toolkits"]
)
_PLOTTING_METHODS = frozenset(
    [
        "plot",
        "hist",
        "boxplot",
        "bar",
        "barh",
        "scatter",
        "imshow",
        "subplots",
        "figure",
        "pie",
        "plot_tree",
        "heatmap",
        "axvline",
    ]
)
# Calls of pyplot that draw nothing.
_SETTING_CALLS = frozenset("show close clf style rc rcParams ion ioff savefig".split())


def is_silent(
    node: ast.expr, lists: frozenset[str] = frozenset(), own: Container[str] = ()
) -> bool:
    """Whether a last expression certainly shows nothing as the cell's result.

    ``lists`` are names that only ever hold lists, ``own`` those that the notebook gives to
    something of its own.
    """
    if not isinstance(node, ast.Call):
        return False
    func = node.func
    if isinstance(func, ast.Name):
        return func.id in _SILENT_BUILTINS and func.id not in own
    if isinstance(func, ast.Attribute):
        if isinstance(func.value, ast.Name) and func.value.id in lists:
            return func.attr in _LIST_METHODS
        if func.attr in _WRITERS and node.args and isinstance(node.args[0], ast.Constant):
            return isinstance(node.args[0].value, str)
        return func.attr in _NOTHING or ast.unparse(func) in _SILENT_CALLS
    return False


def draws(node: ast.AST, modules: dict[str, str]) -> bool:
    """Whether a statement may draw on the current figure, which a cell's end shows and closes.

    ``modules`` are the dotted names of what is imported, by name.
    """
    for part in walk(node):
        if isinstance(part, ast.Name):
            module = modules.get(part.id, "")
            if module.partition(".")[0] in _PLOTTING_MODULES or module in _PLOTTING_MODULES:
                return True
        elif isinstance(part, ast.Attribute) and part.attr in _PLOTTING_METHODS:
            return True
    return False


def leaves_figure(body: Sequence[ast.stmt]) -> bool:
    """Whether statements draw by pyplot and do not put the figure away before their end."""
    calls = [
        part.func.attr
        for statement in body
        for part in walk(statement)
        if isinstance(part, ast.Call)
        and isinstance(part.func, ast.Attribute)
        and isinstance(part.func.value, ast.Name)
        and part.func.value.id == "plt"
    ]
    ends = bool(body) and ast.unparse(body[-1]) == "plt.show()"
    closing = sum(call in ("show", "close", "clf") for call in calls) - ends
    return not closing and any(call not in _SETTING_CALLS for call in calls)


def figure_name(body: Sequence[ast.stmt]) -> str | None:
    """The name that statements give the only figure that they begin, None where there is none."""
    names = []
    for statement in body:
        for part in walk(statement):
            if isinstance(part, ast.Call) and ast.unparse(part.func) in _FIGURES:
                names.append(_first_target(statement) if _is_value(part, statement) else None)
    return names[0] if len(names) == 1 else None


_FIGURES = frozenset(["plt.subplots", "plt.figure"])


def _is_value(call: ast.Call, statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and statement.value is call


def _first_target(statement: ast.stmt) -> str | None:
    """The name of the figure: the only target, or the first of a pair."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return None
    target: ast.expr = statement.targets[0]
    if ast.unparse(statement.value.func) == "plt.subplots":
        if not isinstance(target, ast.Tuple):
            return None
        target = target.elts[0]
    return target.id if isinstance(target, ast.Name) and target.id != "_" else None
