"""The model of an application: found in the notebook, predicting as that does, and served."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nbprod.pipeline.plan import plan_pipeline
from nbprod.pipeline.types import ModelPlan
from tests.pipeline.notebooks import notebook_facts
from tests.pipeline.test_command import nbprod, save

IMPORTS = (
    "import numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
    "from sklearn.preprocessing import StandardScaler\n"
    "from sklearn.model_selection import train_test_split, GridSearchCV\n"
    "df = pd.read_csv('visits.csv')"
)
SPLIT = "train, test, y, y_test = train_test_split(X, df['left'], test_size=0.25, random_state=0)"
FIT = "model = LogisticRegression()\nmodel.fit(train, y)"


def model_of(*sources: str) -> ModelPlan | None:
    headed = [text for n, source in enumerate(sources) for text in (f"# Part {n}", source)]
    return plan_pipeline(notebook_facts(*headed), "visits").model


def names(model: ModelPlan | None) -> tuple[str, ...]:
    """The names of a model's rows, steps and estimator."""
    assert model is not None
    return tuple(part.rpartition(".")[2] for part in (model.source, *model.parts))


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        ((IMPORTS, f"X = df[['months']]\n{SPLIT}", FIT, "print(model.predict(test))"),
         ("test", "model")),
        # All in one part: what only the model needs becomes a result of the task.
        ((IMPORTS, f"X = df[['months']]\n{SPLIT}\n{FIT}\npredicted = model.predict(test)\n"
          "print(predicted.mean())"), ("test", "model")),
        ((IMPORTS, f"X = df[['months']]\n{SPLIT}",
          "scaler = StandardScaler()\ntrain = scaler.fit_transform(train)\n"
          "test = scaler.transform(test)", FIT, "print(model.predict(test).mean())"),
         ("test", "scaler", "model")),
        ((IMPORTS, f"X = df[['months']]\n{SPLIT}",
          "a = StandardScaler().fit(train)\nb = StandardScaler()\n"
          "train = b.fit_transform(a.transform(train))", FIT,
          "print(model.predict(b.transform(a.transform(test))))"), ("test", "a", "b", "model")),
        ((IMPORTS, f"X = df[['months']]\n{SPLIT}",
          "search = GridSearchCV(LogisticRegression(), {'C': [1]})\nsearch.fit(train, y)\n"
          "best = search.best_estimator_", "print(best.predict(test))"), ("test", "best")),
        # Rows that it was not fitted on are what it is for.
        ((IMPORTS, f"X = df[['months']]\n{SPLIT}", FIT,
          "print(model.predict(test))\nprint(model.predict(train))"), ("test", "model")),
    ],
)  # fmt: skip
def test_a_model_is_what_is_fitted_and_predicts(
    sources: tuple[str, ...], found: tuple[str, ...]
) -> None:
    assert names(model_of(*sources)) == found


@pytest.mark.parametrize(
    "use",
    [
        # What it predicted with is something else by the end of its task.
        "print(model.predict(test))\nmodel = 3\nprint(model)",
        "for part in [test]:\n    print(model.predict(part))",
        "print(model.predict(test + 1))",
        "print(model.score(test, y_test))",
    ],
)
def test_what_no_task_can_return_is_no_model(use: str) -> None:
    split = f"X = df[['months']]\n{SPLIT}"
    assert model_of(IMPORTS, split, f"{FIT}\n{use}") is None


# --- as it runs ---------------------------------------------------------------------------------

ROWS = [(n * 7 % 60 + 1, round(n * 13.7 % 100, 2), "ab"[n % 2]) for n in range(80)]
KINDS = {
    "frame": (
        f"X = df[['months', 'paid']]\n{SPLIT}",
        "scaler = StandardScaler()\nscaler.fit(train)\ntrain = scaler.transform(train)",
        f"{FIT}\npredicted = model.predict(scaler.transform(test))\nprint(predicted.mean())",
    ),
    "array": (
        f"X = df.iloc[:, :2].values\n{SPLIT}",
        f"{FIT}\npredicted = model.predict(test)\nprint(predicted.mean())",
    ),
    "series": (
        "from sklearn.feature_extraction.text import CountVectorizer\n"
        f"X = df['plan']\n{SPLIT}",
        "words = CountVectorizer(token_pattern='.')\nwords.fit(train)\n"
        "model = LogisticRegression()\nmodel.fit(words.transform(train), y)",
        "predicted = model.predict(words.transform(test))\nprint(predicted.mean())",
    ),
}  # fmt: skip


