"""Reports versions that the shell takes for redirections.

## Why

`pip install x>=1.4` without quotes installs any version of `x` and writes what it prints to a file
`=1.4`; with `<2` the shell looks for a file `2` and installs nothing. So it is with `%pip`, which
hands its line to the shell.

## Flagged

```notebook
# %%
!pip install -q pandas>=2.1 "numpy<2"
#^ NBP511
%pip install scikit-learn<1.6
```

```notebook
# %%
%pip install torch[cpu]>=2
#^ NBP511
```

## Fixed

```notebook
# %%
!pip install -q "pandas>=2.1" "numpy<2"
%pip install "scikit-learn<1.6"
```

```notebook
# %%
%pip install "torch[cpu]>=2"
```

## Clean

```notebook
# %%
%pip install "pandas>=2.1" 'numpy<2' scikit-learn==1.5 polars~=1.0
!pip install pandas >install.log 2>&1
!pip install pandas > /dev/null
!pip install pandas 2>errors.txt
```

```notebook
# %%
dbutils.library.restartPython()
%pip install mlflow>=3.1
!echo 3>=2
text = "pip install pandas>=2"
```

## Fix safety

Unsafe: the version that is asked for is installed from then on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Edit, Label, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule, unsafe
from nbprod.syntax.installs import installs_in

_SPEC = r"(?:[<>]=?|[=~!]=)\s*\d[\w.*+!]*"
# Text in quotes is not a redirection; a digit alone before it is a stream: `2>errors`.
_UNQUOTED = lazy_pattern(
    r"\"[^\"\n]*\"|'[^'\n]*'"
    rf"|(?<![\w.\-/=])(?P<all>(?P<name>[A-Za-z][\w.\-]*(?:\[[\w,.\-]*\])?)(?P<spec>{_SPEC}(?:,{_SPEC})*))"
)


@rule("NBP511", "redirected-requirement", on=Notebook, family="distributions")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report unquoted `<` and `>` of install lines, one finding for a notebook."""
    # Databricks reads the line of its `%pip` itself.
    is_databricks = "dbutils" in notebook.injected or facts.mentions(("dbutils",))
    found = [
        (parsed.cell.index, magic.start, match)
        for parsed in facts.parsed
        if parsed is not None
        for magic in parsed.magics
        if magic.kind == "shell" or (magic.kind == "line" and not is_databricks)
        if installs_in(magic.text)
        for match in _redirected(magic.text)
    ]
    if not found:
        return
    first, *others = [
        Span(cell, start + match.start("spec"), start + match.end("spec"))
        for cell, start, match in found
    ]
    name, spec = found[0][2]["name"], found[0][2]["spec"]
    edits = [
        Edit(Span(cell, start + match.start("all"), start + match.end("all")), f'"{match["all"]}"')
        for cell, start, match in found
    ]
    effect = "nothing is installed" if "<" in spec else f"any version of `{name}` is installed"
    yield Diagnostic(
        first,
        f"the shell reads `{spec}` as a redirection: {effect}",
        symbol=name,
        labels=tuple(Label(other, "also a redirection", again=True) for other in others),
        help=f'quote the requirement: `"{name}{spec}"`',
        fix=unsafe("Quote the requirements", *edits),
    )


def _redirected(text: str) -> Iterator[re.Match[str]]:
    for match in _UNQUOTED.finditer(text):
        if match["spec"] and re.search("[<>]", match["spec"]):
            yield match
