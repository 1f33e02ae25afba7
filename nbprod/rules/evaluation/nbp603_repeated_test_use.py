"""A test set that several models are compared on.

## Why

The best of ten models on one test set is good there by luck, too. What the final one will do is
told by data that had no part in the choice.

## Flagged

```notebook
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
X_train, X_test, y_train, y_test = train_test_split(df[["income"]], df["default"])
# %%
tree = DecisionTreeClassifier().fit(X_train, y_train)
print(tree.score(X_test, y_test))
vector = SVC().fit(X_train, y_train)
print(vector.score(X_test, y_test))
linear = LogisticRegression().fit(X_train, y_train)
print(linear.score(X_test, y_test))  #! NBP603
```

## Clean

```notebook
# %%
import pandas as pd
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
X_rest, X_test, y_rest, y_test = train_test_split(df[["income"]], df["default"])
X_train, X_valid, y_train, y_valid = train_test_split(X_rest, y_rest)
tree = DecisionTreeClassifier().fit(X_train, y_train)
print(tree.score(X_valid, y_valid))
vector = SVC().fit(X_train, y_train)
print(vector.score(X_valid, y_valid))
linear = LogisticRegression().fit(X_train, y_train)
print(linear.score(X_valid, y_valid))
print(vector.score(X_test, y_test))
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.evaluation import Training
from nbprod.evaluation.types import Place, Rows, overlap
from nbprod.facts import Facts
from nbprod.model import Diagnostic, Label, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule

_LEAST = 3


@rule("NBP603", "repeated-test-use", on=Notebook, level="production", severity=Severity.INFO)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the third model tested on the same rows, where no other rows are kept."""
    used: dict[Rows, list[tuple[Training, Place]]] = {}
    for training in facts.evaluation.trainings:
        seen: set[Rows] = set()
        for place, data in training.tests:
            if not data.rows or data.rows in seen or _is_validation(place):
                continue
            if not overlap(data.rows, training.data.rows):
                seen.add(data.rows)
                used.setdefault(data.rows, []).append((training, place))
    for rows, tests in used.items():
        others = [one for one in used if one != rows and not overlap(one, rows)]
        if len(tests) < _LEAST or others:
            continue
        place = tests[_LEAST - 1][1]
        first = tests[0][1]
        yield Diagnostic(
            facts.span(*place),
            f"{len(tests)} models are compared on the same test data, and none is kept for the end",
            labels=(Label(facts.span(*first), "the first of them"),),
            help="compare on validation data or by cross-validation; test the chosen one once",
        )


def _is_validation(place: Place) -> bool:
    """Whether the data is called validation data where it is used: choosing is what it is for."""
    node = place.node
    given = node.args[0] if isinstance(node, ast.Call) and node.args else None
    name = given.id.lower() if isinstance(given, ast.Name) else ""
    return "val" in name or "dev" in name or "new" in name
