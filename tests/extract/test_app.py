"""The program that runs the steps: its options, its tests, and what it prints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nbprod.cli.extract import command
from nbprod.extract.code.format import RULES
from tests.extract.notebooks import as_bytes

CELLS = [
    "#md # Prices of a shop",
    "%matplotlib inline\nimport statistics",
    "LEAST = 2.0\nname = 'shop'\nloud = True",
    "#md ## Load",
    "prices = []\nwith open('prices.txt') as file:\n    for line in file:\n"
    "        prices.append(float(line))\nprices.sort()",
    "prices[:2]",
    "#md ## Describe",
    "%time kept = [p for p in prices if p >= LEAST]\nmiddle = statistics.median(kept)\n"
    "spread = max(kept) - min(kept)\nshare = spread / middle",
    "# how it went\nprint(name, middle, share)",
    "if loud:\n    print('LOUD')",
    "share",
    "share?",
    "%timeit sum(prices)",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prices.txt").write_text("1.0\n2.0\n4.0\n6.0\n")
    return tmp_path


def extract(cells: list[str], *more: str) -> Result:
    Path("shop.ipynb").write_bytes(as_bytes(cells))
    arguments = ["shop.ipynb", "-o", "shop/steps.py", "--app", *more]
    return CliRunner().invoke(command, arguments, standalone_mode=False)


def run(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_program_does_what_the_notebook_does_and_takes_its_settings() -> None:
    done = extract(CELLS)
    assert done.return_value == 0, (done.output, done.exception)
    assert run("-m", "shop") == "[1.0, 2.0]\nshop 4.0 1.0\nLOUD\n1.0\n"
    changed = run("-m", "shop", "--least=3", "--name=mart", "--no-loud")
    assert changed == "[1.0, 2.0]\nmart 5.0 0.4\n0.4\n"
    Path("other.txt").write_text("8\n8\n8\n")
    assert run("-m", "shop", "--prices-path=other.txt").startswith("[8.0, 8.0]\nshop 8.0 0.0")
    checked = ["shop/__main__.py", "tests/test_shop_main.py"]
    assert "3 passed" in run("-m", "pytest", "-q", "-p", "no:cacheprovider", checked[1])
    text = Path("shop/__main__.py").read_text()
    assert "# how it went" in text and "display" not in text
    run("-m", "ruff", "check", "--isolated", f"--select={RULES}", "--ignore=D,S101", *checked)
    run("-m", "ruff", "format", "--isolated", "--check", *checked)
    run("-m", "mypy", "--strict", "shop", "tests/test_shop_main.py")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("!ls", "cell 14, line 1: "),
        ("x = 1\n%store x", "cell 14, line "),
        ("from math import *", "cell 14, line 1: `from math import *` is for a notebook"),
    ],
)
def test_what_a_program_cannot_do_is_refused_before_anything_is_written(
    cell: str, said: str
) -> None:
    done = extract([*CELLS, cell])
    assert said in str(done.exception) and "leave --app out" in str(done.exception)
    assert not Path("shop").exists()


def test_a_program_needs_a_package() -> None:
    Path("shop.ipynb").write_bytes(as_bytes(CELLS))
    arguments = ["shop.ipynb", "-o", "steps.py", "--app"]
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert "a program needs a package: -o NAME/module.py" in str(done.exception)
