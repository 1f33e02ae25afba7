"""Scores of what learns without targets, and of what an exercise leaves to do, are no leaks."""

from __future__ import annotations

import pytest

from tests.test_true_findings import findings

START = """
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
df = pd.read_csv("claims.csv")
X, y = df[["amount"]], df["fraud"]
"""
WITHOUT = [
    "model = IsolationForest()\nmodel.fit(X)\nprint(accuracy_score(y, model.predict(X)))",
    "model = KMeans(3).fit(X)\nprint(model.score(X))",
    "model = GaussianMixture(2).fit(X=X)\nprint(f1_score(y, model.predict(X)))",
    "model = make_pipeline(StandardScaler(), EllipticEnvelope())\nmodel.fit(X)\n"
    "print(accuracy_score(y, model.predict(X)))",
]
LEFT = [
    "guess = model.predict(...)\nprint(accuracy_score(..., guess))",
    "# YOUR CODE HERE: the same for the test set",
    "score = ...",
]


@pytest.mark.parametrize("source", WITHOUT)
def test_what_has_no_target_needs_no_test_set(source: str) -> None:
    assert not findings("NBP605", START, source)


@pytest.mark.parametrize("rest", LEFT)
def test_a_score_that_an_exercise_leaves_to_write_is_not_missing(rest: str) -> None:
    fit = "A, B, a, b = train_test_split(X, y)\nmodel = LogisticRegression().fit(A, a)\n"
    scored = f"{fit}print(accuracy_score(a, model.predict(A)))"
    assert not findings("NBP605", START, scored, rest)
    assert findings("NBP605", START, scored, "print(3)")
