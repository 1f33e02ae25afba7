"""The generated tests call functions on small data, and fail when these do something else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.extract.notebooks import as_bytes
from tests.extract.test_command import nbprod

CELLS = [
    "import random\nimport numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt",
    "rolled = [random.randint(1, 6) for _ in range(9)]",
    "rng = np.random.default_rng(3)\npicked = rng.choice(len(rolled), 5)",
    "total = sum(rolled)\nhalf = total / 2",
    "days = pd.DataFrame({'day': range(90), 'rain': np.arange(90) % 7 * 1.5})",
    "wet = days[days['rain'] > 3].copy()\nwet['twice'] = wet['rain'] * 2\n"
    "mean = wet['rain'].mean()",
    "plt.plot(wet['day'], wet['rain'])\nplt.title('Rain')\nplt.xlabel('day')\nplt.show()",
    "sales = pd.read_csv('sales.csv')\nsold = int(sales['sold'].sum())",
    "print(half, mean, sold)",
]
FUNCTIONS = ["roll=2", "pick=3", "add_up=4", "choose_wet=6", "draw=7", "load=8"]


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "dice.ipynb").write_bytes(as_bytes(CELLS))
    rows = "".join(f"2024-01-{day % 28 + 1:02},{day}\n" for day in range(9000))
    (folder / "sales.csv").write_text("day,sold\n" + rows)
    chosen = [word for name in FUNCTIONS for word in ("--function", name)]
    done = nbprod(folder, "extract", "dice.ipynb", "-o", "dice.py", *chosen, "--run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Ran \d+ generated tests: all passed", done.stdout), done.stdout
    return folder


def last_line(folder: Path, *words: str) -> str:
    """The last line of what pytest says."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words, "tests"],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    return done.stdout.strip().splitlines()[-1]


def test_each_function_is_called_on_small_data_that_can_be_read(made: Path) -> None:
    text = (made / "tests" / "test_dice.py").read_text()
    tested = re.findall(r"^def test_(\w+)\(", text, re.MULTILINE)
    assert tested == [name.partition("=")[0] for name in FUNCTIONS]
    assert "skip" not in text
    assert "pd.testing.assert_frame_equal(" in text
    assert 'figure.axes[0].get_title() == "Rain"' in text
    # Of ninety rows a few are enough.
    assert len(text.splitlines()) < 200
    # The file that a function reads is beside the tests, with its first rows.
    lines = (made / "tests" / "dice_data" / "sales.csv").read_text().splitlines()
    assert lines[0] == "day,sold" and 5 < len(lines) < 30
    assert not [path for path in made.rglob("*") if path.suffix in (".pickle", ".pkl")]


@pytest.mark.parametrize(
    ("right", "wrong", "name"),
    [
        ("random.randint(1, 6)", "random.randint(2, 6)", "roll"),
        ("default_rng(3)", "default_rng(4)", "pick"),
        ("total / 2", "total / 3", "add_up"),
        ("sum(rolled)", "sum(rolled); rolled[0] = 9", "add_up"),
        ("> 3", "> 6", "choose_wet"),
        ('wet["rain"] * 2', 'wet["rain"] * 3', "choose_wet"),
        ('sales["sold"].sum()', 'sales["sold"].max()', "load"),
        ('plt.title("Rain")', 'plt.title("Sun")', "draw"),
    ],
)
def test_they_fail_where_the_function_does_something_else(
    made: Path, right: str, wrong: str, name: str
) -> None:
    module = made / "dice.py"
    before = module.read_text()
    assert right in before
    try:
        module.write_text(before.replace(right, wrong))
        assert last_line(made, "-k", f"test_{name}").startswith("1 failed")
    finally:
        module.write_text(before)
