"""Reports files processed in the arbitrary order of the file system.

## Why

`os.listdir`, `glob` and `iterdir` promise no order. Another machine concatenates the same files in
another one, and the rows, the split and the model differ. All listings of a cell are one finding.
In course material, it is reported only where the rule is selected by name.

## Flagged

```notebook
# %%
import glob
import os
from pathlib import Path
frames = []
for path in glob.glob("data/*.csv"):  #! NBP506
    frames.append(path)
names = [name.upper() for name in os.listdir("data")]
notes = [path.stem for path in Path("notes").iterdir()]
```

```notebook
# %%
import os
from pathlib import Path
root = Path("data")
files = list(root.glob("*.csv"))  #! NBP506
# %%
texts = []
for number, path in enumerate(files):
    texts.append((number, path.read_text()))
```

## Fixed

```notebook
# %%
import glob
import os
from pathlib import Path
frames = []
for path in sorted(glob.glob("data/*.csv")):
    frames.append(path)
names = [name.upper() for name in sorted(os.listdir("data"))]
notes = [path.stem for path in sorted(Path("notes").iterdir())]
```

```notebook
# %%
import os
from pathlib import Path
root = Path("data")
files = sorted(root.glob("*.csv"))
# %%
texts = []
for number, path in enumerate(files):
    texts.append((number, path.read_text()))
```

## Clean

```notebook
# %%
import glob
import os
for path in sorted(glob.glob("data/*.csv")):
    print(path)
count = len(os.listdir("data"))
sizes = {name: os.path.getsize(name) for name in os.listdir("data")}
names = sorted(name.upper() for name in os.listdir("data"))
total = 0
for name in [name for name in os.listdir("data") if name.endswith(".csv")]:
    total += os.path.getsize(name)
files = glob.glob("data/*.csv")
files.sort()
kept = []
for path in files:
    kept.append(path)
first = [name for name in os.listdir("run")][0]
```

```notebook
# %%
import glob
import os
import numpy as np
models = np.sort([os.path.join("run", name) for name in os.listdir("run")])
reports = glob.glob("reports/*")
reports = sorted([path for path in reports if path.endswith(".pdf")])
notes = [path for path in glob.glob("notes/*") if "draft" not in path]
# %%
in_order = sorted(notes, key=os.path.getmtime)
```

```notebook
# %%
import os
import numpy as np
import matplotlib.pyplot as plt
sizes, lines = [], []
for name in os.listdir("raw"):
    sizes.append(os.path.getsize(name))
for name in os.listdir("raw"):
    lines.append(len(open(name).readlines()))
lengths = [len(name) for name in os.listdir("raw")]
# %%
plt.hist(sizes)
print(np.mean(sizes), max(sizes))
# %%
print(len(lines), np.median(lines), set(lengths))
```

```notebook
# %%
import os
days = ["mon", "tue"]
names = os.listdir("logs")
in_order = []
for day in days:
    for name in names:
        if day in name:
            in_order.append(name)
```

## Fix safety

Unsafe: where the disk had another order, the results come in another one from now on.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Edit, Fix, Severity, Span
from nbprod.rule import NodeInCell, rule, unsafe
from nbprod.rules.grouped import once_for_each
from nbprod.rules.practice_data import is_course
from nbprod.syntax.names import last_name
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import walk

_LISTINGS = frozenset(["os.listdir", "os.scandir", "glob.glob", "glob.iglob"])
_WORDS = ("listdir", "scandir", "glob", "iterdir")
# What gives the same in any order, or makes one.
_ORDERLY = frozenset(
    "sorted natsorted sort unique set frozenset len sum any all min max Counter shuffle dict"
    " mean median std var nanmean nanmedian nansum percentile quantile bincount"
    " hist histogram histplot displot distplot boxplot fmean stdev"
    " value_counts print display".split()
)
# What hands the order on.
_HANDS_ON = frozenset("list tuple enumerate map filter tqdm array zip reversed iter".split())
_Parents = dict[ast.AST, ast.AST]


@rule("NBP506", "arbitrary-order", on=(ast.Module,), level="production", severity=Severity.INFO)
def check(subject: NodeInCell[ast.Module], facts: Facts) -> Iterator[Diagnostic]:
    """Report listings without an order whose files are gathered in the order in which they come."""
    nodes, cell = subject.parsed.live_nodes, subject.parsed.cell
    if not any(word in cell.source for word in _WORDS):
        return
    listings = [child for child in nodes if isinstance(child, ast.Call) and _lists(child, facts)]
    if not listings:
        return
    parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    found = (
        Diagnostic(
            facts.span(cell.index, call),
            "file order is not guaranteed",
            help="wrap the call in `sorted(...)`",
            fix=_ordered(call, parents, cell.index, facts),
            on_request=is_course(facts),
        )
        for call in listings
        if _is_gathered(call, parents, facts)
    )
    yield from once_for_each(found, key=lambda _: "", label=lambda _: "also here")


def _lists(call: ast.Call, facts: Facts) -> bool:
    name = facts.qualified(call.func)
    if name or not isinstance(call.func, ast.Attribute):
        return name in _LISTINGS
    if call.func.attr == "glob":
        return _is_path(call.func.value, facts)
    return call.func.attr in ("iterdir", "rglob")


def _is_path(node: ast.expr, facts: Facts) -> bool:
    """Whether an expression is one of pathlib: others that can `glob` may keep an order."""
    if isinstance(node, ast.Name):
        made = facts.flow.definitions.get(node.id, ())
        values = [
            definition.node.value for definition in made if isinstance(definition.node, ast.Assign)
        ]
        return bool(values) and all(
            not isinstance(expression, ast.Name) and _is_path(expression, facts)
            for expression in values
        )
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Div)
    return isinstance(node, ast.Call) and facts.qualified(node.func).startswith("pathlib.")


def _is_gathered(call: ast.Call, parents: _Parents, facts: Facts) -> bool:
    """Follow a listing outwards to what keeps its files, or makes an order of them."""
    node: ast.AST = call
    is_kept = False
    while (parent := parents.get(node)) is not None:
        if isinstance(parent, ast.Call) and node is not parent.func:
            called = parent.func
            name = last_name(called)
            if name not in _HANDS_ON:
                return name == "concat" or is_kept and name not in _ORDERLY
        elif isinstance(parent, ast.comprehension):
            parent = parents[parent]
            if isinstance(parent, (ast.SetComp, ast.DictComp)):
                return False
            is_kept = True
        elif isinstance(parent, ast.For):
            return node is parent.iter and _gathers(parent, parents, facts)
        elif isinstance(parent, ast.Assign):
            target = parent.targets[0]
            if not isinstance(target, ast.Name):
                return is_kept
            return _is_kept_later(target.id, is_kept, facts)
        elif isinstance(parent, ast.Return):
            return is_kept
        elif not isinstance(parent, (ast.BinOp, ast.List, ast.Tuple, ast.Starred, ast.keyword)):
            return False
        node = parent
    return False


def _gathers(loop: ast.For, parents: _Parents, facts: Facts) -> bool:
    """Whether the body keeps things in the order in which they come, and that is looked at."""
    kept = {
        last_name(part.value) if isinstance(part.value, ast.Name) else ""
        for statement in loop.body
        for part in walk(statement)
        if isinstance(part, ast.Attribute) and part.attr in ("append", "extend", "concat")
    }
    if not kept or _is_search(loop, parents):
        return False
    return not all(name and _has_no_order(name, facts) for name in kept)


def _is_search(loop: ast.For, parents: _Parents) -> bool:
    """Whether a loop only looks for what belongs to the item of a loop around it."""
    if len(loop.body) != 1 or not isinstance(loop.body[0], ast.If):
        return False
    asked = {part.id for part in walk(loop.body[0].test) if isinstance(part, ast.Name)}
    around = parents.get(loop)
    while around is not None:
        if isinstance(around, ast.For) and isinstance(around.target, ast.Name):
            if around.target.id in asked:
                return True
        around = parents.get(around)
    return False


def _has_no_order(name: str, facts: Facts) -> bool:
    """Whether a list is read only by calls that give the same for any order, or make one."""
    reads = 0
    for parsed in facts.cells_with(name):
        harmless = 0
        for node in parsed.live_nodes:
            if isinstance(node, ast.Call) and last_name(node.func) in _ORDERLY:
                values = [*node.args, *(keyword.value for keyword in node.keywords)]
                harmless += sum(_reads(value, name) for value in values)
            elif isinstance(node, ast.Attribute) and node.attr in ("append", "extend", "sort"):
                harmless += _reads(node.value, name)
                reads -= node.attr != "sort" and _reads(node.value, name)
        found = sum(_reads(node, name) for node in parsed.live_nodes)
        if found > harmless:
            return False
        reads += found
    return reads > 0


def _reads(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)


def _is_kept_later(name: str, is_kept: bool, facts: Facts) -> bool:
    """Whether files that have a name are gathered somewhere, and nowhere brought into an order."""
    word = re.escape(name)
    made_orderly = re.compile(
        rf"\b{word}\.sort\(|\b(?:sorted|natsorted|sort|unique|set|shuffle|max|min)\("
        rf"\s*(?:list\(\s*)?(?:{word}\b|[\[\w][^\n]*\bin {word}\b)"
    )
    if any(made_orderly.search(cell.source) for cell in facts.notebook.cells if cell.is_python):
        return False
    if is_kept:
        return not _has_no_order(name, facts)
    return any(_goes_through(parsed, name, facts) for parsed in facts.cells_with(name))


def _goes_through(parsed: ParsedCell, name: str, facts: Facts) -> bool:
    """Whether a cell gathers what belongs to the files of a name, under a name or without one."""
    parents = {child: node for node in parsed.nodes for child in ast.iter_child_nodes(node)}
    for node in parsed.nodes:
        if isinstance(node, ast.For) and _is_over(node.iter, name):
            if _gathers(node, parents, facts):
                return True
        elif isinstance(node, ast.ListComp) and _is_over(node.generators[0].iter, name):
            above = parents.get(node)
            target = above.targets[0] if isinstance(above, ast.Assign) else None
            if not isinstance(target, ast.Name) or target.id == name:
                return True
            if _is_kept_later(target.id, True, facts):
                return True
    return False


def _is_over(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _HANDS_ON:
        return any(_is_over(expression, name) for expression in node.args)
    return isinstance(node, ast.Name) and node.id == name


def _ordered(call: ast.Call, parents: _Parents, cell: int, facts: Facts) -> Fix | None:
    """`sorted` around the listing, or in place of a `list`; entries of `scandir` have no order."""
    if facts.qualified(call.func) == "os.scandir":
        return None
    parent = parents[call]
    title = "Wrap in `sorted(...)`"
    if isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "list":
        return unsafe(title, Edit(facts.span(cell, parent.func), "sorted"))
    start, end = facts.span(cell, call)[1:]
    return unsafe(title, Edit(Span(cell, start, start), "sorted("), Edit(Span(cell, end, end), ")"))
