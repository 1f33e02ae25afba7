"""A credential in an output.

## Why

What a cell prints is saved with the notebook: a key in a traceback or a printed setting leaks as
one in the source does, and nobody looks for it there.

## Flagged

```notebook
# %% [1]
show(settings)  #! NBP302
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
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.secret_reports import about


@rule("NBP302", "secret-in-output", severity=Severity.ERROR, languages="any")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report credentials in outputs."""
    yield from about(
        (secret for secret in facts.secrets if secret.text.part == "output"),
        facts,
        "this output",
        "clear the output, and remove the print",
    )
