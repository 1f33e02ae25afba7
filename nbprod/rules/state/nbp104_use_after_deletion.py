"""Reports variables used after they have been deleted.

## Why

`del` takes the name away; this read raises a NameError on every run from top to bottom.

## Flagged

```notebook
# %%
frame = [1, 2]
del frame
# %%
print(frame)  #! NBP104
```

```notebook
# %%
try:
    value = int("x")
except ValueError as error:
    value = 0
print(error)  #! NBP104
```

## Fixed

```notebook
# %%
frame = [1, 2]
del frame
# %%
print(frame)
```

```notebook
# %%
try:
    value = int("x")
except ValueError as error:
    value = 0
print(error)
```

## Clean

```notebook
# %%
frame = [1, 2]
del frame
frame = [3]
# %%
print(frame)
```

## Fix safety

Unsafe: only where moving whole cells makes the notebook run, as for `use-before-definition`; the
examples above need a person.
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.failures import failures_because, reordered, tell
from nbprod.rules.intended_errors import as_intended, shows_deletion, without_intended


@rule(
    "NBP104",
    "use-after-deletion",
    level="explore",
    on=Notebook,
    severity=Severity.ERROR,
    predicts="failure",
    family="errors",
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report reads of names that were deleted, or unbound at the end of `except … as`."""
    for failure in failures_because(facts, "deleted"):
        assert failure.deletion is not None
        span = failure.deletion.binding.span
        label = Label(span, f"`{failure.name}` is deleted here, {facts.say(span.cell)}")
        help_ = "delete it after its last use, or store the value under another name"
        told = tell(failure, facts, f"`{failure.name}` is used after its deletion", help_, label)
        is_certain = failure.certain and failure.called
        told = told._replace(fix=reordered(failure, facts) if is_certain else None)
        _, intended = without_intended([failure], facts)
        yield as_intended(told) if intended or shows_deletion(failure, facts) else told
