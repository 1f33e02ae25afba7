"""Cells in another language than their notebook's, and cells that an editor only thinks are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbprod.notebook.read import read_notebook
from nbprod.project.run import check_bytes

SOS = {
    "sos": {
        "kernels": [
            ["Python3", "python3", "python", ""],
            ["R", "ir", "R", ""],
            ["SoS", "sos", "", ""],
            ["mine", "conda-env-mine-py", "python", ""],
            ["Perl 5", "iperl", "perl", ""],
        ]
    }
}
LANGUAGES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (SOS, {"kernel": "Python3"}, "python"),
    (SOS, {"kernel": "R"}, "r"),
    (SOS, {"kernel": "SoS"}, "sos"),
    (SOS, {"kernel": "mine"}, "python"),
    (SOS, {"kernel": "Perl 5"}, "perl"),
    ({}, {"kernel": "bash"}, "bash"),
    ({}, {"kernel": "ir"}, "r"),
    ({}, {"kernel": "julia-1.9"}, "julia"),
    ({}, {"kernel": "my-environment"}, "python"),
    ({}, {"language": "sql"}, "sql"),
    ({}, {"kernel": 3}, "python"),
    ({"sos": {"kernels": [1, ["a"], [1, 2, 3]]}}, {"kernel": "a"}, "python"),
]


def document(cells: list[dict[str, Any]], metadata: dict[str, Any]) -> bytes:
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    return json.dumps(whole).encode()


def code(source: str, count: int | None = None, **metadata: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": [],
            "execution_count": count}  # fmt: skip


@pytest.mark.parametrize(("notebook", "cell", "language"), LANGUAGES)
def test_a_cell_may_name_its_kernel(
    notebook: dict[str, Any], cell: dict[str, Any], language: str
) -> None:
    data = document([code("a $HOME", **cell)], notebook)
    (read,) = read_notebook(data, "x.ipynb").cells
    assert read.language == language
    undefined = any(one.code == "NBP010" for one in check_bytes(data, "x.ipynb").findings)
    assert undefined == (language == "python")


SHELL: dict[str, Any] = {"vscode": {"languageId": "shellscript"}}
MISLABELLED = [
    ("imports that others use", [code("import numpy as np", 1, **SHELL), code("np.ones(3)", 2)], 1),
    ("what one such cell makes for another",
     [code("a = 1", 1, **SHELL), code("b = a", 2, **SHELL), code("print(b)", 3)], 2),
    ("never run", [code("import numpy as np", **SHELL), code("np.ones(3)")], 0),
    ("nobody uses it", [code("DATA=5", 1, **SHELL), code("x = 1", 2)], 0),
    ("no Python", [code("pip install numpy", 1, **SHELL), code("x = 1", 2)], 0),
    ("Python that is called SQL",
     [code("a = 1", 1, vscode={"languageId": "sql"}), code("a", 2)], 1),
    ("SQL", [code("select a from t", 1, vscode={"languageId": "sql"}), code("a = t", 2)], 0),
    ("R", [code("x <- 1", 1, vscode={"languageId": "r"}), code("x = 2", 2)], 0),
    ("text, which no kernel runs", [code("a = 1", vscode={"languageId": "markdown"})], 1),
    ("plain text with outputs", [code("b = 1", 3, vscode={"languageId": "plaintext"})], 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "python"), [case[1:] for case in MISLABELLED], ids=[case[0] for case in MISLABELLED]
)
def test_python_that_an_editor_calls_a_script(cells: list[dict[str, Any]], python: int) -> None:
    read = read_notebook(document(cells, {}), "x.ipynb").cells
    assert sum(cell.is_python for cell in read if "vscode" in cell.metadata) == python


INDENTED = [
    (" x = 1\nprint(x)", 1, True),
    ("\n  x = 1\n  y = 2\nprint(x)", 1, True),
    ("\tif x:\n\t    y = 1\nprint(y)", 4, True),
    (" x = 1\nprint(x)", None, False),
    (" x = 1\n   print(x)", 1, False),
    ("x = 1\n print(x)", 1, False),
]


@pytest.mark.parametrize(("source", "count", "is_right"), INDENTED)
def test_the_indentation_of_the_first_line_alone(
    source: str, count: int | None, is_right: bool
) -> None:
    """Cells that ran in an IPython before 9, which takes it away; later ones refuse them."""
    data = document([code("x = y = 1", 1), code(source, count)], {})
    refused = any(one.code == "NBP010" for one in check_bytes(data, "x.ipynb").findings)
    assert refused == (not is_right)
