"""Reports functions that read a global instead of taking a parameter.

## Why

The variable is bound once, so nothing goes wrong in the notebook; but the function cannot be moved
to a module or tested alone. Constants in capitals, imports, functions and classes are fine, also
where an assignment makes them (`square = lambda x: x * x`, `load_op = load_component(...)`). So is
what is made once in the cell of the function: it goes where the function goes. A method reads an
attribute of its object instead, where the class has one of the name or others call the method. The
parameters of a pipeline, task or component of an orchestrator are inputs of its runs, so that none
is proposed there. What a library calls, such as a callback of a widget, and the functions that only
it calls have no other way to get a value; and a function without parameters that one line of a cell
calls is but a part of that cell. Where each of the functions is called in one place, and in course
material, the rule is reported only where it is selected by name.

## Flagged

```notebook
# %%
table = open("table.csv").read()
# %%
def lookup(key):
    return table.find(key)  #! NBP202
# %%
lookup("a") + lookup("b")
```

```notebook
# %%
xdata = []
line = []
# %%
def draw(frame):
    xdata.append(frame)  #! NBP202
    return line, xdata
# %%
draw(1)
draw(2)
```

## Fixed

```notebook
# %%
table = open("table.csv").read()
# %%
def lookup(key, table):
    return table.find(key)
# %%
lookup("a", table=table) + lookup("b", table=table)
```

```notebook
# %%
xdata = []
line = []
# %%
def draw(frame, xdata, line):
    xdata.append(frame)
    return line, xdata
# %%
draw(1, xdata=xdata, line=line)
draw(2, xdata=xdata, line=line)
```

## Clean

```notebook
# %%
TABLE = {"a": 1}
def lookup(key):
    return TABLE[key]
# %%
rows = [3, 1]
def animate(frame):
    return rows[frame]
FuncAnimation(figure, animate)
apply(lambda key: rows[key])
```

```notebook
# %%
menu = Dropdown(options=["a", "b"])
# %%
def chosen():
    return menu.value
def refresh(event):
    print(chosen())
button.on_click(refresh)
```

```notebook
# %%
roads = open("roads.csv").read()
# %%
def show_roads():
    print(roads)
# %%
show_roads()
```

```notebook
# %%
stemmer = PorterStemmer()
def stems(text):
    return [stemmer.stem(word) for word in text.split()]
# %%
stems("a b")
```

```notebook
# %%
square = lambda x: x * x
load_op = components.load_component_from_url("https://example.com/load.yaml")
# %%
def total(values):
    return sum(square(value) for value in values)
@dsl.pipeline(name="train")
def train(path: str):
    load_op(path)
```

## Fix safety

Unsafe: all globals of the first function become parameters and every call in the notebook passes
them; a function that calls it gets them as well. In a method the attribute of that name is read,
which may have another value than the global.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.fixing.add_parameter import as_parameters
from nbprod.fixing.callers import definition_of, mentions_of
from nbprod.model import Diagnostic, Edit, Fix, Label
from nbprod.notebook.types import Notebook
from nbprod.rule import rule, unsafe
from nbprod.rules.assigned_definitions import assigned_definitions
from nbprod.rules.callbacks import passed_on
from nbprod.rules.globals import GlobalRead, iter_global_reads
from nbprod.rules.orchestrated import is_orchestrated
from nbprod.rules.passed_globals import how_to_pass, listed_names, method_of
from nbprod.rules.practice_data import unless_material
from nbprod.rules.stubs import stub_of

_SESSIONS = frozenset(["spark", "sc", "sqlContext", "dbutils"])
_AMBIENT = frozenset(
    ["logging.getLogger", "structlog.get_logger", "torch.device", "rich.console.Console"]
)


@rule("NBP202", "unpassed-global", on=Notebook, level="production")
@unless_material
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report reads of variables that are bound once and are no constants, once for a notebook."""
    passed = passed_on(facts)
    readers: dict[int, list[GlobalRead]] = {}
    for leak in iter_global_reads(facts):
        name = leak.function.name
        # What is passed on is called by others, who fix its parameters.
        if leak.change is None and name != "<lambda>" and not _is_for_others(name, passed, facts):
            if _stands_beside(leak, facts) or _tells_of_import(leak.name, facts):
                continue
            if leak.name in facts.shared(assigned_definitions) or _is_ambient(leak.name, facts):
                continue
            if _is_type(leak.name, facts):
                continue
            if is_orchestrated(leak.function, facts) or stub_of(leak.read, facts):
                continue
            readers.setdefault(leak.function.identity, []).append(leak)
    if readers:
        yield _of_all(list(readers.values()), facts)


