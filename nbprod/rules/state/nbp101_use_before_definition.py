"""Reports variables used before the cell that defines them.

## Why

The notebook only works because its cells were once run in another order. Restart the kernel and
run all cells: this cell stops with a NameError, for you, for a colleague, and in production.

## Flagged

```notebook
# %%
print(prices)  #! NBP101
# %%
prices = [1, 2]
```

```notebook
# %%
def total():
    return sum(prices)
# %%
total()  #! NBP101
# %%
prices = [1, 2]
total()
```

```notebook
# %%
config = {}
# %%
print(config["rate"])  #! NBP101
# %%
config["rate"] = 0.1
```

```notebook
# %%
print(Counter("abca"))  #! NBP101
# %%
from collections import Counter
```

## Fixed

```notebook
# %%
prices = [1, 2]
# %%
print(prices)
```

```notebook
# %%
def total():
    return sum(prices)
# %%
prices = [1, 2]
total()
# %%
total()
```

## Clean

```notebook
# %%
def total():
    return sum(prices)
# %%
prices = [1, 2]
total()
```

```notebook
# %%
try:
    cache
except NameError:
    cache = {}
```

## Fix safety

Unsafe. A name that only imports define is imported in the first cell that reads it: the statement
is copied, no cell moves. For other names the fewest cells are moved after which the analysis finds
nothing that fails. No read may see another definition or another change of an object, those of
cells below the failing one included, unless the execution counts show that it did. Notes directly
above a cell move with it. Where no order runs the whole notebook, the fix applies to what an order
can fix; its title names the variables that stay undefined, or may.
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.fixing.filled_later import filled_above, filled_in
from nbprod.fixing.late_import import import_fix, import_help, is_late_import
from nbprod.fixing.reorder import Moves
from nbprod.flow.types import Definition, Failure
from nbprod.model import CellEdit, Diagnostic, Fix, Label, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.failures import (
    as_unfilled,
    beside,
    definition_labels,
    failing_names,
    failures_because,
    is_left_to_write,
    mistakes,
    reached,
    reordered,
    tell,
)
from nbprod.rules.fitting_values import would_do
from nbprod.rules.intended_errors import as_intended, without_intended
from nbprod.rules.key_reads import keys_set_later
from nbprod.rules.missing_definitions import (
    how_to_restore,
    is_list_of_names,
    is_sketched,
    lacks_names_altogether,
)
from nbprod.rules.stubs import open_cell_above

# A row of more moves is no advice that a reader follows: the help is about the first failure.
_MOST_TO_FOLLOW = 3
_FAILS = "NameError on Restart and Run All"


@rule(
    "NBP101",
    "use-before-definition",
    level="explore",
    on=Notebook,
    severity=Severity.ERROR,
    predicts="failure",
    family="errors",
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report reads that fail because the name is bound further down."""
    early = [
        failure
        for failure in failures_because(facts, "later")
        if failure.certain and failure.called and not is_list_of_names(failure.cell, facts)
        if not _is_told_as_undefined(failure, facts)
    ]
    early, intended = without_intended(early, facts)
    set_up = [failure for failure in early if _is_set_up(failure, facts)]
    early = [failure for failure in early if failure not in set_up]

    def cause(failure: Failure) -> object:
        return "import" if is_late_import(failure, facts) else _definers(failure)

    # Cells that nbextensions run first are one habit, and one finding.
    groups = [*mistakes(early, cause, facts, by_line=True), *([set_up] if set_up else [])]
    groups += mistakes(intended, cause, facts, by_line=True)
    for group in reached(groups, facts):
        first, *others = group
        labels = (
            *definition_labels(first.elsewhere, facts),
            *_recorded(first, facts),
            *beside(
                ((failure, None) for failure in others),
                "is also used too early here",
                lambda failure: message_of([failure], facts),
            ),
        )
        fix, advice = _remedy(group, facts)
        if any(made.cell == first.cell for made in first.elsewhere):
            # The lines of the cell are in the wrong order, not the cells.
            fix = None
        message = message_of(group, facts, fix)
        told = tell(first, facts, message, advice, *labels, others=others)
        told = as_intended(told) if first in intended else as_unfilled(told, first, facts)
        yield told._replace(
            fix=fix,
            minor=told.minor or all(_is_spoken_of(failure, facts) for failure in group),
        )
    yield from keys_set_later(facts)


