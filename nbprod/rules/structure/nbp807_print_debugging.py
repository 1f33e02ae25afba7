"""Prints that say where the program is.

## Why

`print("here")` helps for an hour and stays for years. A logger can be turned off and says when.

## Flagged

```notebook
# %%
def load(path):
    print("here")  #! NBP807
    print(">>> path", path)  #! NBP807
    return path
```

## Clean

```notebook
# %%
def report(total):
    print(f"{total} orders")
print("done")
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.rule import NodeInCell, rule
from nbprod.syntax.walk import walk

_HERE = re.compile(
    r"\s*(?:here\d*|got here|debug(?:ging)?|test(?:ing)?\d*|xxx+|aaa+|asdf|foo|bar|checkpoint"
    r"|>>>.*|###+.*|\*\*\*+.*|---+|===+)\W*\s*\Z",
    re.IGNORECASE,
)


@rule(
    "NBP807", "print-debugging", on=(ast.FunctionDef,), level="production", severity=Severity.INFO
)
def check(subject: NodeInCell, facts: Facts) -> Iterator[Diagnostic]:
    """Report prints in functions whose text is a mark and no message."""
    if "print" not in subject.parsed.cell.source:
        return
    for node in walk(subject.node):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "print"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
            and _HERE.match(node.args[0].value)
        ):
            yield Diagnostic(
                facts.span(subject.parsed.cell.index, node),
                "a print that says where the program is",
                help="take it out, or use a logger",
            )
