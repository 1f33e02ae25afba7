"""Reports variables that may be used before they are defined.

## Why

On some path through the notebook, a branch not taken, a loop over nothing, an exception caught,
the variable has no value when it is read. It works until the data change.

## Flagged

```notebook
# %%
import random
if random.random() > 0.5:
    label = "high"
# %%
print(label)  #! NBP102?
```

```notebook
# %%
for row in open("rows.txt"):
    last = row
print(last)  #! NBP102?
```

## Clean

```notebook
# %%
label = "low"
for row in [1, 2]:
    label = "high"
# %%
print(label, row)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.failures import definition_labels, failures_because, tell


@rule("NBP102", "possible-use-before-definition", on=Notebook, default=False)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report reads that fail on some path only."""
    for failure in failures_because(facts, "later", "skipped"):
        if failure.certain or not failure.called:
            continue
        labels = definition_labels(failure.elsewhere, facts)
        message = f"`{failure.name}` may be undefined here"
        help_ = "assign it on every path"
        if failure.dynamic is not None:
            help_ = f"unless `{failure.dynamic.binding.detail}` binds it"
        yield tell(failure, facts, message, help_, *labels)
