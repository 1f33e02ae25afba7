"""Reports functions that mutate a global object of the notebook.

## Why

Each call leaves its trace in a variable that is neither a parameter nor a result. Run the cell
twice and the trace is there twice. A warning where a call makes of a value that another cell reads
a new one, from what it was; at the level `production` also where it only puts something in, where
nobody else reads it, where no cell calls the function, and where the variable starts empty or as
an array of zeros, to be filled by the function. Steps of an optimizer that trains are reported only
where the rule is selected by name, and so is what callbacks of widgets and events change: nobody
gets what they return.

## Flagged

```notebook
# %%
import pandas as pd
sales = pd.read_csv("sales.csv")
# %%
def fill(column):
    sales[column] = sales[column].fillna(0)  #! NBP204
def scale(column):
    sales[column] = sales[column] / 100
# %%
fill("price")
scale("price")
# %%
print(sales["price"].mean())
```

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
from collections.abc import Collection, Container, Iterator

from nbprod.facts import Facts
from nbprod.flow.repeated_methods import reads
from nbprod.flow.types import FunctionFlow, Mutation
from nbprod.model import Diagnostic, Label, Span
from nbprod.notebook.types import Notebook
from nbprod.report.wording import words_listed
from nbprod.rule import rule
from nbprod.rules.callbacks import callbacks_of
from nbprod.rules.globals import starts_empty
from nbprod.syntax.names import last_name

# An optimizer's step in a loop of training changes what training is there to change.
_TRAINING = frozenset(["step", "zero_grad", "train", "eval"])


@rule("NBP204", "global-mutation-in-function", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report each notebook object that code in functions changes, once for all places."""
    functions = {function_flow.identity: function_flow for function_flow in facts.flow.functions}
    groups: dict[str, dict[Span, Mutation]] = {}
    for mutation in _mutations(functions, facts):
        groups.setdefault(mutation.name, {}).setdefault(mutation.span, mutation)
    told: dict[tuple[str, bool], list[Diagnostic]] = {}
    for name, group in groups.items():
        changing = {functions[mutation.scope].name for mutation in group.values()}
        silent = (
            any(_reads_itself(mutation, facts) for mutation in group.values())
            and _is_read_elsewhere(name, changing, facts)
            and _is_called(changing, facts)
            and not starts_empty(name, facts)
        )
        first, *others = sorted(group.values(), key=lambda mutation: mutation.span)
        diagnostic = Diagnostic(
            first.span,
            f"`{functions[first.scope].name}` mutates global `{name}`",
            symbol=name,
            labels=tuple(
                Label(
                    mutation.span,
                    f"`{functions[mutation.scope].name}` mutates `{name}` here",
                    again=True,
                )
                for mutation in others
            ),
            help="pass it as a parameter, or return the new values",
            minor=not silent,
            on_request=all(mutation.how in _TRAINING for mutation in group.values())
            or changing <= callbacks_of(facts),
        )
        told.setdefault((functions[first.scope].name, diagnostic.on_request), []).append(diagnostic)
    for (function, _), diagnostics in told.items():
        yield _of_function(function, diagnostics)


def _of_function(function: str, found: list[Diagnostic]) -> Diagnostic:
    """One finding for all globals that a function mutates, of those that another cell sees or not.

    A finding that is the only one is left as it is.
    """
    if len(found) == 1:
        return found[0]
    first, *others = sorted(found, key=lambda diagnostic: diagnostic.span)
    names = words_listed([f"`{diagnostic.symbol}`" for diagnostic in (first, *others)])
    labels = [
        label
        for other in others
        for label in (
            Label(other.span, f"`{function}` mutates `{other.symbol}` here", again=other.message),
            *other.labels,
        )
    ]
    return first._replace(
        message=f"`{function}` mutates globals {names}",
        minor=all(diagnostic.minor for diagnostic in found),
        labels=(*first.labels, *labels),
        help="pass them as parameters, or return the new values",
    )


def _mutations(functions: dict[int, FunctionFlow], facts: Facts) -> Iterator[Mutation]:
    """The changes of notebook objects by the notebook's functions, those of calls first."""
    # `x *= 2` after `global x` both rebinds and mutates; the rule on rebinding has it.
    rebound = {
        span
        for function_flow in functions.values()
        for spans in function_flow.writes.values()
        for span in spans
    }
    for mutation in (*facts.flow.mutations, *facts.flow.uncalled_mutations):
        scope = mutation.scope
        if not (mutation.definite and mutation.is_global and scope in functions):
            continue
        if mutation.span in rebound or mutation.name not in facts.flow.definitions:
            continue
        if not _is_own_class(mutation, functions[scope], facts):
            yield mutation


def _is_read_elsewhere(name: str, changing: Container[str], facts: Facts) -> bool:
    """Whether a cell sees what calls in another have changed, other than to change it further."""
    callers = {
        mutation.cell
        for mutation in facts.flow.mutations
        if mutation.name == name and mutation.scope
    }
    return any(
        seen.cell != cell_flow.cell and seen.cell in callers
        for cell_flow in facts.flow.cells.values()
        for use in cell_flow.uses
        if use.name == name and not any(step.function in changing for step in use.chain)
        for seen in use.mutations
    )


def _is_called(functions: Collection[str], facts: Facts) -> bool:
    """Whether a cell or another function calls one of some functions by its name.

    What a library calls back, a widget or an event loop, has no other way to hand a value on.
    """
    calls = facts.nodes_with(ast.Call, *functions)
    return any(last_name(node.func) in functions for _, node in calls)


def _reads_itself(mutation: Mutation, facts: Facts) -> bool:
    """Whether what a change gives depends on what was there: it is another value in any case."""
    parsed = facts.parsed[mutation.span.cell] if mutation.span.cell >= 0 else None
    for statement in parsed.live_nodes_of(ast.Assign) if parsed else ():
        span = facts.span(mutation.span.cell, statement)
        if span.start <= mutation.span.start < span.end:
            return reads(statement.value, mutation.name)
    return True


def _is_own_class(mutation: Mutation, function: FunctionFlow, facts: Facts) -> bool:
    """Whether a method changes the class that it belongs to: that is state of the class's own."""
    line = facts.index(function.cell).position(function.span.start)[0]
    return any(
        definition.cell == function.cell
        and isinstance(definition.node, ast.ClassDef)
        and definition.node.lineno < line <= (definition.node.end_lineno or 0)
        for definition in facts.flow.definitions[mutation.name]
    )
