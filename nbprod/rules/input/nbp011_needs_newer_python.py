"""Reports syntax that is newer than the Python that runs nbprod.

## Why

The cell may be right for the notebook's kernel; it cannot be checked here. Run nbprod with a
Python at least as new as the notebook's.

## Clean

```notebook
# %%
match 3:
    case x:
        print(x)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule("NBP011", "needs-newer-python", level="explore", on=Notebook, severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report once that some cells can only be parsed by a newer Python."""
    places = [
        (parsed.fault.needs, Span(parsed.cell.index, parsed.fault.start, parsed.fault.end))
        for parsed in facts.parsed
        if parsed is not None and parsed.fault is not None and parsed.fault.needs is not None
    ]
    if not places:
        return
    (_, span), *others = places
    major, minor = max(needs for needs, _ in places)
    cells = f"{len(places)} cells were" if others else "the cell was"
    yield Diagnostic(
        span,
        f"{cells} not checked: the syntax needs Python {major}.{minor}",
        labels=tuple(Label(place, "also needs a newer Python", again=True) for _, place in others),
        help=f"run nbprod with Python {major}.{minor} or newer",
    )
