"""The folders that code adds to the path on which modules are looked for."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from nbprod.syntax.dotted import dotted_name

__all__ = ["added_folders"]

_EXTENDING = ("sys.path.append", "sys.path.insert")
_SAME_FOLDER = ("abspath", "realpath", "normpath", "str", "Path", "resolve")


def added_folders(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Each folder that `sys.path.append` or `sys.path.insert` adds as a literal."""
    for node in nodes:
        if isinstance(node, ast.Call) and node.args and dotted_name(node.func) in _EXTENDING:
            folder = _folder(node.args[-1])
            if folder:
                yield folder


def _folder(node: ast.expr) -> str | None:
    """The text of a path, through calls that only make it absolute or join its parts."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.Call):
        return None
    called = node.func
    name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
    if name == "resolve" and isinstance(called, ast.Attribute):
        return _folder(called.value)
    if name == "join":
        parts = [_folder(argument) for argument in node.args]
        return "/".join(part for part in parts if part) if all(parts) else None
    return _folder(node.args[0]) if name in _SAME_FOLDER and len(node.args) == 1 else None
