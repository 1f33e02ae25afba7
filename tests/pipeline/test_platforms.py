"""Notebooks of Databricks and Zeppelin become applications; their values are the notebook's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pipeline.test_command import nbprod, save

MADE = "import pandas as pd\nvisits = pd.DataFrame({'months': [1, 5, 9], 'paid': [1.5, 2.5, 3.5]})"
PARTS = (
    ("# Visits", f"{MADE}\nprint(len(visits))"),
    ("## Total", "total = float(visits['paid'].sum())\nprint('total', total)"),
    ("## Share", "share = visits['paid'] / total\nprint(share.round(2).tolist())"),
)


def databricks(folder: Path, more: str = "") -> str:
    cells = [
        f"# MAGIC %md\n# MAGIC {title}\n\n# COMMAND ----------\n\n{code}" for title, code in PARTS
    ]
    text = "\n\n# COMMAND ----------\n\n".join([*cells, *([more] if more else [])])
    (folder / "visits.py").write_text(f"# Databricks notebook source\n{text}\n")
    return "visits.py"


def zeppelin(folder: Path, more: str = "") -> str:
    texts = [text for title, code in PARTS for text in (f"%md\n{title}", f"%python\n{code}")]
    texts += [f"%python\n{more}"] if more else []
    paragraphs = [{"text": text, "id": f"p{n}", "config": {}} for n, text in enumerate(texts)]
    note = {"paragraphs": paragraphs, "name": "Visits", "id": "2X", "config": {}, "info": {}}
    (folder / "visits.zpln").write_text(json.dumps(note))
    return "visits.zpln"


@pytest.mark.slow
@pytest.mark.parametrize("made", [databricks, zeppelin])
def test_the_values_are_the_notebooks(tmp_path: Path, made: object) -> None:
    assert callable(made)
    name = made(tmp_path, "display(share)" if made is databricks else "")
    done = nbprod(tmp_path, "pipeline", name, "-o", "app", "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "values, texts and figures are the notebook's" in done.stdout
    assert "wrote app: 3 tasks" in done.stdout


@pytest.mark.parametrize(
    ("made", "more", "said"),
    [
        (databricks, "folder = dbutils.widgets.get('folder')\nprint(folder)",
         "`dbutils` exists only on the platform of the notebook; read settings from a cell"),
        (zeppelin, "z.show(share)", "`z` exists only on the platform of the notebook; write"),
    ],
)  # fmt: skip
def test_what_only_a_platform_has_is_refused(
    tmp_path: Path, made: object, more: str, said: str
) -> None:
    assert callable(made)
    done = nbprod(tmp_path, "pipeline", made(tmp_path, more), "-o", "app")
    assert done.returncode == 1
    assert done.stderr.count(said) <= 2
    assert said in done.stderr
    assert not (tmp_path / "app").exists()


@pytest.mark.slow
def test_a_task_that_looks_up_a_credential_is_computed_in_each_run(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", [
        "# Load", "numbers = [1, 2, 3]\nprint(sum(numbers))",
        "# Log in", "password = 'tr0ub4dor-and-3'\nlength = len(password)\nprint(length > 3)",
        "# Sum", "total = sum(numbers) + length\nprint(total)",
    ])  # fmt: skip
    done = nbprod(tmp_path, "pipeline", "a.ipynb", "-o", "app", "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is not the same" not in done.stdout
