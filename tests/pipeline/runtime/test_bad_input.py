"""Input that nobody should give: each is one line that says what to do, and nothing is written."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.pipeline.runtime.apps import App

Tool = Callable[..., str]
Edit = Callable[[dict[str, Any]], Any]


@pytest.fixture
def refused(
    churn: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run a command that is refused; return its one line, and see that it has written nothing."""

    def run(*arguments: str) -> str:
        before = files_of(tmp_path)
        capsys.readouterr()
        assert churn.runtime.cli.main([*arguments, "--storage", str(tmp_path / "artifacts")]) == 1
        printed = capsys.readouterr()
        (line,) = [text for text in printed.err.splitlines() if text.startswith("churn: ")]
        assert "Traceback" not in printed.err
        assert printed.out == ""
        assert files_of(tmp_path) == before
        return line.removeprefix("churn: ")

    return run


def files_of(folder: Path) -> dict[str, bytes]:
    """All files below a directory."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1\n", "must be a mapping of settings"),
        ("train: {depth: 1}\ntrain: {depth: 2}\n", "line 2: found duplicate key"),
        ("train: {depth: 1}\n---\na: 1\n", "but found another document"),
        ("a: !!python/object/apply:os.system [x]\n", "could not determine a constructor"),
        ("1: 2\n", "unknown setting `1`"),
        ("train: 3\n", "`train` is a group of settings, not 3"),
        ("split: {test_size: x}\n", "`split.test_size` is a float (0.3), not 'x'"),
        ("split: {tst_size: 1}\n", "did you mean `split.test_size`?"),
        ("train: {depth: 2.5}\n", "`train.depth` is an integer (3), not 2.5"),
        ("train: {depth: true}\n", "`train.depth` is an integer (3), not True"),
        ("paths: {report: null}\n", "`paths.report` is text ('report.txt'), not None"),
        ("[" * 4000, "is nested too deeply"),
    ],
)
def test_a_configuration(refused: Tool, tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(text, encoding="utf-8")
    line = refused("run", "load", "--run-id", "r", "--config", str(path))
    assert said in line
    assert "other.yaml" in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "must be an object of settings"),
        ("{", "Expecting property name"),
        ('{"train": null}', "`train` is a group of settings, not None"),
        ('{"train": {"depth": {"a": 1}}}', "`train.depth` is an integer (3), not {'a': 1}"),
        ("[" * 100_000, "is nested too deeply"),
    ],
)
def test_settings_as_json(refused: Tool, text: str, said: str) -> None:
    line = refused("run", "load", "--run-id", "r", "--config-json", text)
    assert line.startswith("--config-json: ")
    assert said in line


# --- models -------------------------------------------------------------------------------------


@pytest.fixture
def saved(churn: ModuleType, tmp_path: Path) -> Iterator[Path]:
    """A saved model, its run, and a file to predict."""
    main, store = churn.runtime.cli.main, ["--storage", str(tmp_path / "artifacts")]
    for task in ("load", "split", "train"):
        assert main(["run", task, "--run-id", "r", *store]) == 0
    assert main(["save", "r", str(tmp_path / "m"), *store]) == 0
    (tmp_path / "in.csv").write_text("months,paid\n3,5.5\n", encoding="utf-8")
    yield tmp_path


def predict(folder: Path, source: str = "in.csv", target: str = "out.csv") -> list[str]:
    at = ["--input", str(folder / source), "--output", str(folder / target)]
    return ["predict", "--model", f"{folder / 'm'}/", *at]


def every_part(change: Edit) -> Edit:
    """A change of all that the manifest of a model says of its parts."""

    def changed(about: dict[str, Any]) -> Any:
        return {**about, "parts": {name: change(part) for name, part in about["parts"].items()}}

    return changed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda about: [], "is not a saved model"),
        (lambda about: 3, "is not a saved model"),
        (lambda about: {**about, "parts": []}, "is not a saved model"),
        (lambda about: {**about, "parts": {}}, "is a model of another application"),
        (every_part(lambda part: {}), "is not a saved model"),
        (every_part(lambda part: {"path": part["path"]}), "is not a saved model"),
        (every_part(lambda part: {**part, "more": 1}), "is not a saved model"),
        (every_part(lambda part: {**part, "path": 3}), "is not a saved model"),
        (every_part(lambda part: {**part, "path": "a/none"}), "none: no such file"),
        (every_part(lambda part: {**part, "format": "skops"}), "is stored as `skops`, not"),
        (every_part(lambda part: {**part, "sha256": "0" * 64}), "is not what the task wrote"),
        (every_part(lambda part: {**part, "library": ["scikit-learn", "0.1"]}),
         "was written with scikit-learn 0.1, here is"),
    ],
)  # fmt: skip
def test_a_manifest(refused: Tool, saved: Path, change: Edit, said: str) -> None:
    manifest = saved / "m" / "model.json"
    manifest.write_text(json.dumps(change(json.loads(manifest.read_text()))), encoding="utf-8")
    assert said in refused(*predict(saved))


def test_what_is_advised_of_another_version_helps(
    churn: ModuleType, refused: Tool, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = saved / "artifacts" / "runs" / "r" / "train.json"
    for path in (saved / "m" / "model.json", record):
        data = json.loads(path.read_text())
        parts = data["parts"].values() if "parts" in data else [data["outputs"]["model"]]
        for part in parts:
            part["library"] = ["scikit-learn", "0.1"]
        path.write_text(json.dumps(data), encoding="utf-8")
    monkeypatch.setenv("CHURN_MODEL", str(saved / "m"))
    for command in (predict(saved), ["save", "r", str(saved / "n")], ["serve"]):
        line = refused(*command)
        assert "was written with scikit-learn 0.1" in line
        assert line.endswith("--allow-versions reads it anyway")
        if command[0] != "serve":
            store = ["--storage", str(saved / "artifacts")]
            assert churn.runtime.cli.main([*command, *store, "--allow-versions"]) == 0
    assert (saved / "out.csv").read_text().splitlines()[1].startswith("3,5.5,")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "No columns to parse from file"),
        (b"\xff\xfe\x00months", "in.csv: "),
        (b"months\n3\n", "match its schema (1 case):"),
        (b"months,paid\nx,1.5\n", "match its schema (1 case):"),
        (b"months,paid\n,1.5\n", "match its schema (1 case):"),
        (b"months,paid\n3.5,1.5\n", "match its schema (1 case):"),
    ],
)
def test_rows_to_predict(refused: Tool, saved: Path, text: bytes, said: str) -> None:
    (saved / "in.csv").write_bytes(text)
    assert said in refused(*predict(saved))


def test_places_of_predictions(refused: Tool, saved: Path) -> None:
    assert "none.csv: no such file" in refused(*predict(saved, source="none.csv"))
    assert "must end in .parquet, .csv or .json" in refused(*predict(saved, target="out.xlsx"))
    (saved / "file").write_bytes(b"")
    assert f"cannot write {saved}/file/out.csv: " in refused(*predict(saved, target="file/out.csv"))
    if Path("/proc/self").is_dir():
        # A directory in which nothing can be made.
        line = refused(*predict(saved, target="../../../../../../../../proc/none/out.csv"))
        assert line.startswith("cannot write ")


def test_a_service_without_its_model(
    refused: Tool, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHURN_MODEL", raising=False)
    assert refused("serve") == "CHURN_MODEL must be the URL of a saved model"
    monkeypatch.setenv("CHURN_MODEL", str(saved / "none"))
    assert refused("serve").endswith("none/model.json: no such file")
    monkeypatch.setenv("CHURN_MODEL", str(saved / "m"))
    monkeypatch.setenv("CHURN_MODEL_SHA256", "0" * 64)
    assert refused("serve").endswith("is not the model 000000000000…")


# --- records ------------------------------------------------------------------------------------


def every_output(**more: Any) -> Edit:
    """A change of all that a record says of its values."""

    def changed(record: dict[str, Any]) -> Any:
        outputs = {name: {**stored, **more} for name, stored in record["outputs"].items()}
        return {**record, "outputs": outputs}

    return changed


@pytest.mark.parametrize(
    "change",
    [
        lambda record: [],
        lambda record: {},
        lambda record: {**record, "outputs": []},
        lambda record: {**record, "outputs": {"df": {}}},
        lambda record: {**record, "printed": 3},
        lambda record: {**record, "seconds": "long"},
        every_output(bytes="many"),
        every_output(path=None),
    ],
)
def test_a_record(refused: Tool, saved: Path, change: Edit) -> None:
    path = saved / "artifacts" / "runs" / "r" / "load.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))), encoding="utf-8")
    said = f"{path}: is not a record of a task; delete it and run again"
    assert refused("run", "split", "--run-id", "r", "--again") == said
    assert refused("show", "r") == said


@pytest.mark.parametrize("text", ["{", "[]", "3", ""])
def test_the_description_of_a_run(refused: Tool, saved: Path, text: str) -> None:
    path = saved / "artifacts" / "runs" / "r" / "run.json"
    path.write_text(text, encoding="utf-8")
    said = f"{path}: is not the description of a run; delete it"
    assert refused("runs") == said
    assert refused("show", "r") == said


# --- the application itself ----------------------------------------------------------------------


def broken(app: App, *arguments: str) -> str:
    """The error of a command of an application that is broken."""
    done = subprocess.run(
        [sys.executable, "run.py", *arguments], cwd=app.root, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert not list(app.root.glob("artifacts/objects/**/*.*"))
    return done.stderr.splitlines()[-1].removeprefix("churn: ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("tasks/load.py", "def load(", "def read(", "tasks/load.py has no function `load`"),
        ("tasks/load.py", "def load(", "import nothing_of_it\n\n\ndef load(",
         "tasks/load.py needs `nothing_of_it`, which is not installed; install the application"),
        ("tasks/load.py", "def load(", "1 / 0\n\n\ndef load(",
         "tasks/load.py cannot be imported: ZeroDivisionError: division by zero"),
        ("schemas.py", "import", "import nothing_of_it\nimport",
         "schemas.py needs `nothing_of_it`, which is not installed; install the application"),
        ("pipeline.py", '"load.df"', '"loda.df"',
         "`explore` reads loda.df, which no task above stores"),
        ("pipeline.py", 'Task("explore"', 'Task("load"', "two tasks have one name"),
        ("pipeline.py", "PIPELINE =", "OTHER =", "pipeline.py has no `PIPELINE`"),
        ("conf/base.yaml", "paths:", "paths", "conf/base.yaml, line 6: "),
    ],
)  # fmt: skip
def test_a_file_of_the_application(app: App, name: str, old: str, new: str, said: str) -> None:
    app.edit(name, old, new)
    assert said in broken(app, "run", "--run-id", "r")


@pytest.mark.slow
def test_files_that_are_gone(app: App) -> None:
    (app.package / "profiles.json").write_text("{", encoding="utf-8")
    assert "profiles.json: Expecting property name" in broken(app, "run", "load", "--run-id", "r")
    (app.package / "profiles.json").unlink()
    (app.package / "tasks" / "load.py").unlink()
    shutil.rmtree(app.root / "artifacts", ignore_errors=True)
    assert broken(app, "run", "load", "--run-id", "r") == "tasks/load.py is missing"
    assert broken(app, "run", "--run-id", "r") == "tasks/load.py is missing"