@contextmanager
def written(folder: Path, kind: str) -> Iterator[Path]:
    lines = [f"{months},{paid},{plan},{int(months < 30)}" for months, paid, plan in ROWS]
    (folder / "visits.csv").write_text("\n".join(["months,paid,plan,left", *lines]))
    parts = [text for n, part in enumerate(KINDS[kind]) for text in (f"# Part {n}", part)]
    save(folder / "visits.ipynb", ["# Load", IMPORTS, *parts])
    done = nbprod(folder, "pipeline", "visits.ipynb", "-o", "visits", "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no `Model`" not in done.stdout
    (folder / "visits" / "data").mkdir()
    shutil.copy(folder / "visits.csv", folder / "visits" / "data")
    yield folder / "visits"


def python(application: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=application, capture_output=True, text=True, check=False,
        env={**os.environ, **env},
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_model_predicts_as_the_notebook_and_passes_its_tests(tmp_path: Path, kind: str) -> None:
    with written(tmp_path, kind) as application:
        text = (application / "src" / "visits" / "model.py").read_text()
        assert (f"given = '{kind}'".replace("'", '"') in text) is (kind != "frame")
        done = python(application, "-m", "pytest", "-q", "tests/test_model.py")
        assert done.returncode == 0, done.stdout
        for tool in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]):
            done = python(application, "-m", *tool)
            assert done.returncode == 0, done.stdout


def asked(url: str, body: object = None) -> tuple[int, Any]:
    """The status and answer of a request."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@contextmanager
def served(application: Path, **env: str) -> Iterator[str]:
    """The address of the service, when it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "run.py", "serve", "--port", str(port)], cwd=application,
        env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                asked(f"{url}/health")
                break
            except OSError:
                assert process.poll() is None, process.communicate()[0]
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.slow
def test_a_client_gets_predictions_and_what_is_wrong_with_a_row(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn")
    with written(tmp_path, "frame") as application:
        done = python(application, "run.py", "run", "--run-id", "monday")
        assert done.returncode == 0, done.stderr
        done = python(application, "run.py", "save", "monday", "models/monday")
        digest = done.stdout.strip()
        done = python(application, "run.py", "predict", "--model", "models/monday",
                      "--input", "data/visits.csv", "--output", "scored.csv")  # fmt: skip
        assert done.returncode == 0, done.stderr
        scored = [line.split(",") for line in (application / "scored.csv").read_text().split()]
        expected = [int(float(line[-1])) for line in scored[1:]]
        settings = {"VISITS_MODEL": "models/monday", "VISITS_MODEL_SHA256": digest}
        with served(application, **settings) as url:
            rows = [{"months": months, "paid": paid} for months, paid, _ in ROWS]
            status, answer = asked(f"{url}/predict", {"rows": rows})
            assert status == 200
            assert answer == {"predictions": expected, "model": digest}
            for wrong in (None, "x", 1.5):
                bad = [*rows[:2], {"months": wrong, "paid": 1.0}]
                status, answer = asked(f"{url}/predict", {"rows": bad})
                assert status == 422, (wrong, answer)
                assert {tuple(case["loc"]) for case in answer["detail"]} == {
                    ("rows", "2", "months")
                }
            status, answer = asked(f"{url}/predict", {"rows": [{"months": 3}]})
            assert status == 422
            assert "paid" in json.dumps(answer)
        bad_settings = {**settings, "VISITS_MODEL_SHA256": "0" * 64}
        done = python(application, "-c", "import sys; sys.path.insert(0, 'src');"
                      "from visits.model import Model; Model.load('models/monday', '0' * 64)",
                      **bad_settings)  # fmt: skip
        assert "is not the model 000000000000" in done.stderr


@pytest.mark.slow
def test_rows_without_names_of_columns_give_no_model_and_are_no_difference(tmp_path: Path) -> None:
    lines = "".join(f"{n},{n % 2}\n" for n in range(40))
    (tmp_path / "visits.csv").write_text(f"months,left\n{lines}")
    save(tmp_path / "visits.ipynb", [
        "# Load", IMPORTS, "# Split", f"X = df[['months']].set_axis([0], axis=1)\n{SPLIT}\n{FIT}\n"
        "print(model.predict(test).mean())",
    ])  # fmt: skip
    done = nbprod(tmp_path, "pipeline", "visits.ipynb", "-o", "visits", "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "visits" / "src" / "visits" / "model.py").exists()
    graph = (tmp_path / "visits" / "src" / "visits" / "pipeline.py").read_text()
    assert '"test": Artifact' not in graph