def _remedy(group: list[Failure], facts: Facts) -> tuple[Fix | None, str]:
    """The fix and the help: what imports bind is imported above, for the rest cells move."""
    first = group[0]
    imports = [failure for failure in group if is_late_import(failure, facts)]
    is_open = how_to_restore(first, facts) is None and not is_left_to_write(first, facts)
    move: Fix | None = None
    if is_open and first not in imports:
        move = next(filter(None, (reordered(failure, facts) for failure in group)), None)
    copied = import_fix(imports, facts) if is_open and imports else None
    if is_open and first in imports:
        return copied, import_help(imports, facts)
    advice = help_of(first, facts, move)
    if is_open and imports:
        advice += f"; {import_help(imports, facts, f'import {failing_names(imports)}')}"
    return copied or move, advice


def _is_set_up(failure: Failure, facts: Facts) -> bool:
    """Whether only cells define the name that are tagged to run when the notebook opens."""
    cells = [facts.cell(made.cell) for made in failure.elsewhere if made.cell >= 0]
    return bool(cells) and all(
        cell.metadata.get("init_cell") is True or "init_cell" in cell.tags for cell in cells
    )


def _is_spoken_of(failure: Failure, facts: Facts) -> bool:
    """Whether the note below a cell quotes the very error: a lesson on it."""
    below = facts.notebook.cells[failure.cell + 1 : failure.cell + 2]
    quoted = f"name '{failure.name}' is not defined"
    return any(cell.kind == "markdown" and quoted in cell.source for cell in below)


def _definers(failure: Failure) -> object:
    """The cells that define the name: one move of them does for all that they define."""
    return frozenset(definition.cell for definition in failure.elsewhere)


def _recorded(failure: Failure, facts: Facts) -> Iterator[Label]:
    """Where the value came from when the cell ran, by the execution counts."""
    counts = facts.execution.counts
    ran = counts.get(failure.cell, 0)
    for change in facts.order_changes:
        if change.certain and change.name == failure.name and change.cell == failure.cell:
            known = {definition.cell for definition in change.recorded}
            made = [
                definition
                for definition in (*change.recorded, *facts.flow.definitions.get(failure.name, ()))
                if not definition.is_unbound and 0 < counts.get(definition.cell, 0) < ran
            ]
            last = max(made, key=lambda one: (counts[one.cell], one.binding.span), default=None)
            # What another cell may have bound in between, by the counts, is not certain.
            if last is not None and last.cell in known and _is_as_made(last, failure, facts):
                yield Label(
                    last.binding.span,
                    f"when cell {failure.cell + 1} ran, it came from {facts.say(last.cell)}",
                )


def _is_as_made(made: Definition, failure: Failure, facts: Facts) -> bool:
    """Whether by the counts nothing else bound or changed a value before a cell read it.

    A count that is missing in between is that of a cell which is gone, or has run again since.
    """
    counts, name = facts.execution.counts, failure.name
    first, last = counts[made.cell], counts[failure.cell]
    if facts.execution.may_have_run_unseen(first, last):
        return False
    flow = facts.recorded_flow
    for cell in (cell for cell, count in counts.items() if first < count < last):
        parsed = facts.parsed[cell]
        is_code = parsed is not None and parsed.tree is not None
        is_opaque = any(magic.scope == "opaque" for magic in parsed.magics) if parsed else True
        if (not is_code or is_opaque) and name in facts.cell(cell).source:
            return False
        if any(change.name == name for change in flow.cells[cell].mutations):
            return False
    return True


def message_of(group: list[Failure], facts: Facts, fix: Fix | None = None) -> str:
    """Say what is read too early, by which call, and the consequence."""
    first = group[0]
    names = failing_names(group)
    cells = {definition.cell for definition in first.elsewhere}
    if any(_definers(failure) != cells for failure in group):
        return f"{names} are used before the cells that define them: {_FAILS}"
    # The cell that the fix moves or the help speaks of, where there is one.
    moved = [cell for cell in cells if _is_moved(cell, fix)]
    # What an import binds is the same whichever cell has it.
    fitting = [] if is_late_import(first, facts) else _fitting(first, facts)
    definer = next(iter([*moved, *fitting]), min(cells))
    where = "this cell" if definer == first.cell else f"cell {definer + 1}"
    via = f" through a call of `{first.chain[0].function}`" if first.chain else ""
    is_one = names.count("`") == 2
    verb, them = ("is", "it") if is_one else ("are", "them")
    return f"{names} {verb} used{via} before {where} defines {them}: {_FAILS}"


