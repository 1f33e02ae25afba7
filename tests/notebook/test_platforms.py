"""What a platform binds before the first cell is no undefined name, elsewhere it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nbprod.cli.group import cli
from nbprod.config.settings import Settings
from nbprod.notebook.read import read_notebook
from nbprod.project.run import check_bytes

DATABRICKS = {"application/vnd.databricks.v1+notebook": {"language": "python", "widgets": {}}}
SPARK = "rows = spark.read.parquet('data')"
PLATFORMS: list[tuple[str, dict[str, Any], str]] = [
    ("Databricks", DATABRICKS, f"{SPARK}\ndisplay(rows)\ndbutils.fs.ls('/')\ndisplayHTML('x')"),
    ("Databricks, as it once was", {"name": "sales", "notebookId": 17}, f"{SPARK}\ndbutils.help()"),
    ("Synapse", {"kernelspec": {"name": "synapse_pyspark"}}, f"{SPARK}\nmssparkutils.fs.ls('/')"),
    ("Fabric", {"kernel_info": {"name": "synapse_pyspark"}, "trident": {"lakehouse": {}}},
     f"{SPARK}\nnotebookutils.fs.ls('/')"),
    ("Synapse Studio", {"saveOutput": True, "language_info": {"name": "python"}}, SPARK),
    ("sparkmagic", {"kernelspec": {"name": "pysparkkernel"}}, SPARK),
    ("sparkmagic by its language", {"language_info": {"name": "pyspark"}}, SPARK),
    ("EMR Studio", {"kernelspec": {"name": "spark_magic_pyspark"}}, SPARK),
    ("Toree", {"kernelspec": {"name": "apache_toree_pyspark"}}, f"{SPARK}\nsc.parallelize([1])"),
    ("SageMaker", {"kernelspec": {"name": "conda_pyspark"}}, SPARK),
    ("Deepnote", {"deepnote": {}}, "rows = _dntk.execute_sql('SELECT 1', 'DB')"),
]  # fmt: skip


def code(source: str, **metadata: Any) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
    }
    return {**cell, "source": source}


def notebook(source: str, metadata: dict[str, Any], *before: dict[str, Any]) -> bytes:
    document = {"cells": [*before, code(source)], "metadata": metadata}
    return json.dumps({**document, "nbformat": 4, "nbformat_minor": 5}).encode()


def undefined(data: bytes, settings: Settings = Settings()) -> list[str]:
    findings = check_bytes(data, "x.ipynb", settings._replace(select=("NBP103",))).findings
    return [one.symbol for one in findings]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("metadata", "source"), [case[1:] for case in PLATFORMS], ids=[case[0] for case in PLATFORMS]
)
def test_names_of_the_platform(metadata: dict[str, Any], source: str) -> None:
    assert undefined(notebook(source, metadata)) == []
    assert undefined(notebook(f"{source}\nnope", metadata)) == ["nope"]
    assert undefined(notebook(source, {"kernelspec": {"name": "python3"}}))


SWITCHED = [
    ("%sql\nSELECT * FROM sales", "sql"),
    ("%md\n# Isn't it nice?", "markdown"),
    ("%md-sandbox\n<b>it's</b>", "markdown"),
    ("%scala\nval x = 'a'", "scala"),
    ("%sh ls $HOME | wc -l", "sh"),
    ("%fs ls /mnt", "fs"),
    ("%r\nx <- c(1)", "r"),
]


@pytest.mark.parametrize(("source", "language"), SWITCHED)
def test_a_cell_of_databricks_speaks_the_language_of_its_first_line(
    source: str, language: str
) -> None:
    data = notebook("display(spark.table('sales'))\nnope", DATABRICKS, code(source))
    book = read_notebook(data, "x.ipynb")
    assert book.cells[0].language == language
    assert book.cells[0].source == source
    assert [one.code for one in check_bytes(data, "x.ipynb").findings] == ["NBP103"]


def test_a_cell_of_python_in_a_notebook_of_sql() -> None:
    metadata = {"application/vnd.databricks.v1+notebook": {"language": "sql"}}
    data = notebook("SELECT 1", metadata, code("%python\nx = 1\nprint(x, nope)"))
    findings = check_bytes(data, "x.ipynb").findings
    assert [(one.code, one.symbol, one.place.line) for one in findings] == [("NBP103", "nope", 3)]


def test_a_magic_that_only_starts_like_a_language_switches_nothing() -> None:
    data = notebook("x = 1", DATABRICKS, code("%shrink_data\ny = 2"), code("%pip install a"))
    assert {cell.language for cell in read_notebook(data, "x.ipynb").cells} == {"python"}


def test_a_cell_of_snowflake_is_a_variable() -> None:
    metadata = {"kernelspec": {"name": "streamlit", "display_name": "Streamlit Notebook"}}
    query = code("SELECT 1", language="sql", name="orders")
    data = notebook("sales = orders.to_pandas()\nnope", metadata, query)
    assert undefined(data) == ["nope"]


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": "python"},
        {"kernelspec": {"name": ["pyspark"]}},
        {"kernelspec": None, "kernel_info": 3},
        {"kernelspec": {"name": "streamlit"}},
        {"notebookId": "17", "name": 3},
    ],
)
def test_odd_metadata_tells_no_platform(metadata: dict[str, Any]) -> None:
    assert undefined(notebook("spark", metadata, code("", name="no name"))) == ["spark"]


def test_what_a_platform_binds_may_be_bound_again() -> None:
    data = notebook("spark = make(spark)", DATABRICKS)
    assert read_notebook(data, "x.ipynb").injected
    assert undefined(data) == ["make"]


def test_builtins_of_the_configuration(tmp_path: Path) -> None:
    data = notebook("table = warehouse.table('sales')\ntable.show()", {})
    assert undefined(data) == ["warehouse"]
    assert undefined(data, Settings(builtins=("warehouse",))) == []
    (tmp_path / "nbprod.toml").write_text('builtins = ["warehouse"]\n')
    path = tmp_path / "n.ipynb"
    path.write_bytes(data)
    run = CliRunner().invoke(cli, ["check", "--no-cache", str(path)])
    assert "No findings" in run.output
    isolated = CliRunner().invoke(cli, ["check", "--no-cache", "--isolated", str(path)])
    assert "`warehouse` is not defined in any cell" in isolated.output


def test_extract_knows_the_builtins_of_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_bytes(notebook("total = sum(warehouse.column('sales'))\nprint(total)", {}))
    command = ["extract", str(path), "-o", str(tmp_path / "made.py"), "--all", "--dry-run"]
    refused = CliRunner().invoke(cli, command).exception
    assert "`warehouse` has no value here" in str(refused)
    (tmp_path / "nbprod.toml").write_text('builtins = ["warehouse"]\n')
    assert "takes warehouse: Any" in CliRunner().invoke(cli, command).output


def test_extract_is_given_the_display_of_the_platform(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_bytes(notebook(f"{SPARK}\ndisplay(rows)", DATABRICKS))
    command = ["extract", str(path), "-o", str(tmp_path / "made.py"), "--cells", "1", "--dry-run"]
    made = CliRunner().invoke(cli, command).output
    assert "(spark: Any, display: Any) -> None:" in made
    assert "IPython" not in made
