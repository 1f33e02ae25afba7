"""Reports paths that exist on one hosted platform only.

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

```notebook
# %%
small = "../working/small.csv"  #! NBP402
kept = "/home/jupyter/models/churn.bin"  #! NBP402
```

## Fixed

```notebook
# %% tags=parameters
df_path = "/content/drive/MyDrive/sales.csv"
labels_path = "/kaggle/input/shop/labels.csv"
# %%
import pandas as pd
df = pd.read_csv(df_path)
labels = pd.read_csv(labels_path)
```

## Clean

```notebook
# %%
import pandas as pd
df = pd.read_csv("content/sales.csv")
```

```notebook
# %%
import os
for dirname, _, filenames in os.walk("/kaggle/input"):
    print(dirname, filenames)
print(os.listdir("../input"))
drive.mount("/content/drive")
```

```notebook
# %%
import pandas as pd
df = pd.read_csv("../input/sales.csv")
df.to_csv("../reports/sales.csv")
```

## Fix safety

Unsafe: a path that is the argument of a call moves to the cell of parameters, as
`hardcoded-setting` has it. It is still one of that cell's values, and still found there, but who
runs the notebook elsewhere can set it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.fixing.parameter_cell import ParameterCell
from nbprod.model import Diagnostic, Label
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.syntax.names import last_name

_PLATFORMS = (
    (lazy_pattern(r"/content/(?:drive|gdrive|sample_data)\b"), "Colab"),
    (lazy_pattern(r"/kaggle/(?:input|working)\b|\.\./(?:input|working)/"), "Kaggle"),
    (lazy_pattern(r"(?:/dbfs|dbfs:)/"), "Databricks"),
    (
        lazy_pattern(
            r"/home/(?:jovyan|jupyter|ec2-user/SageMaker|sagemaker-user|studio-lab-user|azureuser|datascience)/"
        ),
        "the machine it was written on",
    ),
)
# Beside these, `../input` is a directory of the repository like them.
_SIBLING = lazy_pattern(r"\.\./(?!input\b|working\b)[\w-]+/")
_LISTING = ("walk", "listdir", "mount")
_WORDS = ("/content/", "/kaggle/", "../input", "../working", "dbfs", "/home/")


@rule("NBP402", "platform-path", on=Notebook, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the platforms of which string constants are paths, with all such constants."""
    found: dict[str, list[tuple[int, ast.Constant]]] = {}
    listed = set(_listed(facts))
    has_siblings = any(
        _SIBLING.match(str(node.value)) for _, node in facts.nodes_with(ast.Constant, "../")
    )
    for cell, node in facts.nodes_with(ast.Constant, *_WORDS):
        if not isinstance(node.value, str) or "\n" in node.value or id(node) in listed:
            continue
        for pattern, platform in _PLATFORMS:
            if pattern.match(node.value) and not (has_siblings and node.value.startswith("../")):
                found.setdefault(platform, []).append((cell, node))
    for platform, places in found.items():
        (cell, node), *others = places
        yield Diagnostic(
            facts.span(cell, node),
            f"`{node.value!s}` exists only on {platform}",
            labels=tuple(
                Label(facts.span(place, text), "also here", again=True) for place, text in others
            ),
            help="read the directory from configuration",
            fix=facts.shared(ParameterCell).fix_paths(places),
        )


def _listed(facts: Facts) -> Iterator[int]:
    """The paths that are only mounted or listed, as the platform's own template does."""
    for _, call in facts.nodes_with(ast.Call, *_LISTING):
        if last_name(call.func) in _LISTING:
            yield from (id(argument) for argument in call.args)
