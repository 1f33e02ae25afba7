"""Saved errors whose reason is not in their cell: another place, another version, or the point."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.test_true_findings import findings


def saved(source: str, error: str, *lines: str) -> dict[str, Any]:
    name, _, value = error.partition(": ")
    shown = {"output_type": "error", "ename": name, "evalue": value, "traceback": list(lines)}
    return {"source": source, "outputs": [shown]}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("tools/wobbly.py", "`wobbly` is in `../tools`: run the notebook there"),
        ("a/b/wobbly/__init__.py", "`wobbly` is in `../a/b`"),
        ("work/wobbly.py", "run the notebook in its own directory, where `wobbly` is"),
        (".hidden/wobbly.py", "if `wobbly` is a file"),
        ("deep/venv/wobbly.py", "if `wobbly` is a file"),
    ],
)
def test_a_module_of_the_project_is_found(path: str, wanted: str, tmp_path: Path) -> None:
    file, notebook = tmp_path / path, tmp_path / "work" / "a.ipynb"
    for made in (file, notebook, tmp_path / "pyproject.toml"):
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text("")
    error = saved("import wobbly", "ModuleNotFoundError: No module named 'wobbly'")
    (found,) = findings("NBP112", error, path=str(notebook))
    assert (found.help or "").startswith(wanted)


@pytest.mark.parametrize(
    ("lines", "message", "wanted"),
    [
        (
            "----> 2 import torch",
            "numpy.core.multiarray failed to import",
            "versions of `torch` and",
        ),
        ("----> 2 import cv2", "libGL.so.1: cannot open shared object file", "`import cv2` fails"),
        ("----> 2 from torch import nn", "DLL load failed", "`import torch` fails"),
        ("----> 2 load()", "DLL load failed", "install what the import needs"),
    ],
)
def test_an_import_of_compiled_code_names_the_module(lines: str, message: str, wanted: str) -> None:
    head = "<ipython-input-1-1418e5f6e3da> in <module>"
    source = f"import os\n{lines[8:]}"
    error = saved(source, f"ImportError: {message}", f"{head}\n      1 import os\n{lines}\n")
    (found,) = findings("NBP112", error)
    assert wanted in (found.help or "")


HEADS = [
    "/tmp/ipykernel_25955/2823544526.py in <module>",
    "C:\\Temp\\ipykernel_5\\12.py in <cell line: 1>()",
    "Cell In[3], line 1",
]


@pytest.mark.parametrize("head", HEADS)
def test_an_error_of_code_that_is_gone_is_of_another_version(head: str) -> None:
    error = "NameError: name 'old' is not defined"
    cell = saved("rows = [1]\nrows[0]", error, f"{head}\n----> 1 old[0]\n", error)
    assert not findings("NBP112", cell, level="shared")
    (found,) = findings("NBP112", cell)
    assert found.message.startswith("saved error is of other code than the cell has now")


STOPS = [
    ("assert False", "AssertionError: "),
    ("assert 0, 'old cells follow'", "AssertionError: old cells follow"),
    ("raise ValueError('stop')", "ValueError: stop"),
]


@pytest.mark.parametrize(("source", "error"), STOPS)
def test_a_cell_that_stops_the_run_is_said_to(source: str, error: str) -> None:
    assert not findings("NBP112", "a = open('a')", saved(source, error), "b = a", level="shared")
    (found,) = findings("NBP112", "a = open('a')", saved(source, error), "b = a")
    assert found.message.endswith("ends the run: nothing from cell 3 on is executed")
    assert "raises-exception" not in (found.help or "")


@pytest.mark.parametrize("name", ["stop", "FAIL", "stop_here"])
def test_a_bare_word_that_stops_the_run_is_no_missing_definition(name: str) -> None:
    cells = ["import requests", name, "print(1)"]
    assert not findings("NBP103", *cells, level="shared")
    (found,) = findings("NBP103", *cells)
    assert found.message == f"`{name}` ends the run: nothing from cell 3 on is executed"
    assert findings("NBP103", "import requests", f"{name}\nprint(1)", level="shared")


REMARKS = [
    ("Oops, that was one too many.", 1),
    ("No luck: it needs more.\n\n## Next", 1),
    ("This did not work, so we take another way.", 1),
    ("Now the figures.", 0),
    ("## What went wrong in 2020", 0),
]


@pytest.mark.parametrize(("note", "intended"), REMARKS)
def test_what_is_said_below_an_error_may_announce_it(note: str, intended: int) -> None:
    error = saved("send(job, 3)", "ValueError: cannot send closures")
    cells = [
        "from farm import send\njob = open('jobs.txt').read()",
        error,
        {"cell_type": "markdown", "source": note},
    ]
    assert len(findings("NBP112", *cells, level="shared")) == 1 - intended
    (found,) = findings("NBP112", *cells)
    assert (found.help or "").startswith("tag the cell") is bool(intended)


def test_errors_that_are_the_point_are_one_finding() -> None:
    note = {"cell_type": "markdown", "source": "This raises an error:"}
    errors = [saved(f"send({n})", f"ValueError: no {n}") for n in "abc"]
    cells = [part for error in errors for part in (note, error)]
    (found,) = findings("NBP112", "from farm import send", *cells)
    assert len(found.related) == 2
