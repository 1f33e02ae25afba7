"""Functions for repeated code are called by what they do, not by pieces of what they make."""

from __future__ import annotations

import ast

import pytest

from nbprod.clones.find import Limits, find_clones
from nbprod.clones.sources import sources_of_notebook
from nbprod.facts import Facts
from nbprod.merge.edits import merges_of
from nbprod.merge.naming import drawing_name, name_of_steps
from nbprod.notebook.types import Cell
from nbprod.testing import notebook_of

NAMES = [
    ("km_4 = KModes(4).fit(rows)", ["km_4"], [("km_4", "km_5")], "fit_km"),
    ("n1 = [x for x in rows]", ["n1"], [("n1", "m1")], ""),
    ("x_test, y_test = rows[:3], rows[3:]", ["x_test", "y_test"], [], ""),
    ("model.fit(a)\nscore = model.score(a)", ["y_pred"], [("y_pred", "y_pred")], "fit_pred"),
    ("session_list = load(day)", ["session_list"], [("session_list",) * 2], "load_session"),
    ("print(model.evaluate(a))", [], [], "evaluate_model"),
    ("text = ', '.join(parts)", ["text"], [("text", "low_text")], "compute_text"),
    ("wide = a.merge(b)", ["wide_sales"], [("wide_sales", "wide_costs")], "join_wide"),
]


@pytest.mark.parametrize(("source", "results", "pairs", "name"), NAMES)
def test_a_name_tells_what_is_done(
    source: str, results: list[str], pairs: list[tuple[str, str]], name: str
) -> None:
    names = [{pair[0]: pair[place] for pair in pairs} for place in (0, 1)]
    assert name_of_steps(ast.parse(source).body, results, names) == name


@pytest.mark.parametrize(
    ("name", "is_drawing", "expected"),
    [
        ("mean_by_month", True, "draw_mean_by_month"),
        ("plot_mean", True, "plot_mean"),
        ("show_panel", True, "show_panel"),
        ("mean_by_month", False, "mean_by_month"),
        ("", True, ""),
    ],
)
def test_a_comment_names_code_that_draws_by_what_it_does(
    name: str, is_drawing: bool, expected: str
) -> None:
    assert drawing_name(name, is_drawing=is_drawing) == expected


PANEL = """\
plt.figure(figsize=(9, 4))
plt.ylim(0, {0})
mean_{1} = np.asarray(rows["{1}"])
plt.plot(rows["month"], mean_{1}, color="red", linewidth=3)
plt.grid(which="both", alpha=0.3)
"""
HEAD = (
    "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt\n"
    "rows = pd.read_csv('rows.csv')\n"
)


@pytest.mark.parametrize(
    ("panel", "name"),
    [
        (PANEL, "draw_lines"),
        ("# Mean by month\n" + PANEL, "draw_mean_month"),
        ("# Plot one region\n" + PANEL, "plot_one_region"),
        (PANEL.replace("plt.plot", "plt.scatter"), "draw_scatter"),
    ],
)
def test_a_function_that_mostly_draws_is_not_called_by_what_it_leaves(
    panel: str, name: str
) -> None:
    read = "print(mean_nm.max(), mean_gb.max(), mean_we.max())"
    places = [panel.format(limit, part) for limit, part in ((75, "nm"), (80, "gb"), (90, "we"))]
    sources = [HEAD, *places, read]
    facts = Facts(notebook_of([Cell(at, "code", source) for at, source in enumerate(sources)]))
    limits = Limits(weight=30)
    groups = find_clones(sources_of_notebook("n.ipynb", facts.parsed), limits).groups
    (made,) = merges_of(groups, {"n.ipynb": facts}, limits).found.values()
    assert made.name == name
