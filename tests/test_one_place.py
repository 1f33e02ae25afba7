"""Settings with a place of their own, sources that are none, columns apart, and callbacks."""

from __future__ import annotations

from typing import Any

import pytest

from nbprod.libraries.distributions import bringers_of
from tests.test_true_findings import findings, said

KEPT = "import joblib\njoblib.dump(models, 'models.joblib')"
FOREST, BOOST = "Forest(n_estimators=30, max_depth=2)", "Boost(n_estimators=90, max_depth=4)"
CANDIDATES = [
    f"models = [{FOREST}, {BOOST}]",
    f"models = {{'forest': {FOREST}, 'boost': {BOOST}}}",
    f"models = [('forest', {FOREST}), ('boost', {BOOST})]",
    f"for name, model in [('forest', {FOREST}), ('boost', {BOOST})]:\n    model.fit(x)",
]


@pytest.mark.parametrize("code", CANDIDATES)
def test_a_list_of_candidates_is_the_one_place_for_their_settings(code: str) -> None:
    assert not findings("NBP405", code, KEPT)


@pytest.mark.parametrize(
    "code",
    [
        f"models = [{FOREST}, load('old', learning_rate=0.3)]",
        f"models = {FOREST}\nother = {BOOST}",
        f"models = Vote([('forest', {FOREST}), ('boost', {BOOST})])",
    ],
)
def test_settings_elsewhere_are_hardcoded(code: str) -> None:
    assert findings("NBP405", code, KEPT)


@pytest.mark.parametrize("name", ["postgres", "master", "template1"])
def test_a_database_for_maintenance_is_no_source(name: str) -> None:
    connection = f"server = connect(database='{name}')"
    assert not findings("NBP406", connection, "server.execute('CREATE DATABASE shop')")
    assert findings("NBP406", connection, "server.execute('SELECT 1')")


def ran(source: str, count: int) -> dict[str, Any]:
    return {"source": source, "execution_count": count}


@pytest.mark.parametrize(
    ("read", "written", "is_harmful"),
    [
        ("print(df['a'])", "df['b'] = df['a'] * 2", False),
        ("print(df[['a', 'c']])", "df['b'] = 1", False),
        ("df['c'] = df['a']", "df[['b', 'd']] = 1", False),
        ("print(df['a'])", "df['a'] = df['a'] * 2", True),
        ("print(df.shape)", "df['b'] = df['a'] * 2", True),
        ("print(df['b'], df['a'])", "df['b'] = df['b'] * 2", True),
    ],
)
def test_a_column_that_is_not_read_harms_nobody(read: str, written: str, is_harmful: bool) -> None:
    table = "import pandas as pd\ndf = pd.DataFrame({'a': [1], 'b': [2], 'c': [3]})"
    found = findings("NBP106", ran(table, 1), ran(read, 3), ran(written, 2))
    assert bool(found) is is_harmful


HANDED = [
    "FuncAnimation(figure, step)",
    "model = Pipeline([('a', FunctionTransformer(step))])",
    "slider.observe(step)",
]


@pytest.mark.parametrize("line", HANDED)
def test_what_a_library_calls_is_not_asked_for_parameters(line: str) -> None:
    cells = ["rate = 1", "def step(x):\n    return x * rate", line, "rate = 2", line]
    assert not findings("NBP201", *cells)
    assert not findings("NBP202", *cells[:3])
    assert findings("NBP201", *cells, "step(1)")


@pytest.mark.parametrize(
    "line", ["Callbacks([step])", "handle({'each': step})", "Steps((step, None))"]
)
def test_a_function_in_a_list_is_handed_over_as_well(line: str) -> None:
    assert not findings("NBP202", "rows = [1]", "def step(x):\n    return rows[x]", line)


LINES = [
    "visits = pd.read_csv(path).dropna(subset=['age', 'day'])",
    "visits['month'] = pd.to_datetime(visits['day']).dt.month",
    "by_month = visits.groupby(['city', 'month'])['age'].agg(['mean', 'count']).reset_index()",
    "by_month = by_month[by_month['count'] > 10].sort_values('mean', ascending=False)",
]


def test_duplicates_that_are_interrupted_say_where() -> None:
    whole = "\n".join(LINES)
    broken = "\n".join([*LINES[:2], "print(visits.describe().loc['mean'])", *LINES[2:]])
    assert "code duplicated in 2 places" in said(findings("NBP901", whole, whole))
    assert "more statements" not in said(findings("NBP901", whole, whole))
    told = said(findings("NBP901", whole, broken))
    assert not told or "with more statements in cell 2" in told


@pytest.mark.parametrize(
    ("name", "bringer"),
    [
        ("pandas", "scalecast"),
        ("networkx", "osmnx"),
        ("matplotlib", "contextily"),
        ("pandas", "pygeohydro"),
        ("python-dateutil", "xarray"),
    ],
)
def test_what_a_distribution_requires_is_brought_along(name: str, bringer: str) -> None:
    assert bringer in bringers_of(name)
    assert bringer not in bringers_of("polars")
