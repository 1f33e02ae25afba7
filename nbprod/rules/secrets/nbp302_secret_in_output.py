"""Reports secrets in saved outputs.

## Why

What a cell prints is saved with the notebook: a key in a traceback or a printed setting leaks as
one in the source does, and nobody looks for it there.

## Flagged

```notebook
# %% [1]
show(settings)  #! NBP302
#>> {"password": "n0t-A-r34l-one"}
```

```notebook
# %% [1]
show(settings)  #! NBP302
#>> {"password": "n0t-A-r34l-one"}
#>> {"password": "n0t-A-r34l-one"}
# %% [2]
show(settings)
#>> {"password": "n0t-A-r34l-one"}
```

## Clean

```notebook
# %% [1]
show(settings)
#>> {"password": "********"}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, whole_cell
from nbprod.rules.secret_reports import about
from nbprod.secrets.types import Secret


@rule("NBP302", "secret-in-output", severity=Severity.ERROR, languages="any")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report credentials in outputs, each once with all cells that show it."""
    by_value: dict[str, list[Secret]] = {}
    for secret in facts.secrets:
        if secret.text.part == "output":
            by_value.setdefault(secret.value, []).append(secret)
    for secrets in by_value.values():
        found = about(iter(secrets), facts, "this output", "clear the output, and remove the print")
        first, *others = list(found)
        fixes = [finding.fix for finding in (first, *others) if finding.fix is not None]
        cells = dict.fromkeys(other.span.cell for other in others if other.span.cell >= 0)
        labels = (
            Label(whole_cell(facts.cell(cell)), "the output of this cell also shows it", again=True)
            for cell in cells
            if cell != first.span.cell
        )
        edits = dict.fromkeys(edit for fix in fixes for edit in fix.edits)
        fix = fixes[0]._replace(edits=tuple(edits)) if fixes else None
        yield first._replace(labels=tuple(labels), fix=fix)
