"""Reports cells saved with an error.

## Why

The cell failed when it last ran, so what follows was made without it. Fix it, delete it, or, when
the error is the point, tag the cell `raises-exception` so that a run of all cells goes on. Where a
comment, the heading or the note beside the cell says that it fails, it is a finding at the level
`production` only, and so it is where the cell has no code any more, or other code than the line
that failed, where a short cell shows an error on values that are written out in the notebook, where
it was interrupted and nothing else reads what it makes, and where its one statement is there to end
the run (`assert False`). One thing that is missing in several cells is one finding, errors that are
the point are one, and so is an error with those of the cells below that lack what it would have
made.

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

```notebook
# %% [1]
import cv2  #! NBP112
#>! ModuleNotFoundError: No module named 'cv2'
```

```notebook
# %% [1]
while True:  #! NBP112
    pass
#>! KeyboardInterrupt:
```

```notebook
# %% [1]
rows = open("rows.txt").read()  #! NBP112
#>! FileNotFoundError: [Errno 2] No such file or directory: 'rows.txt'
# %% [2]
words = rows.split()
#>! NameError: name 'rows' is not defined
# %% [3]
print(len(words))
#>! NameError: name 'words' is not defined
```

```notebook
# %% [1]
import ace_tools  #! NBP112
#>! ModuleNotFoundError: No module named 'ace_tools'
```

```notebook
# %% [1]
assert False  #! NBP112
#>! AssertionError:
# %%
print("not yet")
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
from nbprod.flow.types import Definition, Failure
from nbprod.model import Diagnostic, Label
from nbprod.notebook.types import Cell, Notebook
from nbprod.rule import rule, whole_cell
from nbprod.rules.deliberate_stops import HELP_FOR_STOP, message_of_stop, stops_on_purpose
from nbprod.rules.grouped import once_for_each
from nbprod.rules.import_errors import help_on_import, unused_module
from nbprod.rules.intended_errors import (
    is_announced,
    is_demonstrated,
    is_read_elsewhere,
    shows_deletion,
)
from nbprod.rules.key_reads import early_reads
from nbprod.rules.saved_failures import (
    cause_of,
    has_consequences,
    is_of_display,
    is_of_other_code,
    saved_error,
    saved_message,
    undefined_name,
)

_LONGEST = 80
_OF_NO_CODE = "clear its output, or delete the cell: it has no code any more"
_HELP_FOR_POINT = "tag the cell `raises-exception`, so that a run of all cells goes on below it"
_MISSES = ("NameError", "ImportError", "ModuleNotFoundError", "FileNotFoundError")


@rule("NBP112", "saved-error-output", on=Notebook, family="errors")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report cells whose outputs hold an error, those that miss the same once."""
    found: dict[str, list[Diagnostic]] = {}
    homes: dict[int, str] = {}
    for cell in notebook.cells:
        for diagnostic in _of_cell(cell, facts) if cell.outputs else ():
            message = diagnostic.message
            cause = cause_of(cell, facts)
            if cause in homes:
                homes[cell.index] = homes[cause]
                found[homes[cause]].append(diagnostic)
                continue
            is_same = any(f": {error}: " in message for error in _MISSES) and not diagnostic.minor
            own = _HELP_FOR_POINT if diagnostic.help == _HELP_FOR_POINT else f"{cell.index}"
            home = homes[cell.index] = message if is_same else own
            found.setdefault(home, []).append(diagnostic)
    for group in found.values():
        yield from once_for_each(group, key=lambda _: None, label=lambda one: one.message)


