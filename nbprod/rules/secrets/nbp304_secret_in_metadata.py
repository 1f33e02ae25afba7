"""Reports secrets in metadata of the notebook or its cells.

## Why

No editor shows metadata, so nobody sees that a parameter that was injected, or what was typed
into a widget, has been saved with the notebook.

## Flagged

```notebook
# %%
connect(parameters)  #! NBP304
#>@ {"papermill": {"parameters": {"db_password": "n0t-A-r34l-one"}}}
```

## Clean

```notebook
# %%
connect(parameters)
#>@ {"papermill": {"parameters": {"db_password_name": "prod/db"}}}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.secret_reports import about


@rule("NBP304", "secret-in-metadata", severity=Severity.ERROR, languages="any")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report credentials in the metadata of cells and of the notebook."""
    yield from about(
        (secret for secret in facts.secrets if secret.text.part == "metadata"),
        facts,
        "this metadata",
        "clear it, and pass the name of the secret instead of its value",
    )
