"""Reports unseeded random draws that decide a result.

## Why

Run again, the split is another split and the score another score: nobody can say whether a change
made the model better. What draws from one library's generator is one finding: one seed fixes it.
So are the calls that lack the same argument.

Where all data comes with a library to try it out on, or is made up without a function or a loop, no
result depends on a draw that anybody would want back: it is reported only where the rule is
selected by name. So are draws in course material, as its path or headings show, a few rows or one
element picked to look at, and points made up for a figure only.

An estimator that gets its seed later is seeded: by the grid of a search, `set_params`, or a step
of a pipeline (`model__random_state`).

In a loop that draws again from the same data, as a bootstrap does, a constant seed in the call
would make every draw the same. There the help is one generator above the loop, and there is no fix.

JAX is given its keys, and XGBoost and LightGBM have a seed of their own when they are given none:
what they draw is the same in each run, and no finding.

## Flagged

```notebook
# %%
from sklearn.model_selection import train_test_split
import numpy as np
import pandas as pd
df = pd.read_csv("people.csv")
X, y = df[["age"]], df["ill"]
# %%
X_train, X_test, y_train, y_test = train_test_split(X, y)  #! NBP501
noise = np.random.normal(size=3)  #! NBP501
more = np.random.normal(size=3)
```

```notebook
# %%
import numpy as np
import pandas as pd
from sklearn.manifold import TSNE
df = pd.read_csv("shops.csv")
# %%
train = df.sample(frac=0.8)  #! NBP501
rng = np.random.default_rng()  #! NBP501
near = TSNE()
```

```notebook
# %%
import torch
from datasets import load_dataset
from sklearn.model_selection import KFold
shop = load_dataset("shop")
# %%
parts = shop["train"].train_test_split(test_size=0.2)  #! NBP501
folds = KFold(5, shuffle=True)  #! NBP501
# %%
for size in (1, 2):
    weights = torch.randn(size)  #! NBP501
```

```notebook
# %%
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
visits = pd.read_csv("visits.csv")
# %%
means = []
for _ in range(1000):
    again = visits.sample(frac=1, replace=True)  #! NBP501
    means.append(again["minutes"].mean())
for k in range(2, 9):
    model = KMeans(k)  #! NBP501
```

## Fixed

```notebook
# %%
from sklearn.model_selection import train_test_split
import numpy as np
import pandas as pd
df = pd.read_csv("people.csv")
X, y = df[["age"]], df["ill"]
# %%
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
noise = np.random.normal(size=3)
more = np.random.normal(size=3)
```

```notebook
# %%
import numpy as np
import pandas as pd
from sklearn.manifold import TSNE
df = pd.read_csv("shops.csv")
# %%
train = df.sample(frac=0.8, random_state=0)
rng = np.random.default_rng(0)
near = TSNE(random_state=0)
```

## Clean

```notebook
# %%
import jax
import lightgbm
import xgboost
noise = jax.random.normal(jax.random.PRNGKey(0), (3,))
model = xgboost.XGBClassifier(subsample=0.5)
other = lightgbm.LGBMClassifier(bagging_fraction=0.5)
```

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

```notebook
# %%
import numpy as np
import tensorflow_probability as tfp
from shop.repeatable import seed_everything
seed_everything(1)
# %%
noise = np.random.normal(size=3)
draw = lambda: np.random.normal()
chain = tfp.distributions.Normal(0, 1).sample(100)
```

```notebook
# %%
import random
user_agent = random.choice(AGENTS)
wait_time = random.uniform(1, 3)
headers = {"User-Agent": random.choice(AGENTS)}
run = f"run-{random.randint(0, 999)}"
url = "https://example.org/?nocache={}".format(random.random())
bar_colors = [random.choice("rgb") for _ in range(3)]
```

## Fix safety

Unsafe: the draw is another one from now on, always the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.libraries.randomness import GENERATOR_CLASSES, SEEDS, constant_of, draw_of
from nbprod.model import Diagnostic, Edit, Fix, Label, Span
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule, unsafe
from nbprod.rules.displayed_draws import is_only_displayed
from nbprod.rules.grouped import once_for_each
from nbprod.rules.practice_data import is_course, is_practice, unless_material
from nbprod.rules.repeated_draws import Loop, is_repeated
from nbprod.rules.seeded_estimators import seeded_elsewhere
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk, walk_outside

# A cell without any of these neither draws nor seeds.
_WORDS = tuple(
    "rand seed shuffle sampl split Forest Trees Boost Bagging KMeans SGD MLP Perceptron normal"
    " choice uniform gauss betavar expovar triang permut binomial poisson exponential beta gamma"
    " bernoulli multinomial categorical set_state make_ Mixture TSNE NMF Dirichlet"
    " rng KFold".split()
)
_LATER = frozenset([ast.Lambda])
# Names of what a draw may decide without anybody's result being another.
_PURPOSE = lazy_pattern(
    r"(?i)(?:^|_|-|(?<=[a-z])(?=[A-Z]))(?:user.?agents?|ua|timeouts?|delays?|sleep\w*|waits?"
    r"|pauses?|prox(?:y|ies)|headers?|colou?rs?|cmap|palette|ports?|jitter|backoff|uuid|nonce"
    r"|(?:run|session|request|job|trial)_?(?:id|name)|suffix|file_?name)(?:_|-|\W|$)"
)
# What draws from the data again, as a bootstrap does.
_RESAMPLING = frozenset(["resample", "shuffle"])
_RESULT = "results differ on every run"


@rule("NBP501", "unseeded-randomness", on=Notebook, level="production")
@unless_material
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report draws before which no cell has given a seed."""
    seeded: set[str] = set()
    draws: dict[str, list[tuple[Span, str]]] = {}
    shown: dict[str, list[tuple[Span, str]]] = {}
    unseeded: list[Diagnostic] = []
    looked_at: list[Diagnostic] = []
    for parsed in facts.cells_with(*_WORDS):
        cell, source = parsed.cell.index, parsed.cell.source.lower()
        if "seed" in source or "set_state" in source:
            for node in parsed.nodes:
                if isinstance(node, ast.Call):
                    seeded.update(_seeded_by(node, facts))
        for call, around in _kept(parsed.tree.body if parsed.tree is not None else (), facts):
            name = facts.qualified(call.func)
            draw = draw_of(call, name)
            if draw is not None and not draw.takes_state:
                if draw.library not in seeded and not _has(call, "generator", "seed"):
                    place = facts.span(cell, call.func)
                    is_shown = is_only_displayed(around.statement, facts)
                    found = shown if is_shown else draws
                    found.setdefault(draw.library, []).append((place, name))
            elif id(call) not in seeded_elsewhere(facts):
                is_shown = is_only_displayed(around.statement, facts)
                lacking = looked_at if is_shown else unseeded
                lacking += _unseeded(call, around, cell, name, "numpy" in seeded, facts)
    told = [*map(_of_one_library, draws.values()), *_of_one_help(unseeded)]
    on_request = bool(told) and (is_practice(facts) or is_course(facts))
    for diagnostic in told:
        yield diagnostic._replace(on_request=on_request)
    for diagnostic in (*map(_of_one_library, shown.values()), *_of_one_help(looked_at)):
        yield diagnostic._replace(on_request=True)


