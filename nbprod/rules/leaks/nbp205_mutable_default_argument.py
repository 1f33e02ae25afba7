"""Reports mutable default arguments that the function mutates or returns.

## Why

The default is made once, when the `def` runs. What one call puts into it the next call finds.

## Flagged

```notebook
# %%
def add(item, bucket=[]):  #! NBP205
    bucket.append(item)
    return bucket
class Basket:
    def __init__(self, items=[]):  #! NBP205
        self.items = items
    def add(self, item):
        self.items.append(item)
```

## Clean

```notebook
# %%
def count(items, weights={"a": 1}):
    return sum(weights.get(item, 0) for item in items)
class Reader:
    def __init__(self, columns=[]):
        self.columns = columns
    def width(self):
        return len(self.columns)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.libraries.methods import MUTATORS
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.syntax.walk import walk

_MAKERS = ("list", "dict", "set", "defaultdict", "deque")
_METHODS = frozenset(name for table in MUTATORS.values() for name in table)


@rule("NBP205", "mutable-default-argument", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report mutable defaults that a call can change."""
    for cell, node in facts.flow.function_nodes:
        if isinstance(node, ast.Lambda):
            continue
        for name, default in _defaults(node.args):
            if _is_mutable(default) and _is_exposed(node, name, facts):
                yield Diagnostic(
                    facts.span(cell, default),
                    f"all calls of `{node.name}` share one mutable default for `{name}`",
                    symbol=name,
                    help=f"use `{name}=None` and create the object in the body",
                )


def _defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    for argument, default in zip(
        positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True
    ):
        yield argument.arg, default
    for argument, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if keyword_default is not None:
            yield argument.arg, keyword_default


def _is_mutable(node: ast.expr) -> bool:
    if isinstance(node, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)):
        return True
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MAKERS
    )


def _is_exposed(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str, facts: Facts) -> bool:
    """Whether the body mutates a parameter, returns it, or stores it where a cell mutates it."""
    for node in walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if _is(node.func.value, name) and node.func.attr in _METHODS:
                return True
        elif isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
            if _is(node.value, name):
                return True
        elif isinstance(node, ast.AugAssign) and _is(node.target, name):
            return True
        elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
            if _is(node.value, name):
                return True
        elif isinstance(node, ast.Assign) and _is(node.value, name):
            kept = {target.attr for target in node.targets if isinstance(target, ast.Attribute)}
            if kept & facts.shared(_mutated_attributes):
                return True
    return False


def _mutated_attributes(facts: Facts) -> frozenset[str]:
    """The attributes whose objects some cell mutates: `self.items.append(x)`."""
    found = set()
    for parsed in facts.parsed:
        for node in parsed.nodes if parsed is not None else ():
            owner: ast.expr | None = None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value if node.func.attr in _METHODS else None
            elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
                owner = node.value
            elif isinstance(node, ast.AugAssign):
                owner = node.target
            if isinstance(owner, ast.Attribute):
                found.add(owner.attr)
    return frozenset(found)


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
