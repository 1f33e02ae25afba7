"""Literal paths of a task: which files it reads and which it writes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from nbprod.libraries.spark_io import reads_by_spark
from nbprod.patterns import lazy_pattern
from nbprod.refactor.plan import Constant
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = ["PathUse", "path_calls", "path_key", "path_use", "path_use_of_name"]

PathUse = Literal["read", "write"]

_FILE = lazy_pattern(r"[^*?\n]+\.\w{1,8}\Z")
_READERS = lazy_pattern(r"read_\w+\Z|load\w*\Z|genfromtxt\Z|imread\Z|fromfile\Z")
_WRITERS = lazy_pattern(r"to_(?!datetime|numeric)\w+\Z|save\w*\Z|imwrite\Z|imsave\Z|tofile\Z")


def path_use(constant: Constant) -> PathUse | None:
    """Whether a setting is the path of one file, and what is done with the file.

    A directory, a pattern of names, and a path of which nothing else is known is a text.
    """
    text = ast.literal_eval(constant.text)
    if not isinstance(text, str) or not _FILE.match(text):
        return None
    uses = {
        use
        for node in constant.unit.nodes
        for part in walk(node)
        if isinstance(part, ast.Call) and part.args and _is(part.args[0], text)
        if (use := _of_call(part)) is not None
    }
    return uses.pop() if len(uses) == 1 else None


def path_use_of_name(name: str, value: object, nodes: Iterable[ast.AST]) -> PathUse | None:
    """What some statements do with the file whose path a name of the notebook holds.

    None where they also use the name for anything else.
    """
    if not isinstance(value, str) or not _FILE.match(value):
        return None
    uses: set[PathUse | None] = set()
    count = 0
    for node in nodes:
        for part in walk(node):
            count += isinstance(part, ast.Name) and part.id == name
            if isinstance(part, ast.Call) and part.args:
                first = part.args[0]
                if isinstance(first, ast.Name) and first.id == name:
                    uses.add(_of_call(part))
                    count -= 1
    return uses.pop() if len(uses) == 1 and not count else None


def path_calls(node: ast.AST, texts: Mapping[str, str]) -> Iterator[tuple[PathUse, str]]:
    """The files that a statement reads and writes, whose paths are written out or in ``texts``."""
    for part in walk(node):
        if not isinstance(part, ast.Call) or not part.args:
            continue
        first = part.args[0]
        path = first.value if isinstance(first, ast.Constant) else None
        path = texts.get(first.id) if isinstance(first, ast.Name) else path
        use = _of_call(part)
        if use is not None and isinstance(path, str) and _FILE.match(path):
            yield use, path


def _is(node: ast.expr, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _of_call(call: ast.Call) -> PathUse | None:
    called = last_name(call.func)
    if called == "open":
        return _of_open(call)
    if reads_by_spark(call.func):
        return "read"
    if _WRITERS.match(called):
        return "write"
    return "read" if _READERS.match(called) else None


def _of_open(call: ast.Call) -> PathUse | None:
    """How a file is opened: to be read, or written anew; appending is neither."""
    modes = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "mode")]
    if not modes:
        return "read"
    mode = modes[0].value if isinstance(modes[0], ast.Constant) else None
    if not isinstance(mode, str) or set(mode) & set("a+"):
        return None
    return "write" if set(mode) & set("wx") else "read"


def path_key(name: str) -> str:
    """The key of a path in the configuration: `sales_path` is `paths.sales`."""
    return f"paths.{name.removesuffix('_path') or name}"
