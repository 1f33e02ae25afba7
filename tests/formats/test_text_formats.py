"""Text notebooks: cells as Jupytext reads them, findings on the lines of the file."""

from __future__ import annotations

import json

import jupytext
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nbprod.errors import ReadError
from nbprod.notebook.formats import sniff
from nbprod.notebook.read import read_notebook
from nbprod.project.run import check_bytes

PERCENT = """\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
# ---

# %% [markdown]
# # Title
# é text

# %% tags=["parameters"]
alpha = 0.1

# %%
# %time beta = alpha
# !ls
files = 3

# %% language="bash"
# echo $nope

# %%
print(nope)
"""
DATABRICKS = """\
# Databricks notebook source
# MAGIC %md
# MAGIC # Title

# COMMAND ----------

# DBTITLE 1,Load
df = spark.table("t")
display(df)

# COMMAND ----------

# MAGIC %sql
# MAGIC select * from nope

# COMMAND ----------

# MAGIC %python
# MAGIC print(nope)

# COMMAND ----------

# MAGIC %pip install x
"""
ZEPPELIN = json.dumps(
    {
        "paragraphs": [
            {"text": "%md\n# Title"},
            {"text": "%pyspark\nrows = sc.range(3)\nprint(nope)", "id": "p1"},
            {"text": "%sql select nope"},
            {"text": "val x = 1"},
        ]
    },
    indent=2,
)
MARKDOWN = """\
---
jupyter:
  kernelspec:
    name: python3
    display_name: Python 3
    language: python
---

# Title

```python
x = 1
```

Text.

```python
print(nope)
```
"""
MYST = """\
---
kernelspec:
  name: python3
  display_name: Python 3
jupytext:
  text_representation:
    format_name: myst
---

# Title

```{code-cell} ipython3
x = 1
print(nope)
```
"""
RMD = """\
# Title

```{python}
print(nope)
```
"""
LIGHT = """\
# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: light
# ---

# Title

# +
x = 1

print(nope)
# -
"""
FILES = [
    ("x.py", PERCENT, "percent"),
    ("x.py", DATABRICKS, "databricks"),
    ("x.zpln", ZEPPELIN, "zeppelin"),
    ("x.md", MARKDOWN, "jupytext"),
    ("x.md", MYST, "jupytext"),
    ("x.Rmd", RMD, "jupytext"),
    ("x.qmd", RMD, "jupytext"),
    ("x.py", LIGHT, "jupytext"),
]


@pytest.mark.parametrize(("path", "text", "kind"), FILES, ids=[f"{f[0]}-{f[2]}" for f in FILES])
@pytest.mark.parametrize("breaks", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_the_one_finding_is_at_its_place_in_the_file(
    path: str, text: str, kind: str, breaks: str
) -> None:
    assert sniff(text, path) == kind
    data = text.replace("\n", breaks).encode()
    result = check_bytes(data, path)
    assert [(one.name, one.symbol) for one in result.findings] == [("undefined-name", "nope")]
    place = result.findings[0].place
    line = text.split("\n")[place.raw_line - 1]
    assert line[place.raw_column - 1 :].startswith("nope")


def test_plain_files_are_no_notebooks() -> None:
    assert sniff("import os\nprint(1)\n", "x.py") is None
    assert sniff("# Title\n\n```python\nx\n```\n", "README.md") is None
    assert sniff("select 1", "x.sql") is None
    with pytest.raises(ReadError) as caught:
        read_notebook(b"import os\n", "x.py")
    assert caught.value.kind == "not-a-notebook"


_SOURCE = st.lists(
    st.sampled_from(["x = 1", "def f():\n    return 2", "print('é')", "%time y = 1", "!ls"]),
    min_size=1,
    max_size=4,
).map("\n".join)


@given(st.lists(st.tuples(st.sampled_from("cm"), _SOURCE), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_percent_gives_the_cells_that_jupytext_wrote(cells: list[tuple[str, str]]) -> None:
    made = [
        new_code_cell(source) if kind == "c" else new_markdown_cell("note " + source[:4])  # type: ignore[no-untyped-call]
        for kind, source in cells
    ]
    text = jupytext.writes(new_notebook(cells=made), "py:percent")  # type: ignore[no-untyped-call]
    got = read_notebook(text.encode(), "x.py").cells
    assert [(one.kind, one.source) for one in got] == [(one.cell_type, one.source) for one in made]


def test_injected_names_and_languages_of_databricks() -> None:
    notebook = read_notebook(DATABRICKS.encode(), "x.py")
    assert [cell.language for cell in notebook.cells] == [
        "markdown", "python", "sql", "python", "python",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        # Numbered cells as Spyder and VS Code read them; a commented magic is no cell.
        ("# %% 1\nx = 1\n# %%2\ny = 2\n", ["x = 1", "y = 2"]),
        ("# %% 10 load\nx = 1\n#%%11\ny = x\n", ["x = 1", "y = x"]),
        ("# %%\n# %%time\nx = 1\n", ["%%time\nx = 1"]),
    ],
)
def test_a_number_may_follow_the_mark_of_a_cell_at_once(text: str, sources: list[str]) -> None:
    notebook = read_notebook(text.encode(), "a.py")
    assert [cell.source for cell in notebook.cells] == sources
