"""Near-equal cells: one function stands for them, called with what differs."""

from __future__ import annotations

import pytest

from nbprod.extract.extraction import extract, make_plan
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from tests.extract.notebooks import as_bytes

_HEAD = "import statistics\nweights = [3.5, 1.0, 9.0]\nheights = [20, 30]"
_CELL = "{0} = [x for x in {1} if x > {2}]\n{0}.sort()\n{3} = statistics.mean({0})"
_CASES = [
    pytest.param(
        [_CELL.format("a", "weights", 2, "mean_weight"), _CELL.format("b", "heights", 2, "tall")],
        ["summarize_it(weights)", "summarize_it(heights)"],
        id="other-names",
    ),
    pytest.param(
        [
            _CELL.format("a", "weights", 2, "mean_weight"),
            "# of the tall ones\n" + _CELL.format("b", "heights", 2, "tall"),
        ],
        ["summarize_it(weights)", "summarize_it(heights)"],
        id="a-comment-above-stays-above-the-call",
    ),
    pytest.param(
        [
            "low = 2\n" + _CELL.format("a", "weights", "low", "mean_weight"),
            "least = 25\n" + _CELL.format("b", "heights", "least", "tall"),
        ],
        ["summarize_it(weights)", "summarize_it(heights, low=25)"],
        id="another-setting",
    ),
    pytest.param(
        [
            _CELL.format("a", "weights", 2, "mean_weight"),
            _CELL.format("b", "heights", 2, "tall").replace("sort()", "sort()  # tallest last"),
        ],
        None,
        id="a-comment-of-its-own",
    ),
    pytest.param(
        [
            _CELL.format("a", "weights", 2, "mean_weight"),
            _CELL.format("b", "heights", 2, "tall").replace("mean", "median"),
        ],
        None,
        id="another-call",
    ),
    pytest.param(
        [
            _CELL.format("a", "weights", 2, "mean_weight"),
            _CELL.format("a", "heights", 2, "tall").replace("mean(a)", "mean(weights)"),
        ],
        None,
        id="another-flow",
    ),
]


@pytest.mark.parametrize(("cells", "calls"), _CASES)
def test_near_equal_cells(cells: list[str], calls: list[str] | None) -> None:
    data = as_bytes([_HEAD, *cells, "print(mean_weight, tall)"])
    facts = Facts(read_notebook(data, "parcels.ipynb"))
    plan = make_plan(facts, None, range(4))
    made = extract(facts, data, plan, "steps")
    if calls is None:
        assert plan.own_functions == plan.functions
        return
    text = "\n".join(made.sources[cell] for cell in (1, 2))
    assert made.module.count(".sort()") == 1
    name = next(one.name for one in plan.own_functions if one.cells[0] >= 1)
    for call in calls:
        assert call.replace("summarize_it", name) in text
    for line in cells[1].splitlines():
        assert not line.startswith("#") or line in text


_SUMS = "part = sales.groupby('{0}')['price'].sum()\npart = part.sort_values()\n"
_SUMS += "ax = part.plot.bar(title='{1}')\nax.set_xlabel('{0}')\nax.set_ylabel('euros')\nplt.show()"


def test_what_differs_in_several_places_alike_is_one_parameter() -> None:
    cells = ["import matplotlib.pyplot as plt\nimport pandas as pd"]
    cells += ["sales = pd.read_csv('sales.csv')\nsales = sales.dropna()\nsales = sales.round(2)"]
    columns = [("city", "Prices by city"), ("month", "Prices by month"), ("depot", "Of depots")]
    cells += [_SUMS.format(*column) for column in columns]
    module, notebook = _extracted(cells)
    assert module.count("sort_values") == 1
    assert 'by: str = "city", title: str = "Prices by city"' in module
    assert "groupby(by)" in module and "set_xlabel(by)" in module
    assert "(sales, by='depot', title='Of depots')" in notebook


def test_two_paths_of_the_same_reading_are_one_function() -> None:
    read = "{0} = pd.read_csv('{0}_2020.csv')\n{0} = {0}.dropna()\n{0} = {0}.round(1)"
    cells = ["import pandas as pd", read.format("north"), read.format("south"), "north, south"]
    module, notebook = _extracted(cells)
    assert module.count("read_csv") == 1
    assert "south = load_data(path='south_2020.csv')" in notebook


def test_models_that_are_fitted_alike_are_one_function() -> None:
    head = "import pandas as pd\nfrom sklearn.tree import DecisionTreeClassifier"
    load = "data = pd.read_csv('a.csv')\ndata = data.dropna()\nX = data[['a']]\ny = data['b']"
    fit = "{0} = DecisionTreeClassifier(max_depth={1})\n{0}.fit(X, y)"
    show = "print({0}.score(X, y))"
    models = [("low", 1), ("middle", 3), ("high", 5)]
    cells = [head, load]
    for name, depth in models:
        cells += [fit.format(name, depth), show.format(name)]
    module, notebook = _extracted(cells)
    assert module.count("DecisionTreeClassifier(max_depth=max_depth)") == 1
    assert "middle = fit_model(X, y)" in notebook
    assert "high = fit_model(X, y, max_depth=5)" in notebook


def test_a_difference_that_has_no_name_keeps_cells_apart() -> None:
    cells = ["import statistics\nweights = [3.5, 1.0, 9.0]"]
    cells += [
        f"a = [x * {n} for x in weights]\na.sort()\nmean_{n} = statistics.mean(a)" for n in (2, 3)
    ]
    cells.append("print(mean_2, mean_3)")
    assert _extracted(cells)[0].count("statistics.mean(a)") == 2


def _extracted(cells: list[str]) -> tuple[str, str]:
    data = as_bytes(cells)
    facts = Facts(read_notebook(data, "a.ipynb"))
    plan = make_plan(facts, None, range(len(cells)))
    made = extract(facts, data, plan, "steps")
    return made.module, "\n".join(made.sources.values())
