"""A random draw without a seed whose result is kept.

## Why

Run again, the split is another split and the score another score: nobody can say whether a change
made the model better.

## Flagged

```notebook
# %%
from sklearn.model_selection import train_test_split
import numpy as np
X, y = [[1], [2], [3]], [0, 1, 0]
# %%
X_train, X_test, y_train, y_test = train_test_split(X, y)  #! NBP501
noise = np.random.normal(size=3)  #! NBP501
```

## Fixed

```notebook
# %%
from sklearn.model_selection import train_test_split
import numpy as np
X, y = [[1], [2], [3]], [0, 1, 0]
# %%
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
noise = np.random.normal(size=3)
```

## Clean

```notebook
# %%
import random
import numpy as np
from sklearn.cluster import KMeans
from sklearn.model_selection import KFold, train_test_split
np.random.seed(0)
rng = np.random.default_rng(0)
# %%
noise = np.random.normal(size=3)
parts = train_test_split([1, 2], [3, 4])
model = KMeans(n_clusters=2, random_state=1)
folds = KFold(5)
more = rng.normal(size=3)
```

```notebook
# %%
import random
import torch
def set_seed(seed):
    random.seed(seed)
    torch.manual_seed(seed)
set_seed(1)
# %%
x = random.random()
weights = torch.randn(3)
```

## Fix safety

Unsafe: the draw is another one from now on, always the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic, Edit, Fix, Span
from nbprod.notebook.types import Notebook
from nbprod.random_draws import draw_of
from nbprod.rule import rule, unsafe
from nbprod.syntax.walk import walk

# Seeds by the library whose global generator they start.
_SEEDS = {
    "random.seed": ("random",),
    "numpy.random.seed": ("numpy",),
    "numpy.random.set_state": ("numpy",),
    "torch.manual_seed": ("torch",),
    "torch.random.manual_seed": ("torch",),
    "tensorflow.random.set_seed": ("tensorflow",),
    "tensorflow.set_random_seed": ("tensorflow",),
    "tensorflow.compat.v1.set_random_seed": ("tensorflow",),
    "tensorflow.keras.utils.set_random_seed": ("random", "numpy", "tensorflow"),
    "keras.utils.set_random_seed": ("random", "numpy", "tensorflow"),
    "transformers.set_seed": ("random", "numpy", "torch", "tensorflow"),
    "transformers.trainer_utils.set_seed": ("random", "numpy", "torch", "tensorflow"),
    "accelerate.utils.set_seed": ("random", "numpy", "torch"),
    "pytorch_lightning.seed_everything": ("random", "numpy", "torch"),
    "lightning.seed_everything": ("random", "numpy", "torch"),
    "fastai.torch_core.set_seed": ("random", "numpy", "torch"),
}
# A cell without any of these neither draws nor seeds.
_WORDS = tuple(
    "rand seed shuffle sampl split Forest Trees Boost Bagging KMeans SGD MLP Perceptron normal"
    " choice uniform gauss betavar expovar triang permut binomial poisson exponential beta gamma"
    " bernoulli multinomial categorical set_state make_ Mixture TSNE NMF Dirichlet".split()
)


@rule("NBP501", "unseeded-randomness", on=Notebook, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report draws before which no cell has given a seed."""
    seeded: set[str] = set()
    for cell, tree in facts.trees_with(*_WORDS):
        calls = [one for one in walk(tree) if isinstance(one, ast.Call)]
        for call in calls:
            seeded |= set(_SEEDS.get(facts.qualified(call.func), ()))
        if "numpy" in seeded and "random" in seeded and "torch" in seeded:
            continue
        kept = _kept(tree)
        for call in calls:
            if id(call) in kept:
                yield from _draw(call, cell, seeded, facts)


def _kept(tree: ast.Module) -> set[int]:
    """The calls at the top level of a cell whose result has a name, functions' bodies left out."""
    found: set[int] = set()
    for statement in tree.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            found |= {id(one) for one in walk(statement) if isinstance(one, ast.Call)}
    return found


def _draw(call: ast.Call, cell: int, seeded: set[str], facts: Facts) -> Iterator[Diagnostic]:
    name = facts.qualified(call.func)
    draw = draw_of(call, name)
    if draw is None or draw.has_state or draw.library in seeded:
        return
    if not draw.takes_state:
        yield Diagnostic(
            facts.span(cell, call.func),
            f"`{name}` draws without a seed: each run gives another result",
            symbol=name,
            help="pass a generator that is made with a seed, or give one in the first cell",
        )
    else:
        yield Diagnostic(
            facts.span(cell, call.func),
            f"`{name.rpartition('.')[2]}` draws without a seed: each run gives another result",
            symbol=name,
            help="pass `random_state`",
            fix=_with_state(call, cell, facts),
        )


def _with_state(call: ast.Call, cell: int, facts: Facts) -> Fix | None:
    """Add the argument behind the last one."""
    arguments = [*call.args, *(one.value for one in call.keywords)]
    if not arguments or any(isinstance(one, (ast.Starred, ast.GeneratorExp)) for one in arguments):
        return None
    last = max(arguments, key=lambda one: (one.end_lineno or 0, one.end_col_offset or 0))
    end = facts.span(cell, last).end
    return unsafe("Add `random_state=0`", Edit(Span(cell, end, end), ", random_state=0"))
