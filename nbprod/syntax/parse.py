"""Cells to trees. Nothing here raises: a cell that does not parse has a fault."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator, Sequence

from nbprod.notebook.types import Cell, Notebook
from nbprod.syntax.magics import SyntaxOptions
from nbprod.syntax.mask import Masked, is_suspect, mask
from nbprod.syntax.spans import LineIndex
from nbprod.syntax.types import ParsedCell, SyntaxFault

__all__ = ["SyntaxOptions", "parse_cell", "parse_notebook"]

_SURROGATES = re.compile("[\ud800-\udfff]")
_LAST_SEMICOLON = re.compile(r";[ \t]*(?:#[^\r\n]*)?\s*\Z")
_PRINT_STATEMENT = re.compile(r"[ \t]*print[ \t]+[^\s=(.\[]")
_NEWER: tuple[tuple[tuple[int, int], re.Pattern[str]], ...] = (
    ((3, 11), re.compile(r"^\s*except\s*\*", re.MULTILINE)),
    ((3, 12), re.compile(r"^\s*type\s+\w+(\[[^\]]*\])?\s*=", re.MULTILINE)),
    ((3, 12), re.compile(r"^\s*(?:async\s+)?(?:def|class)\s+\w+\[", re.MULTILINE)),
    ((3, 12), re.compile(r"""\b[fF][rR]?(['"]).*\{[^}'"]*\1""")),
    ((3, 14), re.compile(r"""\b[tT][rR]?['"]""")),
    ((3, 14), re.compile(r"^\s*except\s+\w+\s*,\s*\w+\s*:", re.MULTILINE)),
)


def parse_notebook(
    notebook: Notebook, options: SyntaxOptions = SyntaxOptions()
) -> tuple[ParsedCell | None, ...]:
    """Parse every Python cell; the others are None, so that indices are those of the cells."""
    return tuple(parse_cell(cell, options) if cell.is_python else None for cell in notebook.cells)


def parse_cell(cell: Cell, options: SyntaxOptions = SyntaxOptions()) -> ParsedCell:
    """Parse one cell of Python with IPython syntax."""
    source = cell.source
    if not source.isascii():
        # A lone surrogate cannot be encoded; any other character keeps the positions.
        source = _SURROGATES.sub("\ufffd", source)
    if not is_suspect(source):
        tree = _parse(source)
        if isinstance(tree, ast.Module):
            fault = _misplaced(tree, source)
            return _parsed(cell, source, None if fault else tree, None, fault)
    masked = mask(source, options)
    if masked.opaque:
        empty = ast.Module(body=[], type_ignores=[])
        return _parsed(cell, masked.text, empty, masked, None)
    tree = _parse(masked.text)
    if isinstance(tree, ast.Module):
        fault = _misplaced(tree, source)
        return _parsed(cell, masked.text, None if fault else tree, masked, fault)
    return _parsed(cell, masked.text, None, masked, _fault(tree, source, masked.text))


def _parsed(
    cell: Cell,
    text: str,
    tree: ast.Module | None,
    masked: Masked | None,
    fault: SyntaxFault | None,
) -> ParsedCell:
    return ParsedCell(
        cell=cell,
        masked=text,
        tree=tree,
        magics=tuple(masked.magics) if masked else (),
        cell_magic=masked.cell_magic if masked else None,
        fault=fault,
        suppressed_output=";" in text[-80:] and _LAST_SEMICOLON.search(text) is not None,
    )


def _parse(source: str) -> ast.Module | Exception:
    """The tree, or what stands against it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except IndentationError as error:
            dedented = _parse_indented(source)
            return dedented if dedented is not None else error
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return error


def _parse_indented(source: str) -> ast.Module | None:
    """A cell that is indented as a whole, which IPython accepts; positions stay."""
    match = re.match(r"\s*?^([ \t]+)\S", source, re.MULTILINE)
    if match is None:
        return None
    lines = re.split(r"\r\n|\r|\n", source)
    if any(line.strip() and not line.startswith(match[1]) for line in lines):
        return None
    try:
        tree = ast.parse("if 1:\n" + source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.If) or tree.body[0].orelse:
        return None
    module = ast.Module(body=tree.body[0].body, type_ignores=[])
    for statement in module.body:
        ast.increment_lineno(statement, -1)
    return module


def _fault(error: Exception, source: str, masked: str) -> SyntaxFault:
    if not isinstance(error, SyntaxError):
        if isinstance(error, (RecursionError, MemoryError)):
            return SyntaxFault("too deeply nested to parse", 0, min(len(source), 1))
        at = max(source.find("\0"), 0)
        return SyntaxFault("holds a null byte", at, at + 1)
    index = LineIndex(source)
    line = error.lineno or 1
    # CPython counts these columns in code points, from 1.
    start = _clamped(index, line, (error.offset or 1) - 1)
    end = start + 1
    if error.end_lineno and error.end_offset and error.end_offset > 0:
        end = max(end, _clamped(index, error.end_lineno, error.end_offset - 1))
    message = error.msg or "invalid syntax"
    if 1 <= line <= len(index.starts) and _PRINT_STATEMENT.match(index.line(line)):
        message = "print is a function in Python 3: write `print(...)`"
    return SyntaxFault(message, start, min(max(end, start), len(source)), _needs(masked))


def _clamped(index: LineIndex, line: int, column: int) -> int:
    if line > len(index.starts):
        return len(index.source)
    start = index.starts[line - 1]
    return min(start + max(column, 0), start + len(index.line(line)))


def _needs(source: str) -> tuple[int, int] | None:
    """The Python that could read the source, when this one is only too old for it."""
    for version, pattern in _NEWER:
        if sys.version_info < version and pattern.search(source):
            return version
    return None


def _misplaced(tree: ast.Module, source: str) -> SyntaxFault | None:
    """What parses and yet does not compile: `return` outside a function and its kin."""
    for node, message in _stray(tree.body, in_loop=False):
        index = LineIndex(source)
        start = index.offset(node.lineno, node.col_offset)
        end = index.offset(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
        return SyntaxFault(message, start, end)
    return None


def _stray(body: Sequence[ast.stmt], *, in_loop: bool) -> Iterator[tuple[ast.stmt, str]]:
    """Statements of the cell's own level that only a function or a loop may hold."""
    for node in body:
        kind = type(node)
        if kind is ast.Return:
            yield node, "'return' outside function"
        elif kind is ast.Nonlocal:
            yield node, "nonlocal declaration not allowed at module level"
        elif kind in (ast.Break, ast.Continue):
            if not in_loop:
                word = "break" if kind is ast.Break else "continue"
                yield (
                    node,
                    f"'{word}' outside loop"
                    if word == "break"
                    else ("'continue' not properly in loop"),
                )
        elif kind is ast.Expr and isinstance(node.value, (ast.Yield, ast.YieldFrom)):  # type: ignore[attr-defined]
            yield node, "'yield' outside function"
        elif kind in (ast.For, ast.While, ast.AsyncFor):
            yield from _stray(node.body, in_loop=True)  # type: ignore[attr-defined]
            yield from _stray(node.orelse, in_loop=in_loop)  # type: ignore[attr-defined]
        elif kind in (ast.If, ast.With, ast.Try, ast.AsyncWith):
            for part in ("body", "orelse", "finalbody"):
                yield from _stray(getattr(node, part, ()), in_loop=in_loop)
            for handler in getattr(node, "handlers", ()):
                yield from _stray(handler.body, in_loop=in_loop)
