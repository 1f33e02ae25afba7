"""A path into somebody's own folders.

## Why

`/Users/ada/data.csv` is on one machine only. The notebook fails for everybody else, and in
production.

## Flagged

```notebook
# %%
import pandas as pd
# %%
df = pd.read_csv("/Users/ada/data/sales.csv")  #! NBP401
```

```notebook
# %%
folder = r"C:\\Users\\ada\\models"  #! NBP401
orders = "~/Desktop/orders.csv"  #! NBP401
```

## Fixed

```notebook
# %%
import pandas as pd
# %% tags=parameters
df_path = "/Users/ada/data/sales.csv"
# %%
df = pd.read_csv(df_path)
```

## Clean

```notebook
# %%
import pandas as pd
df = pd.read_csv("data/sales.csv")
print("kept in /Users/ada/data, ask her")
route = "/home/index"
kernel = "/home/jupyter/models/churn.bin"
cache = "~/.cache/models"
```

## Fix safety

Unsafe: a path that is the argument of a call moves to the cell of parameters, as
`hardcoded-setting` has it. It is still one of that cell's values, and still found there, but who
runs the notebook elsewhere can set it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.fixing.parameter_cell import ParameterCell
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule

# The users of hosted machines are the same for everybody: NBP402 is about their folders.
_HOSTED = r"jovyan|jupyter|ec2-user|sagemaker-user|studio-lab-user|azureuser|model-server"
_OWN = re.compile(
    r"(?:file://)?(?:/Users/[^/\s]+|[A-Za-z]:[\\/]+Users[\\/]+[^\\/\s]+"
    rf"|/home/(?!(?:{_HOSTED})\b)[^/\s]+|~[\\/](?:Desktop|Documents|Downloads))[\\/]\S"
)


_WORDS = ("/Users/", "/home/", "Users\\", "~/D", "~\\D")


@rule("NBP401", "laptop-path", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report string constants that are paths below a person's folder."""
    for cell, node in facts.nodes_with(ast.Constant, *_WORDS):
        if isinstance(node.value, str) and "\n" not in node.value and _OWN.match(node.value):
            yield Diagnostic(
                facts.span(cell, node),
                f"`{node.value}` is on one machine only",
                help="make the path relative to the project, or read it from configuration",
                fix=facts.shared(ParameterCell).fix_path(node, cell),
            )
