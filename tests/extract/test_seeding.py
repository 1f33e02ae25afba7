"""Two runs of the same code draw the same numbers, from whichever generator."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nbprod.execution import seeding

# Neither NumPy nor `random` is imported by the code that draws, and no generator has a seed.
DRAWS = {
    "the global generator of a library's library": (
        "import pandas as pd\nprint(pd.Series(range(99)).sample(9).tolist())"
    ),
    "generators without a seed": (
        "import numpy\n"
        "a, b = numpy.random.default_rng().random(), numpy.random.default_rng().random()\n"
        "c, d = numpy.random.RandomState().rand(), numpy.random.RandomState().rand()\n"
        "assert a != b and c != d\nprint(a, b, c, d)"
    ),
    "seeds taken from the system on purpose": (
        "import random, numpy\nrandom.seed()\nnumpy.random.seed()\n"
        "print(random.random(), numpy.random.rand())"
    ),
    "objects of the standard library": (
        "import random, uuid\na, b = random.Random().random(), random.Random().random()\n"
        "assert a != b\nprint(a, b, uuid.uuid4(), uuid.uuid4())"
    ),
}


def run(code: str, folder: Path) -> str:
    start = f"import runpy\nrunpy.run_path({seeding.__file__!r})['seed_everything']()\n"
    done = subprocess.run(
        [sys.executable, "-c", start + code], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("code", DRAWS.values(), ids=DRAWS)
def test_two_runs_draw_the_same(code: str, tmp_path: Path) -> None:
    assert run(code, tmp_path) == run(code, tmp_path) != ""


def test_a_module_beside_the_notebook_draws_what_the_notebook_drew(tmp_path: Path) -> None:
    draw = "import random\n\ndef draw():\n    return random.Random().random()\n"
    (tmp_path / "steps.py").write_text(draw)
    # Libraries that make generators of their own first change nothing.
    imported = "import tempfile\ntempfile.mktemp()\nfrom steps import draw\n"
    start = f"import runpy\nrunpy.run_path({seeding.__file__!r})['seed_everything']()\n"
    (tmp_path / "cell.py").write_text(start + draw + "print(draw())")
    done = subprocess.run(
        [sys.executable, "cell.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == run(imported + "print(draw())", tmp_path) != ""
