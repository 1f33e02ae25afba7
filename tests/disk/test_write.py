"""Every file is written whole or not at all, only where it may be, and never over other work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod.disk import journal
from nbprod.disk import write as writer
from nbprod.disk.places import is_within, project_root, user_folder
from nbprod.disk.write import Before, ChangedMeanwhile, WriteRefused, append_bytes, write_file


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / ".git").mkdir(parents=True)
    return folder


def write(path: Path, data: bytes, folder: Path | None, before: bytes | Before) -> None:
    within = None if folder is None else (os.path.realpath(folder),)
    write_file(str(path), data, within=within, before=before)


def entries(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_file_is_made_and_replaced(project: Path) -> None:
    path = project / "a.txt"
    write(path, b"one", project, Before.ABSENT)
    write(path, b"two", project, b"one")
    write(path, b"", project, Before.ANYTHING)
    assert path.read_bytes() == b""
    assert entries(project) == [".git", "a.txt"]


@pytest.mark.parametrize(
    ("there", "before"),
    [
        (b"saved", b"read"),
        (b"read and more", b"read"),
        (b"rea", b"read"),
        (None, b"read"),
        (b"", Before.ABSENT),
        (b"saved", Before.ABSENT),
    ],
)
def test_what_was_saved_meanwhile_is_left_alone(
    there: bytes | None, before: bytes | Before, project: Path
) -> None:
    path = project / "a.txt"
    if there is not None:
        path.write_bytes(there)
    with pytest.raises(ChangedMeanwhile) as error:
        write(path, b"new", project, before)
    assert error.value.strerror
    assert (path.read_bytes() if path.exists() else None) == there
    assert ".nbprod" not in "".join(entries(project))


def test_what_another_process_wrote_the_same_is_done(project: Path) -> None:
    path = project / "a.txt"
    path.write_bytes(b"new")
    write(path, b"new", project, b"read")
    write(path, b"new", project, Before.ABSENT)
    assert entries(project) == [".git", "a.txt"]


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_what_is_put_in_place_of_the_file_is_not_followed(
    kind: str, project: Path, tmp_path: Path
) -> None:
    path, outside = project / "a.txt", tmp_path / "outside"
    outside.write_bytes(b"read")
    path.write_bytes(b"read")
    fill = writer._fill

    def swapped(*arguments: object, **more: object) -> None:
        path.unlink()
        if kind == "link":
            path.symlink_to(outside)
        else:
            os.mkfifo(path)
        fill(*arguments, **more)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "_fill", swapped)
        with pytest.raises(ChangedMeanwhile):
            write(path, b"new", project, b"read")
    assert outside.read_bytes() == b"read"
    assert path.is_symlink() if kind == "link" else path.is_fifo()


@pytest.mark.parametrize("where", ["link", "link of a link", "directory", "path", "new"])
def test_nothing_is_written_out_of_the_project(where: str, project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    target = outside / "a.txt"
    target.write_bytes(b"precious")
    path = project / "a.txt"
    if where == "link":
        path.symlink_to("../outside/a.txt")
    elif where == "link of a link":
        (project / "b").symlink_to(target)
        path.symlink_to("b")
    elif where == "directory":
        (project / "sub").symlink_to(outside)
        path = project / "sub" / "a.txt"
    elif where == "path":
        path = project / ".." / "outside" / "a.txt"
    else:
        target = outside / "new.txt"
        path.symlink_to(target)
    with pytest.raises(WriteRefused, match="out of the project"):
        write(path, b"new", project, Before.ANYTHING)
    assert entries(outside) == ["a.txt"]
    assert (outside / "a.txt").read_bytes() == b"precious"
    # The user named that very path.
    write(path, b"new", None, Before.ANYTHING)
    assert target.read_bytes() == b"new"
    assert path.is_symlink() == where.startswith(("link", "new"))


def test_a_link_within_the_project_stays_a_link(project: Path) -> None:
    (project / "data").mkdir()
    (project / "data" / "real.txt").write_bytes(b"old")
    (project / "a.txt").symlink_to("data/real.txt")
    write(project / "a.txt", b"new", project, b"old")
    assert (project / "a.txt").is_symlink()
    assert (project / "data" / "real.txt").read_bytes() == b"new"


def test_hard_links_are_not_parted(project: Path) -> None:
    (project / "a.txt").write_bytes(b"old")
    os.link(project / "a.txt", project / "b.txt")
    with pytest.raises(WriteRefused, match="2 hard links"):
        write(project / "a.txt", b"new", project, b"old")
    assert (project / "b.txt").read_bytes() == b"old"
    assert os.stat(project / "a.txt").st_nlink == 2


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o444])
def test_mode_and_owner_stay(mode: int, project: Path) -> None:
    path = project / "a.txt"
    path.write_bytes(b"old")
    path.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, 1234, 4321)
    before = path.stat()
    write(path, b"new", project, b"old")
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode, before.st_uid, before.st_gid
    )  # fmt: skip


def test_a_new_file_has_the_usual_mode(project: Path) -> None:
    umask = os.umask(0o027)
    try:
        write(project / "a.txt", b"new", project, Before.ABSENT)
    finally:
        os.umask(umask)
    assert (project / "a.txt").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("kind", ["directory", "circle", "missing directory"])
def test_what_cannot_be_a_file_is_refused(kind: str, project: Path) -> None:
    path = project / "a.txt"
    if kind == "directory":
        path.mkdir()
    elif kind == "circle":
        path.symlink_to("a.txt")
    else:
        path = project / "none" / "a.txt"
    with pytest.raises(OSError):
        write(path, b"new", project, Before.ANYTHING)


def test_what_the_user_names_may_be_a_pipe(tmp_path: Path) -> None:
    reader, writing = os.pipe()
    write_file(f"/dev/fd/{writing}", b"text", within=None, before=Before.ANYTHING)
    os.close(writing)
    with open(reader, "rb") as file:
        assert file.read() == b"text"
    append_bytes(str(tmp_path / "summary"), b"one ")
    append_bytes(str(tmp_path / "summary"), b"two")
    assert (tmp_path / "summary").read_bytes() == b"one two"


def test_a_write_that_fails_leaves_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project / "a.txt"
    path.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(path, b"new", project, b"old")
    assert path.read_bytes() == b"old" and entries(project) == [".git", "a.txt"]


class TestProject:
    def test_it_is_the_repository_or_what_has_a_project_file(self, project: Path) -> None:
        (project / "deep" / "er").mkdir(parents=True)
        assert project_root(str(project / "deep" / "er")) == os.path.realpath(project)
        (project / "deep" / "pyproject.toml").write_text("")
        assert project_root(str(project / "deep" / "x.ipynb")) == os.path.realpath(project)
        (project / ".git").rmdir()
        assert project_root(str(project / "deep" / "er")) == os.path.realpath(project / "deep")

    def test_the_home_directory_is_none(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (project / "notes").mkdir()
        monkeypatch.setenv("HOME", str(project))
        monkeypatch.chdir(project / "notes")
        assert project_root(".") == os.path.realpath(project / "notes")

    def test_names_that_start_alike_are_not_within(self, tmp_path: Path) -> None:
        assert is_within(str(tmp_path / "a" / "b"), (os.path.realpath(tmp_path / "a"),))
        assert not is_within(str(tmp_path / "ab"), (os.path.realpath(tmp_path / "a"),))
        assert is_within("/x", ("/",))

    def test_a_repository_cannot_hold_the_users_directory(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(project / "cache"))
        assert user_folder() == os.path.realpath(project / "cache" / "nbprod")
        monkeypatch.chdir(project)
        assert user_folder() is None


class TestJournal:
    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        return tmp_path / "cache" / "nbprod" / "journal"

    def test_what_a_dead_process_left_is_removed(self, folder: Path, project: Path) -> None:
        left = project / journal.temporary_name()
        subprocess.run([sys.executable, "-c", _LEAVE, str(left)], check=False)
        assert left.exists() and entries(folder) == [left.name]
        journal.remove_leftovers()
        assert not left.exists() and entries(folder) == []

    def test_what_a_live_process_works_on_stays(self, folder: Path, project: Path) -> None:
        left = project / journal.temporary_name()
        left.write_bytes(b"half")
        with journal.recorded(str(left)):
            subprocess.run([sys.executable, "-c", _REMOVE], check=True)
            assert left.exists()

    @pytest.mark.parametrize("name", ["precious.ipynb", ".nbprod-aaaa.tmp"])
    def test_an_entry_cannot_name_another_file(
        self, name: str, folder: Path, project: Path
    ) -> None:
        (project / name).write_bytes(b"precious")
        folder.mkdir(parents=True)
        (folder / ".nbprod-bbbb.tmp").write_text(str(project / name))
        journal.remove_leftovers()
        assert (project / name).exists() and entries(folder) == []

    def test_what_no_entry_names_stays(self, folder: Path, project: Path) -> None:
        left = project / journal.temporary_name()
        left.write_bytes(b"")
        journal.remove_leftovers()
        assert left.exists()


_REMOVE = "from nbprod.disk.journal import remove_leftovers; remove_leftovers()"
_LEAVE = """
import os, sys
from nbprod.disk.journal import recorded
with recorded(sys.argv[1]):
    open(sys.argv[1], "wb").close()
    os._exit(9)
