"""The notebook as the machine's program: trees, places, scopes, and what runs share.

One `Program` serves several runs (document order, recorded order, candidate orders), so that a
definition made in both is the same object in both.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nbprod.flow.scopes import Callable_, Scope, bound_names, scope_of
from nbprod.flow.types import Definition
from nbprod.model import Span
from nbprod.syntax.spans import LineIndex
from nbprod.syntax.types import Magic, ParsedCell

__all__ = ["FlowOptions", "Program"]

_FORM_FIELD = re.compile(r"#\s*@param\b")
_DEFINED_NAME = re.compile(r"(?:async\s+)?(?:def|class)\s+")


def _no_file(_path: str) -> str | None:
    return None


class FlowOptions(NamedTuple):
    """What the analysis is told from outside.

    ``injected`` are names that the platform provides (`spark`, `dbutils`). ``lazy_annotations``:
    the notebook's Python does not evaluate annotations (3.14 and later). ``read_file`` gives the
    text of a file of the project by its path relative to the notebook, or None; the default knows
    no files.
    """

    injected: frozenset[str] = frozenset()
    lazy_annotations: bool = False
    read_file: Callable[[str], str | None] = _no_file


class Program:
    """The parsed cells of a notebook, with the caches that every run over them shares."""

    def __init__(self, parsed: Sequence[ParsedCell | None], options: FlowOptions) -> None:
        self.parsed = parsed
        self.options = options
        self.injected = options.injected
        statements = sum(len(cell.tree.body) for cell in parsed if cell is not None and cell.tree)
        self.budget = 20_000 + 60 * statements
        """How many statements of called functions a run may follow in all."""
        self.definitions: dict[tuple[int, str, str, int, int], Definition] = {}
        self.magics: list[dict[tuple[int, int], Magic]] = [
            {(magic.lineno, magic.col_offset): magic for magic in cell.magics if magic.lineno}
            if cell is not None
            else {}
            for cell in parsed
        ]
        self._indices: dict[int, LineIndex] = {}
        self._scopes: dict[int, Scope] = {}
        self._hosts: dict[int, Span] = {}
        self._foreign: dict[tuple[int, str], tuple[int, ast.Module | None]] = {}
        self._inputs: dict[int, bool | set[int]] = {}
        self._placed: dict[int, Span] = {}
        self._stand_ins: dict[tuple[int, int, int], ast.Name] = {}
        self._static: list[dict[str, ast.AST]] | None = None

    def scope(self, node: Callable_ | ast.ClassDef) -> Scope:
        """The scope that a definition opens; identities count from 1."""
        found = self._scopes.get(id(node))
        if found is None:
            found = self._scopes[id(node)] = scope_of(node, len(self._scopes) + 1)
        return found

    def index(self, cell: int) -> LineIndex:
        """The line index of a cell's source."""
        found = self._indices.get(cell)
        if found is None:
            parsed = self.parsed[cell]
            assert parsed is not None
            found = self._indices[cell] = LineIndex(parsed.cell.source)
        return found

    def span(self, cell: int, node: ast.AST) -> Span:
        """Where a node stands: the name alone for definitions, the whole node otherwise."""
        if cell < 0:
            return self._hosts[cell]
        placed = self._placed.get(id(node))
        if placed is not None:
            return placed
        index = self.index(cell)
        lineno: int = node.lineno  # type: ignore[attr-defined]
        start = index.offset(lineno, node.col_offset)  # type: ignore[attr-defined]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            match = _DEFINED_NAME.match(self._source(cell), start)
            start = match.end() if match else start
            return Span(cell, start, start + len(node.name))
        if isinstance(node, ast.ExceptHandler) and node.name:
            return self._handler_name(cell, start, node)
        end_line = node.end_lineno or lineno  # type: ignore[attr-defined]
        end = index.offset(end_line, node.end_col_offset)  # type: ignore[attr-defined]
        return Span(cell, start, end)

    def _source(self, cell: int) -> str:
        parsed = self.parsed[cell]
        assert parsed is not None
        return parsed.cell.source

    def _handler_name(self, cell: int, start: int, node: ast.ExceptHandler) -> Span:
        source = self._source(cell)
        assert node.name is not None
        match = re.compile(rf"\bas\s+({re.escape(node.name)})\b").search(source, start)
        if match is None:
            return Span(cell, start, start + len("except"))
        return Span(cell, match.start(1), match.end(1))

    def is_input(self, cell: int, node: ast.stmt) -> bool:
        """Whether a statement declares an input: a Colab form field, or a papermill parameter."""
        if cell < 0:
            return False
        lines = self._inputs.get(cell)
        if lines is None:
            lines = self._inputs[cell] = self._input_lines(cell)
        return lines is True or (lines is not False and (node.end_lineno or node.lineno) in lines)

    def _input_lines(self, cell: int) -> bool | set[int]:
        parsed = self.parsed[cell]
        assert parsed is not None
        tags = parsed.cell.tags
        if "parameters" in tags or "injected-parameters" in tags:
            return True
        source = parsed.cell.source
        if "@param" not in source:
            return False
        index = self.index(cell)
        return {index.position(match.start())[0] for match in _FORM_FIELD.finditer(source)}

    def magic(self, cell: int, node: ast.AST) -> Magic | None:
        """The magic for which a node of the tree stands in."""
        if cell < 0 or not self.magics[cell]:
            return None
        return self.magics[cell].get((node.lineno, node.col_offset))  # type: ignore[attr-defined]

    def stand_in(self, cell: int, name: str, start: int, end: int) -> ast.Name:
        """A node for a name that stands in a magic, where the tree has none."""
        key = (cell, start, end)
        node = self._stand_ins.get(key)
        if node is None:
            node = self._stand_ins[key] = ast.Name(id=name, ctx=ast.Load())
            self._placed[id(node)] = Span(cell, start, end)
        return node

    def foreign(self, text: str, host: Span) -> tuple[int, ast.Module | None]:
        """Code that comes from a string or a file, read at ``host``; its places are the host's.

        Returns the pseudo-cell to give as source and the tree, None when it does not parse.
        """
        key = (hash(host), text)
        found = self._foreign.get(key)
        if found is None:
            try:
                tree: ast.Module | None = ast.parse(text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                tree = None
            number = -2 - len(self._hosts)
            self._hosts[number] = host
            found = self._foreign[key] = (number, tree)
        return found

    def static_bindings(self) -> list[dict[str, ast.AST]]:
        """For each cell, the notebook-level names that its code could bind, run or not."""
        if self._static is None:
            self._static = [
                bound_names(cell.tree.body) if cell is not None and cell.tree is not None else {}
                for cell in self.parsed
            ]
        return self._static
