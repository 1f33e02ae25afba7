"""Names that a platform's kernel binds are given where the notebook shows that it is of it."""

from __future__ import annotations

import pytest

from tests.test_true_findings import findings, said

PLATFORMS = [
    ("QuantConnect", "qb = QuantBook()\nrows = qb.history(qb.securities, 9, Resolution.DAILY)"),
    ("QuantConnect", "spy = qb.add_equity('SPY').symbol\nprint(BollingerBands(30, 2), pd)"),
    ("QuantConnect", "qb.AddForex('EURUSD', Resolution.Minute)"),
    ("Zeppelin", "z.show(3)"),
    ("Zeppelin", "name = z.input('name')"),
    ("Databricks", "dbutils.widgets.text('a', 'b')\ndisplayHTML(getArgument('a'))"),
    ("Databricks", "for file in dbutils.fs.ls('/'):\n    rows = spark.read.csv(file)"),
    ("Synapse and Fabric", "mssparkutils.fs.ls('/')\nrows = spark.read.csv('a')"),
    ("Synapse and Fabric", "print(notebookutils.credentials.getSecret('a', 'b'))"),
    ("AWS Glue", "rows = glueContext.create_dynamic_frame.from_catalog('a')"),
    ("Watson Studio", "wslib.load_data('a.csv')"),
    ("Uqer", "rows = DataAPI.MktEqudGet(ticker='1')"),
]


@pytest.mark.parametrize(("platform", "source"), PLATFORMS)
def test_what_only_a_platform_has_is_said_to_be_of_it(platform: str, source: str) -> None:
    assert not findings("NBP103", source, level="shared")
    (found,) = findings("NBP103", source)
    assert f"only in {platform} kernels, not in a plain one" in said([found])
    # What no platform has is still missing.
    assert findings("NBP103", f"{source}\nprint(no_such_name)", level="shared")


OWN = [
    "class QuantBook: pass\nqb = QuantBook()\nprint(Resolution)",
    "z = {}\nz.show(3)\nprint(sqlc)",
    "import dbutils\ndbutils.fs.ls('/')\ngetArgument('a')",
]


@pytest.mark.parametrize("source", OWN)
def test_what_the_notebook_makes_itself_is_no_mark(source: str) -> None:
    assert findings("NBP103", source, level="shared")
