"""Reports names that are defined long before their first use.

## Why

Fifteen cells later nobody remembers what it holds, and each cell between could have changed it.
Made where it is used, it is read there, and the two cells can move out together.

Reported are the worst three of a notebook: results of a computation on other variables that have
one assignment, that no cell between names, and whose inputs no cell between changes. `max-lifetime`
sets how many cells are too many. Many notebooks prepare first and use later on purpose: this is
only said when it is asked for.

## Flagged

```notebook
# %%
import pandas as pd
df = pd.read_csv("sales.csv")
# %%
shares = df.groupby("shop").sum()  #! NBP813?
# %%
print(1)
#** 15
# %%
print(shares.max())
```

## Clean

```notebook
# %%
import pandas as pd
df = pd.read_csv("sales.csv")
# %%
before = len(df)
shares = df.groupby("shop").sum()
# %%
df = df.dropna()
#** 15
# %%
print(before - len(df), shares.max())
```

```notebook
# %%
import pandas as pd
df = pd.read_csv("sales.csv")
# %%
shares = df.groupby("shop").sum()
# %%
print(shares.describe())
# %%
print(1)
#** 15
# %%
print(shares.max())
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.flow.types import Definition
from nbprod.model import Certainty, Diagnostic, Label, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.syntax.names import mentioned_names
from nbprod.syntax.walk import walk

_MOST = 3
_SETTLED = frozenset(("import", "star-import", "function", "class"))
# What gives something else later, is opened once for the whole notebook, or sets a service to work.
_ONCE = lazy_pattern(
    r"time|now\(|today|rand|seed|sample|shuffle|input\(|copy\(|clone|getpass|open\(|read|load|fetch"
    r"|connect|Client|Session|Path|path|dir\b|device|environ|from_pretrained|deploy|upload|submit"
    r"|create|train\w*\(|\brun\(|\bfit\w*\(",
)


class _LongLived(NamedTuple):
    """A name with its assignment, where it is read first, and how many code cells lie between."""

    name: str
    made: Definition
    use: Span
    between: int


@rule("NBP813", "long-lived-name", on=Notebook, severity=Severity.INFO, default=False)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the names that wait longest for their first use."""
    cells = [cell.index for cell in notebook.cells if cell.is_python and cell.source.strip()]
    limit = facts.options.max_lifetime
    if len(cells) <= limit:
        return
    rank = {cell: place for place, cell in enumerate(cells)}
    found = [long_lived for long_lived in _waiting(rank, facts) if long_lived.between >= limit]
    found.sort(key=lambda long_lived: (-long_lived.between, long_lived.made.binding.span))
    for long_lived in found[:_MOST]:
        yield Diagnostic(
            long_lived.made.binding.span,
            f"`{long_lived.name}` is defined {long_lived.between} code cells before its first use",
            certainty=Certainty.POSSIBLE,
            symbol=long_lived.name,
            labels=(Label(long_lived.use, "first used here"),),
            help="define it next to its first use",
        )


def _waiting(rank: dict[int, int], facts: Facts) -> Iterator[_LongLived]:
    """The names that no cell between their assignment and their first use speaks of."""
    made = {
        name: definition
        for name, (definition, *others) in facts.flow.definitions.items()
        if not others and definition.cell in rank and _is_computed(definition, facts)
    }
    first: dict[str, Span] = {}
    for use in facts.flow.uses_of(made):
        if use.cell != made[use.name].cell and use.cell in rank:
            first.setdefault(use.name, use.span if not use.chain else use.chain[0].span)
    order = sorted(rank, key=rank.__getitem__)
    for name, place in first.items():
        definition = made[name]
        start, end = rank[definition.cell], rank[place.cell]
        between = [facts.cell(cell).source for cell in order[start + 1 : end]]
        word = re.compile(rf"\b{re.escape(name)}\b")
        if any(word.search(source) for source in between):
            continue
        if not _is_changed(definition, place.cell, facts):
            yield _LongLived(name, definition, place, end - start - 1)


def _is_computed(made: Definition, facts: Facts) -> bool:
    """Whether a name is bound alone, to something computed from another variable."""
    node = made.node
    if made.binding.kind != "assignment" or made.binding.scope or made.binding.name.isupper():
        return False
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
        return False
    calls = any(isinstance(part, ast.Call) for part in walk(node.value))
    text = facts.text(facts.span(made.cell, node.value))
    return calls and not _ONCE.search(text) and bool(_inputs(node.value, facts))


def _inputs(value: ast.expr, facts: Facts) -> set[str]:
    """The variables of the notebook that an expression reads."""
    names = mentioned_names(value)
    return {
        name
        for name in names
        if any(
            definition.binding.kind not in _SETTLED and definition.binding.kind != "unbound"
            for definition in facts.flow.definitions.get(name, ())
        )
    }


def _is_changed(made: Definition, until: int, facts: Facts) -> bool:
    """Whether what a value is computed from changes before it is used: it is kept on purpose."""
    assert isinstance(made.node, ast.Assign)
    names = _inputs(made.node.value, facts)
    bound = [definition.cell for name in names for definition in facts.flow.definitions[name]]
    changed = [mutation.cell for mutation in facts.flow.mutations if mutation.name in names]
    return any(made.cell < cell <= until for cell in bound) or any(
        made.cell <= cell <= until for cell in changed
    )
