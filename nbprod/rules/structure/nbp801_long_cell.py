"""A cell with more than 60 lines of loose code.

## Why

What does not fit on a screen is read by nobody, and run as a whole or not at all. Its parts want
names: they are functions. Definitions and texts are not counted; `max-cell-lines` sets the limit.

## Flagged

```notebook
# %%
x = 0  #! NBP801
x = x + 1
#* 61
```

## Clean

```notebook
# %%
x = 0
print(x)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, whole_cell
from nbprod.syntax.walk import walk

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


@rule("NBP801", "long-cell", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report cells with too many lines outside of functions and classes."""
    most = facts.options.sizes.cell_lines
    for parsed in facts.parsed:
        if parsed is None or parsed.tree is None or parsed.cell.source.count("\n") < most:
            continue
        lines = sum(
            (node.end_lineno or node.lineno) - node.lineno + 1
            for node in parsed.tree.body
            if not isinstance(node, _DEFINITIONS)
        )
        lines -= _text_lines(parsed.tree)
        if lines > most:
            yield Diagnostic(
                whole_cell(parsed.cell),
                f"{lines} lines of loose code in one cell",
                help=f"cut it, or take it out: `nbprod extract --cells {parsed.cell.number}`",
            )


def _text_lines(tree: ast.Module) -> int:
    """The lines inside of strings: queries and texts are no code."""
    return sum(
        (node.end_lineno or node.lineno) - node.lineno
        for node in walk(tree)
        if isinstance(node, (ast.JoinedStr, ast.Constant))
        and isinstance(getattr(node, "value", ""), str)
    )
