"""Functions for repeated code are called by what they do, not by pieces of what they make."""

from __future__ import annotations

import ast

import pytest

from nbprod.merge.naming import name_of_steps

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
