"""Reports models that are scored only on their training data.

## Why

The score says how well the model remembers, not what it will do tomorrow. Models without
targets, such as detectors of outliers and clusterings, have no test set to score.

## Flagged

```notebook
# %%
import pandas as pd
from sklearn.tree import DecisionTreeClassifier
df = pd.read_csv("loans.csv")
X, y = df[["income"]], df["default"]
tree = DecisionTreeClassifier()
tree.fit(X, y)
print(tree.score(X, y))  #! NBP605
```

```notebook
# %%
import pandas as pd
from sklearn.metrics import accuracy_score
from sklearn.tree import DecisionTreeClassifier
df = pd.read_csv("loans.csv")
X, y = df[["income"]], df["default"]
tree = DecisionTreeClassifier().fit(X, y)
guess = tree.predict(X)
print(accuracy_score(y, guess))  #! NBP605
```

## Clean

```notebook
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier
df = pd.read_csv("loans.csv")
X_train, X_test, y_train, y_test = train_test_split(df[["income"]], df["default"])
tree = DecisionTreeClassifier()
tree.fit(X_train, y_train)
print(tree.score(X_train, y_train), tree.score(X_test, y_test))
```

```notebook
# %%
import numpy as np
import pandas as pd
from tensorflow.keras import Sequential
df = pd.read_csv("loans.csv")
kept = np.random.choice(df.index, size=100)
features, features_test = np.array(df.iloc[kept]), np.array(df.drop(kept))
model = Sequential([])
model.fit(features, df["default"])
print(model.evaluate(features, df["default"]))
print(model.evaluate(features_test, df["default"]))
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.leakage import Training
from nbprod.leakage.types import Score
from nbprod.model import Diagnostic, Label, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.stubs import is_left_open


@rule(
    "NBP605",
    "training-metric",
    on=Notebook,
    level="production",
    tracks_data=True,
    severity=Severity.INFO,
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report scores on the rows of the training where nothing else is ever scored."""
    trainings = facts.evaluation.trainings
    tested = [(training, data) for training in trainings for _, data in training.tests]
    if any(data.rows != training.data.rows or not data.rows for training, data in tested):
        return
    if any(training.splits_itself for training in trainings):
        return
    scores = [score for training in trainings for score in _own_scores(training, facts)]
    if scores:
        yield _scored(scores, facts)


def _own_scores(training: Training, facts: Facts) -> Iterator[Score]:
    """The first score of a model on what it was trained on, where the notebook has no other."""
    own = _first(training.place.node)
    score = next((score for score in training.scores if _text(score.given) == own), None)
    if score is None or _tests(own, facts) or _has_no_target(training, score):
        return
    if not _is_unfinished(score.place.cell, facts):
        yield score


def _has_no_target(training: Training, score: Score) -> bool:
    """Whether nothing was given to predict: what finds outliers or groups has no test set.

    A data set of a neural network may hold the targets as well.
    """
    fit, node = training.place.node, score.place.node
    if not isinstance(fit, ast.Call) or (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "evaluate"
    ):
        return False
    return len(fit.args) + sum(keyword.arg in ("X", "x", "y") for keyword in fit.keywords) == 1


def _is_unfinished(cell: int, facts: Facts) -> bool:
    """Whether an exercise leaves something to write from the cell of a score on."""
    return any(
        parsed is not None and parsed.cell.index >= cell and is_left_open(parsed)
        for parsed in facts.parsed
    )


def _scored(scores: list[Score], facts: Facts) -> Diagnostic:
    first, *others = scores
    labels = [Label(facts.span(*first.training.place), "trained here")]
    labels += [
        Label(facts.span(*score.place), "scored likewise", again=True) for score in others[:3]
    ]
    more = f" and {len(others)} more are" if others else " is"
    return Diagnostic(
        facts.span(*first.place),
        f"`{first.training.name}`{more} scored on the data used for training",
        labels=tuple(labels),
        help="hold out a test set, or cross-validate",
    )


def _scores(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("score", "evaluate")
    )


def _tests(own: str | None, facts: Facts) -> bool:
    """Whether some cell scores other data than this, or has some to validate with."""
    for parsed in facts.cells_with("score", "evaluate", "validation_data"):
        for node in parsed.nodes:
            if isinstance(node, ast.keyword) and node.arg == "validation_data":
                return True
            if _scores(node) and _first(node) != own:
                return True
    return False


def _first(node: ast.AST) -> str | None:
    """The text of the first argument of a call."""
    if not isinstance(node, ast.Call):
        return None
    named = (word.value for word in node.keywords if word.arg in ("X", "x"))
    return _text(next(iter(node.args), next(named, None)))


def _text(node: ast.expr | None) -> str | None:
    return ast.unparse(node) if node is not None else None
