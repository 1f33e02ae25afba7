"""Type hints from what the notebook itself shows: literals, constructors, annotations."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from nbprod.libraries.functions import result_type

__all__ = ["hint_of", "hint_of_literal", "joined_hints"]

_SIMPLE = frozenset(["int", "float", "str", "bool", "bytes", "complex"])
_CONTAINERS = frozenset(["list", "dict", "set", "tuple", "frozenset"])
_BUILTIN_RESULTS = {
    "len": "int",
    "open": "",
    "sorted": "list",
    "sum": "",
    "round": "",
    "input": "str",
}


def hint_of(node: ast.expr, imports: Mapping[str, str], shadowed: frozenset[str]) -> str:
    """The type of an expression as the module would write it, ``Any`` when it is not known.

    ``imports`` are the dotted names of what the module imports, by name; ``shadowed`` the
    builtins that the notebook has rebound.
    """
    if isinstance(node, ast.Constant):
        kind = type(node.value).__name__
        return kind if kind in _SIMPLE else "Any"
    if isinstance(node, ast.JoinedStr):
        return "str"
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        return hint_of(node.operand, imports, shadowed)
    if isinstance(node, ast.UnaryOp):
        return "bool"
    if isinstance(node, (ast.List, ast.Set)):
        return _of_elements(type(node).__name__.lower(), node.elts, imports, shadowed)
    if isinstance(node, ast.Dict):
        keys = joined_hints(
            hint_of(expression, imports, shadowed) for expression in node.keys if expression
        )
        values = joined_hints(hint_of(expression, imports, shadowed) for expression in node.values)
        return f"dict[{keys}, {values}]"
    if isinstance(node, ast.Tuple):
        inner = [hint_of(expression, imports, shadowed) for expression in node.elts]
        return f"tuple[{', '.join(inner)}]" if inner else "tuple[()]"
    if isinstance(node, ast.ListComp):
        return f"list[{hint_of(node.elt, imports, shadowed)}]"
    if isinstance(node, ast.Call):
        return _of_call(node.func, imports, shadowed)
    return "Any"


def joined_hints(hints: Iterable[str]) -> str:
    """The one hint that all share, ``Any`` when they differ."""
    found = set(hints)
    if found == {"int", "float"}:
        return "float"
    return found.pop() if len(found) == 1 else "Any"


def _of_elements(
    kind: str, elements: list[ast.expr], imports: Mapping[str, str], shadowed: frozenset[str]
) -> str:
    return (
        f"{kind}[{joined_hints(hint_of(expression, imports, shadowed) for expression in elements)}]"
    )


def _of_call(func: ast.expr, imports: Mapping[str, str], shadowed: frozenset[str]) -> str:
    if isinstance(func, ast.Name):
        if func.id in shadowed:
            return "Any"
        if func.id in _SIMPLE:
            return func.id
        if func.id in _CONTAINERS:
            return {"dict": "dict[Any, Any]", "tuple": "tuple[Any, ...]"}.get(
                func.id, f"{func.id}[Any]"
            )
        found = _BUILTIN_RESULTS.get(func.id)
        if found:
            return f"{found}[Any]" if found in _CONTAINERS else found
    dotted = _dotted(func, imports)
    kind = result_type(dotted) if dotted else None
    return _written(kind, imports) if kind else "Any"


def _dotted(func: ast.expr, imports: Mapping[str, str]) -> str | None:
    parts: list[str] = []
    while isinstance(func, ast.Attribute):
        parts.append(func.attr)
        func = func.value
    if isinstance(func, ast.Name) and func.id in imports:
        return ".".join([imports[func.id], *reversed(parts)])
    return None


def _written(kind: str, imports: Mapping[str, str]) -> str:
    """A dotted type as the module can say it with its own imports."""
    for name, module in imports.items():
        if kind == module:
            return name
    for name, module in imports.items():
        if kind.startswith(module + "."):
            return name + kind[len(module) :]
    return "Any"


def hint_of_literal(text: str) -> str:
    """The type of a literal, as a hint."""
    value = ast.literal_eval(text) if _is_literal(text) else None
    if isinstance(value, tuple):
        return "tuple[" + ", ".join(type(item).__name__ for item in value) + "]"
    return type(value).__name__ if value is not None else "object"


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True
