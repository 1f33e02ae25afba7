"""Files in the order in which the disk happens to have them.

## Why

`os.listdir`, `glob` and `iterdir` promise no order. Another machine concatenates the same files in
another one, and the rows, the split and the model differ.

## Flagged

```notebook
# %%
import glob
import os
frames = []
for path in glob.glob("data/*.csv"):  #! NBP506
    frames.append(path)
names = [name.upper() for name in os.listdir("data")]  #! NBP506
```

## Clean

```notebook
# %%
import glob
import os
for path in sorted(glob.glob("data/*.csv")):
    print(path)
count = len(os.listdir("data"))
sizes = {name: os.path.getsize(name) for name in os.listdir("data")}
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.rule import NodeInCell, rule
from nbprod.syntax.walk import walk

_LISTINGS = frozenset(["os.listdir", "os.scandir", "glob.glob", "glob.iglob"])


@rule(
    "NBP506",
    "arbitrary-order",
    on=(ast.For, ast.ListComp),
    level="production",
    severity=Severity.INFO,
)
def check(subject: NodeInCell, facts: Facts) -> Iterator[Diagnostic]:
    """Report loops that gather something over a listing that has no order."""
    node = subject.node
    if isinstance(node, ast.ListComp):
        source = node.generators[0].iter
    else:
        assert isinstance(node, ast.For)
        if not _gathers(node):
            return
        source = node.iter
    if isinstance(source, ast.Call) and facts.qualified(source.func) in _LISTINGS:
        yield Diagnostic(
            facts.span(subject.parsed.cell.index, source),
            "the files come in no order that can be relied on",
            help="go through `sorted(...)`",
        )


def _gathers(node: ast.For) -> bool:
    """Whether the body keeps things in the order in which they come."""
    return any(
        isinstance(part, ast.Attribute) and part.attr in ("append", "extend", "concat")
        for one in node.body
        for part in walk(one)
    )
