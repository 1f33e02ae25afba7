"""What functions that draw need: a `plt` that ends a figure, also where the notebook has none."""

from __future__ import annotations

import pytest

from nbprod.extract.code.format import lint
from tests.extract.notebooks import extracted

FRAME = "df = pd.DataFrame({'a': [1, 2, 4], 'b': [2, 1, 3]})"
IMPORT = "import matplotlib.pyplot as plt"


@pytest.mark.parametrize(
    "drawings",
    [
        ["df.plot()", "df.plot.bar()"],
        ["df['a'].hist()", "df.plot.scatter('a', 'b')\nmost = df['a'].max()"],
        ["df.boxplot()", "df['b'].plot(kind='line')", "df.hist()"],
    ],
)
def test_figures_of_cells_that_never_import_pyplot_are_ended(drawings: list[str]) -> None:
    cells = ["import pandas as pd", FRAME, *drawings, "print(len(df))"]
    module = extracted(cells, f"draw_all=2-{2 + len(drawings)}")[0].module
    assert module.count(IMPORT) == 1
    assert module.count("plt.show()") >= len(drawings) - 1
    assert lint(module, "made.py", "F821,F401", with_suppressed=True) == []