def _of_cell(cell: Cell, facts: Facts) -> Iterator[Diagnostic]:
    if not cell.is_python or "raises-exception" in cell.tags:
        return
    for output in cell.outputs:
        if output.get("output_type") == "error":
            name = str(output.get("ename") or "")
            value = saved_message(name, output)
            if not name and not value:
                # An editor's own failure, of which nothing is saved.
                return
            name = name or "an error"
            fell = cause_of(cell, facts) is not None
            source = None if fell else _source_above(cell, name, value, facts)
            if source is not None and source[1].cell != cell.index:
                yield _mended_by_order(cell, *source, facts)
                return
            if source is not None:
                # The cell has got its definition since.
                yield _of_other_code(cell, name, value, facts)
                return
            if is_of_other_code(cell) and not _is_gone(cell, facts):
                yield _of_other_code(cell, name, value, facts)
                return
            if name == "KeyboardInterrupt" and is_of_display(cell):
                yield _of_display(cell)
                return
            announced = is_announced(cell, name, value, facts)
            if not announced and stops_on_purpose(cell.index, facts):
                yield _stop(cell, _symbol(cell, name, value, facts), facts)
                return
            minor = _is_minor(cell, name, value, facts)
            help_ = _help(cell, name, value, facts, minor)
            yield Diagnostic(
                whole_cell(cell),
                _message(name, _shortened(value)),
                symbol=_symbol(cell, name, value, facts),
                help=_OF_NO_CODE if _is_gone(cell, facts) else help_,
                minor=minor,
            )
            return


def _stop(cell: Cell, symbol: str | None, facts: Facts) -> Diagnostic:
    """The error that a cell raises to end the run."""
    return Diagnostic(
        whole_cell(cell),
        message_of_stop(cell.index, facts),
        symbol=symbol,
        help=HELP_FOR_STOP,
        minor=True,
    )


def _is_minor(cell: Cell, error: str, value: str, facts: Facts) -> bool:
    """Whether an error is the point of its cell, or nothing rests on what failed."""
    if _is_gone(cell, facts) or is_announced(cell, error, value, facts):
        return True
    if error == "KeyboardInterrupt":
        return not (is_read_elsewhere(cell, facts) or has_consequences(cell, facts))
    return is_demonstrated(cell, facts) or any(
        shows_deletion(failure, facts) for failure in _deleted(cell, facts)
    )


def _deleted(cell: Cell, facts: Facts) -> list[Failure]:
    """The reads of a cell that fail because the name was deleted."""
    return [
        failure
        for failure in facts.flow.failures
        if failure.cell == cell.index and failure.reason == "deleted"
    ]


def _of_other_code(cell: Cell, name: str, value: str, facts: Facts) -> Diagnostic:
    module = unused_module(name, value, facts)
    missing = _missing(name, value)
    if module:
        advice = f"clear its output: no cell imports `{module}` any more"
    elif missing is not None and not is_of_other_code(cell):
        # The line is there, below one that has been put into the cell since.
        advice = f"run the cell again: it defines `{missing}` now, above the line that failed"
    else:
        advice = "run the cell again: the line that failed is not in it any more"
    return Diagnostic(
        whole_cell(cell),
        f"saved error is of other code than the cell has now: {name}",
        symbol=missing,
        help=advice,
        minor=True,
    )


def _of_display(cell: Cell) -> Diagnostic:
    return Diagnostic(
        whole_cell(cell),
        "cell ran to its end; the display of its result was interrupted",
        symbol="KeyboardInterrupt",
        help="run the cell again",
        minor=True,
    )


def _does_not_parse(cell: Cell, facts: Facts) -> bool:
    """Whether the code is no Python now: that is the finding, whatever the cell was before."""
    parsed = facts.parsed[cell.index]
    return parsed is not None and parsed.tree is None


def _is_gone(cell: Cell, facts: Facts) -> bool:
    """Whether the code that failed is not there any more: a run of the cell does nothing."""
    parsed = facts.parsed[cell.index]
    empty = parsed is not None and parsed.tree is not None and not parsed.tree.body
    return not cell.source.strip() or (empty and parsed is not None and not parsed.magics)


def _message(error: str, value: str) -> str:
    if error == "KeyboardInterrupt":
        return "cell was interrupted: its saved results are incomplete"
    return f"saved output is an error: {error}" + (f": {value}" if value else "")


