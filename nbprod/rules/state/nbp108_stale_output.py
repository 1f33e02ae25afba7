"""Reports saved outputs that the code does not produce.

## Why

Either the code was changed after it ran, or the result rests on a cell that has not run: one that
has no count, while all counts before that of the result are there. A reader takes the number for
the code's; it is not.

## Flagged

```notebook
# %% [1]
x = 3
# %% [2]
x  #! NBP108
#> 5
```

```notebook
# %% [1]
a = 1
# %%
b = a + 1
# %% [2]
print(b)  #! NBP108
#>> 7
```

A cell that was cleared has lost its count and left a gap: results after it are possibly stale.

```notebook
# %% [1]
a = 1
# %%
b = a + 1
print(b)
# %% [3]
print(b)  #! NBP108?
#>> 2
```

## Clean

```notebook
# %% [1]
x = 3
# %% [2]
x
#> 3
# %%
y = 2
```

```notebook
# %%
import math
# %% [1]
math.floor(2.5)
#> 2
```

```notebook
# %%
a = 1
# %% [2]
print(a)
#>> 1
# %% [1]
b = 2
# %% [2]
print(a + b)
#>> 3
```

```notebook
# %% [1]
import shutil
print("Space:")
shutil.report()
#>> Space:
#>> 12 GB
```

```notebook
# %% [1]
def way(goal):
    paths = {0: [0]}
    left = [0]
    while left:
        here = left.pop()
        if here == goal:
            return paths[here]
        for there in (here + 1, here + 2):
            left.append(there)
            paths[there] = [*paths[here], there]
# %% [2]
len(way(5))
#> 4
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.types import Use
from nbprod.model import Certainty, Diagnostic, Label
from nbprod.notebook.types import Cell, Notebook
from nbprod.rule import rule, whole_cell


@rule("NBP108", "stale-output", on=Notebook, predicts="stale-output")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report results that contradict the source, and results that rest on unexecuted cells."""
    execution = facts.execution
    if not execution.order:
        return
    yield from _from_unexecuted(facts)
    if execution.is_disordered or execution.repeated or execution.unexecuted:
        return
    if _may_be_python2(notebook):
        return  # where 1 / 2 is 0
    for index in execution.order:
        yield from _contradicted(facts.cell(index), facts)


def _may_be_python2(notebook: Notebook) -> bool:
    if notebook.python_version is None:
        return notebook.nbformat is not None and notebook.nbformat < (4, 0)
    return notebook.python_version < (3, 0)


def _from_unexecuted(facts: Facts) -> Iterator[Diagnostic]:
    """One finding for each cell that did not run and whose names results rest on."""
    unexecuted = set(facts.execution.unexecuted)
    if not unexecuted or facts.execution.repeated:
        # Of two sessions neither says what the other one ran.
        return
    readers: dict[int, list[Use]] = {}
    followed = set(facts.flow.order)
    for index in sorted(facts.execution.order):
        if not facts.cell(index).outputs or index not in followed:
            continue
        for use in facts.flow.uses_by_node(index).values():
            sources = {
                definition.cell for definition in use.definitions if not definition.is_unbound
            }
            if len(sources) == 1 and sources <= unexecuted and use.mandatory and use.name:
                if all(definition.binding.kind == "import" for definition in use.definitions):
                    # A module is the same, whenever it was imported.
                    continue
                if _came_from_a_run(use, facts):
                    continue
                readers.setdefault(min(sources), []).append(use)
    for source, uses in sorted(readers.items()):
        # One that ran before a result and was cleared has left a gap in the counts before it.
        sure = [use for use in uses if _count(use, facts) <= facts.execution.first_gap]
        first = (sure or uses)[0]
        cells = sorted({use.cell + 1 for use in sure or uses})
        others = f" (and cells {', '.join(map(str, cells[1:6]))})" if len(cells) > 1 else ""
        how = "is" if sure else "may be"
        yield Diagnostic(
            first.chain[0].span if first.chain else first.span,
            f"the result of cell {first.cell + 1}{others} {how} from other code: "
            f"cell {source + 1}, which defines `{first.name}`, has not run"
            + ("" if sure else " or was cleared"),
            certainty=Certainty.CERTAIN if sure else Certainty.POSSIBLE,
            symbol=first.name,
            labels=(Label(whole_cell(facts.cell(source)), "has no execution count"),),
            help="run all cells again",
        )


def _came_from_a_run(use: Use, facts: Facts) -> bool:
    """Whether a cell that ran before the reader defines the name, or the reader itself does.

    It is another order then, of which there is another rule.
    """
    if use.name in facts.program.static_bindings()[use.cell]:
        return True
    counts = facts.execution.counts
    return any(
        counts.get(definition.cell, 0) and counts[definition.cell] < _count(use, facts)
        for definition in facts.flow.definitions.get(use.name, ())
        if not definition.is_unbound
    )


def _count(use: Use, facts: Facts) -> int:
    return facts.cell(use.cell).execution_count or 0


def _contradicted(cell: Cell, facts: Facts) -> Iterator[Diagnostic]:
    """A constant result that is not the one which is saved."""
    parsed = facts.parsed[cell.index]
    if parsed is None or parsed.magics:
        return
    if any(output.get("output_type") == "error" for output in cell.outputs):
        # It ended before its end, so what is missing was never printed.
        return
    shown, printed = facts.flow.shown(cell.index), facts.flow.printed(cell.index)
    for output in cell.outputs:
        if shown is not None and output.get("output_type") == "execute_result":
            saved = _joined(output.get("data", {}).get("text/plain"))
            if saved is not None and _spaced(saved) != _spaced(shown) and "\n" not in saved.strip():
                yield _told(
                    cell, f"the saved result is {saved.strip()[:40]}, this code gives {shown[:40]}"
                )
    if printed is not None:
        saved = "".join(
            _joined(output.get("text")) or ""
            for output in cell.outputs
            if output.get("output_type") == "stream" and output.get("name") == "stdout"
        )
        missing = _first_missing(printed, saved)
        if saved.strip() and missing is not None:
            yield _told(cell, _difference(missing, saved, printed))


def _first_missing(printed: str, saved: str) -> str | None:
    """The first line that is printed and not saved; what is called may print lines of its own."""
    at, saved = 0, _spaced(saved)
    for line in printed.strip().split("\n"):
        wanted = _spaced(line)
        found = saved.find(wanted, at)
        if found < 0:
            return line
        at = found + len(wanted)
    return None


def _spaced(text: str) -> str:
    """A text with one space for all white space: indentation and tabs are no other result."""
    return " ".join(text.split())


def _difference(missing: str, saved: str, printed: str) -> str:
    """What a printed line that is not saved comes to: one in the place of another, or one more."""
    lines = saved.strip().split("\n")
    if any(line in printed for line in lines):
        return f"the saved output lacks `{missing.strip()[:40]}`, which this code prints"
    return f"the saved result is {lines[0][:40]}, this code gives {missing[:40]}"


def _told(cell: Cell, what: str) -> Diagnostic:
    return Diagnostic(
        whole_cell(cell),
        f"{what}: it was edited after it ran",
        help="run the notebook again",
    )


def _joined(text: object) -> str | None:
    if isinstance(text, list):
        return "".join(part for part in text if isinstance(part, str))
    return text if isinstance(text, str) else None
