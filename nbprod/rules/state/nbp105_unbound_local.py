"""Reports local variables read before they are assigned.

## Why

A name that is assigned anywhere in a function is local everywhere in it, even if a notebook
variable has the same name. The call raises an UnboundLocalError.

## Flagged

```notebook
# %%
total = 0
def add(x):
    total = total + x
# %%
add(1)  #! NBP105
```

```notebook
# %%
def never_called():
    print(count)  #! NBP105
    count = 1
```

## Clean

```notebook
# %%
total = 0
def add(x):
    global total
    total = total + x
# %%
add(1)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.failures import failures_because, tell
from nbprod.rules.intended_errors import as_intended, without_intended


@rule(
    "NBP105",
    "unbound-local",
    level="explore",
    on=Notebook,
    severity=Severity.ERROR,
    predicts="failure",
    family="errors",
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report local variables that have no value when they are read."""
    for failure in failures_because(facts, "local"):
        verb = "has" if failure.certain else "may have"
        message = f"local variable `{failure.name}` {verb} no value when it is read"
        if failure.chain:
            message += f" in `{failure.chain[-1].function}`"
        help_ = "assign it first, rename it, or pass the outer value as a parameter"
        told = tell(failure, facts, message, help_)
        _, intended = without_intended([failure], facts)
        yield as_intended(told) if intended else told
