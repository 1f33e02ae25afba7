"""What a reader of a saved error is told to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbprod.config.settings import Settings
from nbprod.project.run import check_bytes
from tests.test_true_findings import findings

HELP = [
    ("ModuleNotFoundError", "No module named 'cv2'", "install `opencv-python`,"),
    ("ModuleNotFoundError", "No module named 'sklearn.cross_validation'", "pin a version of"),
    ("ImportError", "No module named plotly", "install `plotly`,"),
    ("ImportError", "Missing optional dependency 'openpyxl'.  Use pip or conda.",
     "install `openpyxl`,"),
    ("ModuleNotFoundError", "No module named 'utils'", "run the notebook where `utils` is"),
    ("ModuleNotFoundError", "No module named 'plot_helpers.bars'", "run the notebook where"),
    ("ModuleNotFoundError", "No module named 'my_lib'", "run the notebook where `my_lib` is"),
    ("ModuleNotFoundError", "No module named 'main'", "run the notebook where `main` is"),
    ("ModuleNotFoundError", "No module named 'wobbly'", "if `wobbly` is a file, run the"),
    ("ModuleNotFoundError", "No module named 'ace_tools'", "delete the import: `ace_tools`"),
    ("ModuleNotFoundError", "No module named 'google.colab'", "run the notebook in Google Colab"),
    ("ModuleNotFoundError", "No module named 'kaggle_secrets'", "run the notebook in Kaggle"),
    ("ImportError", "cannot import name 'imread' from 'scipy.misc' (/lib/scipy/misc.py)",
     "pin a version of `scipy` that has `imread`"),
    ("ImportError", "cannot import name 'joblib'", "pin a version that has `joblib`"),
    ("ImportError", "DLL load failed", "install what the import needs"),
    ("KeyboardInterrupt", "", "limit what the cell does"),
    ("ZeroDivisionError", "division by zero", "tag the cell `raises-exception`"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "value", "wanted"), HELP, ids=[case[1] for case in HELP])
def test_the_help_is_about_this_error(error: str, value: str, wanted: str) -> None:
    output = {"output_type": "error", "ename": error, "evalue": value, "traceback": []}
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "execution_count": 1,
        "source": "go = 1",
    }
    document = {
        "cells": [{**cell, "outputs": [output]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5
    }  # fmt: skip
    alone = Settings(select=("NBP112",))
    (finding,) = check_bytes(
        json.dumps(document).encode(), "x.ipynb", alone, read_file=lambda _: None
    ).findings
    assert finding.help is not None and finding.help.startswith(wanted)
    assert error in finding.message or "interrupted" in finding.message


def test_cells_that_nbextensions_run_first_are_one_cause() -> None:
    """Set-up cells at the end, with a tag or a mark: one finding, whatever they define."""
    setup: dict[str, Any] = {"cell_type": "code", "outputs": [], "execution_count": None}
    ends = [
        {**setup, "metadata": {"init_cell": True}, "source": "a = 1"},
        {**setup, "metadata": {"tags": ["init_cell"]}, "source": "b = 2"},
    ]
    cells = [{**setup, "metadata": {}, "source": source} for source in ("a", "b", "c", "c = 3")]
    document = {"cells": [*cells, *ends], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    found = check_bytes(json.dumps(document).encode(), "x.ipynb").findings
    told = [finding.message.split(" ")[0] for finding in found if finding.code == "NBP101"]
    assert told == ["`a`", "`c`"]


def test_what_is_missing_in_several_cells_is_one_saved_error() -> None:
    missing = [("import cv2", "cv2"), ("import cv2 as c", "cv2"), ("import yaml", "yaml")]
    cells = [saved(source, f"No module named '{module}'") for source, module in missing]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    found = check_bytes(json.dumps(document).encode(), "x.ipynb").findings
    told = [len(finding.related) for finding in found if finding.code == "NBP112"]
    assert told == [1, 0]


def saved(source: str, message: str) -> dict[str, Any]:
    error = {"output_type": "error", "ename": "ModuleNotFoundError", "evalue": message,
             "traceback": []}  # fmt: skip
    return {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": source,
            "outputs": [error]}  # fmt: skip


def of_cells(*cells: tuple[str, str, str, int | None]) -> list[tuple[int | None, list[int | None]]]:
    """The cells of the findings NBP112, each with those beside it.

    A cell is its source, the error that it was saved with, the line of that, and its count.
    """
    made: list[dict[str, Any]] = []
    for source, error, arrow, count in cells:
        name, _, value = error.partition(": ")
        shown = {"output_type": "error", "ename": name, "evalue": value, "traceback": [arrow]}
        made.append(
            {"cell_type": "code", "metadata": {}, "execution_count": count, "source": source,
             "outputs": [shown] if error else []}
        )  # fmt: skip
    document = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    found = check_bytes(json.dumps(document).encode(), "x.ipynb").findings
    return [
        (one.place.cell, [other.place.cell for other in one.related if other.place.cell])
        for one in found
        if one.code == "NBP112"
    ]


LACKS_RATE = ("print(rate)", "NameError: name 'rate' is not defined", "", 4)


@pytest.mark.parametrize(
    "cause",
    [
        ("rate = open('a').read()", "FileNotFoundError: a", "", 3),
        ("import nowhere\nfrom math import tau as rate", "ModuleNotFoundError: x", "----> 1", 3),
        ("x = 1\nwhile True:\n    rate = x", "KeyboardInterrupt: ", "\x1b[1;32m----> 2", None),
        ("x = 1 / 0\ndef rate(): ...", "ZeroDivisionError: x", "----> 1", 3),
        ("rate = 1 / 0", "ZeroDivisionError: x", "----> 1", 5),
    ],
)
def test_what_a_failed_cell_did_not_come_to_define_is_of_its_finding(
    cause: tuple[str, str, str, int | None],
) -> None:
    assert of_cells(cause, LACKS_RATE) == [(1, [2])]


@pytest.mark.parametrize(
    "other",
    [
        ("rate = 3", "", "", 5),
        ("rate = 3\n1 / 0", "ZeroDivisionError: x", "----> 2", 3),
        ("rate = 3", "", "", None),
    ],
)
def test_a_cell_that_did_not_fail_before_its_definition_is_no_cause(
    other: tuple[str, str, str, int | None],
) -> None:
    assert 2 in [cell for cell, _ in of_cells(other, LACKS_RATE)]


def failing(source: str, error: str, value: str, line: int, *, colab: bool = False) -> Any:
    """A cell saved with an error at a line; Colab writes the message in the traceback only."""
    shown = source.split("\n")[line - 1]
    text = f"<ipython-input-1-a> in <module>\n----> {line} {shown}\n\n{error}: {value}"
    output = {"output_type": "error", "ename": error, "traceback": [text],
              "evalue": "ignored" if colab else value}  # fmt: skip
    return {"source": source, "outputs": [output]}


def missing(source: str, name: str, line: int = 1, *, colab: bool = True) -> Any:
    return failing(source, "NameError", f"name '{name}' is not defined", line, colab=colab)


READ = "path = 'a.csv'\nrows = open(path).read()\nprint(rows)"
ABSENT = "No such file"
CONSEQUENCES = [
    [failing(READ, "FileNotFoundError", ABSENT, 2, colab=True), missing("rows.split()", "rows")],
    [failing(READ, "FileNotFoundError", ABSENT, 2), missing("n = len(rows)", "rows", colab=False)],
    [failing("table = dict(\n    a=int('x'),\n)", "ValueError", "bad", 2),
     missing("table.keys()", "table")],
    [failing("int('x')\nlow, high = 1, 2", "ValueError", "bad", 1), missing("w = high", "high"),
     missing("print(w)", "w")],
]  # fmt: skip


@pytest.mark.parametrize("cells", CONSEQUENCES)
def test_a_name_that_a_failed_cell_did_not_bind_is_part_of_its_finding(cells: list[Any]) -> None:
    found = findings("NBP112", *cells, level="shared")
    assert [finding.place.cell for finding in found] == [1]
    assert [place.place.cell for place in found[0].related] == [*range(2, len(cells) + 1)]


BOUND = "import json\nrows = json.loads('{}')"
ORDERS = [
    # Another cell fails from the top: by its saved error, by the code, because it does not parse.
    ([failing("int('x')", "ValueError", "bad", 1), BOUND, missing("print(rows)", "rows")], 1),
    (["print(nowhere)", BOUND, missing("print(rows)", "rows", colab=False)], 1),
    ([BOUND, "a (b) = 1", missing("print(json)", "json")], 2),
    # It binds the name before it fails.
    ([failing("import json\nint('x')", "ValueError", "bad", 2), missing("json.loads", "json")], 1),
    # Nothing fails: not what is meant to, nor what is of other code, nor what was interrupted.
    ([BOUND, missing("print(rows)", "rows")], 0),
    ([{**failing("1 / 0", "ZeroDivisionError", "bad", 1), "metadata": {"tags":
      ["raises-exception"]}}, BOUND, missing("print(rows)", "rows")], 0),
    ([BOUND, missing("n = len(rows)", "rows"), missing("print(rows)", "rows")], 0),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "first"), ORDERS)
def test_a_run_from_the_top_is_promised_only_where_no_cell_above_fails(
    cells: list[Any], first: int
) -> None:
    told = [one.message for one in findings("NBP112", *cells, level="shared")]
    words = f"top to bottom, cell {first} fails first" if first else "top to bottom it is, by cell"
    assert words in told[-1]


def failed(source: str, error: str, value: str, *frames: str) -> dict[str, Any]:
    """A cell that was saved with an error, and the frames of its traceback."""
    output = {"output_type": "error", "ename": error, "evalue": value, "traceback": [*frames]}
    return {"source": source, "outputs": [output]}


OF_FUNCTION = "Cell In[1], line 2, in half(x)\n      1 def half(x):\n----> 2     return x / 0\n"


@pytest.mark.parametrize(
    ("source", "frames"),
    [
        ("%%time\nhalf(2)", ["File <timed exec>:1\n", OF_FUNCTION]),
        ("%time y = half(2)", ["File <timed eval>:1\n", OF_FUNCTION]),
        ("half(2)", [OF_FUNCTION]),
        (
            "%%capture\nhalf(2)",
            [
                "<decorator-gen-12> in capture(self)\n",
                "<ipython-input-1-a> in half(x)\n----> 2 y\n",
            ],
        ),
    ],
)
def test_frames_of_other_code_are_not_those_of_the_cell(source: str, frames: list[str]) -> None:
    cell = failed(source, "ZeroDivisionError", "division by zero", *frames)
    (found,) = findings("NBP112", "def half(x):\n    return x / 0", cell)
    assert found.message.startswith("saved output is an error: ZeroDivisionError")


@pytest.mark.parametrize(
    "head",
    [
        "Cell In[3], line 1\n",
        "<ipython-input-3-a> in <module>\n",
        "Input In [3], in <cell line: 1>()\n",
    ],
)
def test_a_frame_of_the_cell_shows_what_it_was(head: str) -> None:
    cell = failed("half(4)", "ZeroDivisionError", "division by zero", f"{head}----> 1 half(2)\n")
    (found,) = findings("NBP112", cell)
    assert "of other code than the cell has now" in found.message


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("from math import sqrt\nside = sqrt(2)", "it defines `sqrt` now, above the line that"),
        ("sqrt = abs\n\nside = sqrt(2)", "it defines `sqrt` now, above the line that"),
        ("def sqrt(x):\n    return x\nside = sqrt(2)", "it defines `sqrt` now, above the line"),
        ("from math import sqrt\nside = sqrt(3)", "the line that failed is not in it any more"),
    ],
)
def test_a_line_that_is_there_still_is_not_said_to_be_gone(source: str, wanted: str) -> None:
    frame = "Cell In[3], line 1\n----> 1 side = sqrt(2)\n"
    cell = failed(source, "NameError", "name 'sqrt' is not defined", frame)
    (found,) = findings("NBP112", cell)
    assert "of other code than the cell has now" in found.message
    assert wanted in (found.help or "")


IMPORTING = "Cell In[3], line 1\n----> 1 import cv2\n"


@pytest.mark.parametrize("source", ["", "# import cv2", "\n  # later\n"])
def test_a_cell_without_code_has_nothing_to_install(source: str) -> None:
    cell = failed(source, "ModuleNotFoundError", "No module named 'cv2'", IMPORTING)
    (found,) = findings("NBP112", cell, "import cv2")
    assert found.help == "clear its output, or delete the cell: it has no code any more"


@pytest.mark.parametrize(
    ("other", "wanted"),
    [
        ("x = 1", "clear its output: no cell imports `cv2` any more"),
        ("from skimage import io", "clear its output: no cell imports `cv2` any more"),
        ("import cv2", "run the cell again"),
    ],
)
def test_a_module_that_no_cell_imports_is_not_to_be_installed(other: str, wanted: str) -> None:
    cell = failed("import math", "ModuleNotFoundError", "No module named 'cv2'", IMPORTING)
    assert wanted in str([found.help for found in findings("NBP112", cell, other)])
