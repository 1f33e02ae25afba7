"""Code that is commented out.

## Why

Nobody knows whether it is an alternative, a mistake or a secret. The history of the file keeps it
better.

## Flagged

```notebook
# %%
x = 1
# x = load("old.csv")  #! NBP806
# x = clean(x)
print(x)
```

## Clean

```notebook
# %%
# the sum of x and y
x = 1  # see notes
# x = 1 would do as well
# TODO: return
# print
# 12
print(x)
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule

_COMMENT = re.compile(r"^[ \t]*#[ \t]?(.*)$", re.MULTILINE)
_NO_CODE = re.compile(r"\s*(?:!|%|#|-|=|@|noqa|type:|pylint|fmt:|nbprod)", re.IGNORECASE)
# A sentence rarely has one of these where code does.
_TELLING = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.Delete)
_LEAST = 2


@rule("NBP806", "commented-out-code", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report runs of two and more comment lines that are statements."""
    for parsed in facts.parsed:
        if parsed is None or parsed.tree is None or "#" not in parsed.cell.source:
            continue
        for start, end, count in _runs(parsed.cell.source):
            yield Diagnostic(
                Span(parsed.cell.index, start, end),
                f"{count} lines of code are commented out",
                help="delete them; git keeps what was",
            )


def _runs(source: str) -> Iterator[tuple[int, int, int]]:
    """The runs of such lines: where the first one starts and ends, and how many there are."""
    run: list[re.Match[str]] = []
    for match in [*_COMMENT.finditer(source), None]:
        adjacent = match is not None and run and run[-1].end() + 1 == match.start()
        if match is not None and _is_code(match[1]) and (adjacent or not run):
            run.append(match)
            continue
        if len(run) >= _LEAST:
            first = run[0]
            yield first.start() + len(first[0]) - len(first[0].lstrip()), first.end(), len(run)
        run = [match] if match is not None and _is_code(match[1]) else []


def _is_code(text: str) -> bool:
    if _NO_CODE.match(text) or not ("(" in text or "=" in text or "import" in text):
        return False
    try:
        body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError):
        return False
    if len(body) != 1:
        return False
    node = body[0]
    if isinstance(node, _TELLING):
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
