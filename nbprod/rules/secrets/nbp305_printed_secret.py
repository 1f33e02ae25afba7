"""Reports cells that print a secret.

## Why

A key that comes from the environment or a vault is not in the source, but printed it is in the
output, saved and pushed with the notebook. Redacting the output helps until the cell runs again.

## Flagged

```notebook
# %%
import os
api_key = os.environ["OPENAI_API_KEY"]
print("key:", api_key)  #! NBP305
# %%
os.getenv("DB_PASSWORD")  #! NBP305
# %%
!echo $GITHUB_TOKEN
#^ NBP305
```

## Clean

```notebook
# %%
import os
api_key = os.environ["OPENAI_API_KEY"]
print("key is set:", bool(api_key), len(api_key))
!echo $OPENAI_API_KEY | wc -c
# %%
os.getenv("HOME")
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.secrets.lookups import LOOKUP_WORDS, looked_up_names, may_look_up, secret_lookup
from nbprod.syntax.types import ParsedCell

_SHOWS = frozenset(("print", "display", "pprint", "repr_html", "info", "debug", "warning", "error"))
_ECHO = lazy_pattern(r"\becho\s+[^|;&>]*?\$\{?(\w+)(?![^;&]*[|>])")
_ENV = lazy_pattern(r"%env\s+(\w+)\s*\Z")
_HELP = "print whether it is set, and clear the output"


@rule("NBP305", "printed-secret", languages="any")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report prints and displays of what looks up a credential."""
    if not facts.mentions((*LOOKUP_WORDS, "echo", "%env")):
        return
    names = looked_up_names(facts.parsed)
    for parsed in facts.parsed:
        if parsed is None:
            continue
        source = parsed.cell.source
        relevant = may_look_up(source) or any(name in source for name in names)
        if parsed.tree is not None and relevant:
            yield from _in_tree(parsed, names, facts)
        for magic in parsed.magics:
            for match in (_ECHO.search(magic.text), _ENV.match(magic.text)):
                if match and secret_lookup(match[1]):
                    span = Span(parsed.cell.index, magic.start, magic.end)
                    yield _diagnostic(span, match[1])


def _in_tree(parsed: ParsedCell, names: dict[str, str], facts: Facts) -> Iterator[Diagnostic]:
    assert parsed.tree is not None
    cell = parsed.cell.index
    for node in parsed.nodes:
        if isinstance(node, ast.Call) and _callee(node) in _SHOWS:
            for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                name = _shown(argument, names)
                if name:
                    yield _diagnostic(facts.span(cell, node), name)
                    break
    last = parsed.tree.body[-1] if parsed.tree.body else None
    if isinstance(last, ast.Expr) and not parsed.suppressed_output:
        name = _shown(last.value, names)
        if name:
            yield _diagnostic(facts.span(cell, last), name)


def _callee(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        logger = isinstance(function.value, ast.Name) and "log" in function.value.id.lower()
        return function.attr if logger else ""
    return function.id if isinstance(function, ast.Name) else ""


def _shown(node: ast.expr, names: dict[str, str]) -> str:
    """The credential that an expression shows as it is: itself, or as a part of a text."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.JoinedStr):
        values = [
            expression.value
            for expression in node.values
            if isinstance(expression, ast.FormattedValue)
        ]
        return next(
            (found for found in (_shown(expression, names) for expression in values) if found), ""
        )
    if isinstance(node, ast.BinOp):
        return _shown(node.left, names) or _shown(node.right, names)
    if isinstance(node, (ast.Call, ast.Subscript)):
        return secret_lookup(node)
    return ""


def _diagnostic(span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        span, f"this prints the secret `{name}` into the saved output",
        symbol=name, help=_HELP,
    )  # fmt: skip
