"""What a finding says is true of the notebook, and what nobody would change is not reported."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest

from nbprod.config.settings import Settings
from nbprod.model import Finding
from nbprod.project.run import check_bytes

Level = Literal["explore", "shared", "production"]


def findings(rule: str, *cells: Any, level: Level = "production", **metadata: Any) -> list[Finding]:
    """The findings of one rule; a cell is a source, or the fields of a code cell."""
    content = []
    for number, cell in enumerate(cells, 1):
        fields = {"source": cell} if isinstance(cell, str) else cell
        content.append({"cell_type": "code", "execution_count": number, "metadata": {},
            "outputs": [], **fields})  # fmt: skip
    notebook = {"cells": content, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    checked = check_bytes(json.dumps(notebook).encode(), "sales.ipynb", Settings(level=level))
    return [finding for finding in checked.findings if finding.code == rule]


def said(found: list[Finding]) -> str:
    return "\n".join(f"{finding.message} | {finding.help}" for finding in found)


GO_BACK = "import os\nstart = os.getcwd()\nos.chdir('../style')\n"
VISITS = [
    ("from style import load", 0, ""),
    ("load(dark=True)", 0, ""),
    ("import pandas as pd\ndf = pd.read_csv('a.csv')", 1, "cells 1 to 2"),
    ("open(os.path.join('raw', 'notes.txt'))", 1, "cells 1 to 2"),
    ("from style import load\nload(file='themes/dark.css')", 1, "cells 1 to 2"),
]


@pytest.mark.parametrize(("line", "count", "words"), VISITS)
def test_a_working_directory_that_is_restored_is_one_finding_or_none(
    line: str, count: int, words: str
) -> None:
    found = findings("NBP403", GO_BACK + line, "os.chdir(start)\nopen('b.csv')")
    assert len(found) == count and words in said(found)
    assert all(finding.place.cell == 1 and finding.place.line == 3 for finding in found)


@pytest.mark.parametrize(
    "first", ["os.chdir('a')\nstart = os.getcwd()\nos.chdir('b')", "start = 'x'\nos.chdir('b')"]
)
def test_a_directory_that_is_not_restored_is_reported(first: str) -> None:
    found = findings("NBP403", "import os\n" + first, "os.chdir(start)\nopen('b.csv')")
    assert "redirects every later relative path" in said(found)


FRAME = "import pandas as pd\ndf = pd.DataFrame({'a': [1], 'b': [2]})\n"


@pytest.mark.parametrize(
    ("line", "is_always"),
    [
        ("df[df['a'] > 1]['b'] = 0", True),
        ("df.loc[df.a == 1]['b'] += 1", True),
        ("df[~(df['a'] > 1)]['b'] = 0", True),
        ("df['b'][df['a'] > 1] = 0", False),
        ("df['b'][0] = 0", False),
    ],
)
def test_only_what_older_versions_do_otherwise_is_about_pandas_3(
    line: str, is_always: bool
) -> None:
    assert ("pandas 3" not in said(findings("NBP702", FRAME + line))) is is_always


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("on_bad_lines='skip'", "lines are silently dropped"),
        ("error_bad_lines=False", "lines are silently dropped"),
        ("on_bad_lines='skip', sep=';'", "number of lines"),
    ],
)
def test_dropped_lines_are_no_missing_values(option: str, words: str) -> None:
    code = f"import pandas as pd\ndf = pd.read_csv('a.csv', {option})\ndf.info()"
    assert words in said(findings("NBP707", code))
