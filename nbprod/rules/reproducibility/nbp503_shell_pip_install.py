"""Packages installed through the shell.

## Why

The shell's `pip` may belong to another interpreter than the kernel: the installation succeeds and
the import fails. `%pip` is the kernel's own.

## Flagged

```notebook
# %%
!pip install pandas
#^ NBP503
! pip3 install -q seaborn
#^ NBP503
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
from nbprod.model import Diagnostic, Edit, Fix, Severity, Span
from nbprod.patterns import lazy_pattern
from nbprod.rule import MagicInCell, rule, safe
from nbprod.syntax.installs import installs_in
from nbprod.syntax.types import Magic

# The managers that have a magic of the same name.
_MAGICS = frozenset(["pip", "conda", "mamba"])
_HEAD = lazy_pattern(r"!.*?\binstall\b", re.DOTALL)
_TO_REPLACE = lazy_pattern(r"!\s*pip3?\s+(?=install\b)")
_SHELL = lazy_pattern(r"[|;&<>`]|\$\(")


@rule(
    "NBP503",
    "shell-pip-install",
    on=Magic,
    level="production",
    severity=Severity.INFO,
    family="distributions",
)
def check(subject: MagicInCell, facts: Facts) -> Iterator[Diagnostic]:
    """Report shell lines that call a package manager with a magic of its own."""
    magic, cell = subject.magic, subject.cell
    head = _HEAD.match(magic.text) if magic.kind == "shell" else None
    if head is None:
        return
    installs = installs_in(magic.text)
    if any(install.manager in _MAGICS and not install.python for install in installs):
        yield Diagnostic(
            Span(cell, magic.start, magic.start + head.end()),
            "the shell's package manager may install into another environment than the kernel's",
            help="use the magic: `%pip install`, `%conda install`",
            fix=_as_magic(magic, cell),
        )


def _as_magic(magic: Magic, cell: int) -> Fix | None:
    """The magic in place of the exclamation mark, where the line needs no shell."""
    match = _TO_REPLACE.match(magic.text)
    if match is None or _SHELL.search(magic.text) or "\n" in magic.text:
        return None
    edit = Edit(Span(cell, magic.start, magic.start + match.end()), "%pip ")
    return safe("Use `%pip`", edit)
