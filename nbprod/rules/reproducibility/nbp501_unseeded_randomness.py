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
_DRAWS = {
    "random": frozenset(
        "random randint randrange choice choices sample shuffle uniform gauss normalvariate"
        " betavariate expovariate triangular".split()
    ),
    "numpy.random": frozenset(
        "rand randn randint random random_sample choice normal uniform permutation shuffle binomial"
        " poisson exponential beta gamma standard_normal multivariate_normal lognormal".split()
    ),
    "torch": frozenset("rand randn randint randperm normal bernoulli multinomial".split()),
    "tensorflow.random": frozenset("normal uniform shuffle truncated_normal categorical".split()),
}
# A cell without any of these neither draws nor seeds.
_WORDS = tuple(
    "rand seed shuffle sampl split Forest Trees Boost Bagging KMeans SGD MLP Perceptron normal"
    " choice uniform gauss betavar expovar triang permut binomial poisson exponential beta gamma"
    " bernoulli multinomial categorical set_state make_ Mixture TSNE NMF Dirichlet".split()
)
# What draws for sure when it runs or is fitted, from numpy's generator unless told a state.
_STATES = frozenset(
    """model_selection.train_test_split model_selection.ShuffleSplit
    model_selection.StratifiedShuffleSplit model_selection.RandomizedSearchCV
    ensemble.RandomForestClassifier ensemble.RandomForestRegressor ensemble.ExtraTreesClassifier
    ensemble.ExtraTreesRegressor ensemble.BaggingClassifier ensemble.BaggingRegressor
    ensemble.IsolationForest ensemble.AdaBoostClassifier cluster.KMeans cluster.MiniBatchKMeans
    mixture.GaussianMixture neural_network.MLPClassifier neural_network.MLPRegressor
    linear_model.SGDClassifier linear_model.SGDRegressor linear_model.Perceptron manifold.TSNE
    decomposition.NMF decomposition.LatentDirichletAllocation datasets.make_blobs
    datasets.make_classification datasets.make_moons datasets.make_regression utils.shuffle
    utils.resample""".split()
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
    module, _, last = name.rpartition(".")
    top = name.partition(".")[0]
    if last in _DRAWS.get(module, ()):
        if top not in seeded:
            yield Diagnostic(
                facts.span(cell, call.func),
                f"`{name}` draws without a seed: each run gives another result",
                symbol=name,
                help="pass a generator that is made with a seed, or give one in the first cell",
            )
    elif top == "sklearn" and name.partition(".")[2] in _STATES and "numpy" not in seeded:
        has_state = any(one.arg in ("random_state", None) for one in call.keywords)
        orderly = any(
            one.arg == "shuffle" and isinstance(one.value, ast.Constant) and not one.value.value
            for one in call.keywords
        )
        if not has_state and not orderly:
            yield Diagnostic(
                facts.span(cell, call.func),
                f"`{last}` draws without a seed: each run gives another result",
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
