"""Names of parameters in pipelines and grids: those that lead nowhere, and all the others."""

from __future__ import annotations

import pytest

from nbprod.facts import Facts
from nbprod.notebook.types import Cell
from nbprod.testing import notebook_of

HEAD = """\
from sklearn.ensemble import AdaBoostClassifier, RandomForestClassifier, VotingClassifier
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
"""
PIPE = "p = Pipeline([('s', StandardScaler()), ('m', SVC())])\n"
UNKNOWN = [
    ("GridSearchCV(make_pipeline(StandardScaler(), SVC()), {'SVC__C': [1]})", "SVC", "svc"),
    ("g = dict(m__C=[1], m__gama=[2])\nGridSearchCV(estimator=p, param_grid=g)", "gama", "gamma"),
    ("g = {}\ng['m_C'] = [1]\nRandomizedSearchCV(p, param_distributions=g)", "m_C", "m"),
    ("GridSearchCV(p, [{'m__C': [1]}, {'C': [2]}])", "C", "m__C"),
    ("GridSearchCV(SVC(), {'svc__C': [1]})", "svc", "C"),
    ("GridSearchCV(RandomForestClassifier(), {'n_estimator': [1]})", "n_estimator",
     "n_estimators"),
    ("def build():\n    return p\nbuild().set_params(model__C=1)", "model", None),
    ("p.fit(X, y, mm__sample_weight=w)", "mm", "m"),
]  # fmt: skip
KNOWN = [
    "GridSearchCV(p, {'m__C': [1], 's__with_mean': [False], 'memory': [None]})",
    "GridSearchCV(p, {'m': [RandomForestClassifier()], 'm__n_estimators': [10]})",
    "GridSearchCV(AdaBoostClassifier(SVC()), {'estimator__C': [1], 'base_estimator__C': [1]})",
    "GridSearchCV(VotingClassifier([('a', SVC())]), {'a__C': [1]})",
    "GridSearchCV(SVC(), {'C': [1], 'a_parameter_of_tomorrow': [1]})",
    "class Own:\n    def fit(self, X, y=None): return self\n"
    "GridSearchCV(Pipeline([('o', Own()), ('m', SVC())]), {'o__k': [1], 'm__C': [1]})",
    "steps = [('a', SVC())]\nif len(X):\n    steps = [('b', SVC())]\n"
    "GridSearchCV(Pipeline(steps), {'b__C': [1], 'a__C': [2]})",
    "GridSearchCV(Pipeline([('m', 'passthrough')]), {'m': [SVC()], 'm__C': [1]})",
    "p.steps.append(('last', SVC()))\nGridSearchCV(p, {'last__C': [1]})",
    "p.fit(X, y, m__sample_weight=w)",
]


def unknown(code: str) -> list[tuple[str, str | None]]:
    cells = [Cell(0, "code", HEAD + PIPE), Cell(1, "code", code)]
    found = Facts(notebook_of(cells)).evaluation.parameters
    return [(each.part, each.suggestion) for each in found]


@pytest.mark.parametrize(("code", "part", "suggestion"), UNKNOWN)
def test_unknown(code: str, part: str, suggestion: str | None) -> None:
    assert unknown(code) == [(part, suggestion)]


@pytest.mark.parametrize("code", KNOWN)
def test_known(code: str) -> None:
    assert unknown(code) == []
