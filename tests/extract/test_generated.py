"""What the generated tests say of functions, and that they fail when it is no longer true."""

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
    "import random\nimport time\nimport numpy as np",
    "#md ## Roll",
    "def die():\n    return random.randint(1, 6)\n\nrolled = [die() for _ in range(9)]",
    "#md ## Make a generator",
    "rng = np.random.default_rng(3)",
    "#md ## Pick",
    "picked = rng.choice(len(rolled), 5)",
    "#md ## Seed inside",
    "np.random.seed(4)\nnoise = np.random.normal(size=3)",
    "#md ## Add up",
    "total = sum(rolled)",
    "#md ## Drop what is drawn",
    "random.random()\nfixed = total * 0 + 3",
    "#md ## Look at the clock",
    "stamp = time.perf_counter() + random.random()",
    "print(total, picked, noise, rng, fixed, stamp)",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "dice.ipynb").write_bytes(as_bytes(CELLS))
    done = nbprod(folder, "extract", "dice.ipynb", "-o", "dice.py", "--run", "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def last_line(folder: Path, *words: str) -> str:
    """The last line of what pytest says."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words, "tests"],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    return done.stdout.strip().splitlines()[-1]


def test_functions_that_draw_are_deterministic_under_a_seed(made: Path) -> None:
    text = (made / "tests" / "test_dice.py").read_text()
    found = re.findall(r"^def test_(\w+)_is_deterministic_under_a_seed", text, re.MULTILINE)
    # Not of what draws nothing, cannot be seen to draw, or looks at the clock too.
    assert found == ["roll", "make_generator", "pick", "seed_inside"]
    assert "failed" not in last_line(made)
    for name in found:
        # No test needs the random numbers that another one leaves.
        assert last_line(made, "-k", f"{name}_is_deterministic").startswith("1 passed")


@pytest.mark.parametrize(
    ("right", "wrong", "name"),
    [
        ("random.randint(1, 6)", "random.SystemRandom().randint(1, 6)", "roll"),
        ("default_rng(3)", "default_rng()", "make_generator"),
        ("rng.choice(", "np.random.default_rng().choice(", "pick"),
        ("np.random.seed(4)", "np.random.seed()", "seed_inside"),
    ],
)
def test_they_fail_where_the_seed_no_longer_decides(
    made: Path, right: str, wrong: str, name: str
) -> None:
    module = made / "dice.py"
    before = module.read_text()
    assert right in before
    try:
        module.write_text(before.replace(right, wrong))
        assert last_line(made, "-k", f"{name}_is_deterministic").startswith("1 failed")
    finally:
        module.write_text(before)


def test_arguments_that_are_not_mutated_are_said_to_be_so(made: Path) -> None:
    module, tests = made / "dice.py", (made / "tests" / "test_dice.py").read_text()
    assert re.search(r"# It does not mutate its arguments\.\n    _assert_same\(rolled, ", tests)
    before = module.read_text()
    try:
        module.write_text(
            before.replace("total = sum(rolled)", "total = sum(rolled); rolled[0] = 9")
        )
        assert last_line(made, "-k", "add_up_repeats").startswith("1 failed")
    finally:
        module.write_text(before)
