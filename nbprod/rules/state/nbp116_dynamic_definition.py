"""Reports names that are defined dynamically.

## Why

`globals()[name] = …` and `exec` of a computed text may bind any name. Neither a reader nor a tool
can say where a variable comes from; store the values in a dictionary.

## Flagged

```notebook
# %%
for key in open("names.txt"):
    globals()[key] = 1  #! NBP116
print(alpha)
```

## Clean

```notebook
# %%
globals()["alpha"] = 1
exec("beta = 2")
print(alpha, beta)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule("NBP116", "dynamic-definition", on=Notebook, severity=Severity.INFO, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report code that may bind any name."""
    for definition in facts.flow.dynamic:
        span, how = definition.binding.span, definition.binding.detail
        if span.cell >= 0 and how in ("globals()", "exec", "setattr"):
            yield Diagnostic(
                span,
                f"{how} may define any name here",
                help="store the values in a dictionary",
            )
