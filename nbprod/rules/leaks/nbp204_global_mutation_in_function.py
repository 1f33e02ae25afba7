"""A function that changes an object of the notebook in place.

## Why

Each call leaves its trace in a variable that is neither a parameter nor a result. Run the cell
twice and the trace is there twice.

## Flagged

```notebook
# %%
log = []
def note(text):
    log.append(text)  #! NBP204
# %%
note("a")
```

## Clean

```notebook
# %%
def note(log, text):
    log.append(text)
# %%
log = []
note(log, "a")
```

```notebook
# %%
class Ticket:
    count = 0

    def __init__(self):
        Ticket.count += 1
# %%
Ticket()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.types import FunctionFlow, Mutation
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule("NBP204", "global-mutation-in-function", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report changes of notebook objects by code in functions, one for each place."""
    functions = {function_flow.identity: function_flow for function_flow in facts.flow.functions}
    # `x *= 2` after `global x` both rebinds and mutates; the rule on rebinding has it.
    seen = {
        span
        for function_flow in facts.flow.functions
        for spans in function_flow.writes.values()
        for span in spans
    }
    for mutation in (*facts.flow.mutations, *facts.flow.uncalled_mutations):
        scope = mutation.scope
        if not (mutation.definite and mutation.is_global and scope in functions):
            continue
        if mutation.span in seen or mutation.name not in facts.flow.definitions:
            continue
        if _is_own_class(mutation, functions[scope], facts):
            continue
        seen.add(mutation.span)
        yield Diagnostic(
            mutation.span,
            f"`{functions[scope].name}` mutates global `{mutation.name}`",
            symbol=mutation.name,
            help="pass it as a parameter, or return the new values",
        )


def _is_own_class(mutation: Mutation, function: FunctionFlow, facts: Facts) -> bool:
    """Whether a method changes the class that it belongs to: that is state of the class's own."""
    line = facts.index(function.cell).position(function.span.start)[0]
    return any(
        definition.cell == function.cell
        and isinstance(definition.node, ast.ClassDef)
        and definition.node.lineno < line <= (definition.node.end_lineno or 0)
        for definition in facts.flow.definitions[mutation.name]
    )
