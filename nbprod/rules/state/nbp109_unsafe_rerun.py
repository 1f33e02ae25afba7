"""Reports cells that give a different result when they are rerun.

## Why

People run a cell three or four times on average. If each run changes what the cell itself reads,
the state depends on how often, and nothing on the page says how often. A value that is written out
in the notebook and changed by constants is an exercise (`a = 5`, then `a += 1`), and so is an
object of the notebook's own classes: that is information of the level *production*, and so is a
loop of gradient descent that goes on, a swap, an item that is only shown, a cell with a slider,
a sample of a fixed size, and a `del` of a column that a second run stops at.

Any other second run that raises is seen by everybody, a column more that holds the old index is
noise (`reset_index()` raises at the third run, and at the second if the index gets a name), a
single step of an optimizer is meant, and exercises of a lesson that needs nothing but Python change
nothing else: these are reported only where the rule is selected by name.

## Flagged

```notebook
# %%
rows = []
count = 0
# %%
rows.append(1)  #! NBP109
# %%
count += 1  #! NBP109
```

```notebook
# %%
prices = {"p": 2}
# %%
prices["p"] = prices["p"] * 2  #! NBP109
```

```notebook
# %%
import pandas as pd
df = pd.read_csv("x.csv")
# %%
df[df.abs() > 3] = df / 2  #! NBP109?
```

```notebook
# %%
import pandas as pd
df = pd.read_csv("x.csv")
total = 0
# %%
total += df["a"].sum()  #! NBP109
# %%
total += df["b"].sum()
# %%
del df["a"]  #! NBP109
df["b"] = df["b"] * 2
```

## Clean

```notebook
# %%
import pandas as pd
df = pd.read_csv("x.csv")
# %%
df = df.dropna()
df["total"] = df["a"] + df["b"]
rows = []
rows.append(1)
```

```notebook
# %%
import numpy as np
import pandas as pd
import tensorflow as tf
df = pd.read_csv("x.csv")
other = df.loc[:, "a":"c"]
counts = np.zeros(3)
batches = tf.data.Dataset.range(9).batch(3)
model = tf.keras.Model()
winners, losers = set("ab"), set("bc")
# %%
df.replace("VA", "Virginia", inplace=True)
df.replace({"state": {"MD": "Maryland"}}, inplace=True)
# %%
both = other.append(df)
# %%
counts *= 0
counts[1] += 5
# %%
batches = batches.cache().prefetch(2)
# %%
model.load_weights("best.h5")
# %%
losers = losers - winners
# %%
counts[:] = 1
counts[2] -= 1
```

```notebook
# %%
import pandas as pd
have = pd.read_csv("have.csv")
more = pd.read_csv("more.csv")
# %%
new = more[~more["key"].isin(have["key"])]
have = pd.concat([have, new])
# %%
known = set(have["key"])
others = more[~more["key"].isin(known)].drop_duplicates()
have = pd.concat([have, others]).reset_index(drop=True)
# %%
have = have.append(more.loc[~more.index.isin(have.index)])
```

```notebook
# %%
import itertools
files = open("files.txt").read().split()
product = 1
parts = []
numbers = itertools.count()
log = open("log.txt", "w")
# %%
for n in range(3):
    product = 2 if n == 0 else product * 2
# %%
for place, name in enumerate(files):
    if place == 0:
        parts = []
    parts.append(name)
# %%
first = next(numbers)
# %%
log.write("done")
log.close()
```

```notebook
# %%
import pandas as pd
df = pd.read_csv("x.csv")
texts = open("texts.txt").readlines()
def rounds(items):
    while True:
        yield from items
endless = rounds(texts)
# %%
df = df.reset_index()
df["first"] = df["day"].min()
df = df.set_index("day")
# %%
two = next(endless), next(endless)
```

```notebook
# %%
size = 6
def resize(n):
    global size
    if n != size:
        size = n
# %%
resize(4)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from nbprod.facts import Facts
from nbprod.flow.types import SelfDependence
from nbprod.libraries.methods import ADDING_METHODS
from nbprod.model import Certainty, Diagnostic, Label
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.changes_in_place import scaled_too, with_what_else_changes
from nbprod.rules.computed_names import is_computed_with
from nbprod.rules.drawn_lists import is_only_drawn
from nbprod.rules.fitting_values import statement_of
from nbprod.rules.guarded_additions import adds_what_is_missing
from nbprod.rules.intended_reruns import is_meant, is_never_done, is_one_step, starts_anew
from nbprod.rules.missing_columns import MissingColumns
from nbprod.rules.practice_data import is_explained, is_lesson, is_self_contained
from nbprod.rules.taken_back import is_taken_back
from nbprod.rules.written_out import WrittenOut
from nbprod.syntax.names import root_of_text

_MESSAGES = {
    "rebinds": "running this cell twice changes `{0}`: it is computed from its previous value",
    "overwrites": "running this cell twice changes its result: `{0}` is read, then reassigned",
    "augments": "each run of this cell changes `{0}` again",
    "mutates": "each run of this cell mutates `{0}` again (`{1}`)",
    "adds": "a second run of this cell adds another column with the old index to `{0}`",
    "deletes": "each run of this cell deletes another element of `{0}`",
    "consumes": "`{0}` is consumed: a second run of this cell finds fewer items",
    "draws": "uses the generator state of `{0}`: a second run of this cell gives different numbers",
    "appends": "appends to the file {0}: a second run writes the data twice",
    "fails": "a second run of this cell fails at `{1}`",
    "removes": "moves, creates or removes the file {0}: a second run of this cell fails",
    "shadows": "`{0}` shadows the builtin that this cell uses: a second run uses the variable",
}
_HELP = "set the initial value in this cell, or assign the result to a new name"
_HELPS = {
    "adds": "add `drop=True` if the old index is not needed, or assign the result to a new name",
    "deletes": "make it anew in this cell, or assign the rest to a new name",
    "consumes": "make it anew in this cell, or keep its items in a list",
    "draws": "seed the generator in this cell",
    "appends": "open it for writing in this cell, or remove it first",
    "fails": "make what is missing then in this cell, or restart the kernel before a second run",
    "removes": "do it only if the file is there",
    "shadows": "give the variable another name",
}
_MOST_LABELS = 8


@rule("NBP109", "unsafe-rerun", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report each variable that a second run of some cell changes, once, with all those cells.

    The cells of which a second run raises are one finding.
    """
    silent = _Groups()
    loud = _Groups()
    for index in facts.flow.order:
        reasons = facts.flow.again(index)
        gone = facts.shared(MissingColumns).stop(index)
        if gone is not None:
            reasons = (gone, *reasons)
        reasons = tuple(reason for reason in reasons if not is_taken_back(reason, facts))
        raising = [reason for reason in reasons if reason.is_loud]
        stop = min((reason.span for reason in raising if reason.certain), default=None)
        # What a second run does not come to, it does not change.
        changing = [
            reason for reason in reasons
            if not reason.is_loud
            and (stop is None or reason.span < stop)
            and not adds_what_is_missing(reason, facts)
            and not is_never_done(reason, facts)
            and not starts_anew(reason, facts)
        ]  # fmt: skip
        silent.add(changing)
        if not changing:
            loud.add(raising)
    for group in silent.groups:
        told = _without_repeats(group)
        yield _diagnostic(
            told,
            facts,
            minor=all(_is_slight(reason, facts) or is_meant(reason, facts) for reason in told),
            on_request=all(_only_adds_index(reason, facts) for reason in told)
            or all(is_one_step(reason, facts) for reason in told)
            or (is_lesson(facts) and all(_is_slight(reason, facts) for reason in told)),
        )
    failing = [reason for group in loud.groups for reason in group]
    for of_part in (True, False):
        told = [reason for reason in failing if _deletes_part(reason) is of_part]
        if told:
            yield _diagnostic(told, facts, minor=True, on_request=not of_part or is_lesson(facts))


