"""A change of the working directory.

## Why

From then on every relative path means something else. Run twice, a relative change goes deeper;
in a module, it changes the folder of whoever imports it. `!cd` changes nothing at all: the shell
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
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.syntax.types import Magic, ParsedCell

_HELP = "build paths from a configured directory, such as `DATA / 'sales.csv'`"
_MESSAGE = "changing directory here redirects every later relative path"
_SHELL_ALONE = lazy_pattern(r"!\s*cd\b[^&|;\n\\]*")


class _Change(NamedTuple):
    """A change of the folder: where it stands, and to what when that is known."""

    span: Span
    target: str | None
    is_return: bool = False


@rule("NBP403", "working-directory-change", on=Notebook, level="production", family="paths")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report `os.chdir` and `%cd` in cells that do not go back, one finding for a cell."""
    for parsed in facts.parsed:
        if parsed is None or not any(
            word in parsed.cell.source for word in ("cd", "chdir", "pushd")
        ):
            continue
        changes = sorted([*_by_magics(parsed), *_by_calls(parsed, facts)])
        if changes and not _comes_back(changes):
            yield Diagnostic(
                changes[0].span,
                _MESSAGE,
                labels=tuple(
                    Label(change.span, "also changed here", again=True) for change in changes[1:4]
                ),
                help=_HELP,
            )
        for magic in parsed.magics:
            if magic.kind == "shell" and _SHELL_ALONE.fullmatch(magic.text):
                yield Diagnostic(
                    Span(parsed.cell.index, magic.start, magic.end),
                    "`!cd` has no effect: its shell ends with the line",
                    help="change directory in the command that needs it: `!cd folder && make`",
                )


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


def _by_calls(parsed: ParsedCell, facts: Facts) -> Iterator[_Change]:
    if parsed.tree is None or "chdir" not in parsed.cell.source:
        return
    remembered: set[str] = set()
    calls: list[ast.Call] = []
    for node in parsed.live_nodes:
        if isinstance(node, ast.Call) and facts.qualified(node.func) == "os.chdir":
            calls.append(node)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            if facts.qualified(node.value.func) in ("os.getcwd", "pathlib.Path.cwd"):
                remembered |= {
                    expression.id for expression in node.targets if isinstance(expression, ast.Name)
                }
    for call in calls:
        given = call.args[0] if call.args else None
        target = given.value if isinstance(given, ast.Constant) else None
        yield _Change(
            facts.span(parsed.cell.index, call),
            target if isinstance(target, str) else None,
            is_return=isinstance(given, ast.Name) and given.id in remembered,
        )


def _comes_back(changes: list[_Change]) -> bool:
    """Whether the cell ends in the folder in which it began, as far as the paths tell."""
    if changes[-1].is_return:
        return True
    depth = 0
    for change in changes:
        if change.target is None or change.is_return or change.target.startswith(("/", "~")):
            return False
        for part in re.split(r"[\\/]+", change.target):
            depth += -1 if part == ".." else part not in ("", ".")
            if depth < 0:
                return False
    return depth == 0
