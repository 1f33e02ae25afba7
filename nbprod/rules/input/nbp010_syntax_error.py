"""A cell that Python cannot parse.

## Why

Nothing of the cell runs, so everything that it would define is missing below. The other cells are
checked as if the cell were not there, and what fails only because of it is listed here.

## Flagged

```notebook
# %%
total = 3
print total  #! NBP010
# %%
print(total)
```

```notebook
# %%
if True
    #^ NBP010
    x = 1
```

```notebook
# %%
return 5  #! NBP010
```

## Clean

```notebook
# %%
%matplotlib inline
files = !ls
df?
# %%
%%bash
if [ -f x ]; then echo yes; fi
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.failures import cascade_text
from nbprod.syntax.refused_magics import is_misplaced


@rule(
    "NBP010",
    "syntax-error",
    level="explore",
    on=Notebook,
    severity=Severity.ERROR,
    predicts="failure",
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report each cell that does not parse."""
    for parsed in facts.parsed:
        if parsed is None or parsed.fault is None or parsed.fault.needs is not None:
            continue
        fault, index = parsed.fault, parsed.cell.index
        if any(is_misplaced(magic) and magic.start < fault.start for magic in parsed.magics):
            # What follows is no Python because it was meant for the magic.
            continue
        yield Diagnostic(
            Span(index, fault.start, fault.end),
            f"syntax error: {fault.message}",
            help=cascade_text(facts, index),
        )
