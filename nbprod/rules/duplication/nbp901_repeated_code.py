"""Reports code duplicated within a notebook.

## Why

The same lines with another name in them are a function that nobody wrote. A bug gets fixed in
one of the copies only. Reported only where the rule is selected by name are two places that only
draw or only begin alike, so that a function of what they share would have many parameters or
results, neighbours in a series of statements that are all alike, and copies in course material.

## Flagged

```notebook
# %%
import pandas as pd
sales = pd.read_csv("sales.csv")  #! NBP901
sales = sales.dropna(subset=["price", "city"])
sales["month"] = pd.to_datetime(sales["day"]).dt.month
by_month = sales.groupby(["city", "month"])["price"].agg(["mean", "count"]).reset_index()
by_month = by_month[by_month["count"] > 10].sort_values("mean", ascending=False)
# %%
costs = pd.read_csv("costs.csv")
costs = costs.dropna(subset=["price", "city"])
costs["month"] = pd.to_datetime(costs["day"]).dt.month
cost_by_month = costs.groupby(["city", "month"])["price"].agg(["mean", "count"]).reset_index()
cost_by_month = cost_by_month[cost_by_month["count"] > 25].sort_values("mean", ascending=False)
```

## Fixed

```notebook
# %%
import pandas as pd


def summarize_by_month(path, limit):
    sales = pd.read_csv(path)
    sales = sales.dropna(subset=["price", "city"])
    sales["month"] = pd.to_datetime(sales["day"]).dt.month
    by_month = sales.groupby(["city", "month"])["price"].agg(["mean", "count"]).reset_index()
    by_month = by_month[by_month["count"] > limit].sort_values("mean", ascending=False)
    return by_month


by_month = summarize_by_month(path="sales.csv", limit=10)
# %%
cost_by_month = summarize_by_month(path="costs.csv", limit=25)
```

## Fix safety

The fix writes a function above the first place and calls it in each: its parameters are the names
that the code reads and the literals that differ, its results what is read later, what the code
makes in the end, and what would keep an older value. A function that is defined again just as it
is is defined once.

What one function could not do for all places is not offered: names that only some paths bind,
functions that read or write as globals what the code binds, other definitions, imports, magics and
form fields in between, `globals()`, `await`. The fix is still unsafe, since names that
nobody reads are the function's own afterwards, and the name of the function is a guess.

## Clean

```notebook
# %%
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
ax.plot([1, 2])
plt.show()
# %%
fig, ax = plt.subplots()
ax.plot([3, 4])
plt.show()
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from nbprod.clones.find import Limits, find_clones
from nbprod.clones.sources import sources_of_notebook
from nbprod.clones.types import CloneGroup, Fragment
from nbprod.facts import Facts
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.merge.naming import UNNAMED
from nbprod.model import Diagnostic, Fix, Label, Severity, Span
from nbprod.names.definite_assignment import effect_of
from nbprod.names.scopes import DEFINING, bound_names
from nbprod.notebook.types import Notebook
from nbprod.report.wording import words_listed
from nbprod.rule import rule, unsafe
from nbprod.rules.drawn import drawing_statements
from nbprod.rules.practice_data import is_explained, unless_material
from nbprod.syntax.names import last_name, mentioned_names

_LIMITS = Limits()
_MOST_PARAMETERS = 7
_MANY_PARAMETERS = 5
_MOST_RESULTS = 4
_LONGEST = 40
_BESIDE_FIGURES = ("makedirs", "mkdir", "print", "display")


@rule("NBP901", "repeated-code", on=Notebook, level="production", severity=Severity.INFO)
@unless_material
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the first place of each group, with the others beside it."""
    sources = sources_of_notebook(notebook.path, facts.parsed)
    if len(sources) < 2:
        return
    groups = find_clones(sources, _LIMITS).groups
    if not groups:
        return
    fixes = _fixes(groups, notebook, facts) if facts.options.merges else {}
    perhaps = "" if facts.options.merges else " (may be fixable with `--fix --unsafe-fixes`)"
    for number, group in enumerate(groups):
        first, *others = group.fragments
        signature, fix = fixes.get(number, ("", None))
        differing = ", ".join(f"`{_shortened(text)}`" for text in _differing(group)[:3])
        but = f" (differs in {differing})" if differing else ""
        yield Diagnostic(
            _span(first, facts),
            f"code duplicated in {len(group.fragments)} places{_interrupted(group)}{but}",
            labels=tuple(Label(_span(fragment, facts), "here again") for fragment in others[:6]),
            help=f"write one function for them{_shown(signature)}{perhaps}",
            fix=fix,
            # The same whether or not fixes are worked out: no format reports more than another.
            on_request=(is_explained(facts) and len(group.fragments) == 2)
            or _is_part_of_a_series(group)
            or _is_no_function(group, facts)
            or _only_draws(group, facts),
        )


