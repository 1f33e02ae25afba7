"""Reports means and ratios over collections that may be empty.

## Why

`sum(x) / len(x)` fails with `ZeroDivisionError` on the day when the filter leaves nothing.

## Flagged

```notebook
# %%
orders = [3, 4]
# %%
late = [one for one in orders if one > 10]
share = sum(late) / len(late)  #! NBP706
```

## Clean

```notebook
# %%
orders = [3, 4]
late = [one for one in orders if one > 10]
share = sum(late) / len(late) if late else 0.0
mean = sum(orders) / len(orders)
if late:
    again = sum(late) / len(late)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.syntax.walk import walk_outside

_GUARDS = frozenset((ast.IfExp, ast.BoolOp, ast.If, ast.Try, ast.Lambda))


@rule("NBP706", "division-by-length", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report divisions by the length of a list that a condition has filtered, without a guard."""
    filtered = {
        name
        for name, made in facts.flow.definitions.items()
        if all(_is_filtered(definition.node) for definition in made)
    }
    if not filtered:
        return
    for parsed in facts.parsed:
        if parsed is None or parsed.tree is None:
            continue
        for statement in parsed.tree.body:
            if isinstance(statement, (ast.If, ast.Try, ast.FunctionDef, ast.ClassDef)):
                continue
            for node in walk_outside(statement, _GUARDS):
                name = _divided_by(node)
                if name in filtered:
                    yield Diagnostic(
                        facts.span(parsed.cell.index, node),
                        f"division by zero when `{name}` is empty",
                        symbol=name,
                        help=f"handle the empty case: `... if {name} else 0.0`",
                    )


def _is_filtered(node: ast.AST | None) -> bool:
    """Whether a name is bound to a comprehension with a condition."""
    value = node.value if isinstance(node, ast.Assign) else None
    return isinstance(value, ast.ListComp) and any(generator.ifs for generator in value.generators)


def _divided_by(node: ast.AST) -> str | None:
    """The name by whose length an expression divides."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Div, ast.FloorDiv, ast.Mod)):
        return None
    right = node.right
    if isinstance(right, ast.Call) and isinstance(right.func, ast.Name) and right.func.id == "len":
        if len(right.args) == 1 and isinstance(right.args[0], ast.Name):
            return right.args[0].id
    return None