def _is_for_others(name: str, passed: frozenset[str], facts: Facts) -> bool:
    """Whether a library calls a function, or only functions that it calls do, or it is no more
    than a cell with a name: without parameters, and called once.
    """
    waiting, seen = [name], set[str]()
    while waiting:
        caller = waiting.pop()
        if caller in passed or caller in seen:
            continue
        seen.add(caller)
        mentions = mentions_of(caller, facts)
        outer = [mention.scopes[0] if mention.scopes else None for mention in mentions]
        if not all(isinstance(scope, ast.FunctionDef) for scope in outer) or not outer:
            return caller == name and _is_named_cell(name, facts)
        waiting += {scope.name for scope in outer if isinstance(scope, ast.FunctionDef)}
    return True


def _is_named_cell(name: str, facts: Facts) -> bool:
    found = definition_of(name, facts)
    mentions = mentions_of(name, facts)
    if found is None or len(mentions) != 1 or mentions[0].scopes:
        return False
    call = mentions[0].call
    return call is not None and ast.unparse(found[1].args) == "" and not call.args


def _tells_of_import(name: str, facts: Facts) -> bool:
    """Whether a flag says if a module is there: `try: import x; there = True`, and else False."""
    cells = set()
    for made in facts.flow.definitions.get(name, ()):
        value = made.node.value if isinstance(made.node, ast.Assign) else None
        if not made.is_unbound:
            if not isinstance(value, ast.Constant) or value.value not in (True, False, None):
                return False
            cells.add(made.cell)
    return bool(cells) and all(_tries_import(cell, facts) for cell in cells)


def _assigned(name: str, facts: Facts) -> list[ast.expr | None]:
    """What each definition of a variable assigns to it; None where it is no assignment."""
    return [
        made.node.value if isinstance(made.node, ast.Assign) else None
        for made in facts.flow.definitions.get(name, ())
        if not made.is_unbound
    ]


def _is_ambient(name: str, facts: Facts) -> bool:
    """Whether a variable belongs to the whole program by custom: a logger, a session of Spark."""
    if name in _SESSIONS:
        return True
    values = _assigned(name, facts)
    return bool(values) and all(
        isinstance(value, ast.Call) and facts.qualified(value.func) in _AMBIENT for value in values
    )


def _is_type(name: str, facts: Facts) -> bool:
    """Whether a variable is another name of a type: `Color = str`, `Row = list[int]`."""
    values = _assigned(name, facts)
    return bool(values) and all(value is not None and _names_type(value, facts) for value in values)


def _names_type(node: ast.expr, facts: Facts) -> bool:
    if isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Name) and isinstance(getattr(builtins, node.id, None), type):
        return True
    if facts.qualified(node).startswith(("typing.", "collections.abc.")):
        return True
    made = facts.flow.definitions.get(node.id, ()) if isinstance(node, ast.Name) else ()
    return bool(made) and all(each.binding.kind == "class" for each in made)


def _tries_import(cell: int, facts: Facts) -> bool:
    """Whether a cell imports what may not be there."""
    parsed = facts.parsed[cell]
    return parsed is not None and any(
        isinstance(statement, (ast.Import, ast.ImportFrom))
        for node in parsed.live_nodes_of(ast.Try)
        for statement in node.body
    )


def _stands_beside(leak: GlobalRead, facts: Facts) -> bool:
    """Whether the variable is made once, in the cell of the function: it goes where that goes."""
    made = {
        definition.binding.span
        for definition in facts.flow.definitions.get(leak.name, ())
        if not definition.is_unbound and definition.binding.kind != "mutation"
    }
    return len(made) == 1 and next(iter(made)).cell == leak.function.span.cell


def _of_all(readers: list[list[GlobalRead]], facts: Facts) -> Diagnostic:
    """One finding: the first function, with those beside it that do the same."""
    first, *others = readers
    more = f", and {len(others)} more {'function reads' if len(others) == 1 else 'functions read'}"
    return Diagnostic(
        first[0].read,
        _message(first) + (f"{more} globals" if others else ""),
        symbol=first[0].name,
        labels=(
            *(Label(leak.read, f"`{leak.name}` is read here", again=True) for leak in first[1:]),
            *(Label(leaks[0].read, _message(leaks), again=_message(leaks)) for leaks in others),
        ),
        help=how_to_pass([leak.name for leak in first], first[0].function, facts),
        fix=_fix(first, facts),
        on_request=all(len(mentions_of(leaks[0].function.name, facts)) == 1 for leaks in readers),
    )


def _fix(leaks: list[GlobalRead], facts: Facts) -> Fix | None:
    """Pass all the globals of a function, or read the attributes of their names."""
    function, names = leaks[0].function, [leak.name for leak in leaks]
    method = method_of(function, facts)
    if method is None:
        return as_parameters(function, names, facts)
    if not method.attributes.issuperset(names):
        return None
    edits = [
        Edit(span, f"{method.receiver}.{name}") for name in names for span in function.reads[name]
    ]
    return unsafe(f"Use {listed_names([f'`{method.receiver}.{name}`' for name in names])}", *edits)


def _message(leaks: list[GlobalRead]) -> str:
    names = [f"`{leak.name}`" for leak in leaks]
    return f"`{leaks[0].function.name}` reads global{'s'[: len(names) > 1]} {listed_names(names)}"