def _help(cell: Cell, error: str, value: str, facts: Facts, minor: bool) -> str:
    """What a reader does about an error, where its kind says so."""
    if error == "KeyboardInterrupt":
        return "limit what the cell does or waits for, then run it to its end"
    if error in ("ImportError", "ModuleNotFoundError"):
        return help_on_import(cell, value, facts)
    if minor:
        return _HELP_FOR_POINT
    return "fix it, or tag the cell `raises-exception` if the error is the point"


def _shortened(text: str) -> str:
    """A message that ends at a word: with `…` where more follows."""
    if len(text) <= _LONGEST:
        return text
    words = text[:_LONGEST].rpartition(" ")[0].rstrip(" ,:;(")
    return f"{words} …" if words else f"{text[:_LONGEST]}…"


def _symbol(cell: Cell, error: str, value: str, facts: Facts) -> str | None:
    """What a finding is about: the same as the finding on what the error comes from, if any."""
    if _does_not_parse(cell, facts):
        return None
    for read in early_reads(facts) if error == "KeyError" else ():
        if read.cell == cell.index and value == repr(read.key):
            return read.name
    return _missing(error, value)


def _missing(error: str, value: str) -> str | None:
    """The name that an error is about; the error itself where it is about none.

    None for code that does not parse, as in findings on that.
    """
    if error in ("SyntaxError", "IndentationError", "TabError"):
        return None
    return undefined_name(error, value) or error


def _source_above(
    cell: Cell, error: str, value: str, facts: Facts
) -> tuple[str, Definition] | None:
    """The name that was missing, and what defines it above where it does not fail any more."""
    name = _missing(error, value) if error == "NameError" else None
    if name is None or any(
        failure.cell == cell.index and failure.name == name for failure in facts.flow.failures
    ):
        return None
    for use in facts.flow.cells[cell.index].uses if cell.index in facts.flow.cells else ():
        made = [made for made in use.definitions if not made.is_unbound and made.after is None]
        if use.name == name and made and len(made) == len(use.definitions):
            return name, min(made, key=lambda definition: definition.binding.span)
    return None


def _first_failing(facts: Facts) -> int | None:
    """The first cell at which a run from top to bottom stops, by the code or by a saved error."""
    certain = {failure.cell for failure in facts.flow.failures if failure.certain}
    for cell in facts.notebook.cells:
        if not cell.is_python or "raises-exception" in cell.tags or _is_gone(cell, facts):
            continue
        if cell.index in certain or _does_not_parse(cell, facts) or _fails_still(cell, facts):
            return cell.index
    return None


def _fails_still(cell: Cell, facts: Facts) -> bool:
    """Whether a cell fails as it is saved: not by a name that is bound above, or by other code."""
    error = saved_error(cell)
    name = str((error or {}).get("ename") or "")
    if error is None or name in ("", "KeyboardInterrupt") or is_of_other_code(cell):
        return False
    return (
        cause_of(cell, facts) is not None
        or _source_above(cell, name, saved_message(name, error), facts) is None
    )


def _mended_by_order(cell: Cell, name: str, source: Definition, facts: Facts) -> Diagnostic:
    first = facts.shared(_first_failing)
    if first is not None and first < cell.index:
        return Diagnostic(
            whole_cell(cell),
            f"saved with NameError: `{name}` was not defined when this ran; "
            f"top to bottom, cell {first + 1} fails first",
            symbol=name,
            labels=(
                Label(source.binding.span, f"`{name}` is bound here, {facts.say(source.cell)}"),
            ),
            help=f"make cell {first + 1} run, then restart the kernel and run all cells",
        )
    return Diagnostic(
        whole_cell(cell),
        f"saved with NameError: `{name}` was not defined when this ran; "
        f"top to bottom it is, by cell {source.cell + 1}",
        symbol=name,
        labels=(Label(source.binding.span, f"`{name}` is bound here, {facts.say(source.cell)}"),),
        help="restart the kernel and run all cells: the saved error is of another run",
    )
