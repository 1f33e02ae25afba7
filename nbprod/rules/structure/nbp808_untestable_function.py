"""Reports functions that cannot be tested in isolation.

## Why

It asks for input, reads a file whose path it knows itself, or calls the network in the middle of a
computation. A test has to have the file, the network and the person.

## Flagged

```notebook
# %%
import pandas as pd
def total():
    df = pd.read_csv("sales.csv")  #! NBP808
    return df["price"].sum()
def order():
    count = int(input("How many? "))  #! NBP808
    return count * 12
```

## Clean

```notebook
# %%
import pandas as pd
def total(path):
    return pd.read_csv(path)["price"].sum()
def load_sales():
    return pd.read_csv("sales.csv")
def ask():
    "How many somebody wants."
    return int(input("How many? "))
def main():
    while input("More? ") == "yes":
        print(total("sales.csv"))
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.rule import NodeInCell, rule
from nbprod.rules.practice_data import unless_material
from nbprod.syntax.walk import walk

_WORDS = ("input", "open", "read_", "requests", "urllib")
_PERSON = "asks for input"
_NETWORK = ("requests.get", "requests.post", "urllib.request.urlopen", "urllib.request.urlretrieve")

_LOADING = tuple(
    "load read fetch get download open main ask prompt input repl play run_interactive".split()
)


@rule(
    "NBP808",
    "untestable-function",
    on=(ast.FunctionDef,),
    level="production",
    severity=Severity.INFO,
)
@unless_material
def check(subject: NodeInCell[ast.FunctionDef], facts: Facts) -> Iterator[Diagnostic]:
    """Report functions that do work and get their input themselves; one finding for each."""
    node, cell = subject.node, subject.cell
    if not any(word in subject.parsed.cell.source for word in _WORDS):
        return
    # A pause, whose answer nobody reads, gets no data.
    pauses = {id(one.value) for one in walk(node) if isinstance(one, ast.Expr)}
    for call in walk(node):
        if not isinstance(call, ast.Call) or (id(call) in pauses and _is_asked(call)):
            continue
        reason = _reason(call, facts)
        if reason is not None and not _only_loads(node):
            yield Diagnostic(
                facts.span(cell, call),
                f"`{node.name}` {reason}, so it cannot be tested in isolation",
                symbol=node.name,
                help="pass the data as a parameter",
            )
            return


def _reason(call: ast.Call, facts: Facts) -> str | None:
    func = call.func
    if _is_asked(call):
        return _PERSON
    fixed = bool(call.args) and isinstance(call.args[0], ast.Constant)
    if fixed and isinstance(func, ast.Name) and func.id == "open" and len(call.args) == 1:
        return "reads a hardcoded file"
    if isinstance(func, ast.Attribute):
        name = facts.qualified(func)
        if fixed and name.startswith("pandas.read_"):
            return "reads a hardcoded file"
        if fixed and name in _NETWORK:
            return "uses the network"
    return None


def _is_asked(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "input"


def _only_loads(node: ast.FunctionDef) -> bool:
    """Whether loading or asking is all that a function does: then it has one reason to change."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return node.name.startswith(_LOADING) or len(body) == 1
