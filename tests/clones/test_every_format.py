"""Whether fixes are worked out, for formats that carry them, changes no finding."""

from __future__ import annotations

import pytest

from nbprod.config.settings import Settings
from nbprod.project.run import check_bytes
from tests.secrets.planted import code, notebook

GIVEN = (
    "from sklearn.linear_model import LinearRegression\nimport pandas as pd\n"
    'data = pd.read_csv("a.csv")\nx_train, x_test, y_train, y_test = data, data, data.a, data.a\n'
    "values = data.a"
)
READ = """\
df = pd.read_csv("{}.csv").rename(columns=str.lower)
df["day"] = pd.to_datetime(df["day"], errors="coerce").dt.floor("D")
df = df.dropna(subset=["price", "city"]).drop_duplicates()
totals = df.groupby(["city", "day"])["price"].agg(["mean", "count"]).reset_index()
top = totals.sort_values("mean", ascending=False).head({})
"""
FIT = """\
model = LinearRegression(fit_intercept=True, copy_X=True)
model.fit(x_train.fillna(0), y_train.fillna(0))
guess = model.predict(x_test.fillna(0))
error = abs(guess - y_test.fillna(0)).mean()
share = round(100 * error / y_test.fillna(0).mean(), 2)
print("error", error, "share", share)
"""
SPLIT = """\
mean = values.fillna(0).mean()
spread = values.fillna(0).std()
scaled = ((values - mean) / spread).clip(-3, 3)
low = scaled.min() - 0.5
high = scaled.max() + 0.5
width = round(high - low, 2)
"""
REACHES = """\
grid = {"first": values.min(), "last": values.max()}
globals().update(grid)
both = (grid["first"] - 1, grid["last"] + 1)
middle = sum(both) / len(both)
shares = [round(one / middle, 2) for one in both]
print("middle", middle, "shares", shares)
"""
PERHAPS = """\
if values.any():
    low = values.fillna(0).min()
high = values.fillna(0).max()
width = round(high - values.fillna(0).mean(), 2)
share = ((values - high) / width).clip(-3, 3)
print("share", share.mean(), "of", len(share))
"""
NOTEBOOKS = {
    "values that differ": [GIVEN, READ.format("a", 3), READ.format("b", 5), "print(top)"],
    "the same code, which reads names": [GIVEN, FIT, "print(share)", FIT],
    "many results": [GIVEN, SPLIT, "print(mean, spread, low, high, width, scaled)", SPLIT],
    "all globals are written": [GIVEN, REACHES, "print(data)", REACHES, "print(middle)"],
    "a name that some paths bind": [GIVEN, PERHAPS, "print(low)", PERHAPS, "print(low, width)"],
    "three places": [GIVEN, FIT, "print(model)", FIT, "print(share)", FIT],
}


def findings(sources: list[str], *, merges: bool) -> list[tuple[object, ...]]:
    data = notebook([code(source) for source in sources])
    settings = Settings(level="production", merges=merges)
    found = check_bytes(data, "a.ipynb", settings).findings
    return [(finding.code, finding.place, finding.message) for finding in found]


@pytest.mark.parametrize("sources", NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_findings_are_the_same_with_and_without_fixes(sources: list[str]) -> None:
    assert findings(sources, merges=False) == findings(sources, merges=True)


def test_some_of_them_are_reported() -> None:
    assert sum(bool(findings(sources, merges=False)) for sources in NOTEBOOKS.values()) >= 3
