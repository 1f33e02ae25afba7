"""
Reports files of somebody else that are unpickled or run as code.

## Why

A pickle is a program: `pickle.load`, `joblib.load` and `torch.load` run what its author put into
it, and `trust_remote_code=True` runs the repository of a model. A file that the notebook downloads
can be another one tomorrow. Load weights with `weights_only=True` or from safetensors, data from a
format that holds only data, and pin the revision of what has to be run.

## Flagged

```notebook
# %%
import pickle
import urllib.request
import pandas as pd
model = pickle.load(urllib.request.urlopen("https://example.org/model.pkl"))  #! NBP711
df = pd.read_pickle("https://example.org/data.pkl")  #! NBP711
```

```notebook
# %%
!wget https://example.org/weights.pt
# %%
import torch
state = torch.load("weights.pt")  #! NBP711
```

```notebook
# %%
import joblib
from huggingface_hub import hf_hub_download
path = hf_hub_download("someone/model", "model.joblib")
model = joblib.load(path)  #! NBP711
```

```notebook
# %%
from transformers import AutoModel
model = AutoModel.from_pretrained("someone/model", trust_remote_code=True)  #! NBP711
```

```notebook
# %%
import pickle
from urllib.request import urlretrieve
urlretrieve("https://example.org/a.pkl", "data/a.pkl")
with open("data/a.pkl", "rb") as file:
    rows = pickle.load(file)  #! NBP711
```

## Clean

```notebook
# %%
!wget https://example.org/weights.pt
# %%
import pickle
import torch
from transformers import AutoModel
state = torch.load("weights.pt", weights_only=True)
own = torch.load("checkpoint.pt")
with open("cache.pkl", "rb") as file:
    cache = pickle.load(file)
model = AutoModel.from_pretrained("a/b", trust_remote_code=True, revision="8f2a9c1")
other = AutoModel.from_pretrained("a/b", trust_remote_code=False)
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.rules.assigned import assignments
from nbprod.rules.grouped import once_for_each
from nbprod.syntax.walk import walk

_LOADERS = frozenset(
    """
    pickle.load pickle.loads cPickle.load cPickle.loads _pickle.load dill.load dill.loads
    cloudpickle.load cloudpickle.loads joblib.load sklearn.externals.joblib.load pandas.read_pickle
    torch.load numpy.load
    """.split()
)
_DOWNLOADS = lazy_pattern(
    r"(?:urlopen|urlretrieve|hf_hub_download|snapshot_download|cached_path|cached_download|get_file"
    r"|download_file|load_state_dict_from_url|requests\.get|httpx\.get|urllib2\.urlopen|(?:wget|gdown)\.download"
    r"|download_url|pooch\.retrieve)\Z"
)
_URL = lazy_pattern(r"(?:https?|ftp)://|(?:s3|gs|hf)://")
_FETCHED = lazy_pattern(r"^\s*[!%]?\s*(?:wget|curl|gdown|aria2c|kaggle|gsutil|aws s3)\b.*$", re.M)
_COMMIT = lazy_pattern(r"[0-9a-f]{7,40}\Z|v?\d+(?:\.\d+)+\Z")
_WORDS = ("load", "read_pickle", "trust_remote_code")
_DEEPEST = 4


@rule("NBP711", "untrusted-load", on=Notebook, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report unpickling of downloads, and code that is fetched and run, each kind once."""
    yield from once_for_each(
        _loads(facts),
        key=lambda diagnostic: diagnostic.message,
        label=lambda diagnostic: f"`{diagnostic.symbol}` does it here",
    )


