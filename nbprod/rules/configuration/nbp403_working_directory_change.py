"""Reports changes of the working directory.

## Why

From then on every relative path means something else. Run twice, a relative change goes deeper;
in a module, it changes the directory of whoever imports it. `!cd` changes nothing at all: the shell
that does it ends with the line.

## Flagged

```notebook
# %%
import os
os.chdir("..")  #! NBP403
# %%
%cd data
#^ NBP403
# %%
!cd data
#^ NBP403
```

```notebook
# %%
import os
import pandas as pd
start = os.getcwd()
# %%
os.chdir("raw")  #! NBP403
sales = pd.read_csv("sales.csv")
# %%
os.chdir(start)
prices = pd.read_csv("prices.csv")
```

A change for an import alone, which is taken back before a relative path is used, is reported only
where this rule is selected by name.

## Clean

```notebook
# %%
from pathlib import Path
data = Path("data")
print(list(data.iterdir()))
```

```notebook
# %%
import os
%cd data/raw
!make
%cd ../..
!cd data && make
def build(folder):
    before = os.getcwd()
    os.chdir(folder)
    os.system("make")
    os.chdir(before)
```

```notebook
# %%
import os
class Inside:
    def __init__(self, folder):
        self.folder = folder
    def __enter__(self):
        self.before = os.getcwd()
        os.chdir(self.folder)
    def __exit__(self, *error):
        os.chdir(self.before)
```

```notebook
# %%
import contextlib
import os
from pathlib import Path
@contextlib.contextmanager
def inside(folder):
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
with contextlib.chdir("raw"):
    print(os.listdir())
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.syntax.types import Magic, ParsedCell
from nbprod.syntax.walk import walk

_HELP = "build paths from a configured directory, such as `DATA / 'sales.csv'`"
_MESSAGE = "changing directory here redirects every later relative path"
_SHELL_ALONE = lazy_pattern(r"!\s*cd\b[^&|;\n\\]*")
_WORDS = ("cd", "chdir", "pushd", "popd")
_WHERE = frozenset(["os.getcwd", "os.getcwdb", "pathlib.Path.cwd", "os.path.abspath"])
# A text that names a file or a directory below the working directory.
_RELATIVE = lazy_pattern(
    r"(?![/~\\]|[A-Za-z]\w*:)(?:[^\n:*?<>|]*[/\\][^\n]*|[\w*. -]+\.[A-Za-z]\w{1,7})"
)


class _Change(NamedTuple):
    """A change of the folder: where it stands, and to what when that is known."""

    span: Span
    target: str | None
    is_return: bool = False
    saved: Span | None = None
    """Where the folder was saved to which it goes back."""


class _Stay(NamedTuple):
    """The changes after which the notebook is in another folder, and the one that goes back."""

    changes: list[_Change]
    back: _Change | None


@rule("NBP403", "working-directory-change", on=Notebook, level="production", family="paths")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report `os.chdir` and `%cd` that are not taken back at once, one finding for a cell."""
    for stay in _stays(facts):
        yield _told(stay, facts)
    for parsed in facts.cells_with("cd"):
        for magic in parsed.magics:
            if magic.kind == "shell" and _SHELL_ALONE.fullmatch(magic.text):
                yield Diagnostic(
                    Span(parsed.cell.index, magic.start, magic.end),
                    "`!cd` has no effect: its shell ends with the line",
                    help="change directory in the command that needs it: `!cd folder && make`",
                )


def _stays(facts: Facts) -> Iterator[_Stay]:
    """The stays elsewhere: up to the way back, and those of each cell without one."""
    away: list[_Change] = []
    saved = _saved_places(facts)
    for parsed in facts.cells_with(*_WORDS):
        here: list[_Change] = []
        for change in sorted([*_by_magics(parsed), *_by_calls(parsed, saved, facts)]):
            if not change.is_return:
                here.append(change)
                continue
            since = change.saved or (here or away or [change])[-1].span
            # Within a function or a cell it is a visit, which nothing else sees.
            here = [other for other in here if other.span < since]
            over = [other for other in away if other.span >= since]
            if over:
                away = away[: len(away) - len(over)]
                yield _Stay(over, change)
        if not _comes_back(here):
            away += here
    for _, group in groupby(away, key=lambda change: change.span.cell):
        yield _Stay(list(group), None)


