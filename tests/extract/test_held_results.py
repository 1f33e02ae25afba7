"""Tests of functions that return several arrays, take whole grids, or read files of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.extract.notebooks import as_bytes
from tests.extract.test_command import nbprod

GRID = [
    "import numpy as np",
    """N = 20
x = np.linspace(0.0, 2.0, N)
y = np.linspace(0.0, 1.0, N)
X, Y = np.meshgrid(x, y)""",
    """def speeds(strength, X, Y):
    \"\"\"Return both parts of the speed.\"\"\"
    below = X**2 + Y**2 + 1
    return strength * X / below, {"north": strength * Y / below}""",
    'east, parts = speeds(2.0, X, Y)\nnorth = parts["north"]',
    """free = 3.0 * np.ones((N, N))
still = np.zeros((N, N))
u = free + east
v = still + north
total = np.sqrt(u**2 + v**2)""",
    "print(total.mean())",
    """def style(path):
    \"\"\"Return a style sheet.\"\"\"
    with open(path) as file:
        return file.read()
style("../styles/page.css")""",
]


@pytest.mark.slow
def test_arrays_that_are_held_by_a_result_are_compared(tmp_path: Path) -> None:
    folder = tmp_path / "lessons"
    folder.mkdir()
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "page.css").write_text("body { color: red; }\n")
    (folder / "a.ipynb").write_bytes(as_bytes(GRID))
    done = nbprod(folder, "extract", "a.ipynb", "-o", "b.py", "--run", "--verify")
    assert done.returncode == 0, done.stderr
    assert "Ran 3 generated tests: all passed." in done.stdout
    text = (folder / "tests" / "test_b.py").read_text()
    for line in (
        "assert result[0].shape == (6, 20)", 'result[1]["north"][:2, :4]',
        'assert result[1]["north"].sum() == pytest.approx(', "assert total.max() == pytest.approx(",
        'assert result == "body { color: red; }\\n"',
    ):  # fmt: skip
        assert line in text
    assert (folder / "tests" / "b_data" / "styles" / "page.css").is_file()
