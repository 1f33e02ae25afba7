"""A package that a cell installs without a version.

## Why

Next month the same line installs something else. What a notebook needs belongs in a requirements
file, with versions. All installations of a notebook are one finding.

## Flagged

```notebook
# %%
%pip install pandas scikit-learn==1.5.0
#^ NBP502
!pip install seaborn
```

```notebook
# %%
!conda install -y -c conda-forge lightgbm
#^ NBP502
```

## Clean

```notebook
# %%
%pip install pandas==2.2.2 "scikit-learn>=1.4,<1.6"
%pip install -r requirements.txt
%pip install --upgrade pip
!pip install .
!conda install -y numpy=1.26
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule

_INSTALL = re.compile(
    r"(?:[!%]{1,2}\s*)?(?:sudo\s+)?(?:\S*python\S*\s+-m\s+|uv\s+)?(?:pip3?|conda|mamba)\s+install\s+"
    r"(?P<what>.+)",
    re.DOTALL,
)
_TAKES_VALUE = frozenset(
    "-r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links -e"
    " --editable -t --target --progress-bar -n --name -p --prefix --channel --python"
    " --upgrade-strategy".split()
)
_VERSION = re.compile(r"[=<>~!@]|^git\+|://|^\.|/|\.whl$|\$|\{")
# The installers themselves: nothing is computed with them.
_TOOLS = frozenset(["pip", "pip3", "setuptools", "wheel", "uv"])


@rule("NBP502", "unpinned-install", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report installations with names that have no version, once for a notebook."""
    places: list[Span] = []
    names: list[str] = []
    for parsed in facts.parsed:
        if parsed is None or "install" not in parsed.cell.source:
            continue
        for magic in parsed.magics:
            match = _INSTALL.match(magic.text)
            loose = list(_without_version(match["what"].split())) if match else []
            if loose:
                places.append(Span(parsed.cell.index, magic.start, magic.end))
                names += loose
    if places:
        names = list(dict.fromkeys(names))
        listed = ", ".join(f"`{name}`" for name in names[:4])
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        yield Diagnostic(
            places[0],
            f"{listed}{more} {'is' if len(names) == 1 else 'are'} installed in any version",
            labels=tuple(Label(place, "without a version, too") for place in places[1:4]),
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
        elif not _VERSION.search(text) and re.match(r"[A-Za-z]", text) and text not in _TOOLS:
            yield text.rstrip(";")
