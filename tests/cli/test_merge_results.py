"""Parts of a check on several machines, and one report of them: the report of one run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbprod.cli.shards import own_part, shard_of
from nbprod.errors import UsageError
from nbprod.project.discover import Discovered
from nbprod.report import FORMATS
from tests.command import run_nbprod
from tests.secrets.planted import code, notebook
from tests.survey.collections import FAULTY, book, fill

LEVEL = ("--level", "production")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with notebooks of all kinds, and the reports of three parts."""
    folder = tmp_path_factory.mktemp("project")
    fill(folder, 9)
    (folder / "clean.ipynb").write_bytes(book("1"))
    (folder / "repo1" / "r.ipynb").write_bytes(book("x <- 1", language_info={"name": "R"}))
    (folder / "repo1" / "broken.ipynb").write_bytes(b'{"cells": [')
    key = "q8Zr" + "T2nW" * 8
    (folder / "secret.ipynb").write_bytes(notebook([code(f'api_key = "{key}"\nprint({key!r})')]))
    (folder / "z.ipynb").write_bytes(book(*FAULTY, *FAULTY))
    for index in (1, 2, 3):
        done = run_nbprod(
            folder, "check", "--isolated", "--no-cache", *LEVEL, "--shard", f"{index}/3",
            "--output", f"json:../part{index}.json",
        )  # fmt: skip
        assert done.returncode in (0, 1, 4), done.stderr
    return folder


PARTS = tuple(f"../part{index}.json" for index in (2, 3, 1))


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_the_report_of_parts_is_that_of_one_run(folder: Path, form: str) -> None:
    whole = run_nbprod(folder, "check", "--isolated", "--no-cache", *LEVEL, "--output", form)
    merged = run_nbprod(folder, "merge-results", *PARTS, *LEVEL, "--output", form)
    assert merged.stdout == whole.stdout
    assert merged.stderr == whole.stderr
    assert merged.returncode == whole.returncode == 4


def test_parts_are_disjoint_and_complete(folder: Path) -> None:
    counts = []
    for index in (1, 2, 3):
        document = json.loads((folder.parent / f"part{index}.json").read_text())
        shard = document["shard"]
        assert (shard["index"], shard["count"]) == (index, 3)
        assert len(shard["files"]) == document["summary"]["files"]
        counts.append(document["summary"]["files"])
    assert sum(counts) == 14
    assert min(counts) > 1


def test_source_is_shown_where_the_notebooks_are(folder: Path, tmp_path: Path) -> None:
    for index in (1, 2, 3):
        (tmp_path / f"{index}.json").write_bytes((folder.parent / f"part{index}.json").read_bytes())
    done = run_nbprod(tmp_path, "merge-results", "1.json", "2.json", "3.json", "--exit-zero",
                      "--output", "concise")  # fmt: skip
    assert done.returncode == 4
    assert "repo0/n000.ipynb" in done.stdout
    assert run_nbprod(tmp_path, "merge-results", "1.json", "2.json", "3.json").stdout


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (PARTS[:2], "part 1 of 3 is missing"),
        ((*PARTS, PARTS[0]), "../part2.json has part 2, which another file has also"),
        (("clean.ipynb",), "clean.ipynb is not a report of `nbprod check --output json`"),
        (("nowhere.json",), "nowhere.json: cannot be read: no such file or directory"),
        (("../whole.json", *PARTS), "../whole.json is not a part of the same run as the others"),
        (("../whole.json", "../whole.json"), "repo0/n000.ipynb is in two reports; merge the parts"),
    ],
    ids=["missing", "twice", "no report", "no file", "whole", "both"],
)
def test_mistakes_are_one_line(folder: Path, files: tuple[str, ...], said: str) -> None:
    run_nbprod(folder, "check", "--isolated", "--no-cache", "--output", "json:../whole.json",
               "repo0")  # fmt: skip
    done = run_nbprod(folder, "merge-results", *files)
    assert done.returncode == 2
    assert done.stderr.startswith(f"nbprod: {said}"), done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("text", ["", "3", "0/3", "4/3", "1/0", "a/b", "-1/3", "1/3/5"])
def test_parts_have_numbers(text: str) -> None:
    with pytest.raises(UsageError, match="write INDEX/COUNT"):
        shard_of(text)


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_every_file_is_in_one_part(tmp_path: Path, count: int) -> None:
    found = []
    for number in range(40):
        path = tmp_path / f"{number}.ipynb"
        path.write_bytes(b"x" * (number * 3000))
        found.append(Discovered(str(path), False))
    parts = [own_part(found, (index, count)) for index in range(1, count + 1)]
    assert [file for part in parts for file in part] == found
    if count == 7:
        sizes = [sum(Path(file.path).stat().st_size + 20_000 for file in part) for part in parts]
        assert max(sizes) - min(sizes) < 2 * 140_000


def test_a_baseline_does_not_lose_what_other_parts_have(folder: Path, tmp_path: Path) -> None:
    fill(tmp_path, 6)
    assert run_nbprod(tmp_path, "baseline", "write").returncode == 0
    for index in (1, 2):
        done = run_nbprod(tmp_path, "check", "--shard", f"{index}/2", "--no-cache")
        assert done.returncode == 0
        assert "obsolete" not in done.stderr
