"""Which calls of libraries draw random numbers, and whose generator they draw from."""

from __future__ import annotations

import ast
from typing import NamedTuple

__all__ = ["Draw", "constant_of", "draw_of"]

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
    "torch.utils.data": frozenset(["random_split"]),
    "tensorflow.random": frozenset("normal uniform shuffle truncated_normal categorical".split()),
}
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
# What draws only if it is told to shuffle.
_FOLDS = frozenset(["model_selection.KFold", "model_selection.StratifiedKFold"])


class Draw(NamedTuple):
    """A draw from the global generator of a ``library``. With ``takes_state`` the call could be
    given a `random_state` instead; ``has_state`` says that it is."""

    library: str
    takes_state: bool = False
    has_state: bool = False


def draw_of(call: ast.Call, name: str) -> Draw | None:
    """How a call draws whose function has a dotted name, None if it does not."""
    module, _, last = name.rpartition(".")
    top = name.partition(".")[0]
    if last in _DRAWS.get(module, ()):
        return Draw(top)
    path, shuffles = name.partition(".")[2], constant_of(call, "shuffle")
    is_drawn = path in _STATES and shuffles is not False or path in _FOLDS and shuffles is True
    if top != "sklearn" or not is_drawn:
        return None
    has_state = any(keyword.arg in ("random_state", None) for keyword in call.keywords)
    return Draw("numpy", True, has_state)


def constant_of(call: ast.Call, name: str) -> object:
    """The constant that a call's keyword has for its value, None if it has none."""
    values = (keyword.value for keyword in call.keywords if keyword.arg == name)
    return next(
        (expression.value for expression in values if isinstance(expression, ast.Constant)), None
    )
