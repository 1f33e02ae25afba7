"""Bad records that become missing values without a word.

## Why

`errors="coerce"` and `on_bad_lines="skip"` turn what cannot be read into nothing. When the format
of a source changes, all of it becomes nothing, and the mean is still a number.

## Flagged

```notebook
# %%
import pandas as pd
df = pd.read_csv("sales.csv", on_bad_lines="skip")  #! NBP707
price = pd.to_numeric(df["price"], errors="coerce")  #! NBP707
```

## Clean

```notebook
# %%
import pandas as pd
df = pd.read_csv("sales.csv")
df["price"] = pd.to_numeric(df["price"], errors="coerce")
print(df["price"].isna().sum(), "prices could not be read")
# %%
df["day"] = pd.to_datetime(df["day"], errors="coerce")
# %%
df.info()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.syntax.types import ParsedCell

_SILENT = {
    ("errors", "coerce"),
    ("on_bad_lines", "skip"),
    ("error_bad_lines", False),
}
_COUNTS = frozenset("isna isnull notna notnull dropna count info".split())

# Cells without any of these have nothing to find.
_WORDS = ("coerce", "bad_lines")


@rule("NBP707", "silent-coercion", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report calls that drop what they cannot read, where no cell from there on counts it."""
    for cell, node in facts.nodes_with(ast.Call, *_WORDS):
        yield from _in_call(node, cell, facts)


def _in_call(node: ast.Call, cell: int, facts: Facts) -> Iterator[Diagnostic]:
    for keyword in node.keywords:
        value = keyword.value
        if not isinstance(value, ast.Constant) or (keyword.arg, value.value) not in _SILENT:
            continue
        later = (parsed for parsed in facts.cells_with(*_COUNTS) if parsed.cell.index >= cell)
        if any(map(_counts, later)):
            return
        yield Diagnostic(
            facts.span(cell, keyword),
            "unparsable values silently become missing",
            help="count the missing values, and fail above a limit",
        )


def _counts(parsed: ParsedCell) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in _COUNTS for node in parsed.nodes)
