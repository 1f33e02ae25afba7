"""Reports cells that Python cannot parse.

## Why

Nothing of the cell runs, so everything that it would define is missing below. The other cells are
checked as if the cell were not there, and what fails only because of it is listed here. Cells that
are written in Python 2 are one finding, with the others as related places, and so are cells that
have never run: fragments that are only there to be read. Blanks of an exercise, as `<YOUR CODE>`,
`????`, `____` or `x = # your code`, are one finding of a notebook, and information of the level
*production*. Blanks and quotes that a web page or a document has in place of Python's are one
finding with a fix, and so is a cell whose lines the file has without line breaks.

## Flagged

```notebook
# %%
total = 3
print total  #! NBP010
# %%
print(total)
```

```notebook
# %%
if True
    #^ NBP010
    x = 1
```

```notebook
# %%
return 5  #! NBP010
```

```notebook
# %%
print "rows", 3  #! NBP010
# %%
print "columns", 2
# %%
try:
    total = 1
except ValueError, error:
    total = 0
```

```notebook
# %%
def mean(values):
    # your code here  #! NBP010
# %%
def median(values):
    # your code here
# %%
mode = <YOUR CODE>
```

```notebook
# %%
total = 3
print(“total”, total)  #! NBP010
# %%
print(‘sum’, total)
```

```notebook
# %%
the rows of a frame  #! NBP010
# %%
its columns, but one
```

## Clean

```notebook
# %%
%matplotlib inline
files = !ls
df?
# %%
%%bash
if [ -f x ]; then echo yes; fi
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Edit, Label, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule, safe
from nbprod.rules.failures import cascade_text
from nbprod.rules.pasted_characters import (
    help_on_character,
    of_pasted_characters,
    pasted_characters,
)
from nbprod.rules.practice_data import is_archived
from nbprod.syntax.exercise_blanks import blank_of
from nbprod.syntax.lost_breaks import JOINED
from nbprod.syntax.python2 import is_python2
from nbprod.syntax.refused_magics import is_misplaced
from nbprod.syntax.types import ParsedCell

# Four and more: `___` is the last result but two.
_BLANK = lazy_pattern(r"\?{3,}|(?<!\w)_{4,}(?!\w)")


_HELP = "correct it, or make the cell a Markdown cell if it is text"


@rule(
    "NBP010",
    "syntax-error",
    level="explore",
    on=Notebook,
    severity=Severity.ERROR,
    predicts="failure",
    family="errors",
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report each cell that does not parse; those of Python 2 together."""
    faulty = [parsed for parsed in facts.parsed if parsed is not None and _is_reported(parsed)]
    blank, faulty = _parted(faulty, lambda parsed: _blank(parsed) is not None)
    old, faulty = _parted(faulty, is_python2)
    if len(old) > 1 or (old and _is_old(facts)):
        which = f"{len(old)} cells are" if len(old) > 1 else "the cell is"
        them = "them" if len(old) > 1 else "it"
        told = _together(
            old,
            f"{which} written in Python 2",
            "also Python 2: ",
            f"convert {them} to Python 3; `2to3` does most of it",
        )
        yield told._replace(minor=_is_old(facts) and is_archived(facts))
    else:
        faulty = sorted([*old, *faulty], key=lambda parsed: parsed.cell.index)
    if blank:
        yield _of_blanks(blank)
    joined, faulty = _parted(faulty, lambda parsed: _message(parsed) == JOINED)
    yield from (_of_joined(parsed, facts) for parsed in joined)
    pasted, faulty = _parted(faulty, lambda parsed: bool(pasted_characters(parsed)))
    yield from of_pasted_characters(pasted, facts)
    unrun, run = _parted(faulty, _has_not_run)
    if len(unrun) > 1:
        yield _together(
            unrun,
            f"{len(unrun)} cells that have not run do not parse",
            "",
            "complete them, or make fragments Markdown cells",
        )
        faulty = run
    for parsed in faulty:
        yield Diagnostic(
            _span(parsed),
            f"syntax error: {_message(parsed)}",
            help="; ".join(filter(None, (_help(parsed), cascade_text(facts, parsed.cell.index)))),
        )


def _help(parsed: ParsedCell) -> str:
    return help_on_character(parsed) or _HELP


def _parted(
    cells: Sequence[ParsedCell], test: Callable[[ParsedCell], bool]
) -> tuple[list[ParsedCell], list[ParsedCell]]:
    """The cells that pass a test, and the others."""
    passing: list[ParsedCell] = []
    others: list[ParsedCell] = []
    for parsed in cells:
        (passing if test(parsed) else others).append(parsed)
    return passing, others


def _is_old(facts: Facts) -> bool:
    version = facts.notebook.python_version
    return version is not None and version < (3,)


def _has_not_run(parsed: ParsedCell) -> bool:
    return not parsed.cell.execution_count and not parsed.cell.outputs


def _blank(parsed: ParsedCell) -> str | None:
    """The blank for whoever does the exercise, where a cell is one and has not been completed."""
    blank = blank_of(parsed)
    if blank is None and _has_not_run(parsed):
        match = _BLANK.search(parsed.cell.source)
        blank = match[0] if match is not None else None
    return blank


def _of_blanks(cells: Sequence[ParsedCell]) -> Diagnostic:
    """One finding for all blanks of a notebook, which its author has left on purpose."""
    first, *others = cells
    which = (
        f"{len(cells)} cells have unfilled blanks: " if others else "cell has an unfilled blank "
    )
    return Diagnostic(
        _span(first),
        f"{which}`{_blank(first)}`",
        labels=tuple(Label(_span(parsed), f"`{_blank(parsed)}`") for parsed in others),
        help="fill them in" if others else "fill it in",
        minor=True,
    )


def _of_joined(parsed: ParsedCell, facts: Facts) -> Diagnostic:
    """A cell whose lines the file has without their line breaks."""
    joints = parsed.cell.joints
    edits = (Edit(Span(parsed.cell.index, place, place), "\n") for place in joints)
    helps = ("put the line breaks back", cascade_text(facts, parsed.cell.index))
    return Diagnostic(
        _span(parsed),
        f"cell has lost its line breaks: {len(joints) + 1} lines are one",
        help="; ".join(filter(None, helps)),
        fix=safe("Put the line breaks back", *edits),
    )


def _together(cells: Sequence[ParsedCell], what: str, also: str, advice: str) -> Diagnostic:
    """One finding for cells with the same cause, the first with what is wrong in it."""
    first, *others = cells
    return Diagnostic(
        _span(first),
        f"{what}: {_message(first)}",
        labels=tuple(Label(_span(parsed), f"{also}{_message(parsed)}") for parsed in others),
        help=advice,
    )


def _is_reported(parsed: ParsedCell) -> bool:
    fault = parsed.fault
    if fault is None or fault.needs is not None:
        return False
    # What follows a misplaced magic is no Python because it was meant for the magic.
    return not any(is_misplaced(magic) and magic.start < fault.start for magic in parsed.magics)


def _span(parsed: ParsedCell) -> Span:
    assert parsed.fault is not None
    return Span(parsed.cell.index, parsed.fault.start, parsed.fault.end)


def _message(parsed: ParsedCell) -> str:
    assert parsed.fault is not None
    return parsed.fault.message