def _told(stay: _Stay, facts: Facts) -> Diagnostic:
    first, *others = stay.changes
    labels = [Label(change.span, "also changed here", again=True) for change in others[:3]]
    if stay.back is None:
        return Diagnostic(first.span, _MESSAGE, labels=tuple(labels), help=_HELP)
    labels.append(Label(stay.back.span, "changed back here"))
    between = list(_between(first.span, stay.back.span, facts))
    is_used = any(_names_file(node) for node in between)
    imports = any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in between)
    cells = f"cells {first.span.cell + 1} to {stay.back.span.cell + 1}"
    purpose = "an import" if imports and not is_used else cells
    return Diagnostic(
        first.span,
        f"the working directory changes only for {purpose}",
        labels=tuple(labels),
        help="put the directory on `sys.path`, or install the module" if imports else _HELP,
        on_request=not is_used,
        minor=not is_used,
    )


def _between(start: Span, end: Span, facts: Facts) -> Iterator[ast.AST]:
    """What runs in the other folder, in document order."""
    for parsed in facts.parsed[start.cell : end.cell + 1]:
        for node in parsed.live_nodes if parsed is not None else ():
            if isinstance(node, (ast.Import, ast.ImportFrom, ast.Call)):
                span = facts.span(parsed.cell.index, node)  # type: ignore[union-attr]
                if start < span < end:
                    yield node


def _names_file(node: ast.AST) -> bool:
    """Whether a call is given a relative path."""
    if not isinstance(node, ast.Call):
        return False
    values = [*node.args, *(keyword.value for keyword in node.keywords)]
    texts = (
        part.value
        for value in values
        for part in walk(value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )
    return any(_RELATIVE.fullmatch(text) for text in texts)


def _by_magics(parsed: ParsedCell) -> Iterator[_Change]:
    for magic in parsed.magics:
        if magic.kind == "line" and magic.name in ("cd", "pushd", "popd"):
            yield _Change(
                Span(parsed.cell.index, magic.start, magic.end),
                _argument(magic),
                is_return=magic.name == "popd" or _argument(magic) == "-",
            )


def _argument(magic: Magic) -> str:
    words = magic.text.split(None, 1)
    return words[1].strip().strip("\"'") if len(words) > 1 else "~"


def _saved_places(facts: Facts) -> dict[str, Span]:
    """The names and attributes that hold the folder of some time, with where they got it."""
    saved: dict[str, Span] = {}
    for cell, node in facts.nodes_with(ast.Assign, "cwd", "abspath"):
        value = node.value
        while isinstance(value, ast.Call) and getattr(value.func, "id", "") in ("str", "Path"):
            value = value.args[0] if value.args else value.func
        if isinstance(value, ast.Call) and facts.qualified(value.func) in _WHERE:
            if not value.args or ast.unparse(value.args[0]) in ("'.'", "os.curdir"):
                for target in node.targets:
                    saved.setdefault(ast.unparse(target), facts.span(cell, node))
    return saved


def _by_calls(parsed: ParsedCell, saved: dict[str, Span], facts: Facts) -> Iterator[_Change]:
    if parsed.tree is None or "chdir" not in parsed.cell.source:
        return
    for node in parsed.live_nodes:
        if isinstance(node, ast.Call) and facts.qualified(node.func) == "os.chdir":
            given = node.args[0] if node.args else None
            target = given.value if isinstance(given, ast.Constant) else None
            place = ast.unparse(given) if given is not None else ""
            yield _Change(
                facts.span(parsed.cell.index, node),
                target if isinstance(target, str) else None,
                is_return=place in saved,
                saved=saved.get(place),
            )


def _comes_back(changes: list[_Change]) -> bool:
    """Whether the cell ends in the folder in which it began, as far as the paths tell."""
    depth = 0
    for change in changes:
        if change.target is None or change.target.startswith(("/", "~")):
            return False
        for part in re.split(r"[\\/]+", change.target):
            depth += -1 if part == ".." else part not in ("", ".")
            if depth < 0:
                return False
    return depth == 0