"""


# Each step of a write is one call of the system; the process is killed before and after each.
_KILLED_AT_EVERY_STEP = """
import os, signal, sys
from nbprod.disk.journal import remove_leftovers
from nbprod.disk.write import write_file

folder = os.path.realpath(sys.argv[1])
path = os.path.join(folder, "a.txt")
STEPS = ("open", "write", "fsync", "fchown", "fchmod", "replace", "unlink", "close")


def killed(function, when, left):
    def call(*arguments, **named):
        left[0] -= 1
        if not left[0] and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **named)
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call


def attempt(step, when):
    child = os.fork()
    if not child:
        left = [step]
        for name in STEPS:
            setattr(os, name, killed(getattr(os, name), when, left))
        write_file(path, b"new" * 1000, within=(folder,), before=b"old" * 1000)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


seen = set()
for when in ("before", "after"):
    step = 1
    while True:
        with open(path, "wb") as file:
            file.write(b"old" * 1000)
        code = attempt(step, when)
        with open(path, "rb") as file:
            content = file.read()
        assert content in (b"old" * 1000, b"new" * 1000), (step, when)
        seen.add((content[:3], len(os.listdir(folder))))
        remove_leftovers()
        assert os.listdir(folder) == ["a.txt"], (step, when)
        if code == 0:
            break
        step += 1
assert step > 8, step
assert seen == {(b"old", 1), (b"old", 2), (b"new", 1)}, seen
"""


def test_a_kill_at_any_step_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", _KILLED_AT_EVERY_STEP, str(tmp_path / "folder")],
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