def _deletes_part(reason: SelfDependence) -> bool:
    """Whether a column or item is deleted: a name that is deleted frees memory, on purpose."""
    return reason.how.startswith("del ") and "[" in reason.how


def _without_repeats(group: list[SelfDependence]) -> list[SelfDependence]:
    """The reasons of a group without those that say no more of a cell than another one does."""
    added = {reason.span for reason in group if reason.kind == "adds"}
    sure = {(reason.span.cell, reason.name) for reason in group if reason.certain}
    # `xs += [1]` changes the list, and binds the name to it anew.
    grown = {(reason.span, reason.name) for reason in group if reason.kind == "mutates"}
    return [
        reason
        for reason in group
        # What was read of a table that only gets a column more is reported with that.
        if not (reason.kind == "overwrites" and reason.span in added)
        and not (reason.kind == "augments" and (reason.span, reason.name) in grown)
        and (reason.certain or (reason.span.cell, reason.name) not in sure)
    ]


class _Groups:
    """What cells do, grouped into findings: one for each name, the rest of a cell together."""

    def __init__(self) -> None:
        self.groups: list[list[SelfDependence]] = []
        self._by_name: dict[tuple[str, bool], list[SelfDependence]] = {}

    def add(self, reasons: Sequence[SelfDependence]) -> None:
        """Add what one cell does to the findings about the same names, or as a new one."""
        new: list[SelfDependence] = []
        for reason in reasons:
            self._by_name.get((reason.name, reason.certain), new).append(reason)
        for reason in new:
            self._by_name.setdefault((reason.name, reason.certain), new)
        if new:
            self.groups.append(new)


def _diagnostic(
    group: list[SelfDependence], facts: Facts, *, minor: bool, on_request: bool = False
) -> Diagnostic:
    reasons = sorted(group, key=lambda reason: not reason.certain)
    change = None
    if reasons[0].certain and reasons[0].kind == "mutates" and reasons[0].how in ADDING_METHODS:
        change = _copy_first(reasons[0], facts)
        reasons = _values_first(reasons, facts)
    first = reasons[0]
    return Diagnostic(
        first.span,
        message_of(first),
        certainty=Certainty.CERTAIN if first.certain else Certainty.POSSIBLE,
        symbol=first.name if first.name.isidentifier() else None,
        labels=tuple(
            Label(reason.span, message_of(reason), again=message_of(reason))
            for reason in reasons[1 : _MOST_LABELS + 1]
        ),
        help=change or _help(first, reasons),
        minor=minor,
        on_request=on_request,
    )


