"""
Reports reads of a key that a dictionary or data frame does not have.

## Why

All keys are in the notebook: in the literal that creates the dictionary or data frame and in the
assignments below it. The key that is read is none of them, so the cell stops with a KeyError in
every run: the key was renamed, or set by a cell that has been deleted. Where a later cell sets it,
`use-before-definition` reports the order.

## Flagged

```notebook
# %%
config = {"rate": 0.1}
# %%
print(config["rates"])  #! NBP121
```

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1], "b": [2]})
df["c"] = df["a"] + 1
# %%
df["d"].mean()  #! NBP121
```

```notebook
# %%
counts = dict(x=1)
counts["y"] += 1  #! NBP121
```

## Clean

```notebook
# %%
config = {"rate": 0.1}
config.update(load())
print(config["rates"])
other = {}
fill(other)
print(other["x"])
third = {"a": 1}
if ready:
    third["b"] = 2
print(third["b"], third.get("c"))
fourth = {}
def put():
    fourth["x"] = 1
put()
print(fourth["x"])
```

```notebook
# %%
import pandas as pd
df = pd.DataFrame({"a": [1], "b": [2]})
df.insert(0, "z", 1)
print(df["z"])
df = pd.DataFrame({"a": [1]})
df.rename(columns={"a": "q"}, inplace=True)
print(df["q"])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.intended_errors import as_intended, is_intended
from nbprod.rules.key_reads import early_reads


@rule(
    "NBP121",
    "missing-key",
    on=Notebook,
    severity=Severity.ERROR,
    predicts="failure",
    family="errors",
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report keys that no cell sets."""
    for read in early_reads(facts):
        if read.later is None:
            kind = "data frame" if read.is_frame else "dictionary"
            place = facts.span(read.cell, read.node)
            told = Diagnostic(
                place,
                f"`{read.name}` has no key `{read.key}`: KeyError on Restart and Run All",
                symbol=read.name,
                help=f"set the key above, or read one that the {kind} has",
            )
            is_shown = is_intended("KeyError", read.key, place, facts)
            yield as_intended(told) if is_shown else told
