"""Train, save, load, predict, serve."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest


@pytest.fixture
def model(churn: ModuleType) -> Iterator[Any]:
    """A model that was trained in this process."""
    import churn.model as module  # type: ignore[import-not-found]

    profile = {"split.train": {"months": {"min": 1.0, "max": 60.0}}}
    path = Path(str(module.__file__)).with_name("profiles.json")
    path.write_text(json.dumps(profile), encoding="utf-8")
    yield module.Model.train("storage=memory://model")
    path.unlink()


def rows() -> pd.DataFrame:
    return pd.DataFrame({"id": ["a", "b"], "paid": [5.5, 80.0], "months": [3, 55]})


def test_what_is_saved_predicts_the_same(model: Any, tmp_path: Path) -> None:
    kind, expected = type(model), list(model.predict(rows()))
    assert expected == [1, 0]
    digest = model.save(str(tmp_path / "m"))
    read = kind.load(str(tmp_path / "m"), sha256=digest)
    assert list(read.predict(rows())) == expected
    assert read.sha256 == digest == model.sha256
    url = "memory://saved/m"
    assert model.save(url) == digest
    assert list(kind.load(url).predict(rows())) == expected


def test_a_model_that_was_tampered_with_is_not_read(
    churn: ModuleType, model: Any, tmp_path: Path
) -> None:
    kind, error = type(model), churn.runtime.errors.ApplicationError
    digest = model.save(str(tmp_path / "m"))
    with pytest.raises(error, match="is not the model 00000"):
        kind.load(str(tmp_path / "m"), sha256="0" * 64)
    path = tmp_path / "m" / "model.joblib"
    data = path.read_bytes()
    path.write_bytes(data + b"x")
    with pytest.raises(error, match="is not what the task wrote"):
        kind.load(str(tmp_path / "m"), sha256=digest)
    path.write_bytes(data)
    manifest = tmp_path / "m" / "model.json"
    manifest.write_text("{}", encoding="utf-8")
    with pytest.raises(error, match="is not a saved model"):
        kind.load(str(tmp_path / "m"))
    with pytest.raises(error, match="no such file"):
        kind.load(str(tmp_path / "none"))


def test_files_are_predicted(
    churn: ModuleType, model: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = churn.runtime.cli.main
    model.save(str(tmp_path / "m"))
    for suffix in ("csv", "parquet", "json"):
        source, target = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
        frame = rows()
        source.write_bytes(churn.runtime.tables.table_bytes(source.name, frame))
        place = str(tmp_path / "m") + "/"
        found = ["--model", place, "--input", str(source), "--output", str(target)]
        assert main(["predict", *found]) == 0
        written = churn.runtime.tables.read_table(target.name, target.read_bytes())
        assert list(written["prediction"]) == [1, 0]
        assert list(written["id"]) == ["a", "b"]
    rows().drop(columns="paid").to_csv(tmp_path / "bad.csv", index=False)
    found = ["--model", place, "--input", str(tmp_path / "bad.csv"), "--output", str(target)]
    before = target.read_bytes()
    assert main(["predict", *found]) == 1
    assert "column_in_dataframe (got 'paid')" in capsys.readouterr().err
    assert target.read_bytes() == before
    found[3] = str(tmp_path / "a.xlsx")
    (tmp_path / "a.xlsx").write_bytes(b"")
    assert main(["predict", *found]) == 1
    assert "its name must end in .parquet, .csv or .json" in capsys.readouterr().err


def test_the_service(churn: ModuleType, model: Any, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("prometheus_client")
    pytest.importorskip("httpx")
    fastapi = pytest.importorskip("fastapi.testclient")
    from churn.runtime.service import create_app  # type: ignore[import-not-found]

    with fastapi.TestClient(create_app(model)) as client:
        good = json.loads(rows().drop(columns="id").to_json(orient="records"))
        answer = client.post("/predict", json={"rows": good})
        assert answer.status_code == 200
        assert answer.json() == {"predictions": [1, 0], "model": model.sha256}
        logged = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert logged["rows"] == good
        assert logged["predictions"] == [1, 0]
        assert logged["model"] == model.sha256
        bad = [*good, {"months": "x", "paid": 1.0}]
        answer = client.post("/predict", json={"rows": bad})
        assert answer.status_code == 422
        (case,) = answer.json()["detail"]
        assert case["loc"] == ["rows", "2", "months"]
        answer = client.post("/predict", json={"rows": [{"months": 1}]})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["input"] == "'paid'"
        wrong: list[dict[str, Any]] = [{"rows": []}, {}, {"rows": [1]}]
        for body in wrong:
            assert client.post("/predict", json=body).status_code == 422
        client.post("/predict", json={"rows": [{"months": 99, "paid": 1.0}]})
        metrics = client.get("/metrics").text
        assert 'requests_total{status="200"} 2.0' in metrics
        assert 'requests_total{status="422"} 2.0' in metrics
        assert 'outside_profile_total{column="months"} 1.0' in metrics
        assert client.get("/health").json() == {"status": "ok", "model": model.sha256}
        about = client.get("/metadata").json()
        assert about["sha256"] == model.sha256
        assert about["versions"]["scikit-learn"]
        assert set(about["parts"]) == {"train.model"}


def test_the_service_takes_its_model_of_the_environment(
    churn: ModuleType, model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fastapi = pytest.importorskip("fastapi.testclient")
    from churn.serve import app  # type: ignore[import-not-found]

    digest = model.save(str(tmp_path / "m"))
    monkeypatch.setenv("CHURN_MODEL", str(tmp_path / "m"))
    monkeypatch.setenv("CHURN_MODEL_SHA256", digest)
    with fastapi.TestClient(app) as client:
        assert client.get("/health").json()["model"] == digest
    monkeypatch.setenv("CHURN_MODEL_SHA256", "0" * 64)
    error = churn.runtime.errors.ApplicationError
    with pytest.raises(error, match="is not the model"), fastapi.TestClient(app):
        pass


def test_profiles_are_what_a_run_held(
    churn: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main, place = churn.runtime.cli.main, str(tmp_path / "a")
    assert main(["run", "load", "--run-id", "r", "--storage", place]) == 0
    capsys.readouterr()
    assert main(["profile", "r", "--storage", place]) == 0
    profile = json.loads(capsys.readouterr().out)["load.df"]
    assert profile["plan"]["values"] == ["basic", "family", "pro"]
    assert profile["months"]["min"] == 1.0
    contracts = churn.runtime.contracts
    frame = pd.read_csv(io.StringIO("months,plan\n0,pro\n5,gold\n,\n"))
    assert contracts.outside(frame, profile) == {"months": 1, "plan": 1}
