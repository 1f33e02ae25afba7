"""What a name without a definition may lack: an import, or a line that is no code here."""

from __future__ import annotations

import ast
import re
from math import inf
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.flow.types import Definition, Failure
from nbprod.libraries.usual_imports import ALIASES, CALLABLES, MODULES, PYLAB
from nbprod.patterns import lazy_pattern
from nbprod.rules.callbacks import registered
from nbprod.syntax.walk import walk

__all__ = [
    "LocalVariable",
    "bound_by_private",
    "commented_out_in",
    "help_with_local",
    "how_to_restore",
    "is_list_of_names",
    "is_sketched",
    "lacks_names_altogether",
    "later_star",
    "local_of",
    "pylab_names",
    "usual_import",
]

_SHORTEST_LIST = 3
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS: tuple[type[_Function], ...] = (ast.FunctionDef, ast.AsyncFunctionDef)
_WORD = lazy_pattern(r"[^\W\d]\w*")
# What a task leaves for the reader to write: `# model = ...`, `# model = <your code>`.
_BLANK = r"(?:\.\.\.|None\b|_{2,}|<[^>\n]*>|\?+|(?:TODO|YOUR[ _]CODE)\b|)[ \t]*(?:#.*)?$"
_COMMENTED_HEAD = lazy_pattern(r"[ \t]*#[# \t]*(?:async )?(?:def|class) ")
_TASK = r"(?:TODO|FIXME|YOUR CODE|FILL IN)\b"


def usual_import(failure: Failure, facts: Facts) -> str | None:
    """The usual import for a name: `import numpy as np`.

    None where the name is used as no module is: as a number, or called.
    """
    read = failure.read
    source = facts.cell(read.cell).source if read.cell >= 0 else ""
    is_module = source[read.end : read.end + 1] == "."
    if failure.name in ALIASES and (is_module or failure.name in CALLABLES):
        return ALIASES[failure.name]
    if failure.name in pylab_names(facts):
        return f"from matplotlib.pyplot import {', '.join(pylab_names(facts))}"
    # `time` alone may be anything, `time.sleep` is the module.
    return f"import {failure.name}" if failure.name in MODULES and is_module else None


def pylab_names(facts: Facts) -> tuple[str, ...]:
    """The names of pyplot that a notebook reads and nothing binds, as if `%pylab` had run.

    Nothing where there is but one, which may be anything: `figure`, `title`.
    """
    return facts.shared(_unbound_of_pylab)


def _unbound_of_pylab(facts: Facts) -> tuple[str, ...]:
    names = {read.name for read in facts.flow.failures if read.reason == "nowhere"} & PYLAB
    return tuple(sorted(names)) if len(names) > 1 else ()


class LocalVariable(NamedTuple):
    """A name that only functions bind.

    ``cell`` has the definition that is in force where the name is read; ``functions`` are the names
    of all such functions, that one first. ``is_above``: it is defined before the read;
    ``is_returned``: it gives the value to whoever calls it.
    """

    cell: int
    functions: tuple[str, ...]
    is_above: bool
    is_returned: bool


def local_of(failure: Failure, facts: Facts) -> LocalVariable | None:
    """The functions that have the name of a failed read as a local variable."""
    found = facts.shared(_locals_of_functions).get(failure.name)
    if not found:
        return None
    above = [one for one in found if one[0] <= failure.cell]
    cell, first = above[-1] if above else found[0]
    names = dict.fromkeys([first.name, *(function.name for _, function in found)])
    return LocalVariable(cell, tuple(names), bool(above), _returns(first, failure.name))


def _returns(function: _Function, name: str) -> bool:
    """Whether a function returns a local variable, alone or among others."""
    values = (node.value for node in walk(function) if isinstance(node, ast.Return) and node.value)
    return any(
        isinstance(part, ast.Name) and part.id == name
        for value in values
        for part in (value.elts if isinstance(value, ast.Tuple) else [value])
    )


