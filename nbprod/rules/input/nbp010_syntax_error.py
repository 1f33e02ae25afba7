"""A cell that Python cannot parse.

## Why

Nothing of the cell runs, so everything that it would define is missing below. The other cells are
checked as if the cell were not there, and what fails only because of it is listed here. Cells that
are written in Python 2 are one finding, with the others as related places, and so are cells that
have never run: exercises to be completed, and fragments that are only there to be read.

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

from collections.abc import Iterator, Sequence

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.failures import cascade_text
from nbprod.syntax.python2 import is_python2
from nbprod.syntax.refused_magics import is_misplaced
from nbprod.syntax.types import ParsedCell


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
    old = [parsed for parsed in faulty if is_python2(parsed)]
    if len(old) > 1 or (old and _is_old(facts)):
        yield _python2(old)
        faulty = [parsed for parsed in faulty if parsed not in old]
    unrun = [parsed for parsed in faulty if _has_not_run(parsed)]
    if len(unrun) > 1:
        yield _unrun(unrun)
        faulty = [parsed for parsed in faulty if parsed not in unrun]
    for parsed in faulty:
        yield Diagnostic(
            _span(parsed),
            f"syntax error: {_message(parsed)}",
            help=cascade_text(facts, parsed.cell.index),
        )


def _is_old(facts: Facts) -> bool:
    version = facts.notebook.python_version
    return version is not None and version < (3,)


def _has_not_run(parsed: ParsedCell) -> bool:
    return not parsed.cell.execution_count and not parsed.cell.outputs


def _unrun(cells: Sequence[ParsedCell]) -> Diagnostic:
    """Fragments and exercises: what never ran is one finding."""
    first, *others = cells
    return Diagnostic(
        _span(first),
        f"{len(cells)} cells that have not run do not parse: {_message(first)}",
        labels=tuple(Label(_span(parsed), _message(parsed)) for parsed in others),
        help="complete them, or make fragments Markdown cells",
    )


def _is_reported(parsed: ParsedCell) -> bool:
    fault = parsed.fault
    if fault is None or fault.needs is not None:
        return False
    # What follows a misplaced magic is no Python because it was meant for the magic.
    return not any(is_misplaced(magic) and magic.start < fault.start for magic in parsed.magics)


def _python2(cells: Sequence[ParsedCell]) -> Diagnostic:
    first, *others = cells
    which = f"{len(cells)} cells are" if others else "the cell is"
    return Diagnostic(
        _span(first),
        f"{which} written in Python 2: {_message(first)}",
        labels=tuple(
            Label(_span(parsed), f"Python 2, too: {_message(parsed)}") for parsed in others
        ),
        help="convert them to Python 3; `2to3` does most of it",
    )


def _span(parsed: ParsedCell) -> Span:
    assert parsed.fault is not None
    return Span(parsed.cell.index, parsed.fault.start, parsed.fault.end)


def _message(parsed: ParsedCell) -> str:
    assert parsed.fault is not None
    return parsed.fault.message
