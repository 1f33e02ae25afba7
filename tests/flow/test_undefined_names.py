"""What is said of a name that no cell defines, and what is offered for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbprod.project.run import check_bytes
from nbprod.rules.near_names import are_near

HELP = [
    (["np.zeros(3)"], "add `import numpy as np`"),
    (["plt.show()"], "add `import matplotlib.pyplot as plt`"),
    (["time.sleep(1)"], "add `import time`"),
    (["print(time)"], None),
    (["print(__file__)"], "use `Path.cwd()`, the directory that the kernel runs in"),
    (["# rate = 0.2", "print(rate)"], "its definition is commented out in cell 1"),
    (
        ["x = 1\n# from m import a, rate", "print(rate)"],
        "its definition is commented out in cell 1",
    ),
    (["## def rate(x):\n##     pass", "rate(1)"], "its definition is commented out in cell 1"),
    (["# the rate == 2", "print(rate)"], None),
    (["final_scores = 1", "print(final_score)"], "did you mean `final_scores`?"),
    (["X_train = 1", "print(y_train)"], None),
    (["print(final_score)", "final_scores = 1"], None),
    (["print(final_scores, final_score)"], None),
]
NEAR = ["totals total", "total_sum totalsum", "Prices prices", "reciever receiver", "colour color"]
FAR = ["X_train y_train", "rmse mse", "df1 df2", "x y", "model1 model2", "max_len min_len",
    "train_loss val_loss", "cat rat", "mean_x mean_y"]  # fmt: skip


def findings(cells: list[str], count: int | None = None) -> list[Any]:
    plain: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": count,
    }
    document = {"cells": [{**plain, "source": source} for source in cells], "metadata": {}}
    data = json.dumps({**document, "nbformat": 4, "nbformat_minor": 4}).encode()
    return [one for one in check_bytes(data, "x.ipynb").findings if one.code == "NBP103"]


@pytest.mark.parametrize(("cells", "help_"), HELP)
def test_help(cells: list[str], help_: str | None) -> None:
    assert findings(cells)[0].help == (
        help_ or "define it in a cell above, or delete what reads it"
    )


@pytest.mark.parametrize("pair", NEAR)
def test_a_slip_of_the_pen_is_near(pair: str) -> None:
    left, right = pair.split()
    assert are_near(left, right) and are_near(right, left)


@pytest.mark.parametrize("pair", FAR)
def test_another_thing_is_not_near(pair: str) -> None:
    left, right = pair.split()
    assert not are_near(left, right) and not are_near(right, left)


def test_a_cell_that_has_run_may_have_had_the_name_from_outside() -> None:
    (found,) = findings(["print(rate)"], 3)
    assert "deleted, renamed, or defined outside the notebook (start-up file)" in found.message
    assert len(found.message) <= 100
    (found,) = findings([f"print({'rates' * 6})"], 3)
    assert len(found.message) <= 120


@pytest.mark.parametrize(
    "source", ["if True:\n    n = n + 1", "for i in '12':\n    n = [*n, i]", "with q():\n    n = n"]
)
def test_a_statement_that_reads_what_it_first_defines(source: str) -> None:
    messages = [found.message for found in findings(["q = open", source]) if found.symbol == "n"]
    assert messages == ["`n` is used by the statement that first defines it"]


def test_it_stands_where_the_name_is_read() -> None:
    (found,) = findings(["def f():\n    return missing_rate\nf()"])
    assert (found.place.line, found.related[0].message) == (2, "calls `f`")


@pytest.mark.parametrize(
    "body", ["return train, test", "# both\n    return [train, test]", "print(train)\n    test()"]
)
def test_a_call_of_a_template_is_one_finding(body: str) -> None:
    (found,) = findings([f"def split(data):\n    {body}", "split(1)"])
    assert found.symbol == "train"
    assert any(one.message == "`test` is also undefined here" for one in found.related)
