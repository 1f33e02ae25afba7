"""No value of a credential is ever shown: not by a format, a diff, a graph or an error."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod.report import FORMATS
from tests.secrets.planted import code, note, notebook, random_key, random_password, stream

RNG = random.Random(5)
KEY, OTHER, PASSWORD = random_key(RNG), random_key(RNG), random_password(RNG)
VALUES = (KEY, OTHER, PASSWORD)
CELLS = [
    note(f"The password is `{PASSWORD}`."),
    code(f'api_key = "{KEY}"\nprint(nowhere, "{KEY}")', stream(f"token: {OTHER}\n")),
    code(f'connect(password="{PASSWORD}", later=later)'),
    code(
        "later = 1",
        {
            "output_type": "error",
            "ename": "AuthError",
            "evalue": "x" * 50 + f" bad key {KEY}",
            "traceback": [f"bad key {KEY}"],
        },
    ),
]


def run(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def assert_hidden(text: str) -> None:
    for value in VALUES:
        assert value not in text
        # Nor most of it: eight characters in a row are enough to find a key in a list.
        pieces = {value[at : at + 8] for at in range(len(value) - 7)}
        assert not [piece for piece in pieces if piece in text]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.ipynb").write_bytes(notebook(CELLS))
    (tmp_path / "broken.ipynb").write_text('{"cells": [{"source": "' + KEY + '" "' + OTHER)
    return tmp_path


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_no_format_shows_a_value(form: str, folder: Path) -> None:
    text = run("check", "--select", "ALL", "--output-format", form, "--statistics", cwd=folder)
    assert "NBP301" in text or "hardcoded-secret" in text
    assert_hidden(text)


def test_they_are_hidden_from_other_rules_even_where_the_own_ones_are_off(folder: Path) -> None:
    text = run("check", "--select", "ALL", "--ignore", "NBP3", cwd=folder)
    assert "NBP112" in text
    assert "print(nowhere" in text
    assert_hidden(text)


@pytest.mark.parametrize("form", ["json", "mermaid", "dot"])
def test_no_graph_shows_a_value(form: str, folder: Path) -> None:
    text = run("graph", "a.ipynb", "--output-format", form, cwd=folder)
    assert "api_key" in text
    assert_hidden(text)


def test_the_diff_of_a_fix_masks_what_goes(folder: Path) -> None:
    text = run("check", "--diff", "--unsafe-fixes", "a.ipynb", cwd=folder)
    assert '-api_key = "***' in text
    assert_hidden(text)


def test_the_fix_says_names_only(folder: Path) -> None:
    text = run("check", "--fix", "--unsafe-fixes", "a.ipynb", cwd=folder)
    assert "Revoke" in text
    assert_hidden(text)
    assert_hidden((folder / ".env.example").read_text())
    assert_hidden((folder / "a.ipynb").read_text())


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_a_cell_is_not_named_after_a_value(form: str, tmp_path: Path) -> None:
    cells = [{**code(f'api_key = "{KEY}"\nprint(nowhere)'), "id": KEY}]
    (tmp_path / "a.ipynb").write_bytes(notebook(cells).replace(b'minor": 4', b'minor": 5'))
    text = run("check", "--isolated", "--select", "NBP103", "--output-format", form, cwd=tmp_path)
    assert "NBP103" in text
    assert_hidden(text)
