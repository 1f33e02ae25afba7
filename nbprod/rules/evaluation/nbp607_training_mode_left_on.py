"""
Reports models that predict in training mode after their weights were loaded.

## Why

A PyTorch module is created in training mode, and `load_state_dict` keeps it: dropout still drops,
and batch normalization uses, and changes, the statistics of the batch that it is given. Scores and
predictions are then random, or wrong, without an error.

## Flagged

```notebook
# %%
import torch
model = torch.hub.load("pytorch/vision:v0.10.0", "resnet18")
model.load_state_dict(torch.load("a.pt"))  #! NBP607
# %%
with torch.no_grad():
    scores = model(batch)
```

```notebook
# %%
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)
# %%
net = Net().to("cpu")
net.load_state_dict(torch.load("a.pt"))  #! NBP607
print(net(x))
```

## Clean

```notebook
# %%
import torch
model = Net()
model.load_state_dict(torch.load("a.pt"))
model.eval()
print(model(batch))
```

```notebook
# %%
import torch
model = Net()
model.load_state_dict(torch.load("a.pt"))
for batch in loader:
    loss = model(batch).mean()
    loss.backward()
```

```notebook
# %%
import torch
from torch import nn
class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(3, 1)
model = Linear()
model.load_state_dict(torch.load("a.pt"))
print(model(x))
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.rules.assigned import assignments
from nbprod.syntax.walk import walk

Place = tuple[int, int]
_QUIET = ("no_grad", "inference_mode")
_TWO_FACED = lazy_pattern(
    r"Dropout|BatchNorm|dropout|batch_norm|InstanceNorm|Alpha|models\.|super\(\)\.__init__\(\w"
)


@rule("NBP607", "training-mode-left-on", on=Notebook, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report `load_state_dict` of models that are called afterwards and never set to `eval`."""
    if not facts.mentions((".load_state_dict(",)) or not facts.mentions(("torch",)):
        return
    found = facts.nodes_with(ast.Call, "(")
    calls = sorted((((cell, node.lineno), node) for cell, node in found), key=lambda call: call[0])
    for place, node in calls:
        name = _method_of(node, "load_state_dict")
        if not name or not _may_differ(name, facts):
            continue
        later = [(other, call) for other, call in calls if other >= place and call is not node]
        if any(_trains(call) for _, call in later):
            continue
        used = [other for other, call in later if _is_call_of(call, name)]
        modes = [
            mode
            for other, call in calls
            if used and other <= used[0] and (mode := _mode(call, name))
        ]
        quiet = not modes or (modes[-1] == "train" and facts.mentions(_QUIET))
        if used and quiet:
            yield Diagnostic(
                facts.span(place[0], node),
                f"`{name}` predicts in training mode: `eval()` is never called after loading",
                symbol=name,
                help=f"call `{name}.eval()` before predicting",
            )


def _is_call_of(node: ast.Call, name: str) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == name


def _method_of(node: ast.Call, method: str) -> str:
    """The name of the variable of which a method is called."""
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr == method:
        return function.value.id if isinstance(function.value, ast.Name) else ""
    return ""


def _mode(node: ast.Call, name: str) -> str:
    """The mode that a call sets: `eval`, `train`, `unknown`; empty for none."""
    if _method_of(node, "eval") == name:
        return "eval"
    if _method_of(node, "train") == name:
        off = [value.value for value in node.args[:1] if isinstance(value, ast.Constant)]
        return "eval" if off == [False] else "train"
    # Passed on to a function: it may set the mode itself.
    passed = (*node.args, *(keyword.value for keyword in node.keywords))
    return (
        "unknown"
        if any(isinstance(value, ast.Name) and value.id == name for value in passed)
        else ""
    )


def _trains(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr in ("backward", "fit")


def _may_differ(name: str, facts: Facts) -> bool:
    """Whether the two modes may differ: not for a class of the notebook without such layers."""
    classes = {node.name: ast.unparse(node) for _, node in facts.nodes_with(ast.ClassDef, "class ")}
    made = {
        part.id
        for assigned, value in assignments(facts)
        if assigned == name and value is not None
        for part in walk(value)
        if isinstance(part, ast.Name)
    }
    own = [classes[used] for used in made if used in classes]
    sources = list(classes.values()) if own else []
    return not own or any(_TWO_FACED.search(source) for source in sources)
