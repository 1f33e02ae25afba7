"""Why a cell does not parse or compile, in the words and at the place that Python gives."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence

from nbprod.notebook.positions import LineIndex
from nbprod.syntax.newer_fstrings import parses_with_newer_fstrings
from nbprod.syntax.types import SyntaxFault

__all__ = ["fault_of", "misplaced", "newer_python"]

# What parses anywhere and compiles only in a function, in a loop or at the outermost level.
_PARTICULAR = (
    r"(?m)\b(?:yield|await|async|nonlocal|global|break|continue)\b"
    r"|^[ \t]+from\b.*\bimport[ \t]*\*"
)

# Syntax that came with a version, as it looks in the line where an older parser gives up.
_NEWER: tuple[tuple[tuple[int, int], str], ...] = (
    ((3, 10), r"^[ \t]*match\b.*:[ \t]*(?:#.*)?$"),
    ((3, 11), r"^[ \t]*except[ \t]*\*"),
    ((3, 11), r"^[^#]*\[[^]]*\*\w+[^]]*\]"),
    ((3, 12), r"^[ \t]*type[ \t]+\w+[ \t]*(?:\[.*\])?[ \t]*="),
    ((3, 12), r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+\w+[ \t]*\["),
    ((3, 13), r"^[ \t]*(?:(?:async[ \t]+)?def|class|type)[ \t]+\w+[ \t]*\[[^]]*="),
    ((3, 14), r"""^[^#]*(?<![\w'"\\])(?:[tT][rR]?|[rR][tT])['"]"""),
    ((3, 14), r"^[ \t]*except[ \t]*\*?[ \t]*[\w.]+[ \t]*(?:,[ \t]*[\w.]+[ \t]*)+:"),
)
_NEWER_MESSAGES: tuple[tuple[tuple[int, int], str], ...] = (
    ((3, 11), "asynchronous comprehension outside of an asynchronous function"),
)
_FSTRINGS = (3, 12)


def fault_of(error: Exception, source: str, cuts: Mapping[int, int]) -> SyntaxFault:
    """The fault that an exception of the parser stands for.

    ``cuts`` are what the parser did not see of the lines, by their offsets.
    """
    null = source.find("\0")
    if null >= 0:
        return SyntaxFault("source code cannot contain null bytes", null, null + 1)
    if not isinstance(error, SyntaxError):
        return SyntaxFault("too deeply nested to parse", 0, min(len(source), 1))
    index = LineIndex(source)
    line = min(max(error.lineno or 1, 1), len(index.starts))
    start = _offset(index, cuts, line, error.offset or 1)
    end = start
    if error.end_lineno and error.end_offset and error.end_offset > 0:
        end = _offset(index, cuts, min(error.end_lineno, len(index.starts)), error.end_offset)
    message = error.msg or "invalid syntax"
    needs = newer_python(message, index.line(line), source, sys.version_info[:2])
    return SyntaxFault(message, start, min(max(end, start + 1), len(source)), needs)


def _offset(index: LineIndex, cuts: Mapping[int, int], line: int, column: int) -> int:
    """The offset of a column that counts code points from 1, as in a `SyntaxError`."""
    start = index.starts[line - 1]
    return start + min(max(column - 1, 0) + cuts.get(start, 0), len(index.line(line)))


def newer_python(
    message: str, line: str, source: str, running: tuple[int, int]
) -> tuple[int, int] | None:
    """The Python that could read a source, when the running one is only too old for it.

    ``line`` is the one where the running one gives up.
    """
    if message.startswith("Missing parentheses in call to"):
        return None  # Python 2
    for version, text in _NEWER_MESSAGES:
        if running < version and message.startswith(text):
            return version
    for version, pattern in _NEWER:
        if running < version and re.search(pattern, line):
            return version
    if running < _FSTRINGS and parses_with_newer_fstrings(source):
        return _FSTRINGS
    return None


def misplaced(tree: ast.Module, text: str) -> SyntaxFault | None:
    """What parses but does not compile: `return` outside a function and the like.

    Like IPython we compile each statement of the cell on its own, with `await` allowed. Only cells
    with words that may be misplaced are compiled at all.
    """
    if "return" in text:
        for node in _returns(tree.body):
            index = LineIndex(text)
            start = index.offset(node.lineno, node.col_offset)
            end = index.offset(node.end_lineno or 1, node.end_col_offset or 0)
            return SyntaxFault("'return' outside function", start, end)
    if not (
        # Much quicker than the pattern, which most cells need not be searched for.
        "yield" in text
        or "await" in text
        or "async " in text
        or "nonlocal" in text
        or "global " in text
        or "break" in text
        or "continue" in text
        or "import *" in text
    ):
        return None
    index = LineIndex(text)
    lines = [index.position(match.end())[0] for match in re.finditer(_PARTICULAR, text)]
    for statement in tree.body:
        last = statement.end_lineno or statement.lineno
        if not any(statement.lineno <= line <= last for line in lines):
            continue
        module = ast.Module(body=[statement], type_ignores=[])
        try:
            compile(module, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True, 0)
        except SyntaxError as error:
            # Unlike the parser's, the columns of the compiler are those of the tree.
            return fault_of(error, text, {})
        except (ValueError, RecursionError, MemoryError):
            return None
    return None


def _returns(body: Sequence[ast.stmt]) -> Iterator[ast.Return]:
    """The `return` statements outside of functions."""
    for node in body:
        kind = type(node)
        if kind is ast.Return:
            yield node  # type: ignore[misc]
        elif kind in _HOLDERS:
            for part in ("body", "orelse", "finalbody"):
                yield from _returns(getattr(node, part, ()))
            for part in ("handlers", "cases"):
                for branch in getattr(node, part, ()):
                    yield from _returns(branch.body)


_HOLDERS = frozenset(
    [ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith, ast.Match]
    + [ast.ClassDef, getattr(ast, "TryStar", ast.Try)]
)
