"""The notebook as the machine's program: trees, places, scopes, and what runs share.

One `Program` serves several runs (document order, recorded order, candidate orders), so that a
definition made in both is the same object in both.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nbprod.flow.node_spans import Places
from nbprod.flow.types import Definition
from nbprod.model import Span
from nbprod.names.scopes import Callable_, Scope, bound_names, scope_of
from nbprod.patterns import lazy_pattern
from nbprod.syntax.path_folders import added_folders
from nbprod.syntax.types import Magic, ParsedCell

__all__ = ["FlowOptions", "Program"]

_FORM_FIELD = lazy_pattern(r"#\s*@param\b")


def _no_file(_path: str) -> str | None:
    return None


class FlowOptions(NamedTuple):
    """The inputs of the analysis from outside.

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
        self.places = Places(parsed)
        self.options = options
        self.injected = options.injected
        statements = sum(len(cell.tree.body) for cell in parsed if cell is not None and cell.tree)
        self.budget = 3_000 + 20 * statements
        """How many statements of called functions a run may follow in all."""
        self.definitions: dict[tuple[int, str, str, int, int], Definition] = {}
        self.magics: list[dict[tuple[int, int], Magic]] = [
            {(magic.lineno, magic.col_offset): magic for magic in cell.magics if magic.lineno}
            if cell is not None
            else {}
            for cell in parsed
        ]
        self._scopes: dict[int, Scope] = {}
        self._foreign: dict[tuple[int, str], tuple[int, ast.Module | None]] = {}
        self._inputs: dict[int, bool | set[int]] = {}
        self._static: list[dict[str, ast.AST]] | None = None
        self._searched: tuple[str, ...] | None = None

    def has_code(self, cell: int) -> bool:
        """Whether a cell has anything to run: not where it is blank, or holds comments only."""
        parsed = self.parsed[cell]
        if parsed is None:
            return False
        return parsed.tree is None or bool(parsed.tree.body or parsed.magics or parsed.cell_magic)

    def searched_folders(self) -> tuple[str, ...]:
        """The folders beside or above the notebook that cells add to `sys.path`, with a slash."""
        if self._searched is None:
            self._searched = tuple(
                f"{folder.rstrip('/')}/"
                for parsed in self.parsed
                if parsed is not None and "sys.path" in parsed.cell.source
                for folder in added_folders(parsed.nodes)
            )
        return self._searched

    def scope(self, node: Callable_ | ast.ClassDef) -> Scope:
        """The scope that a definition opens; identities count from 1."""
        found = self._scopes.get(id(node))
        if found is None:
            found = self._scopes[id(node)] = scope_of(node, len(self._scopes) + 1)
        return found

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
        index = self.places.index(cell)
        return {index.position(match.start())[0] for match in _FORM_FIELD.finditer(source)}

    def magic(self, cell: int, node: ast.AST) -> Magic | None:
        """The magic that a node of the tree replaces."""
        if cell < 0 or not self.magics[cell]:
            return None
        return self.magics[cell].get((node.lineno, node.col_offset))  # type: ignore[attr-defined]

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
            found = self._foreign[key] = (self.places.add_host(host), tree)
        return found

    def static_bindings(self) -> list[dict[str, ast.AST]]:
        """For each cell, the notebook-level names that its code could bind, run or not."""
        if self._static is None:
            self._static = [
                bound_names(cell.tree.body) if cell is not None and cell.tree is not None else {}
                for cell in self.parsed
            ]
        return self._static
