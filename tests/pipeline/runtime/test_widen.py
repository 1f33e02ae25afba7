"""Schemas are widened by what a newer run held."""

from __future__ import annotations

from types import ModuleType

import pandas as pd
import pytest

from tests.pipeline.runtime.apps import App

SOURCE = """# mine
import pandera.pandas as pa

A = pa.DataFrameSchema(
    {
        "n": pa.Column("int64"),
        "kind": pa.Column(pa.Category(["a"], ordered=False)),
        "text": pa.Column("str", nullable=True),  # free
    },
    strict=True,
)
B = 3
"""


def frame() -> pd.DataFrame:
    kind = pd.Categorical(["a", "b", "a"])
    return pd.DataFrame({"n": [1.5, None, 2.0], "kind": kind, "new": [1, 2, 3]})


def test_a_schema_accepts_what_it_was_widened_for(churn: ModuleType) -> None:
    from churn.runtime.widen import widened  # type: ignore[import-not-found]

    text, changes = widened(SOURCE, "A", frame())
    assert changes == [
        "A: column `n` may have nulls",
        "A: column `n` is float64, not int64",
        "A: column `kind` also has the levels 'b'",
        "A: column `new` is new (int64)",
        "A: column `text` may be missing",
    ]
    assert text.startswith("# mine\n") and text.endswith("B = 3\n")
    names: dict[str, object] = {}
    exec(text, names)
    schema = names["A"]
    assert hasattr(schema, "validate")
    schema.validate(frame())
    schema.validate(frame().drop(columns="new").assign(text="x").astype({"text": "str"}))
    assert widened(text, "A", frame()) == (text, [])


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("A", {"n": ["x"]}, "column `n` is .*, and int64 in schemas.py; change it by hand"),
        ("B", {"n": [1]}, "`B` in schemas.py does not list its columns"),
        ("C", {"n": [1]}, "no schema named `C`"),
    ],
)
def test_what_cannot_be_widened_is_said(
    churn: ModuleType, name: str, data: dict[str, list[object]], said: str
) -> None:
    from churn.runtime.widen import widened

    with pytest.raises(churn.runtime.errors.ApplicationError, match=said):
        widened(SOURCE, name, pd.DataFrame(data))


@pytest.mark.slow
def test_a_run_of_newer_data_is_kept_unchecked_and_widens_the_schemas(app: App) -> None:
    path = app.root / "data" / "customers.csv"
    text = path.read_text()
    lines = text.splitlines()
    place = lines[0].split(",").index("paid")
    cells = lines[1].split(",")
    cells[place] = ""
    path.write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n")
    done = app.run("run", "load", "--run-id", "r")
    assert done.returncode == 1
    assert "paid" in done.stderr and "schema: `CUSTOMERS` in schemas.py" in done.stderr
    log = app.ok("run", "load", "--run-id", "r", "--unchecked")
    assert "warning: load.df does not match its schema" in log
    done = app.run("schema", "--from", "r", "--dry-run")
    assert done.stdout == "CUSTOMERS: column `paid` may have nulls\n"
    assert app.run("run", "load", "--run-id", "s").returncode == 1
    app.ok("schema", "--from", "r")
    app.ok("run", "load", "--run-id", "s")
    assert "the schemas accept all frames of `r`" in app.run("schema", "--from", "r").stdout
