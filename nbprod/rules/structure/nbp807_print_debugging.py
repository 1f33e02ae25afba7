"""Reports debugging prints.

## Why

`print("here")` helps for an hour and stays for years. A logger can be turned off and says when.

## Flagged

```notebook
# %%
def load(path):
    print("here")  #! NBP807
    print(">>> loading")  #! NBP807
    return path
# %%
for path in ["a", "b"]:
    print("here 2")  #! NBP807
```

## Clean

```notebook
# %%
def report(total):
    print("Orders")
    print("======")
    print(f"{total} orders")
print("done")
print("test")
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.patterns import lazy_pattern
from nbprod.rule import NodeInCell, rule
from nbprod.syntax.walk import walk

# Lines and stars are left out: they are tables and headings of an output.
_HERE = lazy_pattern(
    r"\s*(?:(?:got |am |i'm )?here\d*|debug(?:ging)?|test(?:ing)?\d*|xxx+|aaa+|asdf|foo|bar"
    r"|checkpoint|>>>.*)[\W\d]*\Z",
    re.IGNORECASE,
)


@rule(
    "NBP807",
    "print-debugging",
    on=(ast.FunctionDef, ast.For, ast.While),
    level="production",
    severity=Severity.INFO,
)
def check(
    subject: NodeInCell[ast.FunctionDef | ast.For | ast.While], facts: Facts
) -> Iterator[Diagnostic]:
    """Report prints in functions and loops whose text is a mark and no message."""
    if "print" not in subject.parsed.cell.source:
        return
    marks = [node for node in walk(subject.node) if _is_mark(node)]
    headings = {id(node) for node in _headings(subject.node)} if marks else ()
    for node in marks:
        if id(node) not in headings:
            yield Diagnostic(
                facts.span(subject.cell, node),
                "debugging print",
                help="remove it, or use a logger",
            )


def _is_mark(node: ast.AST) -> bool:
    """Whether a node prints a text that is a mark and no message."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
        and len(node.args) == 1
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
        and _HERE.match(node.args[0].value) is not None
    )


def _headings(root: ast.AST) -> Iterator[ast.Call]:
    """Prints of `Testing` beside other prints: what follows is about the test set."""
    for node in walk(root):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
            calls = [_printed(statement) for statement in body] if isinstance(body, list) else []
            for before, call, after in zip([None, *calls], calls, [*calls[1:], None], strict=False):
                if call is not None and (before or after) and _is_test(call):
                    yield call


def _printed(statement: ast.AST) -> ast.Call | None:
    call = statement.value if isinstance(statement, ast.Expr) else None
    is_print = isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    return call if is_print and call.func.id == "print" else None  # type: ignore[union-attr, return-value]


def _is_test(call: ast.Call) -> bool:
    text = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    return isinstance(text, str) and text.strip().lower().startswith("test")
