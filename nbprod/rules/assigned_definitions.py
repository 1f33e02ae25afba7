"""Variables that are definitions by another spelling: modules, functions and classes."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.flow.types import Definition
from nbprod.syntax.dotted import dotted_name

__all__ = ["assigned_definitions"]

_MODULES = frozenset(("import_module", "__import__", "lazy_import", "reload", "try_import"))
_CLASSES = frozenset(
    ("NewType", "TypeVar", "create_model", "declarative_base", "make_dataclass", "namedtuple",
     "new_class")
)  # fmt: skip
_CALLABLES = frozenset(
    ("attrgetter", "cache", "compose", "container_op_from_func", "create_component_from_func",
     "frompyfunc", "func_to_container_op", "itemgetter", "jit", "lambdify", "load_component",
     "load_component_from_file", "load_component_from_text", "load_component_from_url",
     "lru_cache", "methodcaller", "njit", "pandas_udf", "partial", "partialmethod", "udf",
     "vectorize", "wraps")
)  # fmt: skip


def assigned_definitions(facts: Facts) -> frozenset[str]:
    """The variables each of whose values is known to be a module, a function or a class."""
    called_only = _called_only(facts)
    return frozenset(
        name
        for name, made in facts.flow.definitions.items()
        if (bound := [one for one in made if not one.is_unbound])
        and all(_is_definition(one, name in called_only, facts) for one in bound)
    )


def _is_definition(made: Definition, is_called_only: bool, facts: Facts) -> bool:
    if made.binding.kind in ("import", "function", "class"):
        return True
    node = made.node
    if made.binding.kind != "assignment" or not isinstance(node, (ast.Assign, ast.AnnAssign)):
        return False
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if node.value is None or not all(isinstance(target, ast.Name) for target in targets):
        return False
    return _makes_definition(node.value, is_called_only, facts)


def _makes_definition(value: ast.expr, is_called_only: bool, facts: Facts) -> bool:
    if isinstance(value, ast.Lambda):
        return True
    if isinstance(value, ast.IfExp):
        branches = (value.body, value.orelse)
        return all(_makes_definition(branch, is_called_only, facts) for branch in branches)
    if isinstance(value, (ast.Name, ast.Attribute)):
        # `root = math.sqrt`: an alias; what is not only called may be a value of the module.
        return is_called_only and (bool(facts.qualified(value)) or _is_function(value, facts))
    if not isinstance(value, ast.Call):
        return False
    last = dotted_name(value.func).rpartition(".")[2] or _last_of_call(value.func)
    if last in _MODULES | _CLASSES or last == "type" and len(value.args) == 3:
        return True
    if last in _CALLABLES:
        return True
    # `cached = memoize(load)`: a function of the notebook, wrapped.
    return is_called_only and any(
        isinstance(argument, ast.Lambda) or _is_function(argument, facts)
        for argument in value.args[:1]
    )


def _last_of_call(node: ast.expr) -> str:
    """The last name of what makes a decorator: `lru_cache` of `lru_cache(maxsize=2)(load)`."""
    return dotted_name(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""


def _is_function(node: ast.expr, facts: Facts) -> bool:
    if not isinstance(node, ast.Name):
        return False
    made = [one for one in facts.flow.definitions.get(node.id, ()) if not one.is_unbound]
    return bool(made) and all(one.binding.kind == "function" for one in made)


def _called_only(facts: Facts) -> frozenset[str]:
    """The names that are read to be called and for nothing else."""
    called: set[str] = set()
    otherwise: set[str] = set()
    for parsed in facts.parsed:
        if parsed is None:
            continue
        callees = {id(node.func) for node in parsed.nodes if isinstance(node, ast.Call)}
        for node in parsed.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                (called if id(node) in callees else otherwise).add(node.id)
    return frozenset(called - otherwise)
