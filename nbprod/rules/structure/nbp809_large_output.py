"""Reports cells whose saved output is too long to review.

## Why

Thousands of lines of output make a file slow to open and its diff unreadable; nobody reads them.

## Flagged

```notebook
# %%
for i in range(1500):  #! NBP809
    print(i)
#>> 0
#* 1005
```

## Clean

```notebook
# %%
print("x")
#>> x
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Cell, Notebook
from nbprod.rule import rule, whole_cell
from nbprod.rules.grouped import once_for_each

_MOST_LINES = 1_000
_MOST_BYTES = 2_000_000


@rule("NBP809", "large-output", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report what keeps too many lines of text, or too many bytes of anything, once."""
    yield from once_for_each(
        _large(notebook), key=lambda _: None, label=lambda diagnostic: f"{diagnostic.message} here"
    )


def _large(notebook: Notebook) -> Iterator[Diagnostic]:
    for cell in notebook.cells:
        if not cell.outputs:
            continue
        lines, size = _size_of(cell)
        if lines > _MOST_LINES or size > _MOST_BYTES:
            much = f"{lines} lines" if lines > _MOST_LINES else f"{size / 1e6:.1f} MB"
            yield Diagnostic(
                whole_cell(cell),
                f"{much} of saved output",
                help=(
                    "draw figures with fewer dots per inch, or clear the output before committing"
                    if lines <= _MOST_LINES and 2 * _pictured(cell) > size
                    else "print less, or clear the output before committing"
                ),
            )


def _size_of(cell: Cell) -> tuple[int, int]:
    """The lines of printed text, and the letters of everything."""
    lines = size = 0
    for output in cell.outputs:
        text = _joined(output.get("text"))
        lines += text.count("\n")
        size += len(text)
        data = output.get("data")
        if isinstance(data, Mapping):
            size += sum(len(_joined(part)) for part in data.values())
    return lines, size


def _pictured(cell: Cell) -> int:
    """The letters of saved pictures."""
    return sum(
        len(_joined(part))
        for output in cell.outputs
        if isinstance(data := output.get("data"), Mapping)
        for kind, part in data.items()
        if str(kind).startswith("image/")
    )


def _joined(text: Any) -> str:
    if isinstance(text, list):
        return "".join(line for line in text if isinstance(line, str))
    return text if isinstance(text, str) else ""
