"""A cell in the syntax of a newer Python than the one nbprod runs on.

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
from nbprod.model import Diagnostic, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule("NBP011", "needs-newer-python", level="explore", on=Notebook, severity=Severity.WARNING)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report each cell that only a newer Python can parse."""
    for parsed in facts.parsed:
        if parsed is None or parsed.fault is None or parsed.fault.needs is None:
            continue
        fault = parsed.fault
        major, minor = fault.needs or (3, 0)
        yield Diagnostic(
            Span(parsed.cell.index, fault.start, fault.end),
            f"needs Python {major}.{minor} to be parsed; the cell was not checked",
            help=f"run nbprod with Python {major}.{minor} or newer",
        )