def _locals_of_functions(facts: Facts) -> dict[str, list[tuple[int, _Function]]]:
    """By name, the functions that have it as a local variable, with their cells."""
    found: dict[str, list[tuple[int, _Function]]] = {}
    for cell, function in facts.nodes_with(_FUNCTIONS, "def"):
        stores: dict[str, None] = {}
        declared: set[str] = set()
        for node in walk(function):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                stores.setdefault(node.id)
            elif isinstance(node, (ast.Global, ast.Nonlocal)):
                declared.update(node.names)
        for name in stores:
            if name not in declared:
                found.setdefault(name, []).append((cell, function))
    return found


def help_with_local(name: str, local: LocalVariable, facts: Facts) -> str | None:
    """How the value of a local variable comes out of its function, if it can reach the read."""
    function = local.functions[0]
    if not local.is_above or function in registered(facts):
        return None
    if local.is_returned:
        return f"`{function}` of cell {local.cell + 1} returns it: assign what a call gives to it"
    return f"return it from `{function}` in cell {local.cell + 1}, or define it in a cell above"


def bound_by_private(failure: Failure, facts: Facts) -> str | None:
    """The cell magic that runs all that binds the name, and keeps nothing: `%%timeit`."""
    magics = {_private_magic(made.cell, facts) for made in failure.elsewhere}
    return magics.pop() if len(magics) == 1 and failure.reason == "skipped" else None


def _private_magic(cell: int, facts: Facts) -> str | None:
    parsed = facts.parsed[cell]
    magic = parsed.cell_magic if parsed is not None else None
    return f"%%{magic.name}" if magic is not None and magic.scope == "private" else None


def later_star(failure: Failure, facts: Facts) -> Definition | None:
    """The first wildcard import of pylab, where it comes after a read of what it binds."""
    if failure.reason != "nowhere" or failure.name not in PYLAB:
        return None
    wildcards = [
        made
        for made in facts.flow.dynamic
        if made.binding.detail in ("from pylab import *", "from matplotlib.pylab import *")
    ]
    first = min(wildcards, key=lambda made: made.binding.span, default=None)
    return first if first is not None and first.binding.span > failure.read else None


def is_sketched(failure: Failure, facts: Facts) -> bool:
    """Whether a cell shows how code goes and is not meant to run: it never ran, and lacks much."""
    if failure.cell not in facts.execution.unexecuted:
        return False
    return len({name for name, _ in _missing_in(failure.cell, facts)}) > 1


def lacks_names_altogether(cell: int, facts: Facts) -> bool:
    """Whether a cell reads a name that no cell binds."""
    return any(reason == "nowhere" for _, reason in _missing_in(cell, facts))


def _missing_in(cell: int, facts: Facts) -> set[tuple[str, str]]:
    """The names that a run does not find in a cell, each with the reason."""
    return facts.shared(_missing_by_cell).get(cell, set())


def _missing_by_cell(facts: Facts) -> dict[int, set[tuple[str, str]]]:
    found: dict[int, set[tuple[str, str]]] = {}
    for failure in facts.flow.failures:
        found.setdefault(failure.cell, set()).add((failure.name, failure.reason))
    return found


