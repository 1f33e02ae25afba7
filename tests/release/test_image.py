"""The container file: its lines are read, and its installation runs in an empty directory."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod._version import __version__

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text("utf-8")
STEPS = [line.partition(" ")[::2] for line in TEXT.splitlines() if line and line[0] != "#"]


def last(word: str) -> str:
    return [rest for name, rest in STEPS if name == word][-1]


def test_the_image_is_small_and_runs_nobody_as_root() -> None:
    bases = [rest for name, rest in STEPS if name == "FROM"]
    assert bases == ["python:3.12-slim AS build", "python:3.12-slim"]
    user, _, group = last("USER").partition(":")
    assert int(user) > 1000 and int(group) > 1000
    # Nothing is written as root after the user is set.
    names = [name for name, _ in STEPS]
    assert names[names.index("USER") :] == ["USER", "ENTRYPOINT", "CMD"]
    assert json.loads(last("ENTRYPOINT")) == ["nbprod"]
    assert json.loads(last("CMD")) == ["check"]
    for name, rest in STEPS:
        if "apt-get install" in rest:
            assert "--no-install-recommends" in rest and "rm -rf /var/lib/apt/lists" in rest
        if "pip install" in rest:
            assert "--no-cache-dir" in rest
        assert name != "ADD"


def test_the_context_is_what_the_steps_copy() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert lines[0] == "*"
    kept = {line[1:] for line in lines if line[0] == "!"}
    copied = [rest.split()[:-1] for name, rest in STEPS if name == "COPY" and "--from" not in rest]
    assert {name for names in copied for name in names} == kept
    assert all((ROOT / name).exists() for name in kept)


def test_extras_of_the_image_exist() -> None:
    (extras,) = re.findall(r"'\.\[([\w,]+)\]'", TEXT)
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    assert all(re.search(rf"^{name} = \[", text, re.MULTILINE) for name in extras.split(","))


@pytest.mark.slow
def test_the_steps_of_the_image_make_a_program_that_runs(tmp_path: Path) -> None:
    place, site, work = (tmp_path / name for name in ("src", "site", "work"))
    place.mkdir()
    for name, rest in STEPS:
        if name == "COPY" and "--from" not in rest:
            for source in rest.split()[:-1]:
                if (ROOT / source).is_dir():
                    ignored = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(ROOT / source, place / source, ignore=ignored)
                else:
                    shutil.copy(ROOT / source, place)
        elif name == "RUN" and "pip install" in rest:
            # What nbprod depends on is in this environment; nothing is fetched.
            assert shlex.split(rest)[-1].startswith(".[")
            install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile",
                       "--no-build-isolation", "--target", str(site), "."]  # fmt: skip
            done = subprocess.run(install, cwd=place, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
    shutil.rmtree(place)
    work.mkdir()
    shutil.copy(ROOT / "fixtures" / "examples" / "churn.ipynb", work)
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def program(*words: str) -> str:
        load = "from nbprod.cli.main import main; main()"
        command = [sys.executable, "-c", load, *words]
        done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
        assert "Traceback" not in done.stderr
        return done.stdout

    assert program("--version") == f"nbprod {__version__}\n"
    assert "NBP101" in program(*json.loads(last("CMD")), "--output-format=concise")
