"""What the names of a notebook are assigned, at any depth of its cells."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.syntax.walk import walk

__all__ = ["assignments"]


_BINDING: tuple[type[ast.AST], ...] = (
    ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.arg, ast.Name,
)  # fmt: skip


def assignments(facts: Facts) -> Iterator[tuple[str, ast.expr | None]]:
    """Each name that is assigned, and the value; None for one that no expression is.

    Names of functions count like those of the notebook: a name that is both is not certain.
    """
    for parsed in facts.parsed:
        seen: set[int] = set()
        for node in parsed.nodes_of(_BINDING) if parsed is not None else ():
            if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        seen.add(id(target))
                        if node.value is not None:
                            yield target.id, node.value
            elif isinstance(node, ast.arg):
                yield node.arg, None
            elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                if id(node) not in seen:
                    yield node.id, None
        for magic in parsed.magics if parsed is not None else ():
            for bound in magic.binds:
                yield bound.name, None
            for node in walk(magic.body) if magic.body is not None else ():
                if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                    yield node.id, None
