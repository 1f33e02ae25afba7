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

Unsafe: names that only a magic or `eval` reads are not seen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Edit, Fix
from nbprod.rule import NodeInCell, rule, unsafe


@rule("NBP805", "wildcard-import", on=(ast.ImportFrom,), level="production", family="star-imports")
def check(subject: NodeInCell[ast.ImportFrom], facts: Facts) -> Iterator[Diagnostic]:
    """Report star imports, with the names that are used where the module is known."""
    node, cell = subject.node, subject.cell
    if all(alias.name != "*" for alias in node.names):
        return
    yield Diagnostic(
        facts.span(cell, node),
        f"`{node.module}` may define any name here",
        symbol=node.module,
        help="import the names that are used",
        fix=_named(node, cell, facts),
    )


def _named(node: ast.ImportFrom, cell: int, facts: Facts) -> Fix | None:
    """The names that some cell reads and that this import alone binds."""
    used = []
    for name, made in facts.flow.definitions.items():
        mine = [definition for definition in made if definition.node is node]
        if (
            mine
            and any(set(use.definitions) & set(mine) for use in facts.flow.uses_of((name,)))
            or mine
            and _is_read_here(name, cell, facts)
        ):
            used.append(name)
    if not used:
        return None
    alias = next(alias for alias in node.names if alias.name == "*")
    return unsafe("Import the used names", Edit(facts.span(cell, alias), ", ".join(sorted(used))))


def _is_read_here(name: str, cell: int, facts: Facts) -> bool:
    """Whether the cell of the import reads a name itself: such reads are no use of other cells."""
    parsed = facts.parsed[cell]
    if parsed is None or parsed.tree is None:
        return False
    return any(
        isinstance(child, ast.Name) and child.id == name and isinstance(child.ctx, ast.Load)
        for child in parsed.nodes
    )
