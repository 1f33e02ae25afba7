"""Which calls of libraries draw random numbers, and whose generator they draw from."""

from __future__ import annotations

import ast
from typing import NamedTuple

__all__ = ["Draw", "draw_of"]

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
    if top != "sklearn" or name.partition(".")[2] not in _STATES or _is_orderly(call):
        return None
    has_state = any(one.arg in ("random_state", None) for one in call.keywords)
    return Draw("numpy", True, has_state)


def _is_orderly(call: ast.Call) -> bool:
    return any(
        one.arg == "shuffle" and isinstance(one.value, ast.Constant) and not one.value.value
        for one in call.keywords
    )
