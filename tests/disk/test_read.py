"""Only regular files are read, never more than the limit, and nothing is ever waited for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod.disk.read import FileTooLarge, read_bytes, read_head, read_notebook_bytes, read_text
from nbprod.errors import ReadError


def make_odd(path: Path, kind: str) -> None:
    """Put something at a path that is no file to read."""
    if kind == "directory":
        path.mkdir()
    elif kind == "named pipe":
        os.mkfifo(path)
    elif kind == "socket":
        # A socket's path is short; it is made in the directory itself.
        before = os.getcwd()
        os.chdir(path.parent)
        try:
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(path.name)
        finally:
            os.chdir(before)
    elif kind == "endless device":
        path.symlink_to("/dev/zero")
    elif kind == "terminal":
        path.symlink_to("/dev/tty")
    elif kind == "link to a named pipe":
        os.mkfifo(path.with_suffix(".pipe"))
        path.symlink_to(path.with_suffix(".pipe"))
    elif kind == "link to a directory":
        (path.parent / "elsewhere").mkdir()
        path.symlink_to("elsewhere")
    elif kind == "broken link":
        path.symlink_to("nowhere")
    elif kind == "circle of links":
        path.symlink_to(path.name)
    elif kind == "file without end":
        path.symlink_to("/proc/self/pagemap")
    else:
        assert kind == "log of the kernel"
        path.symlink_to("/proc/kmsg")


ODD = (
    "directory", "named pipe", "socket", "endless device", "terminal", "link to a named pipe",
    "link to a directory", "broken link", "circle of links", "file without end",
    "log of the kernel",
)  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_file_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    make_odd(tmp_path / "x.ipynb", kind)
    with pytest.raises(OSError) as error:
        read_bytes(str(tmp_path / "x.ipynb"), 1_000_000)
    assert error.value.strerror
    with pytest.raises(ReadError):
        read_notebook_bytes(str(tmp_path / "x.ipynb"))


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize(
    "arguments", [("-j", "1"), ("-j", "2"), ("-j", "1", "x.ipynb", "good.ipynb")]
)
def test_it_is_one_finding_and_the_others_are_checked(
    kind: str, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    make_odd(tmp_path / "x.ipynb", kind)
    good = '{"cells": [{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [],' + (
        '"execution_count": null, "source": "print(nope)"}],'
        '"metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    (tmp_path / "good.ipynb").write_text(good)
    command = ["check", "--isolated", "--no-cache", "--output-format", "concise", *arguments]
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", *command],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    odd = [line for line in done.stdout.splitlines() if line.startswith("x.ipynb")]
    assert len(odd) == 1 and ("NBP001" in odd[0] or "NBP013" in odd[0])
    assert "NBP103" in done.stdout, "the other notebook is checked"
    assert done.returncode == 4 and "Traceback" not in done.stderr


def test_a_long_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.ipynb"
    with open(path, "wb") as file:
        file.truncate(50_000_000_000)
    with pytest.raises(FileTooLarge, match="larger than 200 MB"):
        read_bytes(str(path))
    with pytest.raises(ReadError) as error:
        read_notebook_bytes(str(path))
    assert error.value.kind == "file-too-large"


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_what_fits_is_read_whole(size: int, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    assert read_bytes(str(path), 100) == b"x" * size
    assert read_head(str(path), 10) == b"x" * min(size, 10)


def test_files_without_a_size_are_read(tmp_path: Path) -> None:
    assert read_bytes("/proc/self/status", 100_000).startswith(b"Name:")


def test_text_has_one_kind_of_line_end(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b"a\r\nb\rc\n")
    assert read_text(str(tmp_path / "t")) == "a\nb\nc\n"
    (tmp_path / "t").write_bytes(b"\xff")
    with pytest.raises(UnicodeDecodeError):
        read_text(str(tmp_path / "t"))


def test_standard_input_has_the_same_limit(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'ulimit -v 4000000; exec "$@" < /dev/zero', "sh", sys.executable, "-m",
         "nbprod", "check", "--isolated", "-"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 4 and "NBP013" in done.stdout


@pytest.mark.parametrize("link", [False, True], ids=["path", "link"])
def test_a_notebook_reads_modules_of_its_project_only(link: bool, tmp_path: Path) -> None:
    from nbprod.project.surroundings import read_around

    (tmp_path / "outside.py").write_text("x = 1")
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "inside.py").write_text("y = 2")
    (project / "notebooks").mkdir()
    if link:
        (project / "outside.py").symlink_to("../outside.py")
    read = read_around(str(project / "notebooks" / "n.ipynb"))
    assert read("../inside.py") == "y = 2"
    assert read("../outside.py" if link else "../../outside.py") is None
    assert read("/etc/passwd") is None
