"""Tests of functions that return several arrays, take whole grids, or read files of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.extract.test_command import extracted_tests

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
    text = extracted_tests(folder, GRID, 3, "--verify")
    for line in (
        "assert result[0].shape == (6, 20)", 'result[1]["north"][:2, :4]',
        'assert result[1]["north"].sum() == pytest.approx(', "assert total.max() == pytest.approx(",
        'assert result == "body { color: red; }\\n"',
    ):  # fmt: skip
        assert line in text
    assert (folder / "tests" / "b_data" / "styles" / "page.css").is_file()


SECANT = [
    """def f(x):
    return x**2 - 5

def secant(x0, x1, f, eps):
    i = 0
    while abs(x1 - x0) > eps:
        x0, x1 = x1, x1 - f(x1) * (x1 - x0) / (f(x1) - f(x0))
        i += 1
    return x1""",
    "secant(2, 3, f, 0.0001)",
    "from scipy import optimize",
    "def cubic(x):\n    return x**3 - 20",
    "round(optimize.bisect(cubic, 1, 4), 3)",
]


@pytest.mark.slow
def test_a_notebook_of_definitions_alone_is_tested_by_its_calls(tmp_path: Path) -> None:
    text = extracted_tests(tmp_path, SECANT, 3, "--verify")
    module = (tmp_path / "b.py").read_text()
    assert "def cubic(x: float) -> float:" in module
    assert "def secant(x0: float, x1: float, f: Callable[..., Any], eps: float)" in module
    assert "result = secant(x0, x1, f, eps)" in text and "f = f" not in text


FORMULAS = [
    "import numpy as np\nimport pandas as pd\nimport sympy as sp\nfrom helpers import Weights",
    """t = sp.Symbol("t", positive=True)
rate = sp.exp(-t / 2) + 3
share = Weights(pd.Series([0.25, 0.75], index=["a", "b"]))""",
    "print(rate, share.sum())",
    """change = sp.diff(rate, t)
steps = np.linspace(0.0, 4.0, 9)
values = [float(change.subs(t, step)) for step in steps]
weighted = share * min(values)
lowest = weighted.min()""",
    "print(lowest, len(values))",
]


@pytest.mark.slow
def test_formulas_and_derived_series_are_arguments(tmp_path: Path) -> None:
    pytest.importorskip("sympy")
    (tmp_path / "helpers.py").write_text(
        "import pandas\n\nclass Weights(pandas.Series):\n    pass\n"
    )
    text = extracted_tests(tmp_path, FORMULAS, 1, "--function", "lowest_change=4", "--verify")
    assert "sympify(" in text and "Weights(pd.Series(" in text


HIDDEN_DRAWS = [
    "import numpy as np\nimport random\nfrom scipy import stats",
    """draw = np.random.rand
hits = 0
for _ in range(50):
    if draw() ** 2 + draw() ** 2 <= 1:
        hits += 1
area = 4 * hits / 50""",
    "print(0 < area < 4)",
    """norm = stats.norm(1.0, 0.5)
pick = random.choice
values = [norm.rvs() for _ in range(5)]
side = pick(["left", "right"])
total = sum(values)""",
    "print(total > 0, len(side) > 1)",
]


@pytest.mark.slow
def test_draws_through_other_names_are_seeded(tmp_path: Path) -> None:
    text = extracted_tests(tmp_path, HIDDEN_DRAWS, 1, "--all")
    assert "    np.random.seed(0)\n" in text and "    random.seed(0)\n" in text


BUNCH = [
    "from sklearn.datasets import load_iris\nimport numpy as np",
    "iris = load_iris()",
    "print(iris.keys())",
    """rows = iris.data[iris.target == 1]
means = rows.mean(axis=0)
widths = rows.std(axis=0)
names = [name.upper() for name in iris.feature_names]""",
    "print(means, widths, names)",
]


@pytest.mark.slow
def test_a_data_set_of_scikit_learn_is_loaded_by_the_test(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    text = extracted_tests(tmp_path, BUNCH, 1, "--function", "describe_rows=4", "--verify")
    assert "iris = load_iris()" in text


DISTRIBUTION = [
    "import numpy as np\nfrom scipy import stats\nimport matplotlib.pyplot as plt",
    "height = stats.norm(170.0, scale=8.0)",
    "print(height.mean())",
    """places = np.linspace(150.0, 190.0, 5)
curve = height.pdf(places)
plt.plot(places, curve)
plt.xlabel("height")
plt.gcf().set_size_inches(6, 3)""",
]


@pytest.mark.slow
def test_distributions_are_arguments_and_calls_that_return_nothing_no_results(
    tmp_path: Path,
) -> None:
    for name in ("scipy", "matplotlib"):
        pytest.importorskip(name)
    text = extracted_tests(tmp_path, DISTRIBUTION, 1, "--function", "plot_heights=4", "--verify")
    assert "height = stats.norm(170.0, scale=8.0)" in text
    module = (tmp_path / "b.py").read_text()
    assert "return plt.gcf().set_size_inches" not in module and "-> object" not in module
