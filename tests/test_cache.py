"""What is kept is what would be found; what is damaged, changed or rests on other files is not."""

from __future__ import annotations

import hmac
import json
import os
import shutil
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
    result = check_bytes(data, "n.ipynb", Settings(select=("ALL",)))
    with tempfile.TemporaryDirectory() as folder:
        kept = Cache(folder)
        kept.store("0123456789", result, {})
        assert kept.load("0123456789", "n.ipynb", lambda _: None) == result


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


class TestHostile:
    """A repository may hold a cache; nothing that it says is believed."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "project"
        (folder / ".git").mkdir(parents=True)
        (folder / "n.ipynb").write_bytes(notebook([code("print(nope)")]))
        return folder

    def test_an_entry_of_another_user_hides_nothing(self, folder: Path, tmp_path: Path) -> None:
        theirs = str(tmp_path / "theirs")
        cold = run(folder, XDG_CACHE_HOME=theirs)
        (entry,) = entries(folder)
        signature, _, content = entry.read_bytes().partition(b"\n")
        reads, skipped, _ = json.loads(content)
        # No finding, for the same notebook, signed with a secret that is not ours.
        secret = Path(theirs, "nbprod", "cache.key").read_bytes()
        empty = json.dumps([reads, skipped, []]).encode()
        name = (entry.parent.name + entry.name).encode()
        signed = hmac.new(secret, name + b"\n" + empty, "sha256").hexdigest().encode()
        entry.write_bytes(signed + b"\n" + empty)
        assert run(folder, XDG_CACHE_HOME=theirs)[0] == 0, "such an entry works where it is from"
        assert run(folder) == cold
        for hostile in (content, b"\n" + empty, empty, signature + b"\n" + empty):
            entry.write_bytes(hostile)
            assert run(folder, XDG_CACHE_HOME=theirs) == cold

    def test_an_entry_of_another_notebook_is_not_taken(self, folder: Path) -> None:
        cold = run(folder)
        (entry,) = entries(folder)
        (folder / "n.ipynb").write_bytes(notebook([code("x = 1")]))
        run(folder)
        (other,) = [found for found in entries(folder) if found != entry]
        entry.write_bytes(other.read_bytes())
        (folder / "n.ipynb").write_bytes(notebook([code("print(nope)")]))
        assert run(folder) == cold

    @pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
    def test_a_truncated_entry_is_none(self, share: float, folder: Path) -> None:
        cold = run(folder)
        (entry,) = entries(folder)
        data = entry.read_bytes()
        entry.write_bytes(data[: int(len(data) * share)])
        assert run(folder) == cold
        assert entry.read_bytes() == data, "it is written anew"

    @pytest.mark.parametrize("kind", ["pipe", "link", "directory", "endless"])
    def test_what_is_no_file_is_none(self, kind: str, folder: Path, tmp_path: Path) -> None:
        cold = run(folder)
        (entry,) = entries(folder)
        entry.unlink()
        (tmp_path / "precious").write_text("precious")
        if kind == "pipe":
            os.mkfifo(entry)
        elif kind == "directory":
            entry.mkdir()
        else:
            entry.symlink_to("/dev/zero" if kind == "endless" else tmp_path / "precious")
        assert run(folder) == cold
        assert (tmp_path / "precious").read_text() == "precious"

    @pytest.mark.parametrize("level", [".nbprod_cache", ".nbprod_cache/.gitignore", "part"])
    def test_links_lead_nowhere(self, level: str, folder: Path, tmp_path: Path) -> None:
        cold = run(folder)
        (entry,) = entries(folder)
        outside = tmp_path / "outside"
        outside.mkdir()
        path = entry.parent if level == "part" else folder / level
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
        path.symlink_to(outside / "new" if level.endswith("ignore") else outside)
        assert run(folder) == cold and run(folder) == cold
        assert list(outside.iterdir()) == []

    @pytest.mark.parametrize("where", ["../outside", "/tmp/nbprod-outside", "sub/../../outside"])
    def test_a_file_of_the_repository_names_no_place_elsewhere(
        self, where: str, folder: Path
    ) -> None:
        (folder / "nbprod.toml").write_text(f'cache-dir = "{where}"\n')
        assert run(folder)[0] == 2
        assert not (folder / where).exists()
        (folder / "nbprod.toml").write_text('cache-dir = "sub/kept"\n')
        assert run(folder)[0] == 1 and (folder / "sub" / "kept").is_dir()

    def test_the_command_line_does(self, folder: Path, tmp_path: Path) -> None:
        run(folder, "--cache-dir", str(tmp_path / "kept"))
        assert list((tmp_path / "kept").glob("*/*"))

    def test_without_a_place_for_the_secret_nothing_is_kept(
        self, folder: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("in the way")
        cold = run(folder, XDG_CACHE_HOME=str(tmp_path / "file"))
        assert cold[0] == 1 and not (folder / ".nbprod_cache").exists()
        # What lies in the repository is no place of the user's.
        assert run(folder, XDG_CACHE_HOME=str(folder / "cache")) == cold
        assert not (folder / ".nbprod_cache").exists()

    def test_a_damaged_secret_is_no_error(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "nbprod").mkdir()
        (tmp_path / "nbprod" / "cache.key").write_bytes(b"short")
        assert run(folder, XDG_CACHE_HOME=str(tmp_path))[0] == 1
