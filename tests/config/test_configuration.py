"""Configuration files: which one counts, what wins, what is refused, and what each value does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from nbprod.config.files import Configuration
from nbprod.config.layers import read_layer
from nbprod.config.options import OPTIONS
from nbprod.config.schema import schema
from nbprod.config.settings import Settings
from tests.command import run_nbprod

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "docs" / "schemas" / "config.json"


@pytest.fixture(autouse=True)
def _no_user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-such-home"))


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    done = run_nbprod(cwd, *arguments, **environment)
    assert "Traceback" not in done.stderr
    return done


def book(path: Path, *sources: str, tags: tuple[str, ...] = ()) -> Path:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "metadata": {"tags": list(tags)} if tags else {},
            "outputs": [],
            "execution_count": None,
            "source": source,
        }
        for source in sources
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    return write(path, json.dumps(document))


def codes(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [one["code"] for one in json.loads(done.stdout)["findings"]]


def test_every_option_is_a_field_of_the_settings_and_of_the_published_schema() -> None:
    fields = set(Settings._fields) - {"root", "merges"}
    assert fields == {one.field for one in OPTIONS if one.name != "extend"}
    assert json.loads(SCHEMA.read_text()) == json.loads(json.dumps(schema()))
    jsonschema.Draft202012Validator.check_schema(schema())


VALID = [
    {"select": ["NBP1"]},
    {"ignore": "NBP109", "level": "production", "fail-on": "error"},
    {"per-file-ignores": {"a/**": ["NBP1"], "tag:x": "NBP2"}, "severity": {"NBP109": "info"}},
    {"respect-gitignore": False, "jobs": 2, "output-format": "sarif", "extend": "../base.toml"},
]
INVALID = [
    {"selct": ["NBP1"]}, {"level": "hard"}, {"jobs": -1}, {"jobs": True}, {"select": [1]},
    {"severity": {"NBP109": "bad"}}, {"per-file-ignores": ["x"]}, {"force-exclude": "yes"},
]  # fmt: skip


@pytest.mark.parametrize("table", VALID)
def test_what_the_schema_takes_is_taken(table: dict[str, Any]) -> None:
    jsonschema.validate(table, schema())
    assert read_layer(table, "x").keys() == table.keys()


@pytest.mark.parametrize("table", INVALID)
def test_what_the_schema_refuses_is_refused(table: dict[str, Any]) -> None:
    from nbprod.errors import UsageError

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(table, schema())
    with pytest.raises(UsageError):
        read_layer(table, "x")


def test_an_unknown_key_is_named_with_file_line_and_a_suggestion(tmp_path: Path) -> None:
    write(tmp_path / "nbprod.toml", 'level = "shared"\nselct = ["NBP1"]\n')
    done = run("check", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "nbprod: nbprod.toml:2: unknown key 'selct'; did you mean 'select'?"
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [("level = hard", "TOML"), ('level = "hard"', "explore"), ('extend = "no.toml"', "exist")],
)
def test_a_file_that_cannot_be_used_is_one_message(text: str, word: str, tmp_path: Path) -> None:
    write(tmp_path / "nbprod.toml", text)
    done = run("check", cwd=tmp_path)
    assert done.returncode == 2
    assert word in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_nearest_file_counts_for_each_notebook(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.nbprod]\nignore = ["NBP103"]\n')
    write(tmp_path / "deep" / "nbprod.toml", 'select = ["NBP103"]\n')
    write(tmp_path / "other" / "pyproject.toml", "[project]\nname = 'x'\n")
    for folder in (".", "deep/er", "other"):
        book(tmp_path / folder / "n.ipynb", "print(nowhere)")
    done = run("check", "--output-format", "json", cwd=tmp_path)
    assert [one["path"] for one in json.loads(done.stdout)["findings"]] == ["deep/er/n.ipynb"]


def test_the_order_of_what_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    user = write(tmp_path / "home" / "nbprod" / "nbprod.toml", "jobs = 1\n")
    assert Configuration().for_path(".").jobs == 1
    write(tmp_path / "base.toml", 'jobs = 2\nlevel = "explore"\n')
    write(tmp_path / "nbprod.toml", 'extend = "base.toml"\njobs = 3\n')
    assert Configuration().for_path(".")[:] == Configuration().for_path("n.ipynb")[:]
    found = Configuration().for_path(".")
    assert (found.jobs, found.level) == (3, "explore")
    assert Configuration(overrides=("jobs = 4",)).for_path(".").jobs == 4
    line = read_layer({"jobs": 5}, "the command line")
    assert Configuration(line, ("jobs = 4",)).for_path(".").jobs == 5
    assert Configuration(isolated=True).for_path(".").jobs == 0
    assert Configuration(overrides=(str(user),)).for_path(".").jobs == 1


def test_a_file_that_extends_itself_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "nbprod.toml", 'extend = "b.toml"\n')
    write(tmp_path / "b.toml", 'extend = "nbprod.toml"\n')
    done = run("check", cwd=tmp_path)
    assert done.returncode == 2
    assert "extends itself" in done.stderr


def test_levels_choose_rules_and_what_fails(tmp_path: Path) -> None:
    book(tmp_path / "n.ipynb", "def f(x=[]):\n    return x", "print(nowhere)")
    found = {}
    for level in ("explore", "shared", "production"):
        done = run("check", "--level", level, "--output-format", "json", cwd=tmp_path)
        found[level] = codes(done)
        assert done.returncode == 1
    assert found["explore"] == ["NBP103"]
    assert set(found["shared"]) == {"NBP103", "NBP205"}
    assert set(found["production"]) >= set(found["shared"])
    done = run("check", "--select", "NBP205", "--fail-on", "error", cwd=tmp_path)
    assert done.returncode == 0
    assert "NBP205" in done.stdout


def test_severities_by_rule(tmp_path: Path) -> None:
    write(tmp_path / "nbprod.toml", '[severity]\nmutable-default-argument = "info"\n')
    book(tmp_path / "n.ipynb", "def f(x=[]):\n    return x")
    done = run("check", "--output-format", "json", cwd=tmp_path)
    assert [one["severity"] for one in json.loads(done.stdout)["findings"]] == ["info"]
    assert done.returncode == 0


def test_ignores_by_path_and_by_tag(tmp_path: Path) -> None:
    write(
        tmp_path / "nbprod.toml",
        '[per-file-ignores]\n"teaching/**" = ["NBP205"]\n"tag:exercise*" = ["NBP2"]\n',
    )
    source = "def f(x=[]):\n    return x"
    book(tmp_path / "a.ipynb", source)
    book(tmp_path / "teaching" / "deep" / "b.ipynb", source)
    book(tmp_path / "c.ipynb", source, tags=("exercise-3",))
    done = run("check", "--output-format", "json", cwd=tmp_path)
    assert [one["path"] for one in json.loads(done.stdout)["findings"]] == ["a.ipynb"]
    done = run(
        "check", "--output-format", "json", "--per-file-ignores", "*.ipynb:NBP205", cwd=tmp_path
    )
    assert codes(done) == []


def test_config_shows_each_value_and_where_it_comes_from(tmp_path: Path) -> None:
    write(tmp_path / "nbprod.toml", '\nlevel = "explore"\n')
    done = run("config", "--config", "jobs = 2", cwd=tmp_path)
    assert 'level = "explore"  # nbprod.toml:2' in done.stdout
    assert "jobs = 2  # --config 'jobs = 2'" in done.stdout
    assert "select = []  # default" in done.stdout
    values = json.loads(run("config", "--output-format", "json", cwd=tmp_path).stdout)["values"]
    assert values["level"] == {"value": "explore", "origin": "nbprod.toml:2"}
    jsonschema.validate(
        {key: one["value"] for key, one in values.items() if one["value"] not in (None, "")},
        schema(),
    )


def test_the_examples_of_the_documentation_are_valid() -> None:
    import re

    if sys.version_info < (3, 11):
        pytest.skip("tomllib")
    import tomllib

    text = (ROOT / "docs" / "reference" / "configuration.md").read_text()
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= 2
    for block in blocks:
        table = tomllib.loads(block)
        jsonschema.validate(table.get("tool", {}).get("nbprod", table), schema())