def _help(first: SelfDependence, reasons: Sequence[SelfDependence]) -> str:
    """What to do about it: an object that grows has no result to assign to another name."""
    if _grows(first) and first.name.isidentifier():
        cells = {reason.span.cell for reason in reasons if reason.name == first.name}
        if len(cells) > 1:
            return f"set the initial value of `{first.name}` and add to it in one cell"
        return "set the initial value in this cell"
    if first.kind == "mutates" and first.how in ("write", "writelines"):
        return "open it for writing in this cell"
    return _HELPS.get(first.kind, _HELP)


def _grows(reason: SelfDependence) -> bool:
    """Whether something is added to a list, or to another container."""
    return reason.kind == "mutates" and reason.how in (*ADDING_METHODS, "+=")


def _copy_first(reason: SelfDependence, facts: Facts) -> str | None:
    """Help for a cell that also changes what it reads: an initial value alone breaks it."""
    changed = with_what_else_changes(reason, facts)
    if changed is None:
        return None
    return (
        f"change a copy of `{changed}` made in this cell, "
        f"and set the initial value of `{reason.name}` here"
    )


def _values_first(reasons: list[SelfDependence], facts: Facts) -> list[SelfDependence]:
    """The reasons, with a change of values before the growth of a list in the same cell."""
    cell = reasons[0].span.cell
    same = [one for one in reasons if one.certain and one.span.cell == cell and one.how == "[]="]
    first = same[0] if same else scaled_too(reasons[0], facts)
    if first is None:
        return reasons
    return [first, *(one for one in reasons if (one.span.cell, one.name) != (cell, first.name))]


def _is_slight(reason: SelfDependence, facts: Facts) -> bool:
    """Whether nothing that was read or computed is at stake: what changes is written out here."""
    if _only_adds_index(reason, facts) or is_only_drawn(reason, facts):
        return True
    if reason.kind == "adds":
        return False
    root = root_of_text(reason.name)
    if not root.isidentifier():
        return False
    made = [
        definition
        for definition in facts.flow.definitions.get(root, ())
        if not definition.is_unbound and definition.binding.kind != "mutation"
    ]
    if not made:
        # The default of a parameter: a rule of its own is about those.
        return True
    nodes = [statement_of(definition, facts) for definition in made]
    values = [
        node.value
        for node in nodes
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and node.value is not None
    ]
    if len(values) < len(made):
        return False
    if all(_is_own_object(value, facts) for value in values):
        return True
    written = facts.shared(WrittenOut)
    return (
        all(map(written.is_so, values))
        and any(map(written.holds_values, values))
        and _adds_constants(reason, written, facts)
        and (
            (_grows(reason) and is_explained(facts) and is_self_contained(facts))
            or not is_computed_with(root, facts, without=(reason.span.cell,))
        )
    )


def _only_adds_index(reason: SelfDependence, facts: Facts) -> bool:
    """Whether what changes is a column with the old index, at which no cell looks."""
    return reason.kind == "adds" and not _is_read_by_position(reason.name, facts)


def _is_read_by_position(name: str, facts: Facts) -> bool:
    """Whether a cell picks columns of a table by their places, which a new first column moves."""
    for _, node in facts.nodes_with(ast.Subscript, "iloc", "columns"):
        base, key = node.value, node.slice
        if isinstance(base, ast.Attribute) and ast.unparse(base.value) == name:
            if base.attr == "columns" or (base.attr == "iloc" and isinstance(key, ast.Tuple)):
                return True
    return False


def _is_own_object(value: ast.expr | None, facts: Facts) -> bool:
    """Whether it is an instance of a class of the notebook."""
    called = value.func if isinstance(value, ast.Call) else None
    made = facts.flow.definitions.get(called.id, ()) if isinstance(called, ast.Name) else ()
    return bool(made) and all(definition.binding.kind == "class" for definition in made)


def _adds_constants(reason: SelfDependence, written: WrittenOut, facts: Facts) -> bool:
    """Whether what the cell does to the object outside loops and functions uses constants only."""
    parsed = facts.parsed[reason.span.cell]
    for statement in parsed.tree.body if parsed is not None and parsed.tree is not None else ():
        span = facts.span(reason.span.cell, statement)
        if span.start <= reason.span.start < span.end:
            if isinstance(statement, ast.Delete):
                return True
            if not isinstance(statement, (ast.Expr, ast.Assign, ast.AugAssign)):
                return False
            value = statement.value
            return all(map(written.is_so, value.args if isinstance(value, ast.Call) else [value]))
    return False


def message_of(reason: SelfDependence) -> str:
    """Say what a second run of the cell changes."""
    name = "whose path is computed" if reason.name == "None" else reason.name or "the value"
    return _MESSAGES[reason.kind].format(name, reason.how)
