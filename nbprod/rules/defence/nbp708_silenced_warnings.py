"""
Reports warnings that are silenced for the whole notebook.

## Why

`filterwarnings("ignore")` hides all warnings of all libraries: of changed defaults, of models that
did not converge, of columns read with mixed types, of writes to a copy. Silence one category or
message, and only around the call that gives it.

A filter that hides all warnings is reported where one of them matters: where the notebook fits what
may not converge, or writes to what may be a copy of a data frame. Others are known to who wrote
them, and reported only where the rule is selected by name.

## Flagged

```notebook
# %%
import warnings
import pandas as pd
from sklearn.linear_model import LogisticRegression
warnings.filterwarnings("ignore")  #! NBP708
# %%
df = pd.read_csv("people.csv")
model = LogisticRegression().fit(df[["age"]], df["ill"])
```

```notebook
# %%
from warnings import simplefilter
import pandas as pd
simplefilter(action="ignore")  #! NBP708
# %%
df = pd.read_csv("people.csv")
df[df["age"] < 0]["age"] = 0
```

```notebook
# %%
import numpy as np
import pandas as pd
np.seterr(all="ignore")  #! NBP708
pd.options.mode.chained_assignment = None  #! NBP708
```

```notebook
# %%
import warnings
from scipy.optimize import curve_fit
warnings.warn = lambda *args, **kwargs: None  #! NBP708
best, spread = curve_fit(lambda x, a: a * x, [1, 2, 3], [2, 4, 6])
```

## Clean

```notebook
# %%
import warnings
import numpy as np
warnings.filterwarnings("ignore", category=DeprecationWarning)
warnings.filterwarnings("ignore", message="numpy.dtype size changed")
warnings.filterwarnings("ignore", "a message")
warnings.simplefilter("ignore", FutureWarning)
warnings.simplefilter("always")
np.seterr(divide="ignore")
# %%
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    x = 1
def quiet():
    warnings.filterwarnings("ignore")
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.model import Diagnostic
from nbprod.notebook.types import Notebook
from nbprod.rule import rule
from nbprod.rules.defence.nbp702_chained_assignment import check as copies
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk_outside

_WORDS = ("warn", "simplefilter", "seterr", "chained_assignment", "PYTHONWARNINGS", "disable")
_FILTERS = ("warnings.filterwarnings", "warnings.simplefilter")
_HELP = "ignore one category, within `warnings.catch_warnings()`"
_ALL = "every warning is hidden"
# What ends with a warning where it has not come to a result.
_ITERATING = (
    "LogisticRegression LogisticRegressionCV LinearSVC LinearSVR MLPClassifier MLPRegressor"
    " SGDClassifier SGDRegressor Perceptron Lasso LassoCV ElasticNet ElasticNetCV GaussianMixture"
    " BayesianGaussianMixture GaussianProcessRegressor FastICA NMF Logit ARIMA SARIMAX VARMAX"
    " ExponentialSmoothing curve_fit quad solve_ivp"
).split()
_LIBRARIES = ("sklearn.", "statsmodels.", "scipy.")
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.With)


@rule("NBP708", "silenced-warnings", on=Notebook, level="production")
def check(notebook: Notebook, facts: Facts) -> Iterator[Diagnostic]:
    """Report the first statement of a notebook that silences each kind of warning."""
    seen: set[str] = set()
    for cell, tree in facts.trees_with(*_WORDS):
        for node in walk_outside(tree, _INNER):
            message = _silenced(node, facts)
            if message and message not in seen:
                seen.add(message)
                hidden = _hidden(notebook, facts) if message == _ALL else ""
                yield Diagnostic(
                    facts.span(cell, node),
                    message + hidden,
                    help=_HELP,
                    on_request=message == _ALL and not hidden,
                )


def _hidden(notebook: Notebook, facts: Facts) -> str:
    """Which warning that tells of a wrong result a filter of all of them hides; else nothing."""
    for _, node in facts.nodes_with(ast.Call, *_ITERATING):
        name = last_name(node.func)
        if name in _ITERATING and facts.qualified(node.func).startswith(_LIBRARIES):
            return f", also that of a `{name}` that does not converge"
    if next(iter(copies.check(notebook, facts)), None) is not None:
        return ", also that of values written to a copy of a data frame"
    return ""


def _silenced(node: ast.AST, facts: Facts) -> str:
    if isinstance(node, ast.Call):
        name = facts.qualified(node.func)
        if name in _FILTERS and _ignores_all(node):
            return _ALL
        if name == "logging.disable":
            return "every log message of the notebook is hidden"
        if name == "numpy.seterr" and _argument(node, "all") == "ignore":
            return "every floating-point warning of NumPy is hidden"
        if name == "pandas.set_option" and len(node.args) == 2:
            option, value = node.args
            if isinstance(option, ast.Constant) and option.value == "mode.chained_assignment":
                if isinstance(value, ast.Constant) and value.value is None:
                    return "the pandas warning about writes to a copy is hidden"
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        if isinstance(target, ast.Subscript) and facts.qualified(target.value) == "os.environ":
            key = target.slice.value if isinstance(target.slice, ast.Constant) else None
            if key == "PYTHONWARNINGS" and getattr(node.value, "value", "") == "ignore":
                return _ALL
        if not isinstance(target, ast.Attribute):
            return ""
        if facts.qualified(target) == "warnings.warn":
            return _ALL
        if facts.qualified(target) == "pandas.options.mode.chained_assignment":
            if isinstance(node.value, ast.Constant) and node.value.value is None:
                return "the pandas warning about writes to a copy is hidden"
    return ""


def _ignores_all(node: ast.Call) -> bool:
    """Whether a filter is given the action, and nothing that narrows it."""
    names = {keyword.arg for keyword in node.keywords}
    broad = [
        keyword.arg
        for keyword in node.keywords
        if keyword.arg == "category"
        and isinstance(keyword.value, ast.Name)
        and keyword.value.id == "Warning"
    ]
    names -= set(broad)
    action = node.args[0] if node.args else None
    value = action.value if isinstance(action, ast.Constant) else _argument(node, "action")
    message = node.args[1] if len(node.args) == 2 else None
    all_of_it = message is None or isinstance(message, ast.Constant) and message.value in ("", ".*")
    return (
        value == "ignore"
        and len(node.args) <= 2
        and all_of_it
        and names <= {"action", "append", "lineno"}
    )


def _argument(node: ast.Call, name: str) -> object:
    for keyword in node.keywords:
        if keyword.arg == name and isinstance(keyword.value, ast.Constant):
            return keyword.value.value
    return None
