"""Rules of a package that is built and installed for real, and `nbprod dev`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BOOK = json.dumps(
    {
        "cells": [
            {
                "cell_type": "code",
                "id": "a",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": "old_function()  # noqa: F821, NBP103",
            }
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
)
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "acme-rules"
version = "1.0"
[project.entry-points."nbprod.rules"]
acme = "acme_rules"
"""


def run(folder: Path, *words: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(path or "")}
    return subprocess.run(
        [sys.executable, "-m", "nbprod", *words],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages that holds `acme-rules`, made by `nbprod dev new-rule`."""
    source = tmp_path_factory.mktemp("source")
    package = source / "acme_rules"
    package.mkdir()
    (source / "pyproject.toml").write_text(PROJECT)
    (package / "__init__.py").write_text('"""Rules of Acme."""\n')
    made = run(
        source, "dev", "new-rule", "old-function", "--code", "ACME101", "--output", "acme_rules"
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.strip() == os.path.join("acme_rules", "acme101_old_function.py")
    target = tmp_path_factory.mktemp("installed") / "site-packages"
    subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
            "--no-build-isolation", "--target", str(target), str(source),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return target


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "x.ipynb").write_text(BOOK)
    return tmp_path


CHECK = (
    "check",
    "-q",
    "--no-cache",
    "--level",
    "production",
    "--output-format",
    "concise",
    "x.ipynb",
)


def test_an_installed_rule_runs_like_one_of_nbprod(folder: Path, site: Path) -> None:
    done = run(folder, *CHECK, path=site)
    assert "ACME101 old-function: `old_function` is called" in done.stdout
    assert done.returncode == 1
    assert run(folder, "dev", "test-rules", "acme", path=site).stderr == "1 of 1 rules pass\n"
    assert "Say what goes wrong" in run(folder, "rule", "ACME101", path=site).stdout
    assert "ACME101" in run(folder, "rule", "--all", path=site).stdout


@pytest.mark.parametrize(
    "words",
    [
        ("--no-plugins",),
        ("--config", "plugins = false"),
        ("--ignore", "ACME101"),
        ("--ignore", "acme"),
        ("--ignore", "ACME"),
        ("--select", "NBP"),
    ],
)
def test_it_can_be_switched_off(folder: Path, site: Path, words: tuple[str, ...]) -> None:
    assert "ACME101" not in run(folder, *CHECK, *words, path=site).stdout


@pytest.mark.parametrize(
    "comment", ["# noqa: NBP103, ACME101", "# nbprod: ignore[NBP103, old-function]", "# noqa"]
)
def test_it_is_suppressed_as_others_are(folder: Path, site: Path, comment: str) -> None:
    text = BOOK.replace("# noqa: F821, NBP103", comment)
    (folder / "x.ipynb").write_text(text)
    done = run(folder, *CHECK, "--select", "NBP103,ACME101,NBP012", path=site)
    assert done.stdout == ""
    (folder / "x.ipynb").write_text(text.replace("old_function", "print"))
    unused = run(folder, *CHECK, "--select", "NBP103,ACME101,NBP012", path=site)
    assert ("NBP012" in unused.stdout) == (comment != "# noqa")


def test_a_package_in_the_current_folder_is_no_plugin(folder: Path, site: Path) -> None:
    for name in site.iterdir():
        name.rename(folder / name.name)
    try:
        done = run(folder, *CHECK, path=folder)
        assert "ACME101" not in done.stdout
    finally:
        for name in ("acme_rules", *(one.name for one in folder.glob("acme_rules-*"))):  # type: ignore[assignment]
            (folder / name).rename(site / name)


BROKEN = [
    ("acme = 'nowhere_to_be_found'", "is not a package"),
    ("acme = 'acme_rules'", "must be the rule ACME101 old-function"),
    ("acme = 'acme_rules'", "cannot import rule ACME101"),
    ("acme = 'acme_rules'", "has a code or name that is taken"),
]


@pytest.mark.parametrize(("entry", "message"), BROKEN)
def test_a_broken_plugin_is_one_message(
    folder: Path, tmp_path: Path, entry: str, message: str
) -> None:
    installed = tmp_path / "site-packages"
    (installed / "acme_rules").mkdir(parents=True)
    (installed / "acme_rules" / "__init__.py").write_text("")
    name = "nbp101_mine.py" if "taken" in message else "acme101_old_function.py"
    text = "import nowhere_at_all" if "import" in message else "check = 1"
    (installed / "acme_rules" / name).write_text(text)
    info = installed / "acme_rules-1.0.dist-info"
    info.mkdir()
    value = entry.replace("'", "")
    (info / "entry_points.txt").write_text(f"[nbprod.rules]\n{value}\n")
    done = run(folder, *CHECK, path=installed)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert run(folder, *CHECK, "--no-plugins", path=installed).returncode in (0, 1)


def test_new_rules_are_refused_where_something_is_taken(tmp_path: Path) -> None:
    for words, message in (
        (("stale-output", "--code", "ACME101", "--output", "x"), "already"),
        (("mine", "--code", "NBP101", "--output", "x"), "already"),
        (("Mine", "--code", "ACME101", "--output", "x"), "is not a rule name"),
        (("mine", "--code", "acme", "--output", "x"), "is not a rule code"),
        (("mine",), "--group"),
    ):
        done = run(tmp_path, "dev", "new-rule", *words)
        assert done.returncode == 2, words
        assert message in done.stderr
    assert list(tmp_path.iterdir()) == []
