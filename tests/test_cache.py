"""What is kept is what would be found; what is damaged, changed or rests on other files is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbprod.config.settings import Settings
from nbprod.project.cache import Cache
from nbprod.project.run import check_bytes
from tests.secrets.planted import code, notebook, random_key


def run(folder: Path, *arguments: str, **more: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", "check", "--output-format", "json", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **more},
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def entries(folder: Path) -> list[Path]:
    return sorted((folder / ".nbprod_cache").glob("*/*"))


SOURCES = [
    ["print(late)", "late = 1"],
    ["x = 1\ndef f():\n    return x", "x = 2\nf()"],
    ["def f(x=[]):\n    return x"],
    ["x = 1"],
    ["import f", "f(max_depth=3)"],
    ["x = ("],
]


@pytest.mark.parametrize("sources", SOURCES)
def test_a_warm_run_says_what_a_cold_one_does(sources: list[str], tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_bytes(notebook([code(one) for one in sources]))
    cold = run(tmp_path, "--select", "ALL")
    assert len(entries(tmp_path)) == 1
    assert run(tmp_path, "--select", "ALL") == cold
    assert run(tmp_path, "--select", "ALL", "--no-cache") == cold


@given(st.lists(st.sampled_from(sum(SOURCES, [])), min_size=1, max_size=5))
def test_findings_survive_the_way_to_disk_and_back(sources: list[str]) -> None:
    import tempfile

    data = notebook([code(one) for one in sources])
    findings = check_bytes(data, "n.ipynb", Settings(select=("ALL",))).findings
    with tempfile.TemporaryDirectory() as folder:
        kept = Cache(folder)
        kept.store("0123456789", findings, {})
        assert kept.load("0123456789", lambda _: None) == findings


def test_another_content_path_setting_is_another_entry(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_bytes(notebook([code("print(nope)")]))
    run(tmp_path)
    run(tmp_path, "--ignore", "NBP103")
    (tmp_path / "n.ipynb").write_bytes(notebook([code("print(nada)")]))
    _, text = run(tmp_path)
    assert "nada" in text
    assert len(entries(tmp_path)) == 3


@pytest.mark.parametrize("damage", ["", "{", "[1]", "[[]]", "null", '{"a": 1}'])
def test_a_damaged_entry_is_as_good_as_none(damage: str, tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_bytes(notebook([code("print(nope)")]))
    cold = run(tmp_path)
    (entry,) = entries(tmp_path)
    entry.write_text(damage)
    assert run(tmp_path) == cold


def test_what_rests_on_other_files_is_kept_while_they_are_the_same(tmp_path: Path) -> None:
    names = tmp_path / "names.py"
    names.write_text("value = 1\n")
    (tmp_path / "n.ipynb").write_bytes(notebook([code("%run names.py\nprint(value)")]))

    def found() -> int:
        return len(json.loads(run(tmp_path)[1])["findings"])

    assert found() == 0
    (entry,) = entries(tmp_path)
    written = entry.stat().st_mtime_ns
    assert found() == 0 and entry.stat().st_mtime_ns == written, "the entry was used"
    names.write_text("other = 1\n")
    assert found() == 1
    names.unlink()
    assert found() == 0, "what is not there may define anything"
    names.write_text("value = 1\n")
    assert found() == 0


def test_how_findings_are_told_makes_no_other_entry(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_bytes(notebook([code("print(nope)")]))
    run(tmp_path)
    run(tmp_path, "-j", "1", "--output-format", "concise", "--fail-on", "info")
    assert len(entries(tmp_path)) == 1


def test_many_files_are_taken_from_what_is_kept_in_their_order(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"n{number:02}.ipynb").write_bytes(notebook([code(f"print(nope{number})")]))
    cold = run(tmp_path, "-j", "2")
    (tmp_path / "n30.ipynb").write_bytes(notebook([code("print(other)")]))
    _, text = run(tmp_path, "-j", "2")
    symbols = [one["symbol"] for one in json.loads(text)["findings"]]
    assert symbols == [f"nope{one}" if one != 30 else "other" for one in range(60)]
    (tmp_path / "n30.ipynb").write_bytes(notebook([code("print(nope30)")]))
    assert run(tmp_path, "-j", "2") == cold


def test_it_can_be_turned_off_and_put_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_bytes(notebook([code("x = 1")]))
    run(tmp_path, "--no-cache")
    run(tmp_path, NBPROD_NO_CACHE="1")
    assert not (tmp_path / ".nbprod_cache").exists()
    run(tmp_path, "--cache-dir", "kept")
    assert (tmp_path / "kept" / ".gitignore").read_text() == "*\n"
    (tmp_path / "nbprod.toml").write_text("cache = false\n")
    run(tmp_path)
    assert not (tmp_path / ".nbprod_cache").exists()


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_bytes(notebook([code("x = 1")]))
    (tmp_path / ".nbprod_cache").write_text("in the way")
    assert run(tmp_path)[0] == 0


def test_no_entry_holds_a_credential(tmp_path: Path) -> None:
    import random

    key = random_key(random.Random(1))
    (tmp_path / "n.ipynb").write_bytes(notebook([code(f'api_key = "{key}"\nprint(nope, "{key}")')]))
    code_, text = run(tmp_path, "--select", "ALL")
    assert code_ == 1 and "NBP301" in text
    (entry,) = entries(tmp_path)
    assert key not in entry.read_text()
    assert key[:8] not in entry.read_text()
