"""Reports bad records that silently become missing or disappear.

## Why

`errors="coerce"` turns what cannot be read into missing values; `on_bad_lines="skip"` drops each
line with too many fields. When the format of a source changes, all of it may go, and the mean is
still a number.

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
from nbprod.rules.grouped import once_for_each
from nbprod.syntax.types import ParsedCell

_VALUES = (
    "unparsable values silently become missing",
    "count the missing values, and fail above a limit",
)
_LINES = (
    "malformed lines are silently dropped",
    'use `on_bad_lines="warn"`, or compare the number of rows with the number of lines',
)
_SILENT: dict[tuple[str | None, object], tuple[str, str]] = {
    ("errors", "coerce"): _VALUES,
    ("on_bad_lines", "skip"): _LINES,
}
_COUNTS = frozenset("isna isnull notna notnull dropna count info".split())

# Cells without any of these have nothing to find.
_WORDS = ("coerce", "bad_lines")


@rule("NBP707", "silent-coercion", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report calls that drop what they cannot read, where no cell from there on counts it."""
    found = (
        diagnostic
        for cell, node in facts.nodes_with(ast.Call, *_WORDS)
        for diagnostic in _in_call(node, cell, facts)
    )
    yield from once_for_each(
        found, key=lambda diagnostic: diagnostic.message, label=lambda _: "also here"
    )


def _in_call(node: ast.Call, cell: int, facts: Facts) -> Iterator[Diagnostic]:
    for keyword in node.keywords:
        value = keyword.value
        if not isinstance(value, ast.Constant) or (keyword.arg, value.value) not in _SILENT:
            continue
        message, advice = _SILENT[keyword.arg, value.value]
        later = (parsed for parsed in facts.cells_with(*_COUNTS) if parsed.cell.index >= cell)
        # Missing values can be counted later; of a line that was dropped nothing is left.
        if message is _VALUES[0] and any(map(_counts, later)):
            continue
        yield Diagnostic(
            facts.span(cell, keyword),
            message,
            help=advice,
        )


def _counts(parsed: ParsedCell) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in _COUNTS for node in parsed.nodes)
