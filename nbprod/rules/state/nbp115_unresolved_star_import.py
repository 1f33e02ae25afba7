"""Reports star imports of modules whose names are unknown.

## Why

Any name below may come from it, so a misspelt or deleted variable looks like an imported one, to
readers as well. A name that comes from one of several such places is not reported, nor is one that
a cell above its read binds.

## Flagged

```notebook
# %%
from mystery import *  #! NBP115
print(thing)
```

## Clean

```notebook
# %%
from math import *
print(pi)
```

```notebook
# %%
from mystery import *
# %%
for row in open("rows.csv"):
    first = row
    break
print(first)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.types import Failure
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule(
    "NBP115",
    "unresolved-star-import",
    on=Notebook,
    severity=Severity.INFO,
    level="production",
    family="star-imports",
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report star imports that could not be expanded."""
    sources = [definition.binding.span for definition in facts.flow.dynamic]
    for module, span in facts.flow.unresolved_stars:
        hidden = sorted(
            {
                failure.name
                for failure in facts.flow.possible
                if failure.dynamic
                and failure.reason != "local"
                and not _is_bound_above(failure, facts)
                and [source for source in sources if source < failure.span] == [span]
            }
        )
        if not hidden:
            continue
        names = ", ".join(f"`{name}`" for name in hidden[:4])
        yield Diagnostic(
            span,
            f"{names} may come from `{module}`, whose exports are unknown",
            symbol=None,
            help="import the names that you use",
        )


def _is_bound_above(failure: Failure, facts: Facts) -> bool:
    """Whether the notebook itself binds a name before a read, if only on some paths."""
    return any(
        not made.is_unbound and made.binding.kind != "dynamic" and made.binding.span < failure.span
        for made in facts.flow.definitions.get(failure.name, ())
    )
