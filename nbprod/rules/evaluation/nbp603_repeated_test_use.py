"""Reports test sets on which several models are compared.

## Why

The best of ten models on one test set is good there partly by luck. Only
data that had no part in the choice shows what the final one will do.

Models are compared where each has a score of its own, and all of them predict the same: a model
that is trained again, the parts of an ensemble and models of other targets are none.

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
print(linear.score(X_test.values, y_test))  #! NBP603
```

```notebook
# %%
import pandas as pd
from sklearn.metrics import accuracy_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
X_train, X_test, y_train, y_test = train_test_split(df[["income"]], df["default"])
def accuracy_of(neighbours):
    model = KNeighborsClassifier(neighbours).fit(X_train, y_train)
    return accuracy_score(y_test, model.predict(X_test))  #! NBP603
# %%
print(accuracy_of(3), accuracy_of(5), accuracy_of(9))
```

## Clean

```notebook
# %%
import pandas as pd
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
X_train, X_test, y_train, y_test = train_test_split(df[["income"]], df["amount"])
# %%
low = GradientBoostingRegressor(loss="quantile", alpha=0.1).fit(X_train, y_train)
print(low.score(X_test, y_test))
middle = GradientBoostingRegressor(loss="quantile", alpha=0.5).fit(X_train, y_train)
print(middle.score(X_test, y_test))
high = GradientBoostingRegressor(loss="quantile", alpha=0.9).fit(X_train, y_train)
print(high.score(X_test, y_test))
```

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

```notebook
# %%
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split
df = pd.read_csv("rocks.csv")
parts = train_test_split(df[["iron", "silicon"]], df["depth"], df["heat"], df["age"])
X_train, X_test, depth_train, depth_test, heat_train, heat_test, age_train, age_test = parts
# %%
deep = RandomForestRegressor().fit(X_train, depth_train)
print(mean_squared_error(depth_test, deep.predict(X_test)))
hot = RandomForestRegressor().fit(X_train, heat_train)
print(mean_squared_error(heat_test, hot.predict(X_test)))
old = RandomForestRegressor().fit(X_train, age_train.values)
print(mean_squared_error(age_test, old.predict(X_test)))
```

```notebook
# %%
import pandas as pd
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
X_train, X_test, y_train, y_test = train_test_split(df[["income"]], df["default"])
# %%
tree = DecisionTreeClassifier(max_depth=3).fit(X_train, y_train)
print(tree.score(X_test, y_test))
# %%
tree = DecisionTreeClassifier(max_depth=3).fit(X_train, y_train)
print(tree.score(X_test, y_test))
tree.fit(X_train[["income"]], y_train)
print(tree.score(X_test[["income"]], y_test))
vector = SVC().fit(X_train, y_train)
df["guess"] = vector.predict(df[["income"]])
```

```notebook
# %%
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
X_train, X_test, y_train, y_test = train_test_split(df[["income"]], df["default"])
# %%
one = RandomForestClassifier().fit(X_train, y_train).predict_proba(X_test)
two = ExtraTreesClassifier().fit(X_train, y_train).predict_proba(X_test)
three = LogisticRegression().fit(X_train, y_train).predict_proba(X_test)
print(roc_auc_score(y_test, (one + two + three)[:, 1]))
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.leakage import Training
from nbprod.leakage.types import CellNode, Data, Rows, overlap
from nbprod.model import Diagnostic, Label, Severity
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.rule import rule
from nbprod.syntax.walk import walk

_LEAST = 3
_CHOOSING = lazy_pattern(r"val(?!ue)|vld|dev|new|hold_?out", re.IGNORECASE)
_QUANTILES = frozenset(("quantile", "quantile_alpha", "tau", "q"))
_Wanted = tuple[str, ...]


@rule(
    "NBP603",
    "repeated-test-use",
    on=Notebook,
    level="production",
    tracks_data=True,
    severity=Severity.INFO,
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the third model scored on the same rows, where no other rows are kept."""
    used: dict[tuple[Rows, _Wanted], list[tuple[Training, CellNode]]] = {}
    chosen_on: set[Rows] = set()
    for training in facts.evaluation.trainings:
        seen: set[Rows] = set()
        for place, data in _scored(training):
            if not data.rows or overlap(data.rows, training.data.rows):
                continue
            if _is_validation(place):
                chosen_on.add(data.rows)
            elif data.rows not in seen:
                seen.add(data.rows)
                used.setdefault((data.rows, training.wanted), []).append((training, place))
    tested = {rows for rows, _ in used} | chosen_on
    for (rows, _), all_tests in used.items():
        tests = _of_other_models(all_tests)
        others = [choice for choice in tested if choice != rows and not overlap(choice, rows)]
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


def _scored(training: Training) -> Iterator[tuple[CellNode, Data]]:
    """What a model has a score on, and what its training is watched on.

    Data on which it only predicts, or is only scored together with others, decides nothing.
    """
    scored = {score.data.rows for score in training.scores if not score.is_joint}
    for place, data in training.tests:
        if data.rows in scored or place.node is training.place.node or _is_validation(place):
            yield place, data


def _of_other_models(
    tests: list[tuple[Training, CellNode]],
) -> list[tuple[Training, CellNode]]:
    """The tests without baselines, and without models that are made just as one before them.

    Models of several quantiles give one interval together.

    What a function makes in several calls is another model in each: it is given something else.
    """
    kept: list[tuple[Training, CellNode]] = []
    made: dict[str, Training] = {}
    for training, place in tests:
        if training.name.startswith("Dummy"):
            continue
        estimator = training.estimator
        if estimator is not None:
            before = made.setdefault(_made_as(estimator.place.node), training)
            is_one = estimator is before.estimator
            if before is not training and (is_one or before.place.node is not training.place.node):
                continue
        kept.append((training, place))
    return kept


def _made_as(node: ast.AST) -> str:
    """How a model is made, but for the quantile that it gives."""
    if not isinstance(node, ast.Call):
        return ast.unparse(node)
    words = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    if any("quantile" in value or "pinball" in value for value in words.values()):
        words.pop("alpha", None)
    kept = {name: value for name, value in words.items() if name not in _QUANTILES}
    return f"{ast.unparse(node.func)} {list(map(ast.unparse, node.args))} {kept}"


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
