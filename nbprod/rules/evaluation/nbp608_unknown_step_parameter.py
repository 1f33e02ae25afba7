"""Reports parameters of a pipeline or grid that no step has.

## Why

`step__parameter` is text: a misspelt step or parameter is not an error where it is written, but a
`ValueError` once the search is fitted, perhaps after an hour of loading data.

## Flagged

```notebook
# %%
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
pipe = Pipeline([("scale", StandardScaler()), ("clf", LogisticRegression())])
# %%
search = GridSearchCV(pipe, {"cls__C": [0.1, 1, 10]})  #! NBP608
other = GridSearchCV(pipe, {"clf__max_itr": [100, 200]})  #! NBP608
plain = GridSearchCV(pipe, param_grid={"C": [0.1, 1, 10]})  #! NBP608
pipe.set_params(scaler__with_mean=False)  #! NBP608
```

## Clean

```notebook
# %%
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
columns = ColumnTransformer([("n", make_pipeline(SimpleImputer(), StandardScaler()), ["age"])])
pipe = Pipeline([("columns", columns), ("model", SVC())])
grid = {
    "columns__n__simpleimputer__strategy": ["mean", "median"],
    "model__C": [1, 10],
    "model": [SVC(), RandomForestClassifier()],
}
search = GridSearchCV(pipe, [grid, {"memory": [None], "model__gamma": ["scale"]}])
pipe.set_params(model__kernel="linear")
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.leakage.types import UnknownParameter
from nbprod.model import Diagnostic, Severity
from nbprod.notebook.types import Notebook
from nbprod.rule import rule


@rule(
    "NBP608",
    "unknown-step-parameter",
    on=Notebook,
    level="production",
    severity=Severity.ERROR,
    tracks_data=True,
)
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report names of steps and parameters that an estimator does not have."""
    for unknown in facts.evaluation.parameters:
        yield Diagnostic(
            facts.span(*unknown.place),
            _message(unknown),
            symbol=unknown.name,
            help=f"did you mean `{unknown.suggestion}`?" if unknown.suggestion else "",
        )


def _message(unknown: UnknownParameter) -> str:
    if not unknown.steps:
        return f"`{unknown.name}`: `{unknown.estimator}` has no parameter `{unknown.part}`"
    steps = ", ".join(f"`{step}`" for step in unknown.steps)
    return f"`{unknown.name}`: the `{unknown.estimator}` has no step `{unknown.part}`, only {steps}"
