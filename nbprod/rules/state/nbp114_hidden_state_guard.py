"""Reports code that asks for variables left over from an earlier run.

## Why

`if "model" not in globals()` keeps an old value alive: after a change of the code above, the cell
goes on with what the old code made, and only a restart shows it. `%store -r` brings values of
another notebook.

## Flagged

```notebook
# %%
if "model" not in globals():  #! NBP114
    model = 1
```

```notebook
# %%
try:
    model
except NameError:  #! NBP114
    model = 1
```

## Clean

```notebook
# %%
try:
    import torch
except ImportError:
    pass
# %%
try:
    print(torch.__version__)
except NameError:
    pass
```

```notebook
# %%
model = None
if model is None:
    model = 1
```

```notebook
# %%
if "model" not in globals():
    print("run the cell above first")
# %%
assert "model" in globals(), "run the cell above first"
# %%
if "model" not in globals():
    raise RuntimeError("run the cell above first")
# %%
print("model" in globals())
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.libraries.modules import PYTHON2_NAMES
from nbprod.model import Diagnostic
from nbprod.names.guards import guarded_name
from nbprod.names.scopes import bound_names
from nbprod.rule import NodeInCell, rule
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import walk


@rule("NBP114", "hidden-state-guard", on=(ast.Compare, ast.Try), level="production")
def check(subject: NodeInCell[ast.Compare | ast.Try], facts: Facts) -> Iterator[Diagnostic]:
    """Report tests of the namespace and handlers of NameError."""
    node, cell = subject.node, subject.cell
    if isinstance(node, ast.Compare):
        name = guarded_name(node)
        if name is not None and _keeps(name, node, subject.parsed):
            yield Diagnostic(
                facts.span(cell, node),
                f"keeps a `{name}` left over from an earlier run",
                symbol=name,
                help="compute it on every run, or load it from a file",
            )
    elif isinstance(node, ast.Try):
        asked = {
            child.id
            for part in node.body
            for child in walk(part)
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load)
        } - PYTHON2_NAMES.keys()
        for handler in node.handlers:
            if not _catches_name_error(handler) or asked.isdisjoint(bound_names(handler.body)):
                # What is not made where it is missing is not kept for later either.
                continue
            start = facts.index(cell).offset(handler.lineno, handler.col_offset)
            span = facts.span(cell, handler)._replace(start=start, end=start + len("except"))
            yield Diagnostic(
                span,
                "keeps a variable left over from an earlier run",
                help="compute it on every run, or load it from a file",
            )


def _keeps(name: str, test: ast.Compare, parsed: ParsedCell) -> bool:
    """Whether a variable is made only where the test says so: prints and assertions keep none."""
    for node in parsed.nodes:
        if isinstance(node, (ast.If, ast.IfExp, ast.While)) and _is_part(test, node.test):
            if isinstance(node, ast.IfExp):
                return True
            return name in bound_names([*node.body, *node.orelse])
    return False


def _is_part(node: ast.AST, whole: ast.AST) -> bool:
    return any(part is node for part in walk(whole))


def _catches_name_error(node: ast.ExceptHandler) -> bool:
    return isinstance(node.type, ast.Name) and node.type.id == "NameError"
