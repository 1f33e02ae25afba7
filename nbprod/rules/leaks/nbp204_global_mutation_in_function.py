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
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule("NBP204", "global-mutation-in-function", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report changes of notebook objects by code in functions, one for each place."""
    names = {one.identity: one.name for one in facts.flow.functions}
    # `x *= 2` after `global x` both rebinds and mutates; the rule on rebinding has it.
    seen = {span for one in facts.flow.functions for spans in one.writes.values() for span in spans}
    for mutation in (*facts.flow.mutations, *facts.flow.uncalled_mutations):
        scope = mutation.scope
        if not (mutation.definite and mutation.is_global and scope in names):
            continue
        if mutation.span in seen or mutation.name not in facts.flow.definitions:
            continue
        seen.add(mutation.span)
        yield Diagnostic(
            mutation.span,
            f"`{names[scope]}` changes the notebook variable `{mutation.name}` in place",
            symbol=mutation.name,
            help="pass it as a parameter, or return what is new and add it where it is called",
        )