def _loads(facts: Facts) -> Iterator[Diagnostic]:
    for cell, node in facts.nodes_with(ast.Call, *_WORDS):
        if _trusts(node):
            called = facts.text(facts.span(cell, node.func)).rpartition(".")[2]
            yield Diagnostic(
                facts.span(cell, node),
                f"`{called}` runs code from the repository that it downloads",
                symbol=called,
                help='read the code, and pin it: `revision="<commit>"`',
            )
            continue
        name = facts.qualified(node.func)
        if name == "torch.hub.load" and _is_unpinned(node):
            yield Diagnostic(
                facts.span(cell, node),
                "`torch.hub.load` runs code from the default branch of a repository",
                symbol="load",
                help='read the code, and pin it: `"owner/repository:commit"`',
            )
        elif name in _LOADERS and node.args and not _is_harmless(name, node):
            if facts.shared(_Downloads).brought(node.args[0], facts):
                last = name.rpartition(".")[2]
                hint = "pass `weights_only=True`, or" if name == "torch.load" else "download"
                yield Diagnostic(
                    facts.span(cell, node),
                    f"`{last}` runs what is in a downloaded file",
                    symbol=last,
                    help=f"{hint} a format that holds only data, and check its hash",
                )


def _trusts(node: ast.Call) -> bool:
    """Whether a call runs code of a repository in whatever version is there."""
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    trust, revision = given.get("trust_remote_code"), given.get("revision")
    if not isinstance(trust, ast.Constant) or trust.value is not True:
        return False
    pinned = revision.value if isinstance(revision, ast.Constant) else None
    return not (isinstance(pinned, str) and _COMMIT.match(pinned))


def _is_unpinned(node: ast.Call) -> bool:
    """Whether `torch.hub.load` names a repository, and neither a tag nor a commit of it."""
    repository = node.args[0] if node.args else None
    text = repository.value if isinstance(repository, ast.Constant) else None
    local = any(keyword.arg == "source" for keyword in node.keywords)
    return isinstance(text, str) and not local and bool(re.fullmatch(r"[\w.-]+/[\w.-]+", text))


def _is_harmless(name: str, node: ast.Call) -> bool:
    given = {keyword.arg: keyword.value for keyword in node.keywords}
    if name == "torch.load":
        only = given.get("weights_only")
        return only is not None and not (isinstance(only, ast.Constant) and only.value is False)
    allowed = given.get("allow_pickle")
    return name == "numpy.load" and not (
        isinstance(allowed, ast.Constant) and allowed.value is True
    )


class _Downloads:
    """What a notebook downloads: names of variables and of files."""

    def __init__(self, facts: Facts) -> None:
        self._values: dict[str, list[ast.expr]] = {}
        for name, value in assignments(facts):
            if value is not None:
                self._values.setdefault(name, []).append(value)
        self._files: list[str] = []
        for parsed in facts.parsed:
            if parsed is None:
                continue
            self._files += _FETCHED.findall(parsed.cell.source)
            for node in parsed.nodes:
                if isinstance(node, (ast.With, ast.AsyncWith)):
                    for item in node.items:
                        if isinstance(item.optional_vars, ast.Name):
                            held = self._values.setdefault(item.optional_vars.id, [])
                            held.append(item.context_expr)
                elif isinstance(node, ast.Call) and _DOWNLOADS.search(_called(node)):
                    self._files += [
                        argument.value
                        for argument in (*node.args, *(word.value for word in node.keywords))
                        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                    ]

    def brought(self, node: ast.expr, facts: Facts, depth: int = 0) -> bool:
        """Whether an expression is something that was downloaded, or its name."""
        if depth > _DEEPEST:
            return False
        for part in walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                if _URL.match(part.value) or self._is_fetched(part.value):
                    return True
            elif isinstance(part, ast.Call) and _DOWNLOADS.search(_called(part)):
                return True
            elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                values = self._values.get(part.id, ())
                if any(self.brought(value, facts, depth + 1) for value in values):
                    return True
        return False

    def _is_fetched(self, path: str) -> bool:
        name = path.replace("\\", "/").rpartition("/")[2]
        if "." not in name or len(name) < 4:
            return False
        ends = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
        return any(ends.search(line) for line in self._files)


def _called(node: ast.Call) -> str:
    try:
        return ast.unparse(node.func)
    except (RecursionError, ValueError):
        return ""
