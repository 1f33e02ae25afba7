"""Where notebooks are cut: what goes into one function, what stays, and what a second run does."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nbprod.cli.extract import command
from tests.extract.notebooks import as_bytes, code_of

DATA = "rows = [[1.0, 2.0], [2.0, 1.0], [3.0, 5.0], [4.0, 4.0], [5.0, 7.0], [6.0, 5.0]]"
MODEL = [
    "from sklearn.linear_model import LinearRegression\nimport numpy as np",
    DATA + "\ntable = np.array(rows)\ny = table.sum(axis=1)",
    "table.shape",
    "model = LinearRegression()",
    "model.fit(table, y)",
    "guess = model.predict(table)",
    "model.score(table, y)",
    "print(guess.round(2))",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def extract(cells: list[str], *more: str) -> Result:
    Path("a.ipynb").write_bytes(as_bytes(cells))
    arguments = ["a.ipynb", "-o", "steps.py", "--no-tests", "--notebook-out", "out.ipynb", *more]
    return CliRunner().invoke(command, arguments, standalone_mode=False)


def made() -> tuple[str, list[str]]:
    return Path("steps.py").read_text(), code_of(Path("out.ipynb").read_bytes())


def test_a_fit_goes_with_what_follows_and_its_cell_still_shows_the_model() -> None:
    done = extract(MODEL, "--verify")
    assert done.return_value == 0, (done.output, done.exception)
    module, cells = made()
    body = module.split("def fit_linear_regression(")[1]
    assert "model.fit(table, y)" in body and "model.predict(table)" in body
    assert "model" in cells and "model.score(table, y)" in cells


@pytest.mark.slow
def test_a_fit_whose_object_changes_below_is_not_shown_late() -> None:
    cells = [
        *MODEL[:6],
        "model.fit(table[:3], y[:3])",
        "rest = model.predict(table)",
        "print(rest)",
    ]
    assert extract(cells, "--verify").return_value == 0
    assert "model.fit(table, y)" not in "\n".join(made()[1][:1])


@pytest.mark.slow
def test_a_drawing_of_a_line_stays_between_the_parts_of_a_function() -> None:
    cells = [
        "import matplotlib.pyplot as plt\nimport numpy as np",
        "widths = np.arange(9.0) * 2\nheights = widths + 1",
        "area = widths * heights\nmiddle = area.mean()",
        "plt.hist(area);",
        "edges = np.sqrt(area)\nspread = edges.std()",
        "print(middle, spread)",
    ]
    assert extract(cells, "--verify").return_value == 0
    module, left = made()
    assert "plt.hist(area);" in left
    assert "middle = area.mean()\n\n    edges = np.sqrt(area)" in module


def test_a_second_extraction_leaves_what_the_first_one_left() -> None:
    cells = [*MODEL, "import json\nlimit = len(rows) * 2", "text = json.dumps(limit)\nprint(text)"]
    assert extract(cells).return_value == 0
    before = made()
    again = ["out.ipynb", "-o", "steps.py", "--no-tests", "--in-place"]
    done = CliRunner().invoke(command, again, standalone_mode=False)
    assert done.exception is not None and "nothing to extract" in str(done.exception)
    assert made() == before


def test_nothing_is_bound_that_nobody_reads() -> None:
    cells = [
        "import numpy as np\nimport statistics as st",
        "data = np.arange(12.0).reshape(4, 3)\nunused = np.linalg.norm(data)\n"
        "means = data.mean(axis=0)\nprint('columns', len(means))",
        "low = means - 1\nhigh = means + 1\nwidth = high - low\nprint(width, low, high)",
    ]
    assert extract(cells, "--verify").return_value == 0
    assert "F841" not in made()[0]


def test_the_counter_of_a_loop_is_nobodys_argument() -> None:
    loop = "for i in range(2, 5):\n    total += i\n    count += 1"
    cells = [
        "total = 0\ncount = 0\n" + loop + "\nshare = total / count",
        "print(share)",
        "for i in range(3):\n    print(i)",
        "count = 1\ntotal = 1\n" + loop + "\nrest = total / count",
        "print(rest)",
    ]
    assert extract(cells, "--verify").return_value == 0
    module = made()[0]
    assert "(i" not in module and ", i" not in module.replace("for i in", "")


def test_names_of_a_figure_that_an_earlier_cell_has_as_well_are_no_results() -> None:
    draw = "fig, ax = plt.subplots()\nax.plot({0})\nax.set_title('{0}')\nax.set_xlabel('day')"
    cells = [
        "import matplotlib.pyplot as plt\nimport numpy as np",
        "ill = np.arange(9.0)\nwell = 9 - ill\nshare = ill / 9",
        draw.format("ill") + "\nax.grid()",
        "gone = well * 2\nrest = gone - ill\n" + draw.format("rest"),
        "print(ill, well, share, gone, rest)",
    ]
    assert extract(cells).return_value == 0
    module, left = made()
    assert "ax.set_title('rest')".replace("'", '"') in module
    assert not any("fig" in cell for cell in left)


SHORT = [
    "import json\nimport matplotlib.pyplot as plt",
    "with open('a.ipynb') as file:\n    cells = json.load(file)['cells']",
    "plt.scatter([1, 2], [3, 4])",
    "kinds = [cell['cell_type'] for cell in cells]\ncodes = kinds.count('code')",
    "print(kinds, codes)",
]


def test_a_short_notebook_keeps_a_single_drawing_and_joins_what_is_around_it() -> None:
    assert extract(SHORT).return_value == 0
    module, cells = made()
    assert module.count("\ndef ") == 1 and "plt" not in module
    assert "json.load(file)" in module and "codes" in module
    assert "plt.scatter([1, 2], [3, 4])" in "\n".join(cells)


def test_a_single_statement_stays_where_something_else_is_worth_a_function() -> None:
    drawing = "plt.scatter([1, 2], [3, 4])\nplt.title('a')\nplt.xlabel('b')\nplt.ylabel('c')"
    assert extract([*SHORT[:1], drawing, "size = json.loads('4')", "print(size)"]).return_value == 0
    assert "json" not in made()[0] and "plt.title" in made()[0]


def test_a_single_statement_is_a_function_where_there_is_nothing_else() -> None:
    assert extract(["import json", "size = json.loads('4')", "print(size)"]).return_value == 0
    assert "json.loads" in made()[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "shown",
    ["print('mean', sum(row[0] for row in rows))", "pd.concat([frame, frame])", "frame.dropna()"],
)
def test_what_is_shown_between_its_parts_does_not_cut_a_function(shown: str) -> None:
    cells = [
        "import pandas as pd",
        DATA + "\nframe = pd.DataFrame(rows)\nsums = frame.sum(axis=1)",
        shown,
        "low = sums.min()\nhigh = sums.max()\nwidth = high - low",
        "print(low, width)",
    ]
    done = extract(cells, "--verify")
    assert done.return_value == 0, (done.output, done.exception)
    module, _ = made()
    assert module.count("def ") == 1 and "width = high - low" in module


@pytest.mark.slow
def test_several_measures_of_a_model_are_one_record() -> None:
    scores = ["accuracy", "precision", "recall", "f1"]
    cells = [
        "from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score",
        "#md ## Evaluate the guesses",
        "y = [0, 1, 1, 0, 1]\nguess = [0, 1, 0, 0, 1]",
        "\n".join(f"{name} = {name}_score(y, guess)" for name in scores),
        "print(accuracy, precision, recall, f1)",
    ]
    done = extract(cells, "--verify")
    assert done.return_value == 0, (done.output, done.exception)
    module, _ = made()
    assert "(NamedTuple):" in module and "return GuessesEvaluation(" in module


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (
            ["X = [[1.0], [2.0], [4.0]]\ny = [1.0, 3.0, 4.0]\nX.append([5.0])\ny.append(6.0)",
             "#md ## Ridge",
             "ridge = Ridge(alpha=X[0][0])\nridge.fit(X, y)\nother = Ridge(alpha=X[1][0])\n"
             "other.fit(X, y)"],
            "Fit two `Ridge` models to `X` and `y`.",
        ),
        (
            ["#md ## Data", "iris = load_iris()\nX = iris.data\ny = iris.target"],
            "Load the iris data set and take its `data` and `target`.",
        ),
        (
            ["def half(x):\n    return x / 2",
             "#md ## Half", "low = half(3)\nhigh = half(9)\nwide = half(27)"],
            "Call `half` for three values.",
        ),
    ],
)  # fmt: skip
def test_a_sentence_says_more_than_the_names(cells: list[str], said: str) -> None:
    imports = "from sklearn.datasets import load_iris\nfrom sklearn.linear_model import Ridge"
    shown = {"Fit": "ridge, other", "Load": "X, y", "Call": "low, high, wide"}[said.split()[0]]
    assert extract([imports, *cells, f"print({shown})"]).return_value == 0
    assert said in made()[0], made()[0]


@pytest.mark.slow
def test_constants_make_no_function_where_something_is_computed() -> None:
    cells = [
        "import math",
        *(f"low = {number}\nhigh = {number + 4}\ntol = 1e-{number}" for number in (1, 2)),
        "print(low, high, tol)",
        "roots = []\nfor number in range(low, high):\n    roots.append(math.sqrt(number))",
        "total = sum(roots)\nmean = total / len(roots)\nspread = max(roots) - mean",
        "low = 7\nhigh = 9\ntol = 0.5",
        "print(mean, spread, low, high, tol)",
    ]
    assert extract(cells, "--verify").return_value == 0
    module, notebook = made()
    assert module.count("\ndef ") == 1 and "sum(roots)" in module
    assert "low = 7\nhigh = 9\ntol = 0.5" in notebook


def test_a_notebook_of_constants_has_a_function_of_them() -> None:
    assert extract(["words = [1, 2]", "print(len(words))", "print(words)"]).return_value == 0
    assert "words = [1, 2]" in made()[0]
