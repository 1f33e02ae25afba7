"""Reports magics that IPython refuses.

## Why

The cell stops at this line with a UsageError, and nothing below it runs. A cell magic counts only
as the first line of its cell, above every comment; what follows the name of a magic belongs to its
arguments, a comment as well. What only newer versions of IPython refuse is a warning where the
cell has run in an older one.

## Flagged

```notebook
# %%
# how long does it take?
%%time  #! NBP014
k = 1
# %%
print(k)
```

```notebook
# %%
%matplotlib inline  # figures below
    #^ NBP014
# %%
% matplotlib inline  #! NBP014
# %%
%%matplotlib inline  #! NBP014
```

## Clean

```notebook
# %%
%%time
# how long does it take?
k = 1
# %%
print(k)
```

```notebook
# %%
Numbers as text
%matplotlib inline  # a cell that does not parse never comes to its magics
```

```notebook
# %%
%%capture out
%%time
k = 1
# %%
%matplotlib inline
%time k + 1  # a comment of Python
# %%
%%time?
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Certainty, Diagnostic, Severity
from nbprod.rule import MagicInCell, rule
from nbprod.rules.failures import cascade_text
from nbprod.syntax.refused_magics import is_misplaced, refused_since
from nbprod.syntax.types import Magic

# Cell magics that are line magics as well.
_ALSO_LINES = frozenset("time timeit prun debug sx system sql memit mprun lprun python".split())


@rule(
    "NBP014",
    "refused-magic",
    level="explore",
    on=Magic,
    severity=Severity.ERROR,
    since="0.2",
    predicts="failure",
)
def check(subject: MagicInCell, facts: Facts) -> Iterator[Diagnostic]:
    """Report magics that stop their cell wherever IPython runs it."""
    magic = subject.magic
    parsed = facts.parsed[subject.cell]
    if magic.refusal is None or (parsed is not None and parsed.fault is not None):
        # A cell that does not parse stops before its magics run.
        return
    if magic.accepted_once:
        yield Diagnostic(
            subject.span,
            f"{magic.refusal}: IPython {refused_since(magic)} and newer raise a UsageError",
            help=_help(magic),
            depends=True,
        )
        return
    cell = facts.flow.cell_failures.get(subject.cell)
    runs = any(failure.read == subject.span for failure in facts.flow.cell_failures.values())
    yield Diagnostic(
        subject.span,
        f"{magic.refusal}: IPython raises a UsageError",
        certainty=Certainty.CERTAIN
        if runs or (cell is not None and cell.reason == "syntax")
        else Certainty.POSSIBLE,
        help="; ".join(filter(None, (_help(magic), cascade_text(facts, subject.cell)))),
    )


def _help(magic: Magic) -> str:
    """Say how to write it."""
    if is_misplaced(magic):
        return f"move `%{magic.name}` to the first line of a cell, above comments"
    if magic.kind == "cell" and not magic.text[2 + len(magic.name) :].strip():
        if magic.name not in _ALSO_LINES:
            return "add a body, or delete the line"
        return f"add a body, or use one `%`: `%{magic.name}`"
    if magic.kind == "line" and magic.text[1:2].isspace():
        return "delete the space after `%`"
    if "#" in magic.text:
        return "put the comment on a line of its own"
    return "write it as IPython takes it, or delete the line"
