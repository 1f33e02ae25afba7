"""Which calls of libraries draw random numbers, and whose generator they draw from.

The tables of Python's `random` and of `numpy.random` are whole: a test compares them with both.
"""

from __future__ import annotations

import ast
from functools import cache
from typing import NamedTuple

__all__ = [
    "GENERATORS",
    "GENERATOR_CLASSES",
    "SEEDS",
    "Draw",
    "constant_of",
    "draw_of",
    "generator_of",
    "generators_seeded_by",
]

# What draws from the global generator of a module, by the module that has the function.
_DRAWS = {
    "random": frozenset(
        """betavariate choice choices expovariate gammavariate gauss getrandbits lognormvariate
        normalvariate paretovariate randbytes randint random randrange sample shuffle triangular
        uniform vonmisesvariate weibullvariate""".split()
    ),
    "numpy.random": frozenset(
        """beta binomial bytes chisquare choice dirichlet exponential f gamma geometric gumbel
        hypergeometric laplace logistic lognormal logseries multinomial multivariate_normal
        negative_binomial noncentral_chisquare noncentral_f normal pareto permutation poisson power
        rand randint randn random random_integers random_sample ranf rayleigh sample shuffle
        standard_cauchy standard_exponential standard_gamma standard_normal standard_t triangular
        uniform vonmises wald weibull zipf""".split()
    ),
    "torch": frozenset(
        """bernoulli multinomial normal poisson rand rand_like randint randint_like randn
        randn_like randperm""".split()
    ),
    "torch.utils.data": frozenset(["random_split"]),
    "tensorflow.random": frozenset(
        """categorical gamma log_uniform_candidate_sampler normal poisson shuffle truncated_normal
        uniform""".split()
    ),
}
_GENERATOR_OF = {
    "random": "random",
    "numpy": "numpy.random",
    "torch": "torch.random",
    "tensorflow": "tensorflow.random",
}
GENERATORS = tuple(_GENERATOR_OF.values())
"""The names of the global generators."""
SEEDS = {
    "random.seed": ("random",),
    "numpy.random.seed": ("numpy",),
    "numpy.random.set_state": ("numpy",),
    "torch.manual_seed": ("torch",),
    "torch.random.manual_seed": ("torch",),
    "torch.cuda.manual_seed": ("torch",),
    "torch.cuda.manual_seed_all": ("torch",),
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
"""The libraries whose global generators a call starts anew, by the function's dotted name."""
GENERATOR_CLASSES = frozenset(
    ["numpy.random.default_rng", "numpy.random.RandomState", "random.Random"]
)
"""What makes a generator of its own, from a seed if it is given one."""
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
# What draws only if an argument asks it to shuffle.
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


@cache
def generator_of(name: str) -> str | None:
    """The global generator that a function draws from by its dotted name, None for most."""
    module, _, last = name.rpartition(".")
    if last in _DRAWS.get(module, ()):
        return _GENERATOR_OF[module.partition(".")[0]]
    return "numpy.random" if last == "train_test_split" else None


def generators_seeded_by(name: str) -> list[str]:
    """The global generators that a call starts anew, by the function's dotted name."""
    return [_GENERATOR_OF[library] for library in SEEDS.get(name, ())]


def constant_of(call: ast.Call, name: str) -> object:
    """The constant that a call's keyword has for its value, None if it has none."""
    values = (keyword.value for keyword in call.keywords if keyword.arg == name)
    return next(
        (expression.value for expression in values if isinstance(expression, ast.Constant)), None
    )
