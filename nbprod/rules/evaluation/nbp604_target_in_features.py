"""Reports features that contain the target.

## Why

The model sees the answer. Its score is near perfect and it is of no use. Followed are aliases,
copies, parts of the rows and lists of columns, and columns whose values are made of one other
column alone; a pipeline that may leave columns out is not judged.

## Flagged

```notebook
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
y = df["default"]
X = df.copy()
X.drop(columns="default")
X_train, X_test, y_train, y_test = train_test_split(X, y)
model = LogisticRegression().fit(X_train, y_train)  #! NBP604
```

```notebook
# %%
import pandas as pd
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier
df = pd.read_csv("loans.csv")
columns = ["income", "age", "default"]
cross_val_score(DecisionTreeClassifier(), df[columns], df["default"])  #! NBP604
```

```notebook
# %%
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("houses.csv")
df["log_price"] = np.log1p(df["price"])
X = df.drop(columns="log_price")
X_train, X_test, y_train, y_test = train_test_split(X, df["log_price"], random_state=0)
model = LinearRegression().fit(X_train, y_train)  #! NBP604
```

## Clean

```notebook
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
y = df.pop("default")
X_train, X_test, y_train, y_test = train_test_split(df, y)
first = LogisticRegression().fit(X_train, y_train)
other = pd.read_csv("other.csv")
target = other["default"]
other = other.drop(columns="default")
second = LogisticRegression().fit(other, target)
third = pd.read_csv("third.csv")
label = third["x"]
del third["x"]
last = LogisticRegression().fit(third, label)
```

```notebook
# %%
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
df = pd.read_csv("loans.csv")
train, test = train_test_split(df)
columns = ColumnTransformer([("town", OneHotEncoder(), ["town"])])
model = make_pipeline(columns, LogisticRegression()).fit(train, train["default"])
print(model.score(test, test["default"]))
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.leakage import HeldTarget, Training
from nbprod.libraries.training import CROSS_VALIDATING
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.syntax.names import last_name


@rule(
    "NBP604",
    "target-in-features",
    on=Notebook,
    level="production",
    severity=Severity.ERROR,
    tracks_data=True,
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report trainings on features that still have the column which is the target."""
    for training in facts.evaluation.trainings:
        if training.target is not None:
            yield _held(training, training.target, facts)


def _held(training: Training, held: HeldTarget, facts: Facts) -> Diagnostic:
    column = held.column
    features = _features(training.place.node)
    name = ast.unparse(features) if features is not None else "the features"
    return Diagnostic(
        facts.span(training.place.cell, features or training.place.node),
        f"features `{name}` still contain the target column `{column}`"
        if held.is_itself
        else f"features `{name}` contain `{column}`, which gives the target away",
        symbol=name,
        help=f"drop it first: `{name}.drop(columns={column!r})`",
    )


def _features(node: ast.AST) -> ast.expr | None:
    """What a call that trains is given as features."""
    if not isinstance(node, ast.Call):
        return None
    place = 1 if last_name(node.func) in CROSS_VALIDATING else 0
    if len(node.args) > place:
        return node.args[place]
    return next((word.value for word in node.keywords if word.arg in ("X", "x")), None)
