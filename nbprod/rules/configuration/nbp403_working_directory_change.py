"""A change of the working directory.

## Why

From then on every relative path means something else. Run twice, a relative change goes deeper;
in a module, it changes the folder of whoever imports it.

## Flagged

```notebook
# %%
import os
os.chdir("..")  #! NBP403
# %%
%cd data
#^ NBP403
```

## Clean

```notebook
# %%
from pathlib import Path
data = Path("data")
print(list(data.iterdir()))
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Span
from nbprod.rule import MagicInCell, NodeInCell, rule
from nbprod.syntax.types import Magic

_HELP = "build paths from a folder that is a setting, such as `DATA / 'sales.csv'`"
_MESSAGE = "from here on every relative path means something else"


@rule("NBP403", "working-directory-change", on=(ast.Call, Magic), level="production")
def check(subject: NodeInCell | MagicInCell, facts: Facts) -> Iterator[Diagnostic]:
    """Report `os.chdir` and `%cd`."""
    cell = subject.parsed.cell.index
    if isinstance(subject, MagicInCell):
        magic = subject.magic
        if magic.kind == "line" and magic.name in ("cd", "pushd"):
            yield Diagnostic(Span(cell, magic.start, magic.end), _MESSAGE, help=_HELP)
        return
    node = subject.node
    assert isinstance(node, ast.Call)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "chdir":
        if facts.qualified(node.func) == "os.chdir":
            yield Diagnostic(facts.span(cell, node), _MESSAGE, help=_HELP)
