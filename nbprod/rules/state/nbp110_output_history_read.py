"""Reports reads of earlier inputs or outputs by number, as `Out[3]`.

## Why

`_`, `Out[3]` and `In[3]` hold whatever ran before in this session. After the next run of anything
they hold something else, and in a script they do not exist.

## Flagged

```notebook
# %%
1 + 1
# %%
x = _ * 2  #! NBP110
# %%
y = Out[1]  #! NBP110
```

## Clean

```notebook
# %%
for _ in range(3):
    print(_)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule("NBP110", "output-history-read", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report reads of the kernel's history."""
    for _, name, span in facts.flow.history_reads:
        yield Diagnostic(
            span,
            f"`{name}` depends on the order in which cells ran",
            symbol=name,
            help="assign the value to a name in the cell that computes it",
            minor=name == "_" and _follows_its_value(span.cell, facts),
        )


def _follows_its_value(cell: int, facts: Facts) -> bool:
    """Whether the code cell right above shows a value, which is the last one shown so far."""
    above = [parsed for parsed in facts.parsed[:cell] if parsed is not None and parsed.tree]
    body = above[-1].tree.body if above and above[-1].tree is not None else []
    return bool(body) and isinstance(body[-1], ast.Expr) and not above[-1].suppressed_output
