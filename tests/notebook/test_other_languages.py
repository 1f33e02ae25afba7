"""Notebooks of other languages whose metadata say Python, or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbprod.notebook.read import read_notebook

SCALA = ["val n = 4", "import org.math._\nval m = n * 2", "def half(x:Int) = {\n  x / 2\n}", "m"]
R = [
    "library(dplyr)\nx <- c(1, 2)\nif (a) { b }",
    "y <- mean(x) %>% round",
    "f <- function(a) {\n}",
]
JULIA = ["using Plots", "function f(x)\n  x\nend", "using Stats: mean\nf(1)"]
PYTHON = ["import pandas as pd", "df = pd.DataFrame()", "x <- 3", "print 'a'", "val = 3"]


def language(sources: list[str], metadata: dict[str, Any], version: int = 4) -> str:
    cells: list[dict[str, Any]]
    if version == 3:
        cells = [
            {"cell_type": "code", "input": source, "language": "python", "outputs": []}
            for source in sources
        ]
        document: dict[str, Any] = {"worksheets": [{"cells": cells}]}
    else:
        cells = [
            {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}
            for source in sources
        ]
        document = {"cells": cells}
    document |= {"metadata": metadata, "nbformat": version, "nbformat_minor": 0}
    notebook = read_notebook(json.dumps(document).encode(), "a.ipynb")
    assert {cell.language for cell in notebook.cells} == {notebook.language}
    return notebook.language


WRONG = {
    "kernelspec": {"language": "python", "name": "python2"},
    "language_info": {"name": "scala"},
}
SURE = {
    "kernelspec": {"language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@pytest.mark.parametrize(
    ("sources", "expected"), [(SCALA, "scala"), (R, "r"), (JULIA, "julia"), (PYTHON, "python")]
)
@pytest.mark.parametrize("version", [3, 4])
def test_the_code_tells_where_nothing_else_does(
    sources: list[str], expected: str, version: int
) -> None:
    assert language(sources, {}, version) == expected


def test_metadata_that_disagree_leave_it_to_the_code() -> None:
    assert language(SCALA, WRONG) == "scala"
    assert language(PYTHON, WRONG) == "python"


def test_metadata_that_agree_are_believed() -> None:
    assert language(SCALA, SURE) == "python"


def test_a_snippet_or_two_make_no_other_notebook() -> None:
    assert language([*PYTHON, *SCALA[:2]], {}) == "python"
    assert language([f"%%scala\n{source}" for source in SCALA] + PYTHON, {}) == "python"