def _interrupted(group: CloneGroup) -> str:
    """The cells where other statements come between the duplicated ones."""
    lengths = [place.end - place.start for place in group.fragments]
    if group.kind != 3 or max(lengths) == min(lengths):
        return ", with other statements between" if group.kind == 3 else ""
    cells = sorted(
        {
            place.source.cell or 0
            for place, length in zip(group.fragments, lengths, strict=True)
            if length > min(lengths)
        }
    )
    word = "cell" if len(cells) == 1 else "cells"
    return f", with more statements in {word} {words_listed([str(cell) for cell in cells])}"


def _differing(group: CloneGroup) -> list[str]:
    """What differs, in the first place: values before names, and what is made there last."""
    made = set(bound_names([*group.fragments[0].nodes]))
    ranked = sorted(
        group.differences,
        key=lambda variation: (variation.kind == "name", variation.texts[0] in made),
    )
    return [variation.texts[0] for variation in ranked]


def _is_part_of_a_series(group: CloneGroup) -> bool:
    """Whether two of the places are neighbours in a series of statements that are all alike.

    `df["a"] = df["a"].astype(str)` for twelve columns is a loop, not a function of six of them.
    """
    statements = [
        statement
        for place in group.fragments
        for statement in place.source.statements[place.start : place.end]
    ]
    if len({statement.digest for statement in statements}) > 1:
        return False
    ends = {(id(place.source), place.end) for place in group.fragments}
    return any((id(place.source), place.start) in ends for place in group.fragments)


def _is_no_function(group: CloneGroup, facts: Facts) -> bool:
    """Whether a function of what is shared would have more parameters or results than use.

    Two places that need that much are alike only where they begin; of more places, a function is
    worth a longer list.
    """
    effect = effect_of(group.fragments[0].nodes)
    given = {name for name in effect.reads - BUILTIN_NAMES if not _is_definition(name, facts)} | {
        variation.texts for variation in group.differences if variation.kind == "literal"
    }
    if len(group.fragments) > 2:
        return len(given) >= _MOST_PARAMETERS
    results = effect.binds & _read_elsewhere(group, facts)
    return len(given) >= _MANY_PARAMETERS or len(results) > _MOST_RESULTS


def _is_definition(name: str, facts: Facts) -> bool:
    """Whether a name is that of a function, class or module, which no function is given."""
    made = facts.flow.definitions.get(name, ())
    return bool(made) and all(isinstance(one.node, DEFINING) for one in made)


def _read_elsewhere(group: CloneGroup, facts: Facts) -> set[str]:
    """The names that code outside of the places reads."""
    inside = {node for place in group.fragments for node in place.nodes}
    return {
        name
        for parsed in facts.parsed
        if parsed is not None and parsed.tree is not None
        for node in parsed.tree.body
        if node not in inside
        for name in mentioned_names(node)
    }


def _only_draws(group: CloneGroup, facts: Facts) -> bool:
    """Whether two places do nothing but draw: figures are made alike by copying and changing."""
    statements = [
        node
        for node in group.fragments[0].nodes
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant))
        and not _is_beside_a_figure(node)
    ]
    return len(group.fragments) == 2 and len(drawing_statements(statements, facts)) == len(
        statements
    )


def _shortened(text: str) -> str:
    """A text on one line, such as a query, that ends with `…` where more follows."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()}…"


def _is_beside_a_figure(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Call) and last_name(value.func) in _BESIDE_FIGURES


def _shown(signature: str) -> str:
    """The first line of the function, where it has few enough parameters to be of use."""
    line = re.sub(r"(?<=\() | (?=\))", "", " ".join(signature.replace(",\n)", ")").split()))
    if not line or line.count(",") >= _MOST_PARAMETERS or line.startswith(f"def {UNNAMED}"):
        return ""
    return f": `{line}`"


def _fixes(
    groups: Sequence[CloneGroup], notebook: Notebook, facts: Facts
) -> dict[int, tuple[str, Fix]]:
    """What can be done about groups: a function for all places, or a function defined once.

    Returns the first line of the function and the fix, by the number of the group.
    """
    # Imported here: few notebooks repeat themselves.
    from nbprod.merge.definitions import repeated_definitions
    from nbprod.merge.edits import edits_of, merges_of

    made = merges_of(groups, {notebook.path: facts}, _LIMITS).found
    fixes = {
        number: (
            merged.text.partition(":\n")[0],
            unsafe(f"Extract `{merged.name}`", *(edit for _, edit in edits_of(merged))),
        )
        for number, merged in made.items()
    }
    others = [number for number in range(len(groups)) if number not in made]
    for number, (names, edits) in repeated_definitions(groups, others, facts).items():
        listed = ", ".join(f"`{name}`" for name in names)
        fixes[number] = groups[number].signature, unsafe(f"Define {listed} once", *edits)
    return fixes


def _span(one: Fragment, facts: Facts) -> Span:
    assert one.source.cell is not None
    return facts.span(one.source.cell - 1, one.nodes[0])
