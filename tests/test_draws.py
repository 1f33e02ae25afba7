"""Estimators that are seeded elsewhere, and draws of which nothing comes but something to see."""

from __future__ import annotations

import pytest

from tests.test_true_findings import findings

SETUP = """\
import random
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt
from sklearn.cluster import KMeans
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
df = pd.read_csv("visits.csv")
"""
FOREST = "RandomForestClassifier()"
STEPS = f"steps = [('scale', None), ('trees', {FOREST})]\nmodel = Pipeline(steps)\n"
SEEDED = [
    f"model = {FOREST}\nsearch = GridSearchCV(model, {{'max_depth': [2], 'random_state': [0]}})",
    f"grid = [{{'random_state': [1]}}]\nsearch = GridSearchCV(estimator={FOREST}, param_grid=grid)",
    f"model = {FOREST}\nmodel.set_params(random_state=5)",
    f"model = {FOREST}\noptions = dict(random_state=5)\nmodel.set_params(**options)",
    f"model = {FOREST}\nmodel.random_state = 7",
    f"{STEPS}model.set_params(trees__random_state=3)",
    f"model = make_pipeline(None, {FOREST})\n"
    "model.set_params(randomforestclassifier__random_state=3)",
    f"bag = BaggingClassifier({FOREST}, random_state=1)\nmodel = Pipeline([('bag', bag)])\n"
    "search = GridSearchCV(model, {'bag__estimator__random_state': [3]})",
]  # fmt: skip
UNSEEDED = [
    f"model = {FOREST}\nsearch = GridSearchCV(model, {{'max_depth': [2]}})",
    f"model = {FOREST}\nother = KMeans(2, random_state=0)\nother.set_params(random_state=5)",
    f"{STEPS}model.set_params(scale__random_state=3)",
]  # fmt: skip
SEEN = [
    "city = random.choice(df.columns)\nprint(city)",
    "rows = df.sample(n=5)\nrows",
    "rows = df.sample(n=3)\ndisplay(rows.head())",
    "at = np.random.randint(0, len(df))\nplt.imshow(df.iloc[at])",
    "x = np.random.rand(40)\ny = 2 * x + np.random.randn(40)\nplt.scatter(x, y)",
    "wave = np.random.normal(0, 1, 100)\nfig, ax = plt.subplots()\nax.plot(wave)",
]
RESULTS = [
    "again = df.sample(n=5)\nprint(again['age'].mean())",
    "city = random.choice(df.columns)\nmean = df[city].mean()\nprint(mean)",
    "means = [np.random.choice(df['age'], 30).mean() for _ in range(99)]\nplt.hist(means)",
    "x = np.random.rand(40)\ny = 2 * x\nplt.scatter(x, y)\nprint(np.corrcoef(x, y))",
    "x = np.random.rand(40)\nmodel.fit(x, df['age'])\nplt.plot(x)",
]


@pytest.mark.parametrize("code", SEEDED)
def test_an_estimator_that_gets_its_seed_elsewhere_is_seeded(code: str) -> None:
    assert not findings("NBP501", SETUP + code)


@pytest.mark.parametrize("code", UNSEEDED)
def test_an_estimator_that_gets_none_is_reported(code: str) -> None:
    assert findings("NBP501", SETUP + code)


@pytest.mark.parametrize("code", SEEN)
def test_what_is_only_looked_at_needs_no_seed(code: str) -> None:
    assert not findings("NBP501", SETUP + code)


@pytest.mark.parametrize("code", RESULTS)
def test_what_comes_into_a_result_needs_one(code: str) -> None:
    assert findings("NBP501", SETUP + code)
