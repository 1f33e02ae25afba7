"""Reports secrets in Markdown, raw cells and names of attachments.

## Why

Notes are published and shared more freely than code, and no code has to be run to read them.

## Flagged

```notebook
# %% [markdown]
The password is `n0t-A-r34l-one`.  #! NBP303
```

## Fixed

```notebook
# %% [markdown]
The password is `<redacted:password>`.
```

## Clean

```notebook
# %% [markdown]
The password is in the vault; ask the owner of the database.
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.secret_reports import about, in_code


@rule("NBP303", "secret-in-text", severity=Severity.ERROR, languages="any")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report credentials in notes."""
    yield from about(
        (
            secret
            for secret in facts.secrets
            if secret.text.part == "attachment"
            or (secret.text.part == "source" and not in_code(secret, facts))
        ),
        facts,
        "this note",
        "name the place to request it instead",
    )