def _of_one_help(unseeded: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """One finding for all calls that lack the same argument."""
    for joined in once_for_each(
        unseeded,
        key=lambda diagnostic: diagnostic.help,
        label=lambda diagnostic: f"`{_called(diagnostic)}` is random here",
    ):
        more = len(joined.labels)
        calls = "call" if more == 1 else "calls"
        message = (
            f"`{_called(joined)}`, and {more} {calls} more, run without a random seed: {_RESULT}"
        )
        yield joined._replace(message=message) if more else joined


def _called(diagnostic: Diagnostic) -> str:
    return (diagnostic.symbol or "").rpartition(".")[2]


def _seeded_by(call: ast.Call, facts: Facts) -> Iterable[str]:
    """The libraries whose generators a call starts; those of a helper that is called so, all."""
    name = facts.qualified(call.func)
    if name in SEEDS:
        return SEEDS[name] if call.args or call.keywords else ()
    last = last_name(call.func)
    is_helper = "seed" in last.lower() and not name.startswith(("numpy.", "random.", "torch."))
    return ("random", "numpy", "torch", "tensorflow") if is_helper else ()


class _Around(NamedTuple):
    """The statement of a call, and the loops around it."""

    statement: ast.stmt
    loops: tuple[Loop, ...]


def _kept(
    body: Sequence[ast.stmt], facts: Facts, loops: tuple[Loop, ...] = ()
) -> Iterator[tuple[ast.Call, _Around]]:
    """The calls whose result has a name; functions only draw when they are called."""
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        inner = (*loops, statement) if isinstance(statement, Loop) else loops
        yield from _kept(getattr(statement, "body", ()), facts, inner)
        for field in ("orelse", "finalbody"):
            yield from _kept(getattr(statement, field, ()), facts, loops)
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            incidental = _incidental(statement, facts)
            for node in walk_outside(statement, _LATER):
                if isinstance(node, ast.Call) and id(node) not in incidental:
                    yield node, _Around(statement, loops)


def _incidental(statement: ast.Assign | ast.AnnAssign | ast.AugAssign, facts: Facts) -> set[int]:
    """The calls whose draw decides how a run goes or what it is called, not its result.

    Those are who a scraper says it is, how long it waits, colours, and what is put into a text.
    Arrays of waiting times are simulated: only the module `random` draws one to wait for.
    """
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if any(_PURPOSE.search(ast.unparse(target)) for target in targets):
        calls = (node for node in walk(statement) if isinstance(node, ast.Call))
        return {id(node) for node in calls if facts.qualified(node.func).startswith("random.")}
    found: set[int] = set()
    for node in walk(statement):
        if _makes_text(node) or (isinstance(node, ast.Dict) and _has_purpose(node)):
            found.update(map(id, walk(node)))
    return found


def _has_purpose(node: ast.Dict) -> bool:
    return any(
        isinstance(key, ast.Constant) and isinstance(key.value, str) and _PURPOSE.search(key.value)
        for key in node.keys
    )


def _makes_text(node: ast.AST) -> bool:
    """Whether it is an f-string, `"…".format(…)`, `"…" % …` or `"…" + …`."""
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.Call):
        called = node.func
        return isinstance(called, ast.Attribute) and called.attr == "format"
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mod, ast.Add)):
        return any(
            isinstance(side, ast.Constant) and isinstance(side.value, str)
            for side in (node.left, node.right)
        )
    return False


