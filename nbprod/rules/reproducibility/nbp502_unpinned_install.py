"""Reports installed packages without a version.

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

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Severity, Span
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.practice_data import unless_material
from nbprod.syntax.installs import installs_of

# `apt` installs what the system's release has; the others write the versions to a file.
_WITH_LOCK_FILE = frozenset(["apt", "poetry", "pipenv"])


@rule(
    "NBP502",
    "unpinned-install",
    on=Notebook,
    level="production",
    severity=Severity.INFO,
    family="distributions",
)
@unless_material
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report installations with names that have no version, once for a notebook."""
    places: list[Span] = []
    names: list[str] = []
    for parsed in facts.parsed:
        for install in installs_of(parsed) if parsed is not None else ():
            loose = [
                requirement.name
                for requirement in install.requirements
                if not (requirement.has_version or requirement.is_installer)
            ]
            if loose and install.manager not in _WITH_LOCK_FILE:
                places.append(install.span)
                names += loose
    if places:
        names = list(dict.fromkeys(names))
        listed = ", ".join(f"`{name}`" for name in names[:4])
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        yield Diagnostic(
            places[0],
            f"{listed}{more} installed without a pinned version",
            labels=tuple(Label(place, "also unpinned", again=True) for place in places[1:4]),
            help="pin the version, or install from a requirements file",
        )
