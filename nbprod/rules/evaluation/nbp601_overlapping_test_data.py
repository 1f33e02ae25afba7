"""Reports models trained on rows that they are tested on.

## Why

The score says how well the model remembers. Rows that were made by oversampling before the split
are copies: the same row is in both parts.

## Flagged

```notebook
# %%
import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
X, y = df[["income", "age"]], df["default"]
# %%
X_more, y_more = SMOTE().fit_resample(X, y)
X_train, X_test, y_train, y_test = train_test_split(X_more, y_more)
model = LogisticRegression()
model.fit(X_train, y_train)  #! NBP601
print(model.score(X_test, y_test))
other = LogisticRegression(C=10).fit(X_train, y_train)
print(other.score(X_test, y_test))
```

```notebook
# %%
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
X, y = df[["income"]], df["default"]
X_train, X_test, y_train, y_test = train_test_split(X, y)
model = LogisticRegression()
model.fit(X, y)  #! NBP601
print(model.score(X_test, y_test))
```

## Clean

```notebook
# %%
import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
df = pd.read_csv("loans.csv")
X, y = df[["income", "age"]], df["default"]
X_train, X_test, y_train, y_test = train_test_split(X, y)
X_more, y_more = SMOTE().fit_resample(X_train, y_train)
model = LogisticRegression()
model.fit(X_more, y_more)
print(model.score(X_test, y_test))
final = LogisticRegression().fit(X, y)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.leakage.types import Leak
from nbprod.libraries.training import is_interpolating
from nbprod.model import Diagnostic, Label
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule("NBP601", "overlapping-test-data", on=Notebook, level="production", tracks_data=True)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report trainings whose rows, or copies of them, are tested on, one for a step that copies."""
    by_cause: dict[int, list[Leak]] = {}
    for leak in facts.evaluation.overlaps:
        cause = leak.training.place if leak.taint is None else leak.taint.place
        by_cause.setdefault(id(cause.node), []).append(leak)
    for leaks in by_cause.values():
        yield _of_one_cause(leaks, facts)


def _of_one_cause(leaks: list[Leak], facts: Facts) -> Diagnostic:
    first = leaks[0]
    training, taint = first.training, first.taint
    labels = [Label(facts.span(*first.test), "tested here")] if first.test else []
    if taint is not None:
        if is_interpolating(taint.what.strip("`")):
            how, result = "makes rows out of others", "the sets overlap"
            labels.append(Label(facts.span(*taint.place), "rows are made of others here"))
        else:
            how, result = "duplicates rows", "both sets share them"
            labels.append(Label(facts.span(*taint.place), "rows are duplicated here"))
        reason = f"{taint.what} {how} before the split, so {result}"
        advice = "split first, and resample the training set only"
    else:
        reason = "is trained on rows it is also tested on"
        advice = "train on the training set of the split"
    labels += [
        Label(facts.span(*leak.training.place), "also trained on them here") for leak in leaks[1:4]
    ]
    more = f" and {len(leaks) - 1} more" if len(leaks) > 1 else ""
    return Diagnostic(
        facts.span(*training.place), f"`{training.name}`{more}: {reason}", symbol=training.name,
        labels=tuple(labels), help=advice,
    )  # fmt: skip