def _of_one_library(found: list[tuple[Span, str]]) -> Diagnostic:
    """One finding for all draws from one global generator."""
    found = sorted(found)
    span, name = found[0]
    more = len(found) - 1
    others = f", and {more} {'call' if more == 1 else 'calls'} more," if more else ""
    return Diagnostic(
        span,
        f"`{name}`{others} {'run' if more else 'runs'} without a random seed: {_RESULT}",
        symbol=name,
        labels=tuple(
            Label(other, f"`{called}` is random here", again=True) for other, called in found[1:4]
        ),
        help="pass a seeded generator, or set the seed in the first cell",
    )


def _unseeded(
    call: ast.Call, around: _Around, cell: int, name: str, is_numpy_seeded: bool, facts: Facts
) -> Iterator[Diagnostic]:
    """A call that takes a seed of its own and gets none."""
    argument = _missing_seed(call, name)
    last = name.rpartition(".")[2] or getattr(call.func, "attr", "")
    if argument is None or (is_numpy_seeded and name not in GENERATOR_CLASSES):
        return
    is_compared = name.startswith("sklearn.") and last not in _RESAMPLING
    repeated = is_repeated(call, *around, is_compared)
    passed = f"pass `{argument.rstrip('=')}`" if argument else "pass a seed"
    yield Diagnostic(
        facts.span(cell, call.func),
        f"`{last}` runs without a random seed: {_RESULT}",
        symbol=name or last,
        help=_of_one_generator(name, argument) if repeated else passed,
        fix=None if repeated else _with_seed(call, f"{argument}0", cell, facts),
    )


def _of_one_generator(name: str, argument: str) -> str:
    """What to do where a constant would repeat the same draw in each pass of a loop."""
    if not argument:
        return "make the generator once above the loop, with a seed"
    made = "RandomState" if name.startswith("sklearn.") else "default_rng"
    taken = "generator" if argument == "seed=" else argument.rstrip("=")
    return (
        f"make one generator above the loop, `rng = np.random.{made}(0)`, and pass `{taken}=rng`:"
        " a constant repeats the same draw in each pass"
    )


def _missing_seed(call: ast.Call, name: str) -> str | None:
    """How the seed is passed that a call lacks: ``random_state=``, or as its only argument."""
    if _has(call, "random_state", "seed", "generator", None):
        return None
    if name.startswith("sklearn."):
        return "random_state=" if draw_of(call, name) is not None else None
    if name in GENERATOR_CLASSES:
        return None if call.args else ""
    if name or not isinstance(call.func, ast.Attribute):
        return None
    if call.func.attr == "sample":
        return "random_state=" if _has(call, "frac", "n") else None
    if call.func.attr == "train_test_split":
        # A data set of Hugging Face: it takes numpy's generator.
        return "seed=" if constant_of(call, "shuffle") is not False else None
    return None


def _has(call: ast.Call, *names: str | None) -> bool:
    return any(keyword.arg in names for keyword in call.keywords)


def _with_seed(call: ast.Call, text: str, cell: int, facts: Facts) -> Fix | None:
    """Add the argument after the last one."""
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    if any(isinstance(expression, (ast.Starred, ast.GeneratorExp)) for expression in arguments):
        return None
    if arguments:
        last = max(
            arguments,
            key=lambda expression: (expression.end_lineno or 0, expression.end_col_offset or 0),
        )
        end = facts.span(cell, last).end
    else:
        end = facts.span(cell, call).end - 1
    return unsafe(f"Add `{text}`", Edit(Span(cell, end, end), f", {text}" if arguments else text))
