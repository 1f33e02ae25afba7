"""The package's own code as trees, parsed once for the tests that read it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from nbprod.syntax.walk import walk

PACKAGE = Path(__file__).parents[1] / "nbprod"


@cache
def trees() -> dict[Path, ast.Module]:
    """The trees of all modules by path, in order."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def nodes() -> tuple[tuple[Path, ast.AST], ...]:
    """All nodes with the modules that they are of."""
    return tuple((path, node) for path, tree in trees().items() for node in walk(tree))
