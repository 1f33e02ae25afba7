"""Reports functions that reassign a global of the notebook.

## Why

The call changes the notebook behind the reader's back: no cell shows the assignment, and the order
of calls decides the value. Return it instead. A warning where a cell reads the value that a call in
another has put in place of its own; at the level `production` also where nobody sees it, such as
in caches that functions keep for themselves, where the variable starts empty, and in functions
whose name says that they set variables (`reset_filters`). A callback of a widget or an event can
give its value to nobody: it is reported only where the rule is selected by name.

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

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.fixing.callers import definition_of, mentions_of
from nbprod.flow.types import FunctionFlow
from nbprod.model import Diagnostic, Label
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.report.wording import words_listed
from nbprod.rule import rule
from nbprod.rules.callbacks import callbacks_of
from nbprod.rules.globals import starts_empty
from nbprod.rules.practice_data import is_taught
from nbprod.syntax.walk import walk

_PARAMETERS = ("a parameter", "parameters")
# The job of functions that are called so is to set variables.
_SETTING = lazy_pattern(
    r"^_*(?:[rR]e_?set|[cC]lear|[iI]nit|[iI]nitiali[sz]e|[sS]et_?up)(?:_|\Z|(?=[A-Z]))"
    r"|[gG]lobals?(?:_|\Z)"
)
_ON_GLOBALS = lazy_pattern(r"\bglobals?\b|\bscop(?:es?|ing)\b", re.IGNORECASE)


@rule("NBP203", "global-write-in-function", on=Notebook)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report stores of names that a function declares global."""
    for function in facts.flow.functions:
        kept: dict[bool, list[str]] = {}
        for name in function.writes:
            is_minor = starts_empty(name, facts) or not _is_seen(name, function, facts)
            kept.setdefault(is_minor, []).append(name)
        for is_minor, names in kept.items():
            # A lesson on `global` shows what it does.
            told = is_taught(
                _ON_GLOBALS, function.span.cell, facts
            ) or function.name in callbacks_of(facts)
            minor = is_minor or bool(_SETTING.search(function.name))
            yield _of_function(function, names, facts, is_minor=minor, is_spoken_of=told)


def _help(function: FunctionFlow, names: list[str], facts: Facts) -> str:
    if all(_is_made_once(name, function, facts) for name in names):
        return f"decorate `{function.name}` with `functools.cache` instead of keeping a global"
    listed = _listed(names)
    if _is_returned(function, names, facts):
        returned = "it is returned" if len(names) == 1 else "they are returned"
        return f"remove `global` for {listed} from `{function.name}`: {returned} already"
    readers = [
        other.name
        for other in _called_by(function, facts)
        if set(names) <= other.reads.keys() and other.writes.keys().isdisjoint(names)
    ]
    if readers:
        return f"pass {listed} to `{readers[0]}` as {_PARAMETERS[len(names) > 1]}"
    values = ("the value and assign it", "the values and assign them")[len(names) > 1]
    return f"return {values} at the call of `{function.name}`"


def _is_returned(function: FunctionFlow, names: list[str], facts: Facts) -> bool:
    """Whether each `return` of a function gives these names, and each call assigns what it gets."""
    found = definition_of(function.name, facts)
    if found is None or found[0] != function.cell:
        return False
    returns = [
        node.value
        for node in walk(found[1])
        if isinstance(node, ast.Return) and node.value is not None
    ]
    if not returns or not all(_named_by(value) == names for value in returns):
        return False
    calls = [mention.call for mention in mentions_of(function.name, facts)]
    assigned = {id(node.value) for _, node in facts.nodes_with(ast.Assign, function.name)}
    return bool(calls) and all(call is not None and id(call) in assigned for call in calls)


def _named_by(value: ast.expr) -> list[str]:
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    return [part.id for part in parts if isinstance(part, ast.Name)]


def _called_by(function: FunctionFlow, facts: Facts) -> list[FunctionFlow]:
    """The functions of the notebook that a function calls by their names."""
    found = definition_of(function.name, facts)
    called = {
        node.func.id
        for node in (walk(found[1]) if found is not None else ())
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return [
        other
        for other in facts.flow.functions
        if other.name in called and other.name != function.name
    ]


def _is_made_once(name: str, function: FunctionFlow, facts: Facts) -> bool:
    """Whether it is only made where it is missing: `if model is None: model = load()`."""
    parsed = facts.parsed[function.span.cell] if function.span.cell >= 0 else None
    stores = {span.start for span in function.writes[name]}
    guarded = {
        facts.span(function.span.cell, part).start
        for node in (parsed.live_nodes_of(ast.If) if parsed is not None else ())
        if _asks_whether_missing(node.test, name)
        for statement in node.body
        for part in walk(statement)
        if isinstance(part, ast.Name) and part.id == name
    }
    return bool(stores) and stores <= guarded


def _asks_whether_missing(test: ast.expr, name: str) -> bool:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Name) and test.operand.id == name
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == name
        and isinstance(test.ops[0], ast.Is)
    )


def _of_function(
    function: FunctionFlow, names: list[str], facts: Facts, *, is_minor: bool, is_spoken_of: bool
) -> Diagnostic:
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
        help=_help(function, names, facts),
        minor=is_minor or is_spoken_of,
        on_request=is_spoken_of,
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
