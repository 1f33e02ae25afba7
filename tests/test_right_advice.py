"""The help of a finding is right for the kind of what was found."""

from __future__ import annotations

import pytest

from tests.test_true_findings import findings

FRAME = "import pandas as pd\ndf = pd.read_csv('sales.csv')"


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("df[df.price > 0].drop_duplicates('id', inplace=True)", "to a new variable"),
        ("df.loc[df['price'] > 0].dropna(inplace=True)", "to a new variable"),
        ("df[df.city == 'Bonn'].reset_index(inplace=True)", "to a new variable"),
        ("df[df.price < 0].fillna(0, inplace=True)", "to the rows with `.loc`"),
        ("df.loc[df.price < 0].clip(0, 9, inplace=True)", "to the rows with `.loc`"),
    ],
)
def test_rows_without_some_of_them_do_not_go_back_into_their_frame(line: str, advice: str) -> None:
    (found,) = findings("NBP703", FRAME, line)
    assert found.help == f"assign the result {advice}"


@pytest.mark.parametrize(
    ("check", "error"),
    [
        ("assert count > 0", "ValueError"),
        ("assert isinstance(count, int), 'whole'", "TypeError"),
        ("assert callable(count) or count is None", "TypeError"),
        ("assert os.path.exists(count)", "FileNotFoundError"),
        ("assert self.rows is not None and count in self.rows", "ValueError"),
    ],
)
def test_a_check_of_an_argument_raises_the_error_of_its_kind(check: str, error: str) -> None:
    cell = f"import os\nclass Shop:\n    def sell(self, count):\n        {check}\n        return 1"
    (found,) = findings("NBP705", cell)
    assert found.help == f"raise `{error}` with a message"


@pytest.mark.parametrize(
    "cell",
    [
        "class Loss:\n    def grads(self):\n        assert self.loss is not None\n        return 1",
        "class Net:\n    def step(me, x):\n        assert me.is_fitted\n        return x",
        "def patched(self, x):\n    assert hasattr(self, 'rows')\n    return x",
        "class Bag:\n    @classmethod\n    def of(cls, x):\n        assert cls.n\n        return x",
    ],
)
def test_what_an_object_asserts_about_itself_is_no_check_of_an_argument(cell: str) -> None:
    assert not findings("NBP705", cell)


@pytest.mark.parametrize(
    "cell",
    [
        "for row in open('a.csv'):\n    first = row\n    break",
        "if ready():\n    first = 1",
        "try:\n    first = load()\nexcept OSError:\n    pass",
    ],
)
def test_what_a_cell_binds_on_some_path_is_not_said_to_come_from_a_wildcard(cell: str) -> None:
    found = findings("NBP805", "from mystery import *", cell, "print(first, Other)")
    (told,) = [label.message for finding in found for label in finding.related]
    assert "`Other`" in told and "first" not in told


def test_a_name_that_is_bound_below_its_read_may_come_from_a_wildcard() -> None:
    (found,) = findings("NBP805", "from mystery import *", "print(first)", "first = 1")
    assert [label.message for label in found.related] == [
        "`first` may come from `mystery`, whose exports are unknown"
    ]
