"""A cell that gives another result when it is run a second time.

## Why

People run a cell three or four times on average. If each run changes what the cell itself reads,
the state depends on how often, and nothing on the page says how often.

## Flagged

```notebook
# %%
rows = []
count = 0
# %%
rows.append(1)  #! NBP109
# %%
count += 1  #! NBP109
```

```notebook
# %%
prices = {"p": 2}
# %%
prices["p"] = prices["p"] * 2  #! NBP109
```

```notebook
# %%
import pandas as pd
df = pd.read_csv("x.csv")
# %%
df[df.abs() > 3] = df / 2  #! NBP109?
```

## Clean

```notebook
# %%
import pandas as pd
df = pd.read_csv("x.csv")
# %%
df = df.dropna()
df["total"] = df["a"] + df["b"]
rows = []
rows.append(1)
```

```notebook
# %%
import numpy as np
import pandas as pd
import tensorflow as tf
df = pd.read_csv("x.csv")
other = df.loc[:, "a":"c"]
counts = np.zeros(3)
batches = tf.data.Dataset.range(9).batch(3)
model = tf.keras.Model()
winners, losers = set("ab"), set("bc")
# %%
df.replace("VA", "Virginia", inplace=True)
df.replace({"state": {"MD": "Maryland"}}, inplace=True)
# %%
both = other.append(df)
# %%
counts *= 0
counts[1] += 5
# %%
batches = batches.cache().prefetch(2)
# %%
model.load_weights("best.h5")
# %%
losers = losers - winners
# %%
counts[:] = 1
counts[2] -= 1
```

```notebook
# %%
size = 6
def resize(n):
    global size
    if n != size:
        size = n
# %%
resize(4)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.types import SelfDependence
from nbprod.model import Certainty, Diagnostic, Label
from nbprod.notebook.types import Notebook
from nbprod.rule import rule

_MESSAGES = {
    "rebinds": "`{0}` is computed from its own old value: a second run gives another",
    "overwrites": "`{0}` is read and then given another value: a second run reads that one",
    "augments": "`{0}` changes again with each run of this cell",
    "mutates": "`{0}` is changed in place again with each run of this cell ({1})",
    "deletes": "`{0}` is deleted: a second run of this cell fails",
    "consumes": "`{0}` is used up: a second run of this cell finds less of it",
    "draws": "draws from `{0}`, which goes on from where it is: a second run gives other numbers",
    "appends": "appends to the file {0}: a second run writes it twice",
    "removes": "moves, makes or removes the file {0}: a second run of this cell fails",
    "shadows": "`{0}` hides the builtin that this cell has used: a second run finds this one",
}
_HELP = "put the start value and this change into one cell, or give the result a new name"


@rule("NBP109", "unsafe-rerun", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report each cell that is not safe to run again, once, with all that it changes."""
    for index in facts.flow.order:
        again = facts.flow.again(index)
        if not again:
            continue
        reasons = sorted(again, key=lambda dependence: not dependence.certain)
        first = reasons[0]
        yield Diagnostic(
            first.span,
            message_of(first),
            certainty=Certainty.CERTAIN if first.certain else Certainty.POSSIBLE,
            symbol=first.name if first.name.isidentifier() else None,
            labels=tuple(
                Label(dependence.span, message_of(dependence)) for dependence in reasons[1:4]
            ),
            help=_HELP if first.kind in ("rebinds", "augments", "mutates") else None,
        )


def message_of(reason: SelfDependence) -> str:
    """Say what a second run of the cell changes."""
    name = "whose path is computed" if reason.name == "None" else reason.name or "the value"
    return _MESSAGES[reason.kind].format(name, reason.how)
