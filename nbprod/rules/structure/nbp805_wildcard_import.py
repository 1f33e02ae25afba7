"""Reports wildcard imports.

## Why

Nobody can say where a name comes from, and a new version of the module may hide one of the
notebook's own.

## Flagged

```notebook
# %%
from math import *  #! NBP805
# %%
print(sqrt(pi))
```

## Fixed

```notebook
# %%
from math import pi, sqrt
# %%
print(sqrt(pi))
```

## Clean

```notebook
# %%
from math import pi, sqrt
print(sqrt(pi))
```

## Fix safety

Imports of one module in several cells are one finding, and the fix changes all of them. It is
unsafe: names that only a magic or `eval` reads are not seen. There is no fix where a file of the
project binds a name on some paths only, or where a later wildcard import may bind it again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Edit, Fix, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, unsafe
from nbprod.rules.grouped import once_for_each
from nbprod.rules.local_modules import is_file_of_the_project, nearest_folder
from nbprod.rules.practice_data import unless_material

_WILDCARDS = ("from ", "%pylab", "pylab")


@rule("NBP805", "wildcard-import", on=Notebook, level="production", family="star-imports")
@unless_material
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report star imports, one finding a module, with the used names where they are known."""
    found = (
        _diagnostic(node, cell, facts)
        for cell, node in facts.nodes_with(ast.ImportFrom, "import")
        if any(alias.name == "*" for alias in node.names)
    )
    yield from once_for_each(found, lambda one: facts.text(one.span), lambda _: "and here")


def _diagnostic(node: ast.ImportFrom, cell: int, facts: Facts) -> Diagnostic:
    return Diagnostic(
        facts.span(cell, node),
        f"`{node.module}` may define any name here",
        symbol=node.module,
        help="import the names that are used",
        fix=_named(node, cell, facts),
        on_request=_is_own(node, facts),
    )


def _is_own(node: ast.ImportFrom, facts: Facts) -> bool:
    """Whether a module is the project's, whose authors know what is in it, or of types only."""
    module = node.module or ""
    if node.level or module == "typing":
        return True
    return (
        is_file_of_the_project(module, (), facts)
        or nearest_folder(module.partition(".")[0], facts) is not None
    )


def _named(node: ast.ImportFrom, cell: int, facts: Facts) -> Fix | None:
    """Write the names that some cell reads and that this import alone binds.

    None where it is not known that the module has each of them, or that they come from it.
    """
    used = []
    for name, made in facts.flow.definitions.items():
        mine = {definition for definition in made if definition.node is node}
        if mine and (
            any(mine.intersection(use.definitions) for use in facts.flow.uses_of((name,)))
            or _is_read_here(name, node, cell, facts)
        ):
            used.append(name)
    module = "." * node.level + (node.module or "")
    if not used or _may_be_bound_later(node, cell, facts):
        return None
    if not facts.flow.unsure_exports(module).isdisjoint(used):
        return None
    alias = next(alias for alias in node.names if alias.name == "*")
    return unsafe("Import the used names", Edit(facts.span(cell, alias), ", ".join(sorted(used))))


def _may_be_bound_later(node: ast.ImportFrom, cell: int, facts: Facts) -> bool:
    """Whether a later wildcard, of names that are not known, may bind the same names again."""
    here = facts.span(cell, node)
    return any(
        here < made.binding.span and made.binding.detail.startswith(_WILDCARDS)
        for made in facts.flow.dynamic
    )


def _is_read_here(name: str, node: ast.ImportFrom, cell: int, facts: Facts) -> bool:
    """Whether the cell of the import reads a name itself: such reads are no use of other cells."""
    parsed = facts.parsed[cell]
    if parsed is None or parsed.tree is None:
        return False
    inside = parsed.inside(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    here = facts.span(cell, node)
    bound = [
        facts.span(cell, made.node)
        for made in facts.flow.definitions[name]
        if made.node is not None and made.node is not node
        if made.cell == cell == made.binding.span.cell and made.binding.span > here
    ]
    return any(
        isinstance(child, ast.Name)
        and child.id == name
        and isinstance(child.ctx, ast.Load)
        # What a function reads is looked up when it is called: it may be the later one.
        and (
            (id(child) in inside and not bound) or _is_between(here, facts.span(cell, child), bound)
        )
        for child in parsed.nodes
    )


def _is_between(start: Span, read: Span, bound: list[Span]) -> bool:
    """Whether a read comes after an import and before the name is bound again."""
    return start < read and not any(span.end <= read.start for span in bound)
