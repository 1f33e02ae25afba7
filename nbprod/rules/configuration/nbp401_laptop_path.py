"""Reports absolute paths that other machines do not have.

## Why

`/Users/ada/data.csv` exists only on the author's machine. The notebook fails for everybody else,
and in production. So it is with drives (`D:\\`) and mounted volumes. A share of a server is there
for all colleagues that mount it: it is reported at the level `production`. So are a path that no
code reads, one that a comment or the note above asks the reader to change or that is a placeholder
(`/path/to/data.csv`), and one that is chosen by the name of the machine, its user or its system.

## Flagged

```notebook
# %%
import pandas as pd
# %%
df = pd.read_csv("/Users/ada/data/sales.csv")  #! NBP401
```

```notebook
# %%
import os
import pandas as pd
# %%
if os.path.exists("/Users/ada/report/sums.csv"):  #! NBP401
    sums = pd.read_csv("/Users/ada/report/sums.csv")
# %%
os.listdir("/Users/ada/report/")
sums.to_csv("/Users/ada/report/sums.csv")
```

```notebook
# %%
folder = r"C:\\Users\\ada\\models"  #! NBP401
orders = "~/Desktop/orders.csv"  #! NBP401
```

```notebook
# %%
import pandas as pd
df = pd.read_csv(r"D:\\Data\\churn.csv")  #! NBP401
old = pd.read_csv("E:/projects/old.csv")  #! NBP401
disk = "/Volumes/Backup/photos/a.png"  #! NBP401
stick = "/media/ada/USB/set.csv"  #! NBP401
windows = "/mnt/share/team/set.csv"  #! NBP401
share = r"\\\\fileserver\\team\\set.csv"  #! NBP401
```

```notebook
# %%
%cd D:\\\\work\\\\sales
#^ NBP401
# %%
!cp /Users/ada/data.csv .
#^ NBP401
```

```notebook
# %%
import pandas as pd
df = pd.read_csv("/Users/ada/data/sales.csv")  #! NBP401
# %%
again = pd.read_csv("/Users/ada/data/sales.csv")
!head /Users/ada/data/sales.csv
```

## Fixed

```notebook
# %%
import pandas as pd
# %% tags=parameters
df_path = "/Users/ada/data/sales.csv"
# %%
df = pd.read_csv(df_path)
```

```notebook
# %%
import os
import pandas as pd
# %% tags=parameters
report_path = "/Users/ada/report/"
# %%
if os.path.exists(f"{report_path}sums.csv"):
    sums = pd.read_csv(f"{report_path}sums.csv")
# %%
os.listdir(report_path)
sums.to_csv(f"{report_path}sums.csv")
```

## Clean

```notebook
# %%
import pandas as pd
df = pd.read_csv("data/sales.csv")
print("kept in /Users/ada/data, ask her")
route = "/home/index"
kernel = "/home/jupyter/models/churn.bin"
cache = "~/.cache/models"
ratio = "a:/b"
pattern = r"C:\\d+"
url = "s3://bucket/key"
fonts = ["C:/Windows/Fonts/malgun.ttf", "/usr/share/fonts/a.ttf", "/etc/hosts"]
```

```notebook
# %%
import re
print("C:\\Users\\ada\\notes.txt")
raw = r"C:\\Users\\ada\\new"
print("without escapes:", raw, len(raw))
raw
re.search(r"ada", r"C:\\Users\\ada\\new")
# %%
"/Users/ada/data/sales.csv"
```

```notebook
# %%
df = spark.read.table("sales")
path = "/Volumes/main/sales/landing/a.csv"
```

## Fix safety

Unsafe: paths that are arguments of calls move to the cell of parameters, as `hardcoded-setting` has
it, with all uses of the same path; what is below such a directory is joined to it. There is no
fix where a magic or a function with a decorator names the path as well. The paths are still values
of that cell, and still found there, but who runs the notebook elsewhere can set them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.rules.grouped import once_for_each
from nbprod.rules.shown_values import is_only_shown
from nbprod.rules.unused_paths import is_for_one_machine, is_to_be_changed, is_unread

# The users of hosted machines are the same for all users: NBP402 is about their folders.
_HOSTED = (
    r"jovyan|jupyter|ec2-user|sagemaker-user|studio-lab-user|azureuser|model-server|datascience"
)
_OWN = lazy_pattern(
    r"(?:file:/*)?(?:/Users/[^/\s]+|[A-Za-z]:[\\/]+Users[\\/]+[^\\/\s]+"
    rf"|/home/(?!(?:{_HOSTED})\b)[^/\s]+|~[\\/](?:Desktop|Documents|Downloads))[\\/]\S"
)
# A drive with a folder or a file in it: `D:\\data\\a.csv`, `E:/a.csv`; no pattern, no ratio.
_DRIVE = lazy_pattern(
    r"(?:file:/*)?[A-Z]:(?:\\{1,2}|/{1,2})(?:[\w .()-]{2,}[\\/]|[\w ()-]+\.\w{2,5}\Z|\Z)"
    r"|[A-Z]:\\{1,2}\w[\w .()-]+\Z",
    re.I,
)
# Windows itself has these, on every machine.
_SYSTEM = lazy_pattern(r"(?:file:/*)?[a-z]:[\\/]+windows(?:[\\/]|\Z)", re.I)
_PROGRAM = lazy_pattern(r"(?:file:/*)?[a-z]:[\\/]+program(?:data| files(?: \(x86\))?)[\\/]", re.I)
_MOUNTED = lazy_pattern(r"/(?:run/)?media/[^/\s]+/\S|/mnt/[\w.-]+/\S|\\\\[\w.-]+\\[\w.$ -]+\\\S")
# A server's, for all who mount it; Linux in Windows has the drives of one machine at `/mnt/c`.
_SHARE = lazy_pattern(r"/mnt/(?![A-Za-z]/)|\\\\(?![?.]\\)")
_VOLUME = lazy_pattern(r"/Volumes/[^/]+/\S")
# These mount their own: the same paths are there for all users.
_MOUNTING = ("dbutils", "spark", "dbfs", "mssparkutils", "notebookutils")
_HOME = lazy_pattern(r"(?:file:/*)?(/home/[^/\s]+)[/]")
_LETTER = lazy_pattern(r"(?:file:/*)?([A-Za-z]:)[\\/]+(?!Users[\\/])", re.I)
_ALL_USERS = lazy_pattern(r"(?:file:/*)?(?:[a-z]:)?[\\/]+Users[\\/]+(?:Shared|Public)[\\/]", re.I)
_LONGEST = 400
_SHELL_WORD = lazy_pattern(r"[\"'](?P<quoted>[^\"'\n]+)[\"']|(?P<plain>[^\s\"'=;|&<>]{4,})")
_WORDS = ("/Users/", "/home/", "~/D", "~\\D", ":\\", ":/", "/Volumes/", "/media/", "/mnt/", "\\\\")


@rule("NBP401", "laptop-path", on=Notebook, family="paths")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report paths below a person's folder, those of one folder or volume once."""
    literals: dict[Span, tuple[int, ast.Constant]] = {}
    for found in once_for_each(
        _paths(literals, facts),
        key=lambda diagnostic: _root(diagnostic.symbol or ""),
        label=lambda diagnostic: f"`{diagnostic.symbol}` is used here",
    ):
        places = [found.span, *(label.span for label in found.labels)]
        if found.span in literals:
            from nbprod.fixing.parameter_cell import ParameterCell

            paths = [literals[place] for place in places if place in literals]
            found = found._replace(fix=facts.shared(ParameterCell).fix_paths(paths))
        yield found


