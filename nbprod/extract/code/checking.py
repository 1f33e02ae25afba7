"""Checks of a module that is not run: whether its imports are installed and its names bound.

A module is only imported when its notebook is run: importing it would run the author's code.
Here, modules are looked for where imports look for them, without importing any.
"""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Iterator, Sequence

from nbprod.extract.code.format import lint
from nbprod.patterns import lazy_pattern
from nbprod.programs import run_program
from nbprod.syntax.walk import walk

__all__ = ["doubts", "imported_from_outside", "undefined_names"]

_UNDEFINED = lazy_pattern(r"^[^:]*:(\d+):\d+: F82\d (.*)$")
# A top-level name is found without executing anything of what is found.
_ASK = """
import importlib.util, json, sys
names, folders = json.load(sys.stdin)
sys.path[:0] = folders
def is_there(name):
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return name in sys.modules
json.dump([one for one in names if not is_there(one)], sys.stdout)
"""


def doubts(text: str, folders: Sequence[str], python: str) -> Iterator[str]:
    """What may keep a module from doing its work, in words.

    Args:
        text: the module.
        folders: where else modules lie that it may import: its own root, the notebook's folder.
        python: the interpreter that is to import it.
    """
    names = sorted(imported_from_outside(text))
    missing = _missing(names, folders, python)
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing)
        verb = "is" if len(missing) == 1 else "are"
        yield f"the module imports {listed}, which {verb} not installed for {python}"


def undefined_names(text: str) -> list[str]:
    """The names that a module reads and nothing binds, with the lines that read them."""
    found = lint(text, "module.py", "F821,F823", with_suppressed=True)
    return [_UNDEFINED.sub(r"line \1: \2", line) for line in found if _UNDEFINED.search(line)]


def imported_from_outside(text: str) -> set[str]:
    """The top-level names of what a module imports, the standard library left out."""
    found = set()
    for node in walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names


def _missing(names: Sequence[str], folders: Sequence[str], python: str) -> list[str]:
    """The names of modules that an interpreter does not find."""
    if not names:
        return []
    paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    try:
        asked = json.dumps([list(names), [*map(os.path.abspath, folders), *paths]])
        done = run_program([python, "-I", "-c", _ASK], given=asked.encode(), seconds=60)
    except (OSError, TimeoutError):
        return []
    found: list[str] = json.loads(done.output) if done.code == 0 else []
    return found
