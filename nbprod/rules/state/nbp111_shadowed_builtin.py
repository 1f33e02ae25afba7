"""Reports builtins hidden by a variable while other cells use them.

## Why

`list = [...]` in one cell makes `list(...)` fail in every other one for the rest of the session,
also when those cells are run again. A name that is given the builtin itself hides nothing.

## Flagged

```notebook
# %%
biggest = max(1, 2)
# %%
max = 3  #! NBP111
```

```notebook
# %%
list = [1, 2]  #! NBP111
# %%
pairs = list(zip([1], [2]))
```

## Clean

```notebook
# %%
id = 5
# %%
print(id)
```

```notebook
# %%
print(len(range(3)))
# %%
import builtins
range = builtins.range
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.rerun import is_the_builtin
from nbprod.flow.types import Definition
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.model import Diagnostic, Label, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule

_VALUES = ("assignment", "loop", "with", "walrus", "augmented")


@rule("NBP111", "shadowed-builtin", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report globals that hide a builtin which other cells call."""
    for name, definitions in facts.flow.definitions.items():
        if name not in BUILTIN_NAMES:
            continue
        shadow = next(
            (
                definition
                for definition in definitions
                if definition.binding.kind in _VALUES and not is_the_builtin(definition, name)
            ),
            None,
        )
        if shadow is None or shadow.binding.span.cell < 0:
            continue
        used = _used_as_builtin(name, shadow, facts)
        if used is not None:
            yield Diagnostic(
                shadow.binding.span,
                f"`{name}` shadows the builtin that cell {used.cell + 1} uses",
                symbol=name,
                labels=(Label(used, f"the builtin `{name}` is used here"),),
                help=f"rename the variable, for example to `{name}_`",
            )


def _used_as_builtin(name: str, shadow: Definition, facts: Facts) -> Span | None:
    """A place in another cell that means the builtin: read before, or called after."""
    for cell, names in facts.flow.builtin_reads.items():
        if name in names and cell != shadow.cell and _is_called(names[name], facts):
            return names[name]
    for use in facts.flow.uses_of((name,)):
        if use.cell != shadow.cell and shadow in use.definitions and _is_called(use.span, facts):
            return use.span
    return None


def _is_called(span: Span, facts: Facts) -> bool:
    if span.cell < 0:
        return False
    return facts.cell(span.cell).source[span.end : span.end + 1] == "("
