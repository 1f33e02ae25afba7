"""What `extract` and `verify` write and print holds no credential of the notebook."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

KEY = "gh" + "p_" + "Zx9Yw8Vu7Ts6Rq5Po4Nm3Lk2Ji1Hg0Fe9Dc8"
ROOM = f"def f(a):\n    '''Add. {KEY}'''\n    return a + 1  # {KEY}\n\nprint(f(1))"


def write(folder: Path, name: str, *cells: tuple[str, str]) -> None:
    document = {
        "cells": [
            {"cell_type": kind, "id": f"c{number}", "metadata": {}, "source": source}
            | ({"outputs": [], "execution_count": None} if kind == "code" else {})
            for number, (kind, source) in enumerate(cells)
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (folder / name).write_text(json.dumps(document))


def nbprod(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr and "internal" not in done.stderr
    return done.stdout + done.stderr


def assert_hidden(text: str) -> None:
    low = text.lower()
    assert not [at for at in range(4, 30) if KEY[at : at + 8].lower() in low]


CELLS = {
    "heading": (("markdown", f"# Load {KEY}"), ("code", "a = 1\nb = a + 1"), ("code", "print(b)")),
    "raw": (("raw", f"raw {KEY}"), ("code", "def f(a):\n    return a\nprint(f(1))")),
    "broken": (("code", f"token = '{KEY}' = x\nprint("), ("code", "def f(a):\n    return a\nf(1)")),
    "comment": (("code", f"# {KEY}\na = 1"), ("code", "def f(b):\n    return b\nprint(f(a))")),
    "name": (("code", f"api_key = '{KEY}'\nprint(len(api_key))"), ("code", "x = api_key")),
    "pieces": (
        ("code", f"api_key = ('{KEY[:20]}'\n    '{KEY[20:]}')\nn = len(api_key)\nprint(n)"),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", CELLS)
def test_extract_shows_and_writes_none(kind: str, tmp_path: Path) -> None:
    write(tmp_path, "n.ipynb", *CELLS[kind])
    assert_hidden(nbprod(tmp_path, "extract", "n.ipynb", "-o", "pk/m.py", "--dry-run"))
    assert_hidden(nbprod(tmp_path, "extract", "n.ipynb", "-o", "pk/m.py"))
    for path in tmp_path.rglob("*"):
        assert_hidden(path.name)
        if path.suffix not in (".ipynb", "") and path.is_file():
            assert_hidden(path.read_bytes().decode("utf-8", "replace"))


@pytest.mark.slow
def test_recorded_values_hold_none(tmp_path: Path) -> None:
    cells = (
        ("code", f"api_key = '{KEY}'"),
        ("code", "class Session:\n    def __init__(self, key):\n        self.key = key"),
        (
            "code",
            "def join(a, b):\n    return {a: b}\nheaders = join('k', api_key)\nn = len(headers)",
        ),
        ("code", "print(headers, n)"),
    )
    write(tmp_path, "n.ipynb", *cells)
    assert_hidden(nbprod(tmp_path, "extract", "n.ipynb", "-o", "pk/m.py", "--run"))
    for path in tmp_path.rglob("*"):
        if path.suffix != ".ipynb" and path.is_file():
            assert_hidden(path.read_bytes().decode("latin-1"))
