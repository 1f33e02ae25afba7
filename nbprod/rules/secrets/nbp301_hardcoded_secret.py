"""Reports secrets in code.

## Why

Whoever reads the notebook, now or from its history, can use it. Keys of providers are known by
their shape; passwords and other keys by the name, argument, key, header or URL they appear in. The
value is shown nowhere: only its kind, its length and what all of its kind start with. A value that
occurs in several places is one finding.

## Flagged

```notebook
# %%
import psycopg2
conn = psycopg2.connect(host="db", user="app", password="n0t-A-r34l-one")  #! NBP301
# %%
engine = create_engine("postgresql://app:n0t-A-r34l-one@db/prod")
```

```notebook
# %%
token = "n0t-A-r34l-one"  #! NBP301
# %%
def client():
    return connect(token="n0t-A-r34l-one")
# %%
api_key = "n0t-A-r34l-0ther"  #! NBP301
```

## Fixed

```notebook
# %%
import os
import psycopg2
conn = psycopg2.connect(host="db", user="app", password=os.environ["PASSWORD"])
# %%
engine = create_engine(f"postgresql://app:{os.environ['PASSWORD']}@db/prod")
```

## Clean

```notebook
# %%
import os
password = os.environ["DB_PASSWORD"]
token = "<your token here>"
max_tokens = 4096
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.secret_reports import about_values, in_code


@rule(
    "NBP301",
    "hardcoded-secret",
    level="explore",
    severity=Severity.ERROR,
    languages="any",
    shares_secrets=True,
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report credentials in the source of code cells."""
    yield from about_values(
        (secret for secret in facts.secrets if in_code(secret, facts)),
        facts,
        "this code",
        "read it from the environment or a secret store",
    )
