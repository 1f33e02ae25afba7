"""A path that exists on one hosted platform only.

## Why

`/content/drive` is Colab's, `/kaggle/input` Kaggle's, `/dbfs` and `dbfs:/` are Databricks'. Code
that names them runs nowhere else.

## Flagged

```notebook
# %%
import pandas as pd
df = pd.read_csv("/content/drive/MyDrive/sales.csv")  #! NBP402
labels = pd.read_csv("/kaggle/input/shop/labels.csv")  #! NBP402
```

## Clean

```notebook
# %%
import pandas as pd
df = pd.read_csv("content/sales.csv")
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.rule import NodeInCell, rule

_PLATFORMS = (
    (re.compile(r"/content/(?:drive|gdrive)\b"), "Colab"),
    (re.compile(r"/kaggle/(?:input|working)\b|\.\./input/"), "Kaggle"),
    (re.compile(r"(?:/dbfs|dbfs:)/"), "Databricks"),
    (re.compile(r"/home/jovyan/|/home/ec2-user/SageMaker/"), "one hosted Jupyter"),
)


@rule("NBP402", "platform-path", on=(ast.Constant,), level="production")
def check(subject: NodeInCell, facts: Facts) -> Iterator[Diagnostic]:
    """Report string constants that are paths of a platform."""
    node = subject.node
    assert isinstance(node, ast.Constant)
    if not isinstance(node.value, str) or "\n" in node.value:
        return
    for pattern, platform in _PLATFORMS:
        if pattern.match(node.value):
            yield Diagnostic(
                facts.span(subject.parsed.cell.index, node),
                f"`{node.value}` exists on {platform} only",
                help="read the folder from configuration, with this one as one of its values",
            )
