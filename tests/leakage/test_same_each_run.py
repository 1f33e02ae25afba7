"""What is told of several models and steps is the same in each run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.truth.score import as_bytes

_CELLS = [
    """
from sklearn.linear_model import Lasso, LinearRegression, Ridge, SGDRegressor
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler
import pandas as pd
data = pd.read_csv("a.csv")
target = data.pop("y")
scaled = MinMaxScaler().fit_transform(data)
x_train, x_test, y_train, y_test = train_test_split(scaled, target)
""",
    """
ridge, sgd, line, lasso = Ridge(), SGDRegressor(), LinearRegression(), Lasso()
for model in [sgd, lasso, ridge, line]:
    model.fit(x_train, y_train)
    print(model.score(x_test, y_test))
""",
]


def test_the_same_model_is_named_whatever_the_hashes_are(tmp_path: Path) -> None:
    notebook = tmp_path / "a.ipynb"
    notebook.write_bytes(as_bytes(_CELLS, [1, 2]))
    command = [
        sys.executable, "-m", "nbprod", "check", "--isolated", "--no-cache", "--select", "NBP602",
        "--output-format", "concise", str(notebook),
    ]  # fmt: skip
    shown = set()
    for seed in range(4):
        # Objects lie elsewhere in memory, too, when other things were made before them.
        environment = {**os.environ, "PYTHONHASHSEED": str(seed), "FILLER": "x" * (seed * 1_000)}
        run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        shown.add(run.stdout)
    assert len(shown) == 1 and "NBP602" in shown.pop()
