"""
Reports calls that end the kernel or the run in the middle of a notebook.

## Why

`exit()` and `quit()` stop the kernel: no cell below runs, and all variables are gone. `sys.exit()`
stops Restart and Run All with `SystemExit`. Such a call is often left over from a script, or put in
to stop a run early.

## Flagged

```notebook
# %%
print(1)
# %%
exit()  #! NBP510
# %%
print(2)
```

```notebook
# %%
import sys
print("done")
sys.exit(0)  #! NBP510
# %%
print("never")
```

```notebook
# %%
raise SystemExit("stop here")  #! NBP510
# %%
print("never")
```

```notebook
# %%
quit()  #! NBP510
print("never")
```

## Clean

```notebook
# %%
import sys
if sys.version_info < (3, 8):
    sys.exit("too old")
# %%
def stop():
    exit()
# %%
print("last")
# %%
exit()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.libraries.functions import EXITS
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule("NBP510", "kernel-exit", on=Notebook, level="shared", severity=Severity.WARNING)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report unconditional exits with code below them."""
    for cell, tree in facts.trees_with("exit", "quit", "abort", "SystemExit"):
        for number, statement in enumerate(tree.body):
            name = _exit(statement, facts)
            if not name:
                continue
            following = [
                parsed.cell.index
                for parsed in facts.parsed[cell + 1 :]
                if parsed is not None and parsed.tree is not None and parsed.tree.body
            ]
            if following or number + 1 < len(tree.body):
                places = f"cell {following[0] + 1}" if following else "the next line"
                yield Diagnostic(
                    facts.span(cell, statement),
                    f"`{name}` ends the run: nothing from {places} on is executed",
                    symbol=name,
                    help="remove the call, or move what must not run to another notebook",
                )
            break


def _exit(statement: ast.stmt, facts: Facts) -> str:
    """The name of the call that ends the run whenever a statement is reached."""
    if isinstance(statement, ast.Raise):
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return "SystemExit" if isinstance(raised, ast.Name) and raised.id == "SystemExit" else ""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return ""
    function = statement.value.func
    name = facts.qualified(function)
    if name in EXITS:
        return f"{name}()"
    if isinstance(function, ast.Name) and function.id in ("exit", "quit"):
        return "" if function.id in facts.flow.definitions else f"{function.id}()"
    return ""
