"""Reports default arguments that keep the old value of a variable.

## Why

The default is evaluated when the `def` runs. Assigning the variable again does not change it; the
function goes on with the old value and nobody sees it. Where every call after the assignment
passes the argument, or none follows, it is reported only where the rule is selected by name.

## Flagged

```notebook
# %%
limit = 10
def cut(x, limit=limit):  #! NBP206
    return min(x, limit)
# %%
limit = 20
# %%
cut(15)
```

## Clean

```notebook
# %%
model = load()  # noqa
def predict(x, model=model):
    return model(x)
model = None
predict(1)
```

```notebook
# %%
limit = 10
def cut(x, limit=limit):
    return min(x, limit)
# %%
limit = 10
cut(15)
```

```notebook
# %%
LIMIT = 10
def cut(x, limit=LIMIT):
    return min(x, limit)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.globals import is_one_constant, is_settled

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@rule("NBP206", "frozen-default-argument", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report defaults that name a variable which is bound again below."""
    last_calls = {
        function.span: max(function.calls, default=-1) for function in facts.flow.functions
    }
    for cell, node in facts.flow.function_nodes:
        defaults = [
            *node.args.defaults,
            *(expression for expression in node.args.kw_defaults if expression),
        ]
        for default in defaults:
            if not isinstance(default, ast.Name):
                continue
            definitions = facts.flow.definitions.get(default.id, ())
            if not definitions or is_settled(default.id, definitions):
                continue
            span = facts.span(cell, default)
            later = [
                definition.binding.span
                for definition in definitions
                if definition.binding.span > span and definition.binding.scope == 0
                # In the cell of the `def` whoever reads it sees both.
                and definition.binding.span.cell != cell
                and definition.binding.kind in ("assignment", "augmented")
            ]  # fmt: skip
            if later and not is_one_constant(definitions):
                yield Diagnostic(
                    span,
                    f"the default keeps the current `{default.id}`, "
                    f"which cell {later[0].cell + 1} reassigns",
                    symbol=default.id,
                    labels=(Label(later[0], f"`{default.id}` is reassigned here"),),
                    help="pass it at the call, or default to None and read it in the body",
                    on_request=last_calls.get(facts.span(cell, node), -1) < later[0].cell
                    or _is_always_given(node, default, later[0].cell, facts),
                )


def _is_always_given(function: _Function, default: ast.Name, start: int, facts: Facts) -> bool:
    """Whether the calls by name from a cell on all pass the argument of a default."""
    name = getattr(function, "name", None)
    place, keyword = _parameter_of(function, default)
    calls = [
        call
        for cell, call in facts.nodes_with(ast.Call, str(name))
        if cell >= start and isinstance(call.func, ast.Name) and call.func.id == name
    ]
    return bool(calls) and all(
        len(call.args) > place or any(one.arg in (keyword, None) for one in call.keywords)
        for call in calls
    )


def _parameter_of(function: _Function, default: ast.Name) -> tuple[int, str]:
    """The position and the name of the parameter that has a default."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    if default in arguments.defaults:
        place = len(positional) - len(arguments.defaults) + arguments.defaults.index(default)
        return place, positional[place].arg
    return len(positional), arguments.kwonlyargs[arguments.kw_defaults.index(default)].arg
