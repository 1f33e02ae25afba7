"""A model that is only ever scored on the data that it was trained on.

## Why

The score says how well the model remembers, not what it will do tomorrow.

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
from nbprod.model import Diagnostic, Label, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.syntax.walk import walk


@rule("NBP605", "training-metric", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report scores on the rows of the training where nothing else is ever scored."""
    trainings = facts.evaluation.trainings
    scored = [(training, place, data) for training in trainings for place, data in training.tests]
    if any(data.rows != training.data.rows or not data.rows for training, _, data in scored):
        return
    if any(training.splits_itself for training in trainings):
        return
    for training in trainings:
        own = _first(training.place.node)
        for place, _ in training.tests:
            if _scores(place.node) and _first(place.node) == own and not _tests(own, facts):
                yield Diagnostic(
                    facts.span(*place),
                    f"`{training.name}` is scored on the data that it was trained on",
                    labels=(Label(facts.span(*training.place), "trained here"),),
                    help="keep a part of the data for the test, or cross-validate",
                )
                break


def _scores(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("score", "evaluate")
    )


def _tests(own: str | None, facts: Facts) -> bool:
    """Whether some cell scores other data than this, or has some to validate with."""
    for _, tree in facts.trees_with("score", "evaluate", "validation_data"):
        for node in walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "validation_data":
                return True
            if _scores(node) and _first(node) != own:
                return True
    return False


def _first(node: ast.AST) -> str | None:
    """The text of the first argument of a call."""
    return ast.unparse(node.args[0]) if isinstance(node, ast.Call) and node.args else None
