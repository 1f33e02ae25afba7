"""Reports loop variables that another cell reads.

## Why

After the loop the variable holds the last element, by accident. The reader of the later cell sees
no assignment, and the value changes when the data or the loop do. A warning where the loop has
replaced a value that another cell had given the name; else at the level `production`.

## Flagged

```notebook
# %%
for column in ["a", "b"]:
    print(column)
# %%
print(column.upper())  #! NBP207
```

```notebook
# %%
x = 5
# %%
for x in [1, 2]:
    print(x)
# %%
print(x)  #! NBP207
```

## Fixed

```notebook
# %%
for column in ["a", "b"]:
    print(column)
# %%
print(column.upper())
```

```notebook
# %%
x = 5
# %%
for x_item in [1, 2]:
    print(x_item)
# %%
print(x)
```

## Clean

```notebook
# %%
for column in ["a", "b"]:
    print(column)
print(column)
# %%
for column in ["c"]:
    print(column)
```

```notebook
# %%
import torch
loader = torch.utils.data.DataLoader([])
# %%
for batch in loader:
    print(len(batch))
    break
# %%
print(batch)
```

```notebook
# %%
for row in [1, 2]:
    print(row)
# %%
del row
```

## Fix safety

Unsafe: where the loop hides a variable of the same name, the loop's is renamed, so that later cells
see the older one again. Without an older one there is nothing to go back to, and no fix.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.types import Definition, Use
from nbprod.model import Diagnostic, Edit, Fix, Label
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, unsafe
from nbprod.rules.grouped import once_for_each
from nbprod.syntax.walk import walk


@rule("NBP207", "leaking-loop-variable", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report reads, in other cells, of names that only a loop has bound, once for each loop."""
    yield from once_for_each(
        _reads(facts),
        key=lambda diagnostic: diagnostic.message,
        label=lambda diagnostic: f"`{diagnostic.symbol}` is also read here",
    )


def _reads(facts: Facts) -> Iterator[Diagnostic]:
    seen = set()
    looped = {
        name
        for name, definitions in facts.flow.definitions.items()
        if any(definition.binding.kind == "loop" for definition in definitions)
    }
    for use in facts.flow.uses_of(looped):
        index = use.cell
        bound = [definition for definition in use.definitions if not definition.is_unbound]
        if not bound or use.chain or use.span.cell != index:
            continue
        if not all(
            definition.binding.kind == "loop" and definition.cell != index for definition in bound
        ):
            continue
        loop = max(bound, key=lambda definition: definition.binding.span)
        if (index, use.name) in seen or loop.binding.scope or _takes_one(loop.node):
            continue
        if _is_deletion(use, facts):
            continue
        seen.add((index, use.name))
        yield Diagnostic(
            use.span,
            f"`{use.name}` is the leftover loop variable of cell {loop.cell + 1}",
            symbol=use.name,
            labels=(Label(loop.binding.span, "the loop variable"),),
            help="assign the intended value to a separate name",
            fix=_rename(loop, use.name, facts),
            minor=not _is_replaced(use.name, loop, facts),
        )


def _is_replaced(name: str, loop: Definition, facts: Facts) -> bool:
    """Whether a cell above the loop gave the name a value, other than by a loop of its own."""
    return any(
        definition.binding.kind not in ("loop", "comprehension", "unbound", "deletion")
        and not definition.binding.scope
        and definition.cell < loop.cell
        for definition in facts.flow.definitions.get(name, ())
    )


def _is_deletion(use: Use, facts: Facts) -> bool:
    """Whether a name is read by `del` only: that tidies up what the loop has left."""
    parsed = facts.parsed[use.cell]
    return parsed is not None and any(
        isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Del)
        and facts.span(use.cell, node) == use.span
        for node in parsed.live_nodes
    )


def _takes_one(node: ast.AST | None) -> bool:
    """Whether a loop is there to get its first element: it breaks, or is given one."""
    if not isinstance(node, (ast.For, ast.AsyncFor)):
        return False
    if isinstance(node.body[-1], ast.Break):
        return not any(isinstance(part, ast.Continue) for part in walk(node))
    call = node.iter
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.args):
        return False
    count = call.args[0]
    return call.func.attr == "take" and isinstance(count, ast.Constant) and count.value == 1


def _rename(loop: Definition, name: str, facts: Facts) -> Fix | None:
    """Rename the loop's variable where an older definition of the name exists."""
    node, cell = loop.node, loop.cell
    if not isinstance(node, ast.For) or loop.binding.span.cell != cell:
        return None
    older = [
        definition
        for definition in facts.flow.definitions.get(name, ())
        if definition.binding.kind == "assignment" and definition.cell < cell
    ]
    fresh = f"{name}_item"
    if not older or fresh in facts.flow.definitions:
        return None
    iterated = {id(part) for part in walk(node.iter)}
    edits = [
        Edit(facts.span(cell, part), fresh)
        for part in walk(node)
        if isinstance(part, ast.Name) and part.id == name and id(part) not in iterated
    ]
    return unsafe(f"Rename the loop variable to `{fresh}`", *edits)
