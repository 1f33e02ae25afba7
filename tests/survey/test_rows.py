"""Bytes to rows: the findings of a check, and what the analysis knows besides."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from nbprod.clones.sources import sources_of_notebook
from nbprod.config.settings import Settings
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.project.run import check_bytes
from nbprod.report.json import finding_object
from nbprod.survey.rows import NotebookRows, RawNotebook, content_of, rows_of
from nbprod.survey.tables import TABLES
from tests.secrets.planted import code, note, notebook, random_key, random_password, stream
from tests.survey.collections import FAULTY, book

ROOT = Path(__file__).parents[2]
BOOKS = {
    "faulty": book(*FAULTY),
    "clean": book("value = 1", "print(value)"),
    "empty": b"",
    "no JSON": b'{"cells": [',
    "another language": book("x <- 1", language_info={"name": "R"}),
    "syntax": book("def f(:", "print(1)", "%matplotlib inline\n!ls {value}"),
    "surrogates": book("text = '\\ud800'\nprint(texts_\\ud800)", "# \udcff"),
    "no cells": book(),
    **{path.name: path.read_bytes() for path in sorted(ROOT.glob("docs/gallery/*/*.ipynb"))},
}
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "boolean": (bool,), "strings": (list,),
    "integers": (list,),
}  # fmt: skip


def rows(*cells: str) -> dict[str, list[dict[str, Any]]]:
    return named(rows_of(RawNotebook("a.ipynb", book(*cells))))


def named(found: NotebookRows) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [
            dict(zip((column.name for column in table.columns), row, strict=True))
            for row in found.get(name, [])
        ]
        for name, table in TABLES.items()
    }


@pytest.mark.parametrize("level", ["shared", "production"])
@pytest.mark.parametrize("name", BOOKS)
def test_findings_are_those_of_a_check(name: str, level: Any) -> None:
    settings = Settings(level=level, merges=False)
    result = check_bytes(BOOKS[name], "a.ipynb", settings, lambda _: None)
    found = named(rows_of(RawNotebook("a.ipynb", BOOKS[name]), settings))
    expected = [finding_object(finding) for finding in result.findings]
    assert len(found["findings"]) == len(expected)
    for row, wanted in zip(found["findings"], expected, strict=True):
        fix = wanted.pop("fix") or {"title": None, "applicability": None}
        related = [
            f"{place['cell'] or ''}:{place['line']}:{place['column']} {place['message']}"
            for place in wanted.pop("related")
        ]
        assert {key: row[key] for key in wanted} == wanted
        assert (row["fix"], row["fix_applicability"]) == (fix["title"], fix["applicability"])
        assert row["related"] == related
        assert row["stops"] == (row["predicts"] == "failure" and row["certainty"] == "certain")
    (own,) = found["notebooks"]
    assert own["findings"] == len(expected)
    assert own["content"] == content_of(BOOKS[name])
    assert own["skipped"] == result.skipped
    assert own["unreadable"] == result.unreadable == bool(found["errors"])
    assert bool(own["fails"]) == result.fails


@pytest.mark.parametrize("name", BOOKS)
def test_every_row_has_the_columns_of_its_table(name: str) -> None:
    found = rows_of(RawNotebook("a.ipynb", BOOKS[name], "r", "o", "2026-01"), key=b"k")
    assert found["notebooks"]
    for table, own in found.items():
        for row in own:
            assert len(row) == len(TABLES[table].columns)
            assert row[0] == "a.ipynb"
            for value, column in zip(row, TABLES[table].columns, strict=True):
                assert value is None or isinstance(value, TYPES[column.type]), column
                repr(value).encode("utf-8")


def test_definitions_and_uses_name_cells_and_lines() -> None:
    found = rows("import numpy as np\nx = 1", "def f():\n    return x", "y = f()", "print(y)")
    made = {(row["cell"], row["name"]): row for row in found["definitions"]}
    assert {key: row["kind"] for key, row in made.items()} == {
        (1, "np"): "import", (1, "x"): "assignment", (2, "f"): "function",
        (3, "y"): "assignment",
    }  # fmt: skip
    assert made[1, "np"]["detail"] == "numpy"
    assert (made[2, "f"]["source_cell"], made[2, "f"]["line"]) == (2, 1)
    read = {(row["cell"], row["name"]): row for row in found["uses"]}
    assert read[4, "y"]["defined_in"] == [3]
    # The function of cell 2 reads `x` where cell 3 calls it.
    assert (read[3, "x"]["defined_in"], read[3, "x"]["source_cell"]) == ([1], 2)
    assert [row["defines"] for row in found["cells"]] == [2, 1, 1, 0]
    assert found["cells"][3]["reads"] == 1


def test_fingerprints_are_those_that_clones_compare() -> None:
    data = book("a = 1\nfor i in range(3):\n    print(i, a)", "def f(x):\n    return x * 2")
    parsed = Facts(read_notebook(data, "a.ipynb")).parsed
    expected = [
        (source.cell, f"{statement.digest:016x}", statement.weight, statement.line)
        for source in sources_of_notebook("a.ipynb", parsed)
        for statement in source.statements
    ]
    found = named(rows_of(RawNotebook("a.ipynb", data)))["fingerprints"]
    keys = ("cell", "digest", "weight", "line")
    assert [tuple(row[key] for key in keys) for row in found] == expected
    assert [row["name"] for row in found] == [None, None, "f"]
    assert found[2]["names"] == "f x x"


def test_renamed_copies_have_one_shape_and_texts_of_their_own() -> None:
    cells = [f"a{n} = load({'x, ' * n})\nb{n} = a{n} + 1\nprint(b{n})" for n in range(4)]
    one, other = rows(*cells), rows(*(cell.replace("a", "c") for cell in cells))
    (first,), (second,) = one["notebooks"], other["notebooks"]
    assert first["shape"] == second["shape"] != None  # noqa: E711
    assert first["content"] != second["content"]
    assert one["fingerprints"][0]["exact"] != other["fingerprints"][0]["exact"]


def test_dependencies_have_distributions_and_versions() -> None:
    found = rows("!pip install scikit-learn==1.4.0", "import sklearn.tree\nimport json, PIL")
    keys = ("module", "distribution", "version")
    assert [tuple(row[key] for key in keys) for row in found["dependencies"]] == [
        ("sklearn.tree", "scikit-learn", "1.4.0"), ("PIL", "Pillow", None),
    ]  # fmt: skip


RNG = random.Random(11)
KEY, OTHER, PASSWORD = random_key(RNG), random_key(RNG), random_password(RNG)
SECRETS = notebook(
    [
        note(f"The password is `{PASSWORD}`."),
        code(f'api_key = "{KEY}"\nprint(nowhere, "{KEY}")', stream(f"token: {OTHER}\n")),
        code(f'connect(password="{PASSWORD}", later=later)\nframe["{KEY}"] = 1'),
        code(f"import {'x' + KEY}\ndef {'f' + KEY}({'a' + KEY}):\n    pass"),
        code(f"{'v' + KEY} = 1\nprint({'v' + KEY})", tags=[KEY]),
    ],
    language_info={"name": "python", "version": "3.11.4"},
)


@pytest.mark.parametrize("level", ["shared", "production"])
def test_no_row_has_a_secret(level: Any) -> None:
    found = rows_of(RawNotebook("a.ipynb", SECRETS), Settings(level=level), b"key")
    text = repr(found)
    assert len(found["secrets"]) > 3
    for value in (KEY, OTHER, PASSWORD):
        pieces = {value[at : at + 8] for at in range(len(value) - 7)}
        assert not [piece for piece in pieces if piece in text]


def test_equal_secrets_are_found_and_cannot_be_guessed_without_the_key() -> None:
    def identities(key: bytes) -> list[Any]:
        found = named(rows_of(RawNotebook("a.ipynb", SECRETS), key=key))["secrets"]
        return [row["identity"] for row in found]

    first = identities(b"one")
    assert len(set(first)) < len(first)
    assert not set(first) & set(identities(b"two"))
    assert set(identities(b"")) == {None}
