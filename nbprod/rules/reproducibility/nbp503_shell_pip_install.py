"""Reports packages installed through the shell.

## Why

The shell's `pip` may belong to another interpreter than the kernel: the installation succeeds and
the import fails. `%pip` is the kernel's own. All lines of a notebook are one finding.

## Flagged

```notebook
# %%
!pip install pandas
#^ NBP503
! pip3 install -q seaborn
```

## Fixed

```notebook
# %%
%pip install pandas
%pip install -q seaborn
```

## Clean

```notebook
# %%
%pip install pandas
!pipx run black .
!{sys.executable} -m pip install pandas
```

## Fix safety

Safe: the magic takes the same arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Edit, Label, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule, safe
from nbprod.rules.practice_data import unless_material
from nbprod.syntax.installs import installs_in
from nbprod.syntax.types import Magic

# The managers that have a magic of the same name.
_MAGICS = frozenset(["pip", "conda", "mamba"])
_HEAD = lazy_pattern(r"!.*?\binstall\b", re.DOTALL)
_TO_REPLACE = lazy_pattern(r"!\s*pip3?\s+(?=install\b)")
_SHELL = lazy_pattern(r"[|;&<>`]|\$\(")
_MOST = 6


@rule(
    "NBP503",
    "shell-pip-install",
    on=Notebook,
    level="production",
    severity=Severity.INFO,
    family="distributions",
)
@unless_material
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report shell lines that call a package manager with a magic, once for a notebook."""
    found = [
        (parsed.cell.index, magic, head.end())
        for parsed in facts.parsed
        if parsed is not None
        for magic in parsed.magics
        if magic.kind == "shell" and (head := _HEAD.match(magic.text)) and _has_magic(magic)
    ]
    if not found:
        return
    first, *others = [Span(cell, magic.start, magic.start + end) for cell, magic, end in found]
    edits = [edit for cell, magic, _ in found if (edit := _as_magic(magic, cell)) is not None]
    yield Diagnostic(
        first,
        "the shell's package manager may install into another environment than the kernel's",
        labels=tuple(
            Label(span, "installed through the shell here", again=True) for span in others[:_MOST]
        ),
        help="use the magic: `%pip install`, `%conda install`",
        fix=safe("Use `%pip`", *edits) if edits else None,
    )


def _has_magic(magic: Magic) -> bool:
    """Whether a line calls a manager that has a magic, and no certain Python's."""
    installs = installs_in(magic.text)
    return any(install.manager in _MAGICS and not install.python for install in installs)


def _as_magic(magic: Magic, cell: int) -> Edit | None:
    """The magic in place of the exclamation mark, where the line needs no shell."""
    match = _TO_REPLACE.match(magic.text)
    if match is None or _SHELL.search(magic.text) or "\n" in magic.text:
        return None
    return Edit(Span(cell, magic.start, magic.start + match.end()), "%pip ")
