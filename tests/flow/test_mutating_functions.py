"""Functions that mutate globals: one finding a name, a warning where another cell sees it."""

from __future__ import annotations

import pytest

from nbprod.checking.engine import check_notebook
from nbprod.config.settings import Settings
from nbprod.notebook.read import read_notebook
from nbprod.rule import Level
from tests.truth.score import as_bytes

SALES = "import pandas as pd\nsales = pd.read_csv('a.csv')"
CHANGE = "def fill(c):\n    sales[c] = sales[c].fillna(0)"
CASES = [
    ("seen by another cell", [SALES, CHANGE, "fill('p')", "print(sales['p'])"], "warning"),
    ("an array", ["import numpy as np\nsales = np.zeros(3)", "def fill():\n    sales[0] = 1",
                  "fill()", "sales.sum()"], "info"),
    ("room for results", ["import numpy as np\nsales = [None] * 3",
                          "def fill(i):\n    sales[i] = sales[i - 1]", "fill(1)", "sum(sales)"],
     "info"),
    ("a table made anew", [SALES, "def fill():\n    sales['p'] = sales['p'] / 100", "fill()",
                           "sales.sum()"], "warning"),
    ("an attribute", ["class Box: pass\nsales = Box()", "def fill():\n    sales.n = 2\nfill()",
                      "print(sales.n)"], "info"),
    ("changed further by its caller", [SALES, CHANGE, "fill('p')\nsales.dropna(inplace=True)",
                                       "print(sales)"], "warning"),
    ("made anew by its caller", [SALES, CHANGE, "fill('p')\nsales = sales.dropna()",
                                 "print(sales)"], "info"),
    ("seen by nobody", [SALES, CHANGE, "fill('p')"], "info"),
    ("seen where it is called", [SALES, CHANGE, "fill('p')\nprint(sales)"], "info"),
    ("never called", [SALES, CHANGE, "print(sales['p'])"], "info"),
    ("changed by another call only", ["sales = [1]", "def fill():\n    sales.append(1)", "fill()",
                                      "fill()"], "info"),
    ("a list to be filled", ["sales = []", "def fill():\n    sales.append(1)", "fill()",
                             "print(sales)"], "info"),
    ("a cache", ["sales = {}", "def fill(k):\n    sales[k] = 1", "fill(1)", "print(sales)"],
     "info"),
]  # fmt: skip


def found(cells: list[str], level: Level = "production") -> list[tuple[str | None, str, int]]:
    notebook = read_notebook(as_bytes(cells, [None] * len(cells)), "x.ipynb")
    findings = check_notebook(notebook, Settings(level=level).selection())
    return [
        (finding.symbol, finding.severity.value, len(finding.related))
        for finding in findings
        if finding.code == "NBP204"
    ]


@pytest.mark.parametrize(
    ("cells", "severity"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_change_that_another_cell_sees_is_a_warning(cells: list[str], severity: str) -> None:
    assert found(cells) == [("sales", severity, 0)]
    assert bool(found(cells, "shared")) == (severity == "warning")


def test_all_places_of_a_name_are_one_finding() -> None:
    others = "def scale(c):\n    sales[c] = sales[c] / 2\n    sales.dropna(inplace=True)"
    cells = [SALES, CHANGE, others, "fill('p')\nscale('p')", "print(sales)"]
    assert found(cells) == [("sales", "warning", 2)]
