"""Where `import os` is in a notebook, or has to come."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.model import Edit, Span

__all__ = ["OsImport"]

_FORGETTING = ("reset", "reset_selective", "xdel")


class OsImport:
    """Where `import os` stands, or would."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._present = self._find()
        self._first = self._first_import()
        self._rebound = any(_binds_os(node) for node in self._nodes())
        self._forgets = any(
            magic.name in _FORGETTING
            for parsed in facts.parsed
            if parsed is not None
            for magic in parsed.magics
        )

    def _nodes(self) -> list[ast.AST]:
        return [
            node
            for parsed in self.facts.parsed
            if parsed is not None and "os" in parsed.cell.source
            for node in parsed.nodes
        ]

    def _statements(self) -> list[tuple[int, ast.stmt]]:
        return [
            (parsed.cell.index, statement)
            for parsed in self.facts.parsed
            if parsed is not None and parsed.tree is not None
            for statement in parsed.tree.body
        ]

    def _find(self) -> tuple[int, int] | None:
        for cell, statement in self._statements():
            if isinstance(statement, ast.Import):
                if any(alias.name == "os" and alias.asname is None for alias in statement.names):
                    return cell, self.facts.span(cell, statement).start
        return None

    def _first_import(self) -> tuple[int, ast.stmt] | None:
        for cell, statement in self._statements():
            if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
                continue
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                return cell, statement
        return None

    def before(self, cell: int, offset: int) -> tuple[Edit, ...] | None:
        """The edits that make `os` known at a place; None if that cannot be said."""
        if self._rebound:
            return None
        here = self._present is not None and self._present[0] == cell
        if self._present is not None and self._present < (cell, offset):
            if here or not self._forgets:
                return ()
        if self._first is not None and not self._forgets:
            at = self.facts.span(*self._first).start
            if (self._first[0], at) < (cell, offset):
                return self._insertion(self._first[0], at)
        parsed = self.facts.parsed[cell]
        if parsed is None or parsed.tree is None or parsed.cell_magic is not None:
            return None
        for statement in parsed.tree.body:
            if not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
                return self._insertion(cell, self._start(cell, statement))
        return self._insertion(cell, 0)

    def _start(self, cell: int, statement: ast.stmt) -> int:
        nodes = [statement, *getattr(statement, "decorator_list", ())]
        line = min(node.lineno for node in nodes)
        return int(self.facts.index(cell).starts[line - 1])

    def _insertion(self, cell: int, at: int) -> tuple[Edit, ...]:
        source = self.facts.cell(cell).source
        line = source.rfind("\n", 0, at) + 1
        return (Edit(Span(cell, line, line), "import os\n"),)


def _binds_os(node: ast.AST) -> bool:
    """Whether a node gives the name `os` to something else, or takes it away."""
    if isinstance(node, ast.Name):
        return node.id == "os" and not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.arg):
        return node.arg == "os"
    if isinstance(node, ast.Import):
        return any(alias.asname == "os" and alias.name != "os" for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return any((alias.asname or alias.name) == "os" for alias in node.names)
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs,
        ast.MatchStar)  # fmt: skip
    return isinstance(node, named) and node.name == "os"
