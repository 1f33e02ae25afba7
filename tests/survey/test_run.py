"""A survey as users run it: tables, what is done again, limits, and runs that are killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet
import pytest

from nbprod.survey.parts import schema_of
from nbprod.survey.tables import TABLES
from tests.command import run_nbprod
from tests.survey.collections import FAULTY, book, fill, notebooks_in, sorted_rows, table
from tests.survey.poison import install_poison

JOBS = ("-j", "2")


def survey(folder: Path, *arguments: str, **environment: str) -> str:
    """Run a survey of `notebooks/` into `findings/`; what it says."""
    done = run_nbprod(folder, "survey", "notebooks", "-o", "findings", *JOBS, *arguments,
                      **environment)  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path / "notebooks", 60)
    return tmp_path


def test_the_findings_are_those_of_a_check(folder: Path) -> None:
    said = survey(folder)
    checked = run_nbprod(folder, "check", "--isolated", "--no-cache", "--output-format", "json",
                         "notebooks")  # fmt: skip
    expected = json.loads(checked.stdout)
    rows = table(folder / "findings", "findings")
    keys = [key for key in expected["findings"][0] if key not in ("fix", "related")]
    assert [[row[key] for key in keys] for row in rows] == [
        [finding[key] for key in keys] for finding in expected["findings"]
    ]
    assert len(rows) > 19
    assert said == f"Surveyed 60 notebooks: {len(rows)} findings.\n"
    books = table(folder / "findings", "notebooks")
    assert [row["path"] for row in books] == [
        str(path.relative_to(folder)) for path in notebooks_in(folder / "notebooks")
    ]
    assert {row["repository"] for row in books} == {"repo0", "repo1", "repo2"}


def plain(kind: object) -> str:
    """A type without the names of the elements of lists, which versions of the format differ in."""
    return str(kind).replace("element: ", "").replace("item: ", "")


def test_every_table_is_there_with_its_schema(folder: Path) -> None:
    survey(folder)
    for name in TABLES:
        files = list((folder / "findings" / name).glob("*.parquet"))
        assert files
        for file in files:
            found, declared = pyarrow.parquet.read_schema(file), schema_of(name)
            assert (found.names, found.metadata) == (declared.names, declared.metadata)
            assert [plain(kind) for kind in found.types] == [plain(kind) for kind in declared.types]
    record = json.loads((folder / "findings" / "survey.json").read_text())
    assert (record["state"], record["sources"]) == ("complete", ["notebooks"])
    assert record["totals"]["notebooks"] == 60
    assert "hardcoded-secret" in record["rules"]


def test_what_is_done_is_not_done_again(folder: Path) -> None:
    survey(folder)
    before = sorted_rows(folder / "findings")
    assert "(0 notebooks checked now, 60 unchanged)" in survey(folder)
    # A date alone changes nothing but the month.
    for path in notebooks_in(folder / "notebooks"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert "(0 notebooks checked now, 60 unchanged)" in survey(folder)
    assert {row["month"] for row in table(folder / "findings", "notebooks")} == {"2001-09"}
    after = sorted_rows(folder / "findings")
    assert after["findings"] == before["findings"]
    changed, gone, *_ = notebooks_in(folder / "notebooks")
    changed.write_bytes(book("print(nowhere)"))
    gone.unlink()
    (folder / "notebooks" / "repo1" / "n00.ipynb").write_bytes(book("print(neither)"))
    assert "(2 notebooks checked now, 58 unchanged)" in survey(folder)
    paths = [row["path"] for row in table(folder / "findings", "notebooks")]
    assert paths == [str(path.relative_to(folder)) for path in notebooks_in(folder / "notebooks")]
    symbols = [row["symbol"] for row in table(folder / "findings", "findings")]
    assert {"nowhere", "neither"} <= set(symbols)
    # What a new survey of the same notebooks has.
    found = sorted_rows(folder / "findings")
    shutil.rmtree(folder / "findings")
    survey(folder)
    assert sorted_rows(folder / "findings") == found


@pytest.mark.slow
def test_borders_of_chunks_that_move_cost_no_second_check(tmp_path: Path) -> None:
    fill(tmp_path / "notebooks", 400, repositories=1)
    survey(tmp_path)
    assert len(list((tmp_path / "findings" / "parts").iterdir())) > 2
    paths = list(notebooks_in(tmp_path / "notebooks"))
    for path in paths[::40]:
        path.unlink()
    kept = len(paths) - len(paths[::40])
    assert f"(0 notebooks checked now, {kept} unchanged)" in survey(tmp_path)
    for number, path in enumerate(paths[::40]):
        path.write_bytes(book(f"new = {number}"))
    assert f"({400 - kept} notebooks checked now, {kept} unchanged)" in survey(tmp_path)
    rows = table(tmp_path / "findings", "notebooks")
    assert [row["path"] for row in rows] == [str(path.relative_to(tmp_path)) for path in paths]


@pytest.mark.parametrize(
    "arguments", [("--again",), ("--level", "production"), ("--ignore", "NBP1")]
)
def test_another_check_is_a_new_one(folder: Path, arguments: tuple[str, ...]) -> None:
    survey(folder)
    assert "unchanged" not in survey(folder, *arguments)
    assert len(table(folder / "findings", "notebooks")) == 60


def test_a_directory_of_other_things_is_left_alone(folder: Path) -> None:
    survey(folder)
    done = run_nbprod(folder, "survey", "notebooks/repo1", "-o", "findings", *JOBS)
    assert done.returncode == 2
    assert done.stderr == (
        "nbprod: findings is the survey of notebooks; use another directory or --replace\n"
    )
    done = run_nbprod(folder, "survey", "notebooks/repo1", "-o", "findings", "--replace", *JOBS)
    assert done.returncode == 0
    assert len(table(folder / "findings", "notebooks")) == 20
    done = run_nbprod(folder, "survey", "notebooks/repo1", "-o", "notebooks/repo2")
    assert done.returncode == 2
    assert "contains other files; name a new directory with -o" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing to survey: name a source, or a list with --files-from"),
        (("nowhere",), "nowhere does not exist"),
        (("notebooks", "notebooks/repo1"), "notebooks/repo1 is in notebooks; name each"),
        (("notebooks", "--layout", "repo"), "--layout 'repo': its parts are owner, "),
        (("notebooks", "--engine", "abacus"), "unknown engine 'abacus'"),
        (("notebooks", "--select", "NBP9999"), "no rule named 'NBP9999'"),
        (("notebooks", "--column", "code"), "--column 'code': write NAME=COLUMN with "),
        (("--files-from", "no.txt"), "--files-from no.txt: cannot be read: no such file"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run_nbprod(folder, "survey", *arguments, "-o", "findings")
    assert done.returncode == (4 if "does not exist" in said else 2)
    assert done.stderr.startswith(f"nbprod: {said}"), done.stderr
    assert done.stderr.count("\n") == 1


POISON = {
    "for_ever": ("FOR_EVER = 1", "time-limit", "takes longer than 5 seconds"),
    "memory": ("MEMORY = 1", "memory-limit", "needs more memory than the limit"),
    "crash": ("CRASH = 1", "crash", "the process that checked it was ended by SIGSEGV"),
}


@pytest.mark.slow
def test_a_poisonous_notebook_costs_itself(folder: Path, tmp_path: Path) -> None:
    fresh = survey(folder)
    clean = sorted_rows(folder / "findings")
    assert "60 notebooks" in fresh
    for name, (source, _, _) in POISON.items():
        (folder / "notebooks" / "repo1" / f"{name}.ipynb").write_bytes(book(source))
    site = install_poison(tmp_path)
    limits = ("--timeout", "5", "--memory-limit", "600")
    said = survey(folder, *limits, PYTHONPATH=str(site))
    assert "Surveyed 63 notebooks" in said
    assert "3 not checked" in said
    errors = {
        row["path"]: (row["kind"], row["message"]) for row in table(folder / "findings", "errors")
    }
    assert errors == {
        f"notebooks/repo1/{name}.ipynb": (kind, message)
        for name, (_, kind, message) in POISON.items()
    }
    found = sorted_rows(folder / "findings")
    assert found["findings"] == clean["findings"]
    assert set(clean["notebooks"]) < set(found["notebooks"])
    # They are tried again, as the machine may have been the cause.
    for path in list(errors)[1:]:
        (folder / path).unlink()
    said = survey(folder, *limits, PYTHONPATH=str(site))
    assert "1 not checked" in said


def test_a_worker_that_is_killed_costs_nothing(folder: Path, tmp_path: Path) -> None:
    for number in (10, 40):
        (folder / "notebooks" / f"once{number}.ipynb").write_bytes(book("ONCE = 1", *FAULTY))
    site, marker = install_poison(tmp_path), tmp_path / "marker"
    environment = {"PYTHONPATH": str(site), "POISON_MARKER": str(marker)}
    survey(folder, **environment)
    assert marker.exists()
    found = sorted_rows(folder / "findings")
    shutil.rmtree(folder / "findings")
    survey(folder, **environment)
    assert sorted_rows(folder / "findings") == found
    assert found["errors"] == []


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_run_that_is_killed_goes_on(tmp_path: Path, after: int) -> None:
    fill(tmp_path / "notebooks", 400)
    survey(tmp_path)
    whole = sorted_rows(tmp_path / "findings")
    shutil.rmtree(tmp_path / "findings")
    command = [sys.executable, "-m", "nbprod", "survey", "notebooks", "-o", "findings", *JOBS]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        parts = tmp_path / "findings" / "parts"
        while process.poll() is None:
            if (tmp_path / "findings" / "survey.json").exists() and (
                not after or parts.is_dir() and len(list(parts.glob("*.json"))) >= after
            ):
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.005)
    assert process.returncode == -signal.SIGKILL
    record = json.loads((tmp_path / "findings" / "survey.json").read_text())
    assert record["state"] == "running"
    said = survey(tmp_path)
    assert ("unchanged" in said) == bool(after)
    assert sorted_rows(tmp_path / "findings") == whole
