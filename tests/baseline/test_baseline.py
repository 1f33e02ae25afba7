"""A baseline knows what is there, and goes on knowing it when notebooks are edited."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.command import run_nbprod


def cell(source: str, identity: str | None, count: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": count,
        "source": source,
    }  # fmt: skip
    return found if identity is None else {"id": identity, **found}


def save(path: Path, *cells: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(document, indent=1))


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = run_nbprod(folder, *arguments)
    assert "Traceback" not in done.stderr
    return done


def check(folder: Path, *arguments: str) -> list[str]:
    done = run(
        folder, "check", "--baseline", ".nbprod-baseline.json", "--output-format", "json",
        *arguments,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return [one["symbol"] for one in json.loads(done.stdout)["findings"]]


@pytest.fixture(params=[True, False], ids=["ids", "no ids"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    ids = ("a", "b") if request.param else (None, None)
    save(tmp_path / "n.ipynb", cell("print(aa)\nx = 1", ids[0]), cell("print(bb)", ids[1]))
    assert run(tmp_path, "baseline", "write").returncode == 0
    return tmp_path


def cells_of(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "n.ipynb").read_text())["cells"]
    return found


def test_what_is_known_is_not_reported(folder: Path) -> None:
    assert check(folder) == []
    assert check(folder, "n.ipynb") == []
    assert check(folder, str(folder / "n.ipynb")) == []


def test_a_baseline_that_is_there_is_used(folder: Path) -> None:
    done = run(folder, "check")
    assert done.returncode == 0 and "2 baselined findings hidden" in done.stderr
    below = folder / "below"
    below.mkdir()
    (below / "m.ipynb").write_text((folder / "n.ipynb").read_text())
    assert run(below, "check", "../n.ipynb").returncode == 0
    assert run(below, "check").returncode == 1, "m.ipynb is not known"
    origin = json.loads(run(below, "config", "--output-format", "json").stdout)
    assert origin["values"]["baseline"]["origin"] == "../.nbprod-baseline.json"


@pytest.mark.parametrize(
    "arguments", [("--no-baseline",), ("--isolated",), ("--config", 'baseline = ""')]
)
def test_a_baseline_can_be_passed_over(folder: Path, arguments: tuple[str, ...]) -> None:
    assert run(folder, "check", *arguments).returncode == 1


def test_that_of_another_repository_is_not_used(folder: Path) -> None:
    inner = folder / "inner"
    (inner / ".git").mkdir(parents=True)
    (inner / "n.ipynb").write_text((folder / "n.ipynb").read_text())
    assert run(inner, "check").returncode == 1


def test_the_configured_file_is_the_one_that_is_written(tmp_path: Path) -> None:
    save(tmp_path / "n.ipynb", cell("print(aa)", "a"))
    (tmp_path / "nbprod.toml").write_text('baseline = "known.json"\nruff = true\n')
    save(tmp_path / "m.ipynb", cell("import os", "b"))
    assert run(tmp_path, "baseline", "write").returncode == 0
    known = json.loads((tmp_path / "known.json").read_text())
    assert "F401" in json.dumps(known), "other linters' findings are known, too"
    assert run(tmp_path, "check").returncode == 0


def test_it_survives_moved_inserted_and_executed_cells_and_other_findings(folder: Path) -> None:
    first, second = cells_of(folder)
    new = cell("print(cc)", "new" if "id" in first else None)
    save(folder / "n.ipynb", new, {**second, "execution_count": 7}, cell("y = 2", "y"), first)
    assert check(folder) == ["cc"]


def test_the_same_line_twice_is_two_findings(folder: Path) -> None:
    broken = {**cell("z = (", "y"), "execution_count": 3}
    cells = [*cells_of(folder), broken]
    save(folder / "n.ipynb", *cells)
    assert run(folder, "baseline", "update").returncode == 0
    assert run(folder, "check").returncode == 0
    again = {**cell("z = (", "z"), "execution_count": 4}
    save(folder / "n.ipynb", *cells, again)
    assert run(folder, "check").returncode == 1


def test_another_read_of_a_name_that_is_known_to_be_undefined_is_no_news(folder: Path) -> None:
    save(folder / "n.ipynb", *cells_of(folder), cell("z = 1\nprint(aa)", "z"))
    assert check(folder) == []


JOINING = {
    "an undefined name": (
        ["print(aa)\nx = 1"], ["print(aa)\nx = 1\nprint(cc)"], "cc",
    ),
    "a changed variable": (
        ["rows, n = open('a').readlines(), len('a')", "rows.append(n)"],
        ["rows, n = open('a').readlines(), len('a')", "rows.append(n)\nn = n * 2"], "n",
    ),
    "a password": (
        ["password = 'n0t-A-r34l-one'", "x = 1"],
        ["password = 'n0t-A-r34l-one'", "db_password = 'n0t-A-r34l-one'"], "db_password",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", JOINING.values(), ids=JOINING)
def test_a_name_that_joins_a_known_finding_is_news(
    case: tuple[list[str], list[str], str], tmp_path: Path
) -> None:
    before, now, name = case
    save(tmp_path / "n.ipynb", *(cell(source, f"c{at}") for at, source in enumerate(before)))
    assert run(tmp_path, "baseline", "write", "--include-secrets").returncode == 0
    assert check(tmp_path) == []
    save(tmp_path / "n.ipynb", *(cell(source, f"c{at}") for at, source in enumerate(now)))
    assert check(tmp_path) == [name]
    assert run(tmp_path, "baseline", "update", "--include-secrets").returncode == 0
    assert check(tmp_path) == []


def test_a_baseline_without_names_knows_what_joins(tmp_path: Path) -> None:
    save(tmp_path / "n.ipynb", cell("print(aa)\nx = 1", "a"))
    assert run(tmp_path, "baseline", "write").returncode == 0
    path = tmp_path / ".nbprod-baseline.json"
    document = json.loads(path.read_text())
    document["findings"] = {
        name: [entry[:2] for entry in entries] for name, entries in document["findings"].items()
    }
    path.write_text(json.dumps(document))
    save(tmp_path / "n.ipynb", cell("print(aa)\nx = 1\nprint(cc)", "a"))
    assert check(tmp_path) == []


def test_what_is_gone_is_stale_until_it_is_pruned(folder: Path) -> None:
    save(folder / "n.ipynb", cells_of(folder)[0])
    done = run(folder, "baseline", "check")
    assert done.returncode == 1
    assert "NBP103" in done.stdout
    noted = run(folder, "check", "--baseline", ".nbprod-baseline.json")
    assert "1 obsolete entry" in noted.stderr
    assert run(folder, "baseline", "prune").returncode == 0
    assert run(folder, "baseline", "check").returncode == 0
    assert check(folder) == []


def test_files_that_are_gone_are_pruned_and_others_are_left(folder: Path) -> None:
    save(folder / "other" / "m.ipynb", cell("print(dd)", "d"))
    assert run(folder, "baseline", "update", "other").returncode == 0
    assert check(folder) == []
    (folder / "n.ipynb").unlink()
    assert run(folder, "baseline", "check", "other").returncode == 1
    assert run(folder, "baseline", "prune", "other").returncode == 0
    known = json.loads((folder / ".nbprod-baseline.json").read_text())["findings"]
    assert list(known) == ["other/m.ipynb"]


def test_it_holds_no_source_and_is_the_same_each_time(folder: Path) -> None:
    text = (folder / ".nbprod-baseline.json").read_text()
    assert "print" not in text
    run(folder, "baseline", "write")
    assert (folder / ".nbprod-baseline.json").read_text() == text


def test_it_can_be_configured(folder: Path) -> None:
    (folder / "nbprod.toml").write_text('baseline = ".nbprod-baseline.json"\n')
    (folder / "deep").mkdir()
    assert run(folder, "check").returncode == 0
    assert run(folder / "deep", "check", "..").returncode == 0


@pytest.mark.parametrize("text", [None, "no json", "[]", '{"version": 99, "findings": {}}'])
def test_what_is_no_baseline_is_one_message(text: str | None, folder: Path) -> None:
    path = folder / ".nbprod-baseline.json"
    path.unlink() if text is None else path.write_text(text)
    done = run(folder, "check", "--baseline", ".nbprod-baseline.json")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_no_credential_is_taken_in_unless_it_is_asked_for(tmp_path: Path) -> None:
    key = "gh" + "p_" + "Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0Fe9Dc8"
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    cells = [{**cell, "source": f"token = '{key}'\nprint(nowhere)"}]
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "n.ipynb").write_text(json.dumps(book))
    for command in ("write", "update"):
        done = run(tmp_path, "baseline", command)
        assert "1 finding about secrets omitted" in done.stderr
        left = run(tmp_path, "check")
        assert left.returncode == 1 and "NBP301" in left.stdout and "NBP103" not in left.stdout
    for command in ("write", "update"):
        done = run(tmp_path, "baseline", command, "--include-secrets")
        assert "omitted" not in done.stderr
        assert run(tmp_path, "check").returncode == 0
    # What was taken in on purpose is not taken out by an update.
    assert "omitted" in run(tmp_path, "baseline", "update").stderr
    assert run(tmp_path, "check").returncode == 0
