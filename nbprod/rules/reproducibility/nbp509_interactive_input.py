"""
Reports prompts that a run without a person cannot answer.

## Why

`input()` waits for somebody to type. papermill, nbclient and a scheduler have nobody: the run stops
with `StdinNotImplementedError`. A parameter of the notebook or a variable of the environment gives
the value to people and to machines.

A lesson that asks, and neither reads data nor imports more than Python's own library, runs nowhere
else: it is reported only where the rule is selected by name.

## Flagged

```notebook
# %%
n = int(input("How many? "))  #! NBP509
print(n)
```

```notebook
# %%
from getpass import getpass
key = getpass("API key: ")  #! NBP509
print(len(key))
```

```notebook
# %%
def ask():
    return input("City: ")  #! NBP509
city = ask()
print(city)
```

```notebook
# %%
rows = int(input("Rows: "))  #! NBP509
columns = int(input("Columns: "))
```

## Clean

```notebook
# %%
import os
n = int(os.environ.get("ROWS", "10"))
def input(text):
    return text
input("x")
```

```notebook
# %%
import os
from getpass import getpass
key = os.environ.get("API_KEY") or getpass("API key: ")
if "TOKEN" not in os.environ:
    os.environ["TOKEN"] = getpass("Token: ")
if __name__ != "__main__":
    n = input()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.practice_data import is_lesson

_PROMPTS = (
    "getpass.getpass",
    "click.prompt",
    "click.confirm",
    "pwinput.pwinput",
    "questionary.text",
)
# What is typed unseen is a secret: no cell is to hold it.
_HIDDEN = ("getpass", "pwinput")
_BUILTINS = ("input", "raw_input")
_GUARDS = (ast.If, ast.IfExp, ast.BoolOp, ast.Try)


@rule("NBP509", "interactive-input", on=Notebook, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the first call of a notebook that waits for a person; the others are shown with it."""
    prompts = list(_prompts(facts))
    if not prompts:
        return
    span, name = prompts[0]
    yield Diagnostic(
        span,
        f"`{name}()` waits for a person: a headless run stops here",
        symbol=name,
        labels=tuple(Label(other, "another prompt here", again=True) for other, _ in prompts[1:5]),
        help="read it from the environment, and ask only where it is missing there"
        if name in _HIDDEN
        else "take the value from a parameters cell or the environment",
        on_request=name in _BUILTINS and is_lesson(facts),
    )


def _prompts(facts: Facts) -> Iterator[tuple[Span, str]]:
    """The prompts that nothing guards, in reading order."""
    for parsed in facts.cells_with("input", "getpass", "prompt"):
        prompts = [
            (node, name)
            for node in parsed.nodes
            if isinstance(node, ast.Call) and (name := _prompt(node, facts))
        ]
        yield from sorted(
            (facts.span(parsed.cell.index, node), name)
            for node, name in prompts
            if id(node) not in parsed.inside(*_GUARDS)
        )


def _prompt(node: ast.Call, facts: Facts) -> str:
    function = node.func
    if isinstance(function, ast.Name) and function.id in _BUILTINS:
        return "" if function.id in facts.flow.definitions else function.id
    name = facts.qualified(function)
    return name.rpartition(".")[2] if name in _PROMPTS else ""
