"""Cells that were code until they were copied: line breaks lost, blanks and quotes replaced."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from nbprod.config.settings import Settings
from nbprod.fixing.apply import fix_bytes
from nbprod.model import Finding
from nbprod.notebook.types import Notebook
from nbprod.project.run import check_bytes, check_one


def notebook(*sources: str | list[str]) -> bytes:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": text,
        }
        for text in sources
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    return json.dumps(document, ensure_ascii=False).encode()


def found(data: bytes) -> list[Finding]:
    return list(check_bytes(data, "a.ipynb", Settings(level="shared")).findings)


def fixed_by(data: bytes) -> bytes:
    """The notebook after its safe fixes."""
    alone = Settings(select=("NBP010",))

    def check(notebook: Notebook) -> list[Finding]:
        return list(check_one(notebook, alone).findings)

    return fix_bytes(data, "a.ipynb", check, unsafe=False).data


JOINED = [
    ["import os", "names = os.listdir('.')"],
    ["# how many", "names = [1, 2]", "for n in names:", "    print(n)"],
    ["def half(x):", "    return x / 2", "", "names = half(4)"],
]


@pytest.mark.parametrize("lines", JOINED)
def test_lines_without_breaks_are_one_finding_with_a_fix(lines: list[str]) -> None:
    data = notebook(lines, "print(names)")
    (told,) = found(data)
    assert told.code == "NBP010"
    assert told.message == f"cell has lost its line breaks: {len(lines)} lines are one"
    assert "`names` in cell 2" in (told.help or "")
    fixed = fixed_by(data)
    assert not found(fixed)
    source = "".join(json.loads(fixed)["cells"][0]["source"])
    assert ast.dump(ast.parse(source)) == ast.dump(ast.parse("\n".join(lines)))


@pytest.mark.parametrize(
    "lines",
    [["x = 1"], ["x = ", "1"], ["x = 1\n", "print(x)"], ["print('a'", ", 'b')"], ["# a", "# b"]],
)
def test_a_list_of_pieces_is_no_loss(lines: list[str]) -> None:
    assert not found(notebook(lines))


PASTED = [
    ("x\u00a0= 1\nprint(x)", "x = 1\nprint(x)", "U+00A0 (no-break space)"),
    ("x = “a\u00a0b”", 'x = "a\u00a0b"', "U+201C (left double quotation mark)"),
    ("x = 3 – 1", "x = 3 - 1", "U+2013 (en dash)"),
    ("x = [1，2]", "x = [1,2]", "U+FF0C (fullwidth comma)"),
    ("x = 1\u200b", "x = 1", "U+200B (zero width space)"),
]


@pytest.mark.parametrize(("source", "meant", "named"), PASTED)
def test_a_character_that_looks_like_another_is_named_and_replaced(
    source: str, meant: str, named: str
) -> None:
    data = notebook(source, "y = 2")
    (told,) = found(data)
    assert named in told.message
    fixed = fixed_by(data)
    assert "".join(json.loads(fixed)["cells"][0]["source"]) == meant


def test_what_is_in_texts_stays_and_cells_are_one_finding() -> None:
    text = "print('a\u00a0“b”')\u00a0# “c”"
    data = notebook(text, "z\u00a0= 1")
    (told,) = found(data)
    assert len(told.related) == 1
    fixed = fixed_by(data)
    assert "".join(json.loads(fixed)["cells"][0]["source"]) == "print('a\u00a0“b”') # “c”"
    assert not found(notebook("print('a\u00a0“b”')"))


def test_a_cell_that_does_not_parse_even_then_names_the_character() -> None:
    (told,) = found(notebook("x\u00a0= (1"))
    assert "fix" not in (told.help or "") and told.fix is None
    assert "U+00A0" in (told.help or told.message)
