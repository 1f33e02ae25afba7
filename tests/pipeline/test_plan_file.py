"""A plan is written, edited and read back; an application is written over an edited one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nbprod.pipeline.update import manifest_of, planned_update, written_hashes
from tests.pipeline.test_command import nbprod, save

SOURCES = [
    "# Load",
    "import json\nLIMIT = 2\nwith open('a.json') as file:\n    numbers = json.load(file)",
    "# Square",
    "squares = [number ** 2 for number in numbers]\nprint(len(squares))",
    "# Sum",
    "total = sum(squares[:LIMIT])\nprint(total)",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path / "a.ipynb", SOURCES)
    return tmp_path


def pipeline(folder: Path, *words: str, code: int = 0) -> str:
    done = nbprod(folder, "pipeline", "a.ipynb", "-o", "app", *words)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, text
    path.write_text(text.replace(old, new))


@pytest.mark.slow
def test_a_plan_that_nobody_edits_changes_nothing(folder: Path) -> None:
    said = pipeline(folder, "--plan", "plan.toml")
    assert "wrote plan.toml: 3 tasks" in said
    assert not (folder / "app").exists()
    pipeline(folder, "--plan", "plan.toml")
    written = {path: path.read_bytes() for path in (folder / "app").rglob("*") if path.is_file()}
    pipeline(folder, "--force")
    assert {path: path.read_bytes() for path in written} == written


@pytest.mark.slow
def test_names_cuts_formats_and_settings_are_edited(folder: Path) -> None:
    pipeline(folder, "--plan", "plan.toml")
    plan = folder / "plan.toml"
    names = re.findall(r'\[\[task\]\]\nname = "(\w+)"', plan.read_text())
    assert len(names) == 3
    # The last two become one, with another name.
    text = plan.read_text()
    last = text.index(f'[[task]]\nname = "{names[2]}"')
    text = text[:last].replace("cells = [4]", "cells = [4, 6]").replace(names[1], "compute")
    text = text.replace('name = "parameters.LIMIT"\ndefault = 2', 'name = "parameters.LIMIT"\n'
                        "default = 3")  # fmt: skip
    plan.write_text(text.replace('name = "numbers"\nformat = "pickle"',
                                 'name = "numbers"\nformat = "json"'))  # fmt: skip
    pipeline(folder, "--plan", "plan.toml")
    graph = (folder / "app" / "src" / "app" / "pipeline.py").read_text()
    assert re.findall(r'Task\(\s*"(\w+)"', graph) == [names[0], "compute"]
    assert 'Artifact("json")' in graph
    base = (folder / "app" / "src" / "app" / "conf" / "base.yaml").read_text()
    assert "LIMIT: 3" in base


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("cells = [4]", "cells = [40]", "`40` has no statements for a task; remove it"),
        ("cells = [4]", "cells = [4, 6]", "line 1 of cell 6 is in `"),
        ("cells = [4]", "cells = []", "needs its cells"),
        ("cells = [6]", 'cells = ["6:1"]', "line 2 of cell 6 is in no task"),
        ("default = 2", 'default = "x"', "is 2 in the notebook; 'x' has another type"),
        ('format = "pickle"', 'format = "csv"', "unknown format 'csv'; choose from"),
        ('name = "numbers"', 'name = "digits"', "has no result `digits`"),
        ("[[task]]", "[[step]]", "unknown key `step`"),
        ("version = 1", "version = 9", "version 9 is not 1"),
        ("code = ", "code = 7 #", "the notebook's code has changed since the plan was written"),
        ("version = 1", "version = ", "invalid TOML"),
    ],
)
def test_what_a_plan_cannot_ask_for_is_a_line_with_its_place(
    folder: Path, old: str, new: str, said: str
) -> None:
    pipeline(folder, "--plan", "plan.toml")
    edit(folder / "plan.toml", old, new)
    done = nbprod(folder, "pipeline", "a.ipynb", "-o", "app", "--plan", "plan.toml")
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert re.search(r"plan\.toml:\d+: ", done.stderr)
    assert not (folder / "app").exists()


@pytest.mark.slow
def test_a_format_that_does_not_give_the_value_back_is_said(folder: Path) -> None:
    (folder / "a.json").write_text("[1, 2, 3]")
    pipeline(folder, "--plan", "plan.toml", "--run")
    edit(folder / "plan.toml", 'name = "squares"\nformat = "json"', 'name = "squares"\n'
         'format = "array"')  # fmt: skip
    said = pipeline(folder, "--plan", "plan.toml", "--run", code=2)
    assert "cannot be stored as `array`" in said
    assert not (folder / "app").exists()


def test_tasks_are_joined_and_cuts_insisted_on(folder: Path) -> None:
    said = pipeline(folder, "--dry-run")
    first, second, third = re.findall(r"^■ (\w+)", said, re.M)
    joined = pipeline(folder, "--dry-run", "--merge", f"{second},{third}")
    assert re.findall(r"^■ (\w+)", joined, re.M) == [first, second]
    assert pipeline(folder, "--dry-run", "--keep-cut", f"{first},{second}") == said
    assert "unknown task `other`" in pipeline(folder, "--merge", "other,x", code=2)
    save(folder / "a.ipynb", ["# A", "double = lambda x: 2 * x", "# B", "print(double(3))"])
    said = pipeline(folder, "--keep-cut", "4", code=1)
    assert "the cut above it cannot be: `double` is a lambda" in said
    assert not (folder / "app").exists()


@pytest.mark.slow
def test_an_update_keeps_what_was_edited_and_reports_conflicts(folder: Path) -> None:
    pipeline(folder)
    app = folder / "app"
    tasks = app / "src" / "app" / "tasks"
    square = next(path for path in tasks.glob("*.py") if "squares" in path.read_text()
                  and "number" in path.read_text())  # fmt: skip
    edit(square, "print(len(squares))", "print('squares', len(squares))")
    (app / "README.md").write_text("mine\n")
    (app / "Dockerfile").unlink()
    # The notebook changes elsewhere: the edited task has the text that it had.
    save(folder / "a.ipynb", [*SOURCES[:5], SOURCES[5].replace("print(total)", "print(-total)")])
    assert "use --update to keep what was edited" in pipeline(folder, code=2)
    said = pipeline(folder, "--update")
    assert "'squares', len" in square.read_text()
    assert "0 conflicts" in said
    assert "not written: Dockerfile was deleted" in said
    assert any("print(-total)" in path.read_text() for path in tasks.glob("*.py"))
    assert (app / "README.md").read_text() == "mine\n"
    # Now it changes where the task was edited.
    save(folder / "a.ipynb", [*SOURCES[:3], SOURCES[3].replace("** 2", "** 3"), *SOURCES[4:]])
    said = pipeline(folder, "--update", code=1)
    assert f"conflict: src/app/tasks/{square.name} was edited" in said
    assert "'squares', len" in square.read_text()
    new = square.with_name(f"{square.name}.new")
    assert "number**3" in new.read_text()
    # It waits to be merged; another change of the notebook does not overwrite it.
    assert "0 conflicts" in pipeline(folder, "--update")
    save(folder / "a.ipynb", [*SOURCES[:3], SOURCES[3].replace("** 2", "** 4"), *SOURCES[4:]])
    said = pipeline(folder, "--update", code=2)
    assert "is still there; merge it into the file, then remove it" in said
    assert "number**3" in new.read_text()
    new.unlink()
    edit(square, "**2", "**4")
    assert "1 conflict" in pipeline(folder, "--update", code=1)


def test_what_is_not_written_any_more_goes_unless_it_was_edited() -> None:
    old = {"a.py": b"a", "b.py": b"b", "c.py": b"c"}
    hashes = written_hashes(manifest_of(old))
    assert hashes is not None
    update = planned_update({"c.py": b"C"}, {**old, "b.py": b"mine", "c.py": None}, hashes)
    assert update.remove == {"a.py": b"a"}
    assert update.left == ("b.py",)
    assert update.deleted == ("c.py",)
    assert planned_update({"n": b"1"}, {"n": b"2"}, {}).conflicts == ("n",)


@pytest.mark.slow
def test_an_application_without_a_record_is_not_updated(folder: Path) -> None:
    pipeline(folder)
    for text in (None, "{", '{"version": 7, "files": {}}'):
        record = folder / "app" / ".nbprod-pipeline.json"
        record.unlink() if text is None else record.write_text(text)
        said = pipeline(folder, "--update", code=2)
        assert "no record app/.nbprod-pipeline.json; use --force" in said


@pytest.mark.slow
def test_a_picture_has_all_tasks(folder: Path) -> None:
    names = re.findall(r"^■ (\w+)", pipeline(folder, "--dry-run", "--picture", "a.svg"), re.M)
    svg = (folder / "a.svg").read_text()
    assert svg.startswith("<svg ")
    assert all(f">{name}</text>" in svg for name in names)
    assert svg.count('class="edge" d=') == 2
    pipeline(folder, "--dry-run", "--picture", "a.html")
    assert svg in (folder / "a.html").read_text()
    assert "choose .svg or .html" in pipeline(folder, "--dry-run", "--picture", "a.png", code=2)
    pipeline(folder)
    assert (folder / "app" / "docs" / "tasks.svg").read_text() == svg
    assert "(docs/tasks.svg)" in (folder / "app" / "README.md").read_text()


# --- the model ------------------------------------------------------------------------------------

MODELS = [
    "# Load",
    "import pandas as pd\nfrom sklearn.linear_model import LinearRegression, Ridge\n"
    "df = pd.DataFrame({'a': [1.0, 2.0, 4.0, 7.0], 'b': [2.5, 3.5, 9.0, 15.0]})\nX = df[['a']]",
    "# Line",
    "line = LinearRegression()\nline.fit(X, df['b'])\nprint(line.predict(X).round(1))",
    "# Ridge",
    "ridge = Ridge()\nridge.fit(X, df['b'])\nprint(ridge.predict(X).round(2))",
]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    save(tmp_path / "a.ipynb", MODELS)
    return tmp_path


def model_of(folder: Path) -> str:
    path = folder / "app" / "src" / "app" / "model.py"
    return path.read_text() if path.is_file() else ""


@pytest.mark.slow
def test_the_plan_names_the_estimators_that_can_be_the_model(models: Path) -> None:
    said = pipeline(models, "--plan", "plan.toml")
    text = (models / "plan.toml").read_text()
    assert text.endswith('# Others: line in cell 4.\n[model]\nestimator = "ridge"\ncell = 6\n')
    said = pipeline(models, "--dry-run")
    assert "model (--plan chooses another)\n    ridge, which predicts in cell 6\n" in said
    assert "    or line in cell 4\n" in said


@pytest.mark.parametrize(
    ("wish", "estimator"),
    [
        ('estimator = "line"\ncell = 4', ".line"),
        pytest.param('estimator = "line"', ".line", marks=pytest.mark.slow),
        pytest.param('estimator = "ridge"', ".ridge", marks=pytest.mark.slow),
        pytest.param('estimator = ""', "", marks=pytest.mark.slow),
    ],
)
def test_the_estimator_that_is_chosen_is_the_model(models: Path, wish: str, estimator: str) -> None:
    pipeline(models, "--plan", "plan.toml")
    edit(models / "plan.toml", 'estimator = "ridge"\ncell = 6', wish)
    pipeline(models, "--plan", "plan.toml", "--run")
    assert (f'{estimator}"' in model_of(models)) is bool(estimator)
    assert bool(model_of(models)) is bool(estimator)
    graph = (models / "app" / "src" / "app" / "pipeline.py").read_text()
    for name in ("line", "ridge"):
        assert (f'"{name}": Artifact("model")' in graph) is (estimator == f".{name}")


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ('estimator = "forest"', "no `forest` that a task can return predicts; there is `ridge`"),
        ('estimator = "line"\ncell = 6', "no `line` that a task can return predicts in cell 6"),
        ("estimator = 3", "a model needs the name of its `estimator`"),
        ('estimator = "line"\ncell = "4"', "`cell` is a number, not '4'"),
        ('estimator = "line"\nstep = 3', "unknown key `step`"),
    ],
)  # fmt: skip
def test_a_model_that_there_is_not_is_a_line_with_its_place(
    models: Path, wish: str, said: str
) -> None:
    pipeline(models, "--plan", "plan.toml")
    edit(models / "plan.toml", 'estimator = "ridge"\ncell = 6', wish)
    error = pipeline(models, "--plan", "plan.toml", code=2)
    assert said in error
    assert re.search(r"plan\.toml:\d+: ", error)
    assert not (models / "app").exists()
