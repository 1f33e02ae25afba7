"""Reports preprocessing that is fitted on test data.

## Why

A scaler, vocabulary or choice of columns that was fitted before the split has seen the rows that
are to be unknown. Choosing columns or encoding by the target that way can make noise look like a
good model; a scaler changes the score a little, and that of trees not at all. What one step has
spoilt is one finding. What a row has of those beside it (`shift`, `rolling`, `cumsum`), in its
group or in all, is no statistic of the test rows. A scale or a statistic that only
`validation_split` of Keras sees moves the curves of the training by little, and is reported only
where the rule is selected by name.

## Flagged

```notebook
# %%
import pandas as pd
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("genes.csv")
X, y = df.drop(columns="ill"), df["ill"]
# %%
best = SelectKBest(k=10).fit_transform(X, y)
X_train, X_test, y_train, y_test = train_test_split(best, y)
model = LogisticRegression().fit(X_train, y_train)  #! NBP602
print(model.score(X_test, y_test))
other = LogisticRegression(C=10).fit(X_train, y_train)
print(other.score(X_test, y_test))
```

```notebook
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
df = pd.read_csv("people.csv")
df["age"] = df["age"].fillna(df["age"].mean())
train, test = train_test_split(df)
model = RandomForestClassifier()
model.fit(train[["age"]], train["ill"])  #! NBP602
print(model.score(test[["age"]], test["ill"]))
```

## Clean

```notebook
# %%
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.preprocessing import StandardScaler
from xgboost import XGBClassifier
df = pd.read_csv("people.csv")
X = StandardScaler().fit_transform(df.drop(columns="ill"))
X_train, X_test, y_train, y_test = train_test_split(X, df["ill"])
# %%
search = GridSearchCV(RandomForestClassifier(), {"max_depth": [2, 5]})
search.fit(X_train, y_train)
print(search.score(X_test, y_test))
print(cross_val_score(XGBClassifier(), X, df["ill"]))
```

```notebook
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler
df = pd.read_csv("people.csv")
df["town"] = LabelEncoder().fit_transform(df["town"])
df["last"] = df.groupby("town")["rate"].shift(1)
df["week"] = df.groupby("town")["rate"].transform(lambda rate: rate.rolling(7).mean())
df = pd.get_dummies(df)
X, y = df.drop(columns="ill"), df["ill"]
X_train, X_test, y_train, y_test = train_test_split(X, y)
# %%
scaler = StandardScaler()
model = LogisticRegression()
model.fit(scaler.fit_transform(X_train), y_train)
print(model.score(scaler.transform(X_test), y_test))
piped = make_pipeline(StandardScaler(), LogisticRegression())
print(cross_val_score(piped, X, y))
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.leakage.types import Leak, Taint
from nbprod.model import Diagnostic, Label
from nbprod.notebook.types import Notebook
from nbprod.rule import rule

_EFFECTS = {
    "selection": "noise can look predictive",
    "scale": "the score is optimistic",
    "fit": "the score is optimistic",
    "tuning": "the score of tuned settings is optimistic",
    "statistic": "the score is optimistic",
}


@rule("NBP602", "preprocessing-leakage", on=Notebook, level="production", tracks_data=True)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report trainings on data that contain something fitted on test rows, one for a step."""
    by_step: dict[int, list[Leak]] = {}
    for leak in facts.evaluation.preprocessing:
        if leak.taint is not None:
            by_step.setdefault(id(leak.taint.place.node), []).append(leak)
    for leaks in by_step.values():
        yield _of_one_step(leaks, facts)


def _of_one_step(leaks: list[Leak], facts: Facts) -> Diagnostic:
    first = leaks[0]
    taint, training = first.taint, first.training
    assert taint is not None
    labels = [Label(facts.span(*taint.place), f"{taint.what} is fitted here")]
    if first.test is not None and first.test.node is not training.place.node:
        labels.append(Label(facts.span(*first.test), "tested here"))
    labels += [
        Label(facts.span(*leak.training.place), "also trained on it", again=True)
        for leak in leaks[1:4]
    ]
    more = f" and {len(leaks) - 1} more" if len(leaks) > 1 else ""
    tested = "the test data" if first.test is not None else "the rows that validate it"
    return Diagnostic(
        facts.span(*training.place),
        f"`{training.name}`{more}: {_what(taint)} {tested} too: {_EFFECTS[taint.kind]}",
        symbol=training.name,
        labels=tuple(labels),
        help="split first and fit on the training set only, or use a `Pipeline`",
        on_request=all(map(_only_watches, leaks)),
    )


def _what(taint: Taint) -> str:
    """What was fitted, and on which rows, up to the word for those."""
    if taint.kind == "statistic" and not taint.what.startswith("`"):
        return f"{taint.what} is computed on"
    return f"{taint.what} is fitted on"


def _only_watches(leak: Leak) -> bool:
    """Whether little was fitted, on rows that only decide when to stop: their score is unused."""
    return (
        leak.test is None
        and leak.taint is not None
        and leak.taint.kind in ("scale", "statistic", "fit")
        and isinstance(leak.training.place.node, ast.Call)
        and any(word.arg == "validation_split" for word in leak.training.place.node.keywords)
    )
