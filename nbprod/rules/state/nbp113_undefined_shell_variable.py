"""Reports shell lines and magics that interpolate an undefined variable.

## Why

IPython leaves `{name}` as it is when there is no such variable, without any error: the command
runs with the braces in it, and the cell counts as a success.

## Flagged

```notebook
# %%
!cp {source} backup
#^ NBP113
```

## Clean

```notebook
# %%
source = "a.txt"
!cp {source} backup
!cp a.{txt,md} backup
!echo $HOME ${HOME}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.grouped import once_for_each
from nbprod.rules.near_names import near_names


@rule("NBP113", "undefined-shell-variable", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report braces whose names are not bound when the line runs, once for each name."""
    if not facts.flow.dynamic:
        yield from once_for_each(
            _unbound(facts),
            key=lambda diagnostic: diagnostic.symbol,
            label=lambda diagnostic: f"`{diagnostic.symbol}` is also undefined here",
        )


def _unbound(facts: Facts) -> Iterator[Diagnostic]:
    for cell, name, span, bound in facts.flow.interpolations:
        # A dollar may well be meant for the shell's own variables.
        if bound is not False or name in BUILTIN_NAMES or span.cell != cell:
            continue
        if facts.cell(cell).source[max(span.start - 1, 0)] == "$":
            continue
        near = near_names(name, cell, facts)
        yield Diagnostic(
            span,
            f"`{name}` is undefined, so the shell receives the braces literally",
            symbol=name,
            help=f"did you mean `{near[0]}`?" if near else "define it in a cell above",
        )
