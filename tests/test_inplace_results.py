"""What is said of a bound result of a call in place, and that its fix does what was meant."""

from __future__ import annotations

import pytest

from nbprod.model import Finding
from tests.test_true_findings import findings, said

FRAME = "import pandas as pd\ndf = pd.read_csv('sales.csv')"


def one(line: str, *after: str) -> Finding:
    (found,) = findings("NBP703", FRAME, line, *after)
    return found


def title(found: Finding) -> str | None:
    return found.fix.title if found.fix else None


@pytest.mark.parametrize(
    ("line", "back"),
    [
        ("a = df['price'].fillna(0, inplace=True)\na", "df['price'] = df['price'].fillna(...)"),
        ("kept = df.price.clip(0, 9, inplace=True)", "df.price = df.price.clip(...)"),
        ("_n = df[['x', 'y']].ffill(inplace=True)", "df[['x', 'y']] = df[['x', 'y']].ffill(...)"),
        ("e = df.dropna(inplace=True)", "df = df.dropna(...)"),
        ("out = df.rename(columns={'a': 'b'}, inplace=True)\nout", "df = df.rename(...)"),
    ],
)
def test_a_result_that_nothing_reads_goes_back_to_what_later_code_reads(
    line: str, back: str
) -> None:
    found = one(line, "df.isnull().any()")
    assert f"assign the result back: `{back}`" in said([found])
    assert title(found) == "Assign the result back"


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("a = df['price'].fillna(0, inplace=True)", "print(a.mean(), len(df))"),
        ("df = df.dropna(inplace=True)", "df.head()"),
        ("clean = df.drop_duplicates(inplace=True)", "clean.to_csv('clean.csv')\ndf.shape"),
    ],
)
def test_a_result_that_is_read_is_what_was_meant(line: str, after: str) -> None:
    found = one(line, after)
    assert found.help == "remove `inplace=True`"
    assert title(found) == "Remove `inplace=True`"


@pytest.mark.parametrize(
    "line",
    [
        "a = df['price'].dropna(inplace=True)",
        "b = df['price'].sort_values(inplace=True)",
        "def clean(df):\n    done = df.dropna(inplace=True)\n    return len(df)\nclean(df)",
    ],
)
def test_no_fix_is_offered_where_assigning_back_changes_nothing(line: str) -> None:
    assert title(one(line, "df.head()")) is None


def test_only_methods_that_return_none_with_any_pandas_are_said_to() -> None:
    assert one("df = df.dropna(inplace=True)").message == "`dropna(inplace=True)` returns None"
    for method in ("fillna(0, ", "replace(1, 2, ", "mask(df > 1, "):
        assert "before pandas 3" in one(f"df = df.{method}inplace=True)").message
