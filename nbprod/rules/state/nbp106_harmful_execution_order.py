"""Reports execution orders that changed a saved value.

## Why

The execution counts say that the cells ran in another order, and in that order a cell saw another
value than it sees from top to bottom, or a file that a cell below had written. What the notebook
shows cannot be reproduced by running it. A disorder that changes nothing is not reported. Counts
are those of the last runs, perhaps of several sessions: where no saved output shows that the cell
saw the other value, it is information of the level `production`. Below a cell at which a run from
the top stops, it is reported only where the rule is selected by name.

## Flagged

```notebook
# %% [1]
rate = 0.2
# %% [3]
print(100 * rate)  #! NBP106
#>> 30.0
# %% [2]
rate = 0.3
```

```notebook
# %% [1]
import pandas as pd
raw = pd.read_csv("raw.csv")
# %% [3]
clean = pd.read_csv("clean.csv")  #! NBP106
print(len(clean))
# %% [2]
raw.dropna().to_csv("clean.csv")
```

```notebook
# %% [5]
table = [1]
# %% [4]
print(table[0])  #! NBP106?
# %% [1]
table = [2]
```

## Clean

```notebook
# %% [3]
base = [1]
table = [base[0]] + base
# %% [6]
print(table)
# %% [5]
table = [base[0]] + base
```

```notebook
# %% [3]
table = [1]
print(table)
# %% [1]
table = [2]
print(table)
```

```notebook
# %% [2]
a = 1
# %% [1]
b = 2
# %% [3]
print(a + b)
```

```notebook
# %% [3]
import numpy as np
# %% [4]
x = np.arange(0.0, 1.0, 0.01)
print(x.sum())
# %% [2]
import numpy as np
x = np.arange(0.0, 1.0, 0.01)
print(x.mean())
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.order import OrderChange
from nbprod.flow.types import Definition
from nbprod.model import Certainty, Diagnostic, Label, Severity
from nbprod.notebook.types import Cell, Notebook
from nbprod.rule import rule, whole_cell
from nbprod.rules.column_changes import is_of_other_columns
from nbprod.rules.file_reads import files_written_before
from nbprod.rules.saved_failures import is_of_other_code, saved_error


@rule(
    "NBP106",
    "harmful-execution-order",
    on=Notebook,
    severity=Severity.ERROR,
    predicts="other-result",
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report each name of which some cell sees another value in recorded order."""
    groups: dict[frozenset[int], list[OrderChange]] = {}
    for change in facts.order_changes:
        if _is_told(change, facts) or _is_its_own(change) or _is_refuted(change, facts):
            continue
        if _is_order_of_changes(change, facts) or is_of_other_columns(change, facts):
            continue
        # One cell that ran elsewhere is one cause, whatever it defines.
        cause = frozenset(made.cell for made in change.recorded or change.document)
        groups.setdefault(cause, []).append(change)
    stop = facts.shared(_first_stop)
    for group in groups.values():
        told = _diagnostic(group, facts)
        # A run from top to bottom does not reach it: what stops it is the finding.
        yield told._replace(on_request=stop is not None and stop < told.span.cell)
    for early in files_written_before(facts):
        read, write = early
        assert read.node is not None
        place = facts.span(read.cell, read.node)
        yield Diagnostic(
            place,
            f"`{read.path}` was written by {facts.say(write.cell)} before this ran; "
            "run top to bottom, it is read first",
            symbol=read.path,
            labels=(Label(whole_cell(facts.cell(write.cell)), f"`{read.path}` is written here"),),
            help=f"move this cell below cell {write.cell + 1}, then run all cells again",
        )


def _is_told(change: OrderChange, facts: Facts) -> bool:
    """Whether `use-before-definition` has the same cause: the name, or all cells that define it."""
    early = [failure for failure in facts.flow.failures if failure.reason == "later"]
    if any(failure.name == change.name for failure in early):
        return True
    causes = {made.cell for failure in early if failure.certain for made in failure.elsewhere}
    sources = {made.cell for made in change.recorded}
    return bool(sources) and sources <= causes


def _diagnostic(group: list[OrderChange], facts: Facts) -> Diagnostic:
    """One finding on what one cause changes: the surest, with the others beside it."""
    evidence = facts.shared(_Evidence)
    ranked = sorted(group, key=lambda change: (not change.certain, not evidence.proves(change)))
    first, *others = ranked
    return Diagnostic(
        first.span,
        message_of(first, facts),
        certainty=Certainty.CERTAIN if first.certain else Certainty.POSSIBLE,
        symbol=first.name,
        labels=(
            *_labels(first.recorded, "in execution order", facts),
            *_labels(first.document, "run top to bottom", facts),
            *(
                Label(
                    change.span,
                    f"`{change.name}` is another one here as well",
                    again=message_of(change, facts),
                    symbol=change.name,
                )
                for change in others
                if change.certain == first.certain
            ),
        ),
        help="run all cells top to bottom; reorder them first if the saved results are right",
        minor=not evidence.proves(first),
    )


