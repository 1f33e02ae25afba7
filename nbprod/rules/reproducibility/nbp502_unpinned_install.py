"""A package that a cell installs without a version.

## Why

Next month the same line installs something else. What a notebook needs belongs in a requirements
file, with versions.

## Flagged

```notebook
# %%
%pip install pandas scikit-learn==1.5.0
#^ NBP502
```

## Clean

```notebook
# %%
%pip install pandas==2.2.2 "scikit-learn>=1.4,<1.6"
%pip install -r requirements.txt
!pip install .
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Severity, Span
from nbprod.rule import MagicInCell, rule
from nbprod.syntax.types import Magic

_INSTALL = re.compile(
    r"[!%]{1,2}\s*(?:sudo\s+)?(?:\S*python\S*\s+-m\s+)?pip3?\s+install\s+(?P<what>.+)"
)
_TAKES_VALUE = frozenset(
    "-r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links -e"
    " --editable -t --target --progress-bar".split()
)
_VERSION = re.compile(r"[=<>~!@]|^git\+|://|^\.|/|\.whl$|\$|\{")


@rule("NBP502", "unpinned-install", on=Magic, level="production", severity=Severity.INFO)
def check(subject: MagicInCell, facts: Facts) -> Iterator[Diagnostic]:
    """Report installations by pip with names that have no version."""
    magic = subject.magic
    match = _INSTALL.match(magic.text)
    if match is None:
        return
    loose = list(_without_version(match["what"].split()))
    if loose:
        listed = ", ".join(f"`{name}`" for name in loose[:4])
        cell = subject.parsed.cell.index
        yield Diagnostic(
            Span(cell, magic.start, magic.end),
            f"{listed} {'is' if len(loose) == 1 else 'are'} installed in any version",
            help="name the version, or install from a requirements file",
        )


def _without_version(words: list[str]) -> Iterator[str]:
    skips = False
    for word in words:
        text = word.strip("\"'")
        if word.startswith(("#", "|", "&", ";", ">", "2>")):
            return
        if skips:
            skips = False
        elif text.startswith("-"):
            skips = text in _TAKES_VALUE
        elif not _VERSION.search(text) and re.match(r"[A-Za-z]", text):
            yield text
