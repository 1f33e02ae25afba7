"""Reports scores without a baseline to compare with.

## Why

An accuracy of 0.93 is poor where 0.95 of the rows are of one class. What a model is worth shows
beside something simple: the most frequent class, the mean, last week's value, a linear model.

## Flagged

```notebook
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
X_train, X_test, y_train, y_test = train_test_split(df[["income"]], df["default"])
# %%
forest = RandomForestClassifier()
forest.fit(X_train, y_train)  #! NBP606
print(forest.score(X_test, y_test))
```

```notebook
# %%
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split
df = pd.read_csv("houses.csv")
X_train, X_test, y_train, y_test = train_test_split(df[["rooms"]], df["price"])
forest = RandomForestRegressor().fit(X_train, y_train)  #! NBP606
print(mean_absolute_error(y_test, forest.predict(X_test)))
```

## Clean

```notebook
# %%
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
X_train, X_test, y_train, y_test = train_test_split(df[["income"]], df["default"])
forest = RandomForestClassifier().fit(X_train, y_train)
dummy = DummyClassifier().fit(X_train, y_train)
print(dummy.score(X_test, y_test), forest.score(X_test, y_test))
```

```notebook
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
X_train, X_test, y_train, y_test = train_test_split(df[["income"]], df["default"])
forest = RandomForestClassifier().fit(X_train, y_train)
print("without a model:", y_test.value_counts(normalize=True).max())
print("with the model:", forest.score(X_test, y_test))
```

```notebook
# %%
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("houses.csv")
X_train, X_test, y_train, y_test = train_test_split(df[["rooms"]], df["price"])
line = LinearRegression().fit(X_train, y_train)
print("R²:", line.score(X_test, y_test))
```

```notebook
# %%
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier
X, y = load_iris(return_X_y=True)
for k in range(1, 20):
    print(k, KNeighborsClassifier(k).fit(X[:90], y[:90]).score(X[90:], y[90:]))
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.leakage import Training
from nbprod.libraries.training import METRICS, kind_of
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule

_SUPERVISED = lazy_pattern(
    r"\w*(?:Classifier|Regressor|Regression|SVC|SVR|NB)\Z|Lasso|Ridge|Elastic"
)
# Words of those who compare, in code or notes; what shows the shares of the classes, or has a zero
# for those who guess.
_COMPARING = lazy_pattern(
    r"dummy|baseline|benchmark|majorit|\bnaive|\bguess|by chance|no.?skill|most.frequent|zeror"
    r"|always predict|state.of.the.art|better than|worse than|improve(?:ment|s)? (?:over|on)|compar"
    r"|confusion|classification_report|\broc|_auc\b|kappa|matthews|balanced|r2_score|explained_var"
    r"|value_counts\([^)]*normalize|SearchCV|validation_curve|learning_curve"
    r"|\bsmf?\.|\bxgb\.train|\blgb\.train|\bkeras\b|\btorch\b|TPOT|AutoML",
    re.IGNORECASE,
)
_CLASS = lazy_pattern(r"\b([A-Z]\w+)\(")
_REGRESSORS = lazy_pattern(r"\w*(?:Regressor|SVR)\Z|LinearRegression|Lasso|Ridge|Elastic")
_LOOPS = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.FunctionDef)


@rule(
    "NBP606",
    "missing-baseline",
    on=Notebook,
    default=False,
    tracks_data=True,
    severity=Severity.INFO,
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the training of the one model of a notebook that is scored and compared to nothing."""
    trainings = facts.evaluation.trainings
    if len({training.name for training in trainings}) != 1 or not _SUPERVISED.match(
        trainings[0].name
    ):
        return
    model = trainings[0]
    if not _is_scored(model, facts) or _is_compared(model, facts) or _is_varied(model, facts):
        return
    yield Diagnostic(
        facts.span(*model.place),
        f"`{model.name}` is scored without a baseline model",
        help="also score `sklearn.dummy` or a simpler model",
    )


def _is_scored(model: Training, facts: Facts) -> bool:
    """Whether a score is taken of a model: by itself, by cross-validation, by a metric.

    What a regressor has for a score, R², already compares with the mean.
    """
    if not _REGRESSORS.match(model.name):
        if model.splits_itself or any(_is_score(place.node) for place, _ in model.tests):
            return True
    metrics = {
        name
        for name, dotted in facts.imported.items()
        if dotted.startswith("sklearn.metrics.") and METRICS.match(dotted.rpartition(".")[2])
    }
    module = {name for name, dotted in facts.imported.items() if dotted == "sklearn.metrics"}
    sources = [cell.source for cell in facts.notebook.cells if cell.is_python]
    called = [f"{name}(" for name in metrics] + [f"{name}." for name in module]
    return bool(model.tests) and any(word in source for source in sources for word in called)


def _is_score(node: ast.AST) -> bool:
    func = node.func if isinstance(node, ast.Call) else None
    return isinstance(func, ast.Attribute) and func.attr in ("score", "evaluate")


def _is_compared(model: Training, facts: Facts) -> bool:
    """Whether there is a second model, or some word of a comparison."""
    cells = facts.notebook.cells
    if any(_COMPARING.search(cell.source) for cell in cells):
        return True
    made = [name for cell in cells if cell.is_python for name in _CLASS.findall(cell.source)]
    models = [name for name in made if name == model.name or kind_of(name) == "model"]
    return len(models) > 1


def _is_varied(model: Training, facts: Facts) -> bool:
    """Whether a model is trained in a loop or a function, with different settings."""
    parsed = facts.parsed[model.place.cell]
    return parsed is None or id(model.place.node) in parsed.inside(*_LOOPS)
