"""Reports functions that rebind a global of the notebook.

## Why

The call changes the notebook behind the reader's back: no cell shows the assignment, and the order
of calls decides the value. Return it instead. A warning where a cell reads the value that a call in
another has put in place of its own; at the level `production` also where nobody sees it, such as
in caches that functions keep for themselves, and where the variable starts empty.

## Flagged

```notebook
# %%
def load():
    global frame
    frame = [1, 2]  #! NBP203
# %%
load()
```

```notebook
# %%
rate = 0.2
def to_euro():
    global rate
    rate = 0.3  #! NBP203
# %%
to_euro()
# %%
print(100 * rate)
```

## Clean

```notebook
# %%
def load():
    frame = [1, 2]
    return frame
# %%
frame = load()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.types import FunctionFlow
from nbprod.model import Diagnostic, Label
from nbprod.notebook.types import Notebook
from nbprod.report.wording import words_listed
from nbprod.rule import rule
from nbprod.rules.globals import starts_empty


@rule("NBP203", "global-write-in-function", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report stores of names that a function declares global."""
    for function in facts.flow.functions:
        kept: dict[bool, list[str]] = {}
        for name in function.writes:
            is_minor = starts_empty(name, facts) or not _is_seen(name, function, facts)
            kept.setdefault(is_minor, []).append(name)
        for is_minor, names in kept.items():
            yield _of_function(function, names, is_minor=is_minor)


def _of_function(function: FunctionFlow, names: list[str], *, is_minor: bool) -> Diagnostic:
    """One finding for all globals that a function reassigns, of those that a cell reads or not."""
    first, *others = names
    return Diagnostic(
        function.writes[first][0],
        f"`{function.name}` reassigns global{'s' if others else ''} {_listed(names)}",
        symbol=first,
        labels=tuple(
            Label(function.writes[name][0], f"`{name}` is reassigned here", again=True)
            for name in others[:4]
        ),
        help=f"return the value and assign it at the call of `{function.name}`",
        minor=is_minor,
    )


def _listed(names: list[str]) -> str:
    return words_listed([f"`{name}`" for name in names])


def _is_seen(name: str, function: FunctionFlow, facts: Facts) -> bool:
    """Whether a cell reads what a call of a function in another cell has assigned."""
    return any(
        definition.binding.scope == function.identity and definition.cell != use.cell
        for use in facts.flow.uses_of({name})
        if not any(step.function == function.name for step in use.chain)
        for definition in use.definitions
    )