def _is_its_own(change: OrderChange) -> bool:
    """Whether the cell sees, in one of the orders, what it has defined itself."""
    own = {change.span.cell}
    return any(
        {definition.cell for definition in seen} == own
        for seen in (change.recorded, change.document)
    )


def _is_refuted(change: OrderChange, facts: Facts) -> bool:
    """Whether the cells that it is about ran in the order in which they stand."""
    counts = facts.execution.counts
    seen = (*change.recorded, *change.document)
    cells = sorted({change.span.cell, *(definition.cell for definition in seen)})
    ran = [counts.get(cell, 0) for cell in cells]
    return all(ran) and ran == sorted(set(ran))


def _is_order_of_changes(change: OrderChange, facts: Facts) -> bool:
    """Whether all changes come before the cell in both orders: only which is the last differs."""
    seen = (*change.recorded, *change.document)
    if not change.recorded or not change.document or not _are_changes(seen):
        return False
    counts, reader = facts.execution.counts, change.span.cell
    return all(
        made.cell < reader and 0 < counts.get(made.cell, 0) < counts.get(reader, 0) for made in seen
    )


def _first_stop(facts: Facts) -> int | None:
    """The first cell at which a run from top to bottom stops, by its code or by a saved error."""
    failing = {failure.cell for failure in facts.flow.failures if failure.certain}
    for parsed in facts.parsed:
        if parsed is None or "raises-exception" in parsed.cell.tags:
            continue
        name = (saved_error(parsed.cell) or {}).get("ename") or "KeyboardInterrupt"
        fails = name not in ("KeyboardInterrupt", "NameError") and not is_of_other_code(parsed.cell)
        if parsed.fault is not None or parsed.cell.index in failing or fails:
            return parsed.cell.index
    return None


class _Evidence:
    """Saved outputs that only the recorded order explains."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._recorded = facts.recorded_flow

    def proves(self, change: OrderChange) -> bool:
        """Whether some cell concerned shows the result of that order, not that of top to bottom."""
        return change.kind == "fails" or any(map(self._is_shown, change.cells))

    def _is_shown(self, cell: int) -> bool:
        then, now = self._recorded, self._facts.flow
        printed, shown = _saved(self._facts.cell(cell))
        pairs = (
            (printed, then.printed(cell), now.printed(cell)),
            (shown, then.shown(cell), now.shown(cell)),
        )
        return any(
            saved is not None and old is not None and new is not None and saved == old != new
            for saved, old, new in pairs
        )


def _saved(cell: Cell) -> tuple[str | None, str | None]:
    """What a cell has printed, and its result, as saved."""
    printed, shown = "", None
    for output in cell.outputs:
        if output.get("output_type") == "stream" and output.get("name") == "stdout":
            printed += _joined(output.get("text"))
        data = output.get("data")
        if output.get("output_type") == "execute_result" and isinstance(data, dict):
            shown = _joined(data.get("text/plain")).strip()
    return printed.strip() or None, shown


def _joined(text: object) -> str:
    if isinstance(text, list):
        return "".join(part for part in text if isinstance(part, str))
    return text if isinstance(text, str) else ""


def message_of(change: OrderChange, facts: Facts) -> str:
    """Name the cell, the variable and the two definitions."""
    then = _where(change.recorded, facts)
    if change.kind == "fails":
        return (
            f"`{change.name}` came from {then} when this cell ran; "
            "run top to bottom, it is undefined here"
        )
    now = _where(change.document, facts)
    if not change.document or (change.recorded and _are_changes(change.recorded)):
        return (
            f"`{change.name}` had been changed by {then} when this cell ran; "
            "run top to bottom, not yet"
        )
    if not change.recorded or _are_changes(change.document):
        now = _where(change.document, facts)
        return (
            f"`{change.name}` was unchanged when this cell ran; "
            f"run top to bottom, {now} changes it first"
        )
    return (
        f"`{change.name}` came from {then} when this cell ran; "
        f"run top to bottom, it comes from {now}"
    )


def _are_changes(definitions: tuple[Definition, ...]) -> bool:
    """Whether an object was changed, not another one bound."""
    return all(definition.binding.kind == "mutation" for definition in definitions)


def _where(definitions: tuple[Definition, ...], facts: Facts) -> str:
    cells = dict.fromkeys(definition.cell for definition in definitions)
    return " and ".join(facts.say(cell) for cell in list(cells)[-2:])


def _labels(definitions: tuple[Definition, ...], run: str, facts: Facts) -> tuple[Label, ...]:
    return tuple(
        Label(definition.binding.span, f"{run}: {facts.say(definition.cell)}")
        for definition in definitions[-2:]
        if definition.binding.span.cell >= 0
    )
