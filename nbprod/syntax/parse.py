"""Cells to trees. Nothing here raises: a cell that does not parse has a fault."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbprod.notebook.positions import LineIndex
from nbprod.notebook.types import Cell, Notebook
from nbprod.patterns import lazy_pattern
from nbprod.syntax.automagic import hidden_magics, loose_magics
from nbprod.syntax.lost_breaks import JOINED, is_joined
from nbprod.syntax.magic_table import AUTOMAGICS
from nbprod.syntax.syntax_errors import fault_of, misplaced
from nbprod.syntax.types import Magic, ParsedCell, SyntaxFault, SyntaxOptions

if TYPE_CHECKING:
    from nbprod.syntax.mask import Masked

__all__ = ["SyntaxOptions", "parse_cell", "parse_notebook"]

_SURROGATES = lazy_pattern("[\ud800-\udfff]")
_ENDS_IN_SEMICOLON = lazy_pattern(r"[ \t]*;")
"""At the end of the last statement: nothing but a comment can follow the semicolon."""
_FIRST_OF_IPYTHON_9 = (3, 11)
"""The first Python that has IPython 9."""


def parse_notebook(
    notebook: Notebook, options: SyntaxOptions = SyntaxOptions()
) -> tuple[ParsedCell | None, ...]:
    """Parse every Python cell; the others are None, so that indices are those of the cells."""
    version = notebook.python_version
    if version is not None and version < _FIRST_OF_IPYTHON_9:
        options = options._replace(is_old_ipython=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed: list[ParsedCell | None] = [
            _parse(cell, options) if cell.is_python else None for cell in notebook.cells
        ]
        for index, word in [*loose_magics(parsed)]:
            cell = notebook.cells[index]
            parsed[index] = _parse_masked(cell, options, AUTOMAGICS | {word}, frozenset([word]))
        for index in [*hidden_magics(parsed)]:
            parsed[index] = _parse_masked(notebook.cells[index], options, frozenset())
    return tuple(parsed)


def parse_cell(cell: Cell, options: SyntaxOptions = SyntaxOptions()) -> ParsedCell:
    """Parse one cell of Python with IPython syntax.

    A lone word such as ``ls`` is taken for a variable, since only the notebook can tell.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _parse(cell, options)


def _parse(cell: Cell, options: SyntaxOptions) -> ParsedCell:
    source = cell.source
    if cell.joints and is_joined(cell):
        fault = SyntaxFault(JOINED, 0, cell.joints[0])
        return ParsedCell(cell, source, None, (), None, fault)
    if not (
        source.startswith(("%", "!")) or "\n%" in source or "\n!" in source or "In [" in source
    ):
        # Whatever is Python as it stands holds no syntax of IPython's: only an annotation can look
        # like a prompt, `In [1]: x`, and the other tests are but short cuts.
        try:
            tree = _compiled(_encodable(source))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
        else:
            return _finished(cell, source, tree)
    return _parse_masked(cell, options)


def _parse_masked(
    cell: Cell,
    options: SyntaxOptions,
    automagics: frozenset[str] = AUTOMAGICS,
    unbound: frozenset[str] = frozenset(),
) -> ParsedCell:
    # A notebook of plain Python never needs the mask.
    from nbprod.syntax.mask import mask, parse_masked

    source = _encodable(cell.source)
    masked = mask(source, options, automagics, unbound)
    if source != cell.source:
        masked = masked._replace(magics=_with_true_text(masked.magics, cell.source))
    if any(magic.refusal is not None for magic in masked.magics):
        masked = masked._replace(magics=_as_they_ran(masked.magics, cell))
    if masked.opaque:
        tree = ast.Module(body=[], type_ignores=[])
        return ParsedCell(cell, masked.text, tree, masked.magics, masked.cell_magic)
    try:
        tree = parse_masked(masked)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        is_older = options.is_old_ipython or _has_run(cell)
        older = _as_older_ipython(cell, source, masked) if is_older else None
        if older is not None:
            return older
        fault = fault_of(error, masked.text, masked.cuts)
        return _faulty(cell, masked, fault)
    return _finished(cell, masked.text, tree, masked.magics, masked.cell_magic)


def _as_older_ipython(cell: Cell, source: str, masked: Masked) -> ParsedCell | None:
    """A cell whose first line is indented more than others, as IPython below 9 reads it.

    That takes the indentation of the first line from each line which has it, others from none.
    """
    if masked.cell_magic is not None:
        return None
    from nbprod.syntax.indentation import first_margins
    from nbprod.syntax.mask import parse_masked

    cuts = first_margins(source)
    if not cuts:
        return None
    try:
        tree = parse_masked(masked._replace(cuts=cuts))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return _finished(cell, masked.text, tree, masked.magics)


def _as_they_ran(magics: tuple[Magic, ...], cell: Cell) -> tuple[Magic, ...]:
    """Mark the magics that only newer IPythons refuse, if the cell has run in an older one."""
    from nbprod.syntax.refused_magics import refused_since

    texts = (str(output.get("text", "")) for output in cell.outputs)
    if not (_has_run(cell) or (cell.outputs and not _has_failed(cell))):
        return magics
    if any("UsageError" in text for text in texts):
        return magics
    return tuple(
        magic._replace(accepted_once=True)
        if magic.refusal is not None and refused_since(magic) is not None
        else magic
        for magic in magics
    )


def _has_failed(cell: Cell) -> bool:
    return any(output.get("output_type") == "error" for output in cell.outputs)


def _has_run(cell: Cell) -> bool:
    return bool(cell.execution_count) and not _has_failed(cell)


def _encodable(source: str) -> str:
    """The source without lone surrogates, which cannot be encoded; every length is kept."""
    try:
        source.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", source)
    return source


def _with_true_text(magics: tuple[Magic, ...], source: str) -> tuple[Magic, ...]:
    return tuple(magic._replace(text=source[magic.start : magic.end]) for magic in magics)


def _compiled(source: str) -> ast.Module:
    # `ast.parse` does no more, but our own future imports must not reach the cell.
    return compile(source, "<cell>", "exec", ast.PyCF_ONLY_AST, True)  # type: ignore[return-value]


def _finished(
    cell: Cell,
    text: str,
    tree: ast.Module,
    magics: tuple[Magic, ...] = (),
    cell_magic: Magic | None = None,
) -> ParsedCell:
    fault = misplaced(tree, text)
    if fault is not None:
        return ParsedCell(cell, text, None, magics, cell_magic, fault)
    quiet = ";" in cell.source and _is_quiet(tree.body, text, magics)
    return ParsedCell(cell, text, tree, magics, cell_magic, None, quiet)


def _faulty(cell: Cell, masked: Masked, fault: SyntaxFault) -> ParsedCell:
    return ParsedCell(cell, masked.text, None, masked.magics, masked.cell_magic, fault)


def _is_quiet(body: Sequence[ast.stmt], text: str, magics: tuple[Magic, ...]) -> bool:
    """Whether a semicolon ends the last statement, or the magic that is the last statement."""
    if not body:
        return False
    last = body[-1]
    end = LineIndex(text).offset(last.end_lineno or 1, last.end_col_offset or 0)
    # The places of `if x: y;` include its semicolon, those of `y;` do not.
    if text[end - 1] == ";" or _ENDS_IN_SEMICOLON.match(text, end):
        return True
    return any(magic.start < end <= magic.end and magic.text.endswith(";") for magic in magics)
