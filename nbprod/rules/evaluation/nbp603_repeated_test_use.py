"""Reports test sets on which several models are compared.

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
print(linear.predict(X_test.values))  #! NBP603
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

```notebook
# %%
import pandas as pd
from sklearn.model_selection import train_test_split
from tensorflow.keras import Sequential
df = pd.read_csv("loans.csv")
X_train, X_valid, y_train, y_valid = train_test_split(df[["income"]], df["default"])
small, wide, deep = Sequential([]), Sequential([]), Sequential([])
small.fit(X_train, y_train, validation_data=(X_valid, y_valid))
wide.fit(X_train, y_train, validation_data=(X_valid, y_valid))
deep.fit(X_train, y_train, validation_data=(X_valid, y_valid))
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.leakage import Training
from nbprod.leakage.types import CellNode, Rows, overlap
from nbprod.model import Diagnostic, Label, Severity
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.syntax.walk import walk

_LEAST = 3
_CHOOSING = lazy_pattern(r"val(?!ue)|dev|new", re.IGNORECASE)


@rule(
    "NBP603",
    "repeated-test-use",
    on=Notebook,
    level="production",
    tracks_data=True,
    severity=Severity.INFO,
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the third model tested on the same rows, where no other rows are kept."""
    used: dict[Rows, list[tuple[Training, CellNode]]] = {}
    chosen_on: set[Rows] = set()
    for training in facts.evaluation.trainings:
        seen: set[Rows] = set()
        for place, data in training.tests:
            if not data.rows or overlap(data.rows, training.data.rows):
                continue
            if _is_validation(place):
                chosen_on.add(data.rows)
            elif data.rows not in seen:
                seen.add(data.rows)
                used.setdefault(data.rows, []).append((training, place))
    for rows, tests in used.items():
        others = [
            choice for choice in {*used, *chosen_on} if choice != rows and not overlap(choice, rows)
        ]
        if len(tests) < _LEAST or others or any(overlap(choice, rows) for choice in chosen_on):
            continue
        place = tests[_LEAST - 1][1]
        first = tests[0][1]
        yield Diagnostic(
            facts.span(*place),
            f"{len(tests)} models are compared on the same test data, "
            "so the best score is optimistic",
            labels=(Label(facts.span(*first), "the first of them"),),
            help="compare by cross-validation; test the chosen model once",
        )


def _is_validation(place: CellNode) -> bool:
    """Whether the data is called validation data where it is used: choosing is what it is for."""
    node = place.node
    if not isinstance(node, ast.Call):
        return False
    named = [
        keyword.value for keyword in node.keywords if keyword.arg in ("validation_data", "eval_set")
    ]
    given = named or node.args[:1]
    return any(
        _CHOOSING.search(part.id if isinstance(part, ast.Name) else part.attr)
        for expression in given
        for part in walk(expression)
        if isinstance(part, (ast.Name, ast.Attribute))
    )
