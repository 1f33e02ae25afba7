"""A cell that was saved with an error.

## Why

The cell failed when it last ran, so what follows was made without it. Fix it, delete it, or, when
the error is the point, tag the cell `raises-exception` so that a run of all cells goes on.

## Flagged

```notebook
# %% [1]
1 / 0  #! NBP112
#>! ZeroDivisionError: division by zero
```

```notebook
# %% [2]
server = "db"
# %% [1]
print(server)  #! NBP112
#>! NameError: name 'server' is not defined
```

## Clean

```notebook
# %% [1] tags=raises-exception
1 / 0
#>! ZeroDivisionError: division by zero
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.types import Definition
from nbprod.model import Diagnostic, Label
from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule, whole_cell

_MISSING = lazy_pattern(r"name '(\w+)' is not defined")


@rule("NBP112", "saved-error-output", on=Cell)
def check(cell: Cell, facts: Facts) -> Iterator[Diagnostic]:
    """Report cells whose outputs hold an error."""
    if not cell.is_python or "raises-exception" in cell.tags:
        return
    for output in cell.outputs:
        if output.get("output_type") == "error" and output.get("ename") != "KeyboardInterrupt":
            name = str(output.get("ename") or "an error")
            value = str(output.get("evalue") or "").split("\n")[0][:80]
            source = _source_above(cell, name, value, facts)
            if source is not None:
                yield _mended_by_order(cell, *source, facts)
                return
            yield Diagnostic(
                whole_cell(cell),
                f"saved output is an error: {name}" + (f": {value}" if value else ""),
                help="fix it, or tag the cell `raises-exception` if the error is the point",
            )
            return


def _source_above(
    cell: Cell, error: str, value: str, facts: Facts
) -> tuple[str, Definition] | None:
    """The name that was missing, and what defines it above where it does not fail any more."""
    match = _MISSING.match(value) if error == "NameError" else None
    if match is None or any(
        failure.cell == cell.index and failure.name == match[1] for failure in facts.flow.failures
    ):
        return None
    name = match[1]
    for use in facts.flow.cells[cell.index].uses if cell.index in facts.flow.cells else ():
        made = [made for made in use.definitions if not made.is_unbound and made.after is None]
        if use.name == name and made and len(made) == len(use.definitions):
            return name, min(made, key=lambda definition: definition.binding.span)
    return None


def _mended_by_order(cell: Cell, name: str, source: Definition, facts: Facts) -> Diagnostic:
    return Diagnostic(
        whole_cell(cell),
        f"saved with NameError: `{name}` was not defined when this ran; "
        f"from the top it is, by cell {source.cell + 1}",
        symbol=name,
        labels=(Label(source.binding.span, f"`{name}` is bound here, {facts.say(source.cell)}"),),
        help="restart the kernel and run all cells: the saved error is of another order",
    )