def how_to_restore(failure: Failure, facts: Facts) -> str | None:
    """What to do with a definition in a comment that a read needs.

    None where no cell down to that of the read has one, or where the execution counts say that
    the value came from a cell that defines it now.
    """
    counts = facts.execution.counts
    ran = counts.get(failure.cell, 0)
    if any(0 < counts.get(made.cell, 0) < ran for made in failure.elsewhere):
        return None
    cells = facts.shared(_commented_words).get(failure.name, ())
    above = [cell for cell in cells if cell <= failure.cell]
    commented = commented_out_in(failure.name, facts, failure.cell)
    if commented is not None and commented <= failure.cell:
        where = "this cell" if commented == failure.read.cell else f"cell {commented + 1}"
        word = re.escape(failure.name)
        blank = rf"(?im)^[ \t]*#[# \t]*{word}[ \t]*=[ \t]*{_BLANK}"
        verb = "write" if re.search(blank, facts.cell(commented).source) else "uncomment"
        return f"{verb} its definition in {where}"
    task = re.compile(rf"(?im)^[ \t]*#.*{_TASK}.*\b{re.escape(failure.name)}\b")
    for cell in reversed(above):
        if task.search(facts.cell(cell).source):
            where = "this cell" if cell == failure.read.cell else f"cell {cell + 1}"
            return f"write its definition in {where}: a comment leaves it to do there"
    return None


def commented_out_in(name: str, facts: Facts, reader: int | None = None) -> int | None:
    """A cell where a definition of a name is commented out.

    The nearest one down to the cell of the ``reader``, or else the first.
    """
    cells = facts.shared(_commented_words).get(name)
    if not cells:
        return None
    if reader is not None:
        above = [cell for cell in reversed(cells) if cell <= reader]
        cells = [*above, *(cell for cell in cells if cell > reader)]
    word = re.escape(name)
    pattern = re.compile(
        rf"^[ \t]*#[# \t]*(?:{word}[ \t]*(?::[^=\n]+)?=(?!=)"
        rf"|(?:\w+[ \t]*,[ \t]*)*{word}[ \t]*(?:,[ \t]*\w+[ \t]*)*=(?!=)"
        rf"|(?:async )?def {word}\b|class {word}\b"
        rf"|(?:from .+ )?import (?:.*[, ])?{word}[ \t]*(?:$|,|#))",
        re.MULTILINE,
    )
    return next((cell for cell in cells if _has_outside(pattern, facts.cell(cell).source)), None)


def _has_outside(pattern: re.Pattern[str], source: str) -> bool:
    """Whether a comment has what a pattern finds, outside of functions that are comments."""
    # How far the outermost such function is indented, of the comments without code between them.
    outermost: float = inf
    for line in source.splitlines():
        start = line.lstrip()[:1]
        if start == "#":
            depth = _depth(line)
            if depth <= outermost and pattern.match(line):
                return True
            if _COMMENTED_HEAD.match(line):
                outermost = min(outermost, depth)
        elif start:
            outermost = inf
    return False


def _depth(line: str) -> int:
    """How far a line of comment is indented, with its marks."""
    return len(line) - len(line.lstrip(" \t#"))


def is_list_of_names(cell: int, facts: Facts) -> bool:
    """Whether a cell is a list of words, as of requirements: names alone, most of them unbound."""
    parsed = facts.parsed[cell]
    body = parsed.tree.body if parsed is not None and parsed.tree is not None else []
    if len(body) < _SHORTEST_LIST or parsed is None or parsed.magics:
        return False
    words = [_bare_name(statement) for statement in body]
    unbound = {failure.name for failure in facts.flow.failures if failure.cell == cell}
    return all(words) and 2 * sum(word in unbound for word in words) > len(words)


def _bare_name(statement: ast.stmt) -> str:
    """The name of which a line consists: `numpy`, `scikit-learn`, `pandas==1.5`."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    while isinstance(value, (ast.BinOp, ast.Compare)):
        value = value.left
    return value.id if isinstance(value, ast.Name) else ""


def _commented_words(facts: Facts) -> dict[str, list[int]]:
    """The words of lines that are comments, each with the Python cells that have it there."""
    found: dict[str, list[int]] = {}
    for cell in facts.notebook.cells:
        if cell.is_python and "#" in cell.source:
            lines = (line.lstrip() for line in cell.source.splitlines())
            text = "\n".join(line for line in lines if line.startswith("#"))
            for word in dict.fromkeys(_WORD.findall(text)):
                found.setdefault(word, []).append(cell.index)
    return found