def _paths(literals: dict[Span, tuple[int, ast.Constant]], facts: Facts) -> Iterator[Diagnostic]:
    """String constants that are such paths, and words of shell lines and magics.

    Puts the constants into ``literals`` by their places.
    """
    mounts = facts.mentions(_MOUNTING) or "dbutils" in facts.notebook.injected
    for cell, node in facts.nodes_with(ast.Constant, *_WORDS):
        if isinstance(node.value, str) and _is_own(node.value, mounts):
            if is_only_shown(node, cell, facts):
                continue
            span = facts.span(cell, node)
            literals[span] = cell, node
            yield Diagnostic(
                span,
                _message(node.value),
                symbol=node.value,
                help="use a path relative to the project, or read it from configuration",
                minor=bool(_SHARE.match(node.value))
                or is_unread(node, cell, facts)
                or is_to_be_changed(node, cell, facts)
                or is_for_one_machine(node, cell, facts),
            )
    if facts.mentions(("%", "!")):
        yield from _in_magics(mounts, facts)


def _message(path: str) -> str:
    where = "where its volume is mounted" if _MOUNTED.match(path) else _machines(path)
    if _SHARE.match(path):
        where = "where the share is mounted"
    if _PROGRAM.match(path):
        where = "on Windows, where that program is installed"
    return f"`{path}` exists only {where}"


def _machines(path: str) -> str:
    """The machines that have a path: a home directory may be that of a container, or shared."""
    if not _ALL_USERS.match(path):
        home = _HOME.match(path)
        if home is not None:
            return f"on machines with `{home[1]}`"
        drive = _LETTER.match(path)
        if drive is None:
            return "on the author's machine"
        return f"on machines with a drive `{drive[1]}`"
    return "on machines where somebody has put it"


def _root(path: str) -> str:
    """The folder of the person, the drive or the volume that a path is below."""
    parts = [part for part in re.split(r"[\\/]+", path.removeprefix("file:")) if part]
    if parts and re.fullmatch(r"[A-Za-z]:|~", parts[0]):
        is_users = len(parts) > 2 and parts[1].lower() == "users"
        return "/".join(parts[:3] if is_users else parts[:1]).lower()
    return "/".join(parts[:2])


def _in_magics(mounts: bool, facts: Facts) -> Iterator[Diagnostic]:
    """Paths that shell lines and line magics name."""
    for parsed in facts.parsed:
        for magic in parsed.magics if parsed is not None else ():
            if magic.kind not in ("shell", "line") or magic.body is not None:
                continue
            for word in _SHELL_WORD.finditer(magic.text):
                path = word["quoted"] or word["plain"]
                if _is_own(path, mounts):
                    start = magic.start + word.start() + bool(word["quoted"])
                    yield Diagnostic(
                        Span(parsed.cell.index, start, start + len(path)),  # type: ignore[union-attr]
                        _message(path),
                        symbol=path,
                        help="make the path relative to the project",
                        minor=bool(_SHARE.match(path)),
                    )


def _is_own(path: str, mounts: bool) -> bool:
    """Whether a text is a path of one machine. ``mounts``: the platform mounts folders for all."""
    if "\n" in path or len(path) > _LONGEST:
        return False
    if _OWN.match(path) or _DRIVE.match(path):
        return not _SYSTEM.match(path)
    return not mounts and bool(_MOUNTED.match(path) or _VOLUME.match(path))