def _moved_by(fix: Fix, facts: Facts) -> int:
    """How many code cells a fix moves."""
    moved = {edit.cell for edit in fix.edits if isinstance(edit, CellEdit)}
    return sum(facts.cell(cell).kind == "code" for cell in moved)


def _is_moved(cell: int, fix: Fix | None) -> bool:
    """Whether a fix moves this cell and no other."""
    return fix is not None and fix.title.startswith(f"Move cell {cell + 1} ")


def help_of(failure: Failure, facts: Facts, fix: Fix | None) -> str:
    """Say which cell to move, where what it defines would do and the move breaks nothing."""
    restored = how_to_restore(failure, facts)
    if restored is not None:
        return restored
    cells = _fitting(failure, facts)
    if not cells:
        return "define it above this cell"
    if is_left_to_write(failure, facts):
        open_cell = open_cell_above(failure.cell, facts)
        where = (
            f"in cell {open_cell + 1}, which is left to write" if open_cell else "above this cell"
        )
        return f"define it {where}"
    if cells[0] == failure.cell:
        return "define it above this line"
    first = filled_above(failure.name, failure.cell, facts)
    if first is not None and fix is None:
        return f"define it above cell {first + 1}, the first that adds to `{failure.name}`"
    filled = _filled(cells[0], failure, facts)
    if filled is not None and fix is None:
        return f"move this cell below cell {filled + 1}, the last that adds to `{failure.name}`"
    is_short = fix is not None and _moved_by(fix, facts) <= _MOST_TO_FOLLOW
    if fix is not None and is_short and not _is_moved(cells[0], fix):
        return fix.title[0].lower() + fix.title[1:].partition(";")[0]
    is_proven = fix is not None and _is_moved(cells[0], fix)
    if not is_proven and (
        _needs_later(cells[0], failure, facts)
        or not facts.shared(Moves).is_kept_by(cells[0], failure.cell)
    ):
        return "define it above this cell"
    return f"move the definition in cell {cells[0] + 1} above cell {failure.cell + 1}"


def _filled(definer: int, failure: Failure, facts: Facts) -> int | None:
    """The last cell that adds to what a definer leaves empty: the read comes after it."""
    found = [
        filled_in(made, failure.cell, facts) for made in failure.elsewhere if made.cell == definer
    ]
    last = next(filter(None, found), None)
    between = [cell for cell in facts.flow.order if failure.cell < cell <= (last or 0)]
    is_needed = any(
        made.cell == failure.cell
        for cell in between
        for use in facts.flow.cells[cell].uses
        for made in use.definitions | use.mutations
    )
    return None if is_needed else last


def _fitting(failure: Failure, facts: Facts) -> list[int]:
    """The cells whose definition would do for a read, and may have been there when it ran."""
    cells = sorted({made.cell for made in failure.elsewhere if would_do(made, failure.read, facts)})
    return [cell for cell in cells if not _ran_later(cell, failure.cell, facts)]


def _ran_later(definer: int, reader: int, facts: Facts) -> bool:
    """Whether the counts say that the value came from elsewhere when the reader ran."""
    counts = facts.execution.counts
    return (
        definer != reader
        and counts.get(reader, 0) > 0
        and (counts.get(definer, 0) > counts[reader])
    )


def _needs_later(definer: int, failure: Failure, facts: Facts) -> bool:
    """Whether a cell reads what is made between: higher it would fail, or see another."""
    uses = facts.flow.cells[definer].uses if definer in facts.flow.cells else ()
    return any(
        failure.cell <= made.cell < definer and not made.is_unbound
        for use in uses
        for made in use.definitions | use.mutations
    ) or any(other.cell == definer and other.name == failure.name for other in facts.flow.failures)


def _is_told_as_undefined(failure: Failure, facts: Facts) -> bool:
    """Whether NBP103 tells of the cell: code that is only shown, and lacks names altogether."""
    return is_sketched(failure, facts) and lacks_names_altogether(failure.cell, facts)
