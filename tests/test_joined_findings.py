"""What is one mistake is one finding, and its message is whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbprod.config.settings import Settings
from nbprod.model import Edit, Finding
from nbprod.project.run import check_bytes

Cell = tuple[str, list[dict[str, Any]]]


def findings(*cells: Cell | str, **settings: Any) -> list[Finding]:
    content = []
    for number, cell in enumerate(cells, 1):
        source, outputs = (cell, []) if isinstance(cell, str) else cell
        content.append({"cell_type": "code", "execution_count": number, "metadata": {},
            "outputs": outputs, "source": source})  # fmt: skip
    notebook = {"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    data = json.dumps(notebook).encode()
    return list(check_bytes(data, "x.ipynb", Settings(**settings)).findings)


def error(name: str, value: str, *traceback: str) -> list[dict[str, Any]]:
    return [{"output_type": "error", "ename": name, "evalue": value, "traceback": list(traceback)}]


JOINED: list[tuple[str, tuple[Cell | str, ...], list[str]]] = [
    (
        "an undefined name and its saved error",
        (("# totals\n\nprint(total)", error("NameError", "name 'total' is not defined")),),
        ["NBP103"],
    ),
    (
        "a use above the definition and its saved error",
        (("print(1)\nprint(rate)", error("NameError", "name 'rate' is not defined")), "rate = 1"),
        ["NBP101"],
    ),
    (
        "code that does not parse and its saved error",
        (("print(1)\nx = (1,\ny = 2", error("SyntaxError", "invalid syntax")),),
        ["NBP010"],
    ),
    (
        "two errors of one cell",
        (("print(total)", error("ValueError", "no rows")),),
        ["NBP103", "NBP112"],
    ),
]


@pytest.mark.parametrize(
    ("cells", "codes"), [row[1:] for row in JOINED], ids=[row[0] for row in JOINED]
)
def test_a_saved_error_and_its_cause_are_one(
    cells: tuple[Cell | str, ...], codes: list[str]
) -> None:
    found = findings(*cells, select=("NBP010", "NBP101", "NBP103", "NBP112"))
    assert sorted(finding.code for finding in found) == codes
    if len(codes) == 1:
        assert any("saved" in place.message for place in found[0].related)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (error("ValueError", "short"), "saved output is an error: ValueError: short"),
        (error("ValueError", "columns overlap " * 9), "columns overlap …"),
        (error("ValueError", "x" * 200), "x" * 80 + "…"),
        (error("TypeError", "ignored"), "saved output is an error: TypeError"),
        (
            error("TypeError", "ignored", "----", "\x1b[0;31mTypeError\x1b[0m: bad operand"),
            "saved output is an error: TypeError: bad operand",
        ),
    ],
)
def test_the_message_of_a_saved_error_ends_at_a_word(
    outputs: list[dict[str, Any]], message: str
) -> None:
    (found,) = findings(("run()", outputs), select=("NBP112",))
    assert found.message.endswith(message)


def test_installs_through_the_shell_are_one_finding_that_fixes_all() -> None:
    (found,) = findings("!pip install a", "x = 1", "!pip install b\n!conda install c",
        select=("NBP503",))  # fmt: skip
    assert len(found.related) == 2
    assert found.fix is not None and len(found.fix.edits) == 2


def test_a_star_import_is_one_finding() -> None:
    (found,) = findings("from mystery import *\nprint(thing)", select=("NBP115", "NBP805"))
    assert found.code == "NBP805" and len(found.related) == 1


@pytest.mark.parametrize(
    ("use", "count"),
    [
        ("scale(1)", 1),
        ("dataset.map(scale)", 0),
        ("study.optimize(scale, n_trials=3)", 0),
        ("interact(f=scale)", 0),
        ("list(map(lambda x: x * len(rows) + len(names), [1]))", 1),
    ],
)
def test_the_globals_of_a_function_are_one_finding_and_callbacks_have_none(
    use: str, count: int
) -> None:
    define = "def scale(x):\n    return x * len(rows) + len(names) + len(rows)"
    found = findings("rows = load()\nnames = load()", define, use, select=("NBP202",))
    messages = ["`scale` reads globals `rows` and `names`"]
    assert [finding.message for finding in found] == messages[:count]


def test_a_saved_error_is_one_with_a_cause_that_another_cell_shares() -> None:
    saved = error("NameError", "name 'rate' is not defined")
    found = findings("print(rate)", ("print(2 * rate)", saved), "rate = 1")
    assert [finding.code for finding in found] == ["NBP101"]
    assert [place.place.cell for place in found[0].related] == [3, 2, 2]


@pytest.mark.parametrize(
    ("cells", "places"),
    [
        (["from math import *\nsqrt(2)", "from math import *\nprint(pi)"], [(1, 1)]),
        (["from tkinter import *"] * 5, [(1, 4)]),
        (["from math import *", "from cmath import *", "from math import *"], [(1, 1), (2, 0)]),
    ],
)
def test_wildcards_of_one_module_are_one(cells: list[str], places: list[tuple[int, int]]) -> None:
    found = findings(*cells, level="production", select=("NBP805",))
    assert [(one.place.cell, len(one.related)) for one in found] == places


def test_the_fix_of_wildcards_changes_all_of_them() -> None:
    cells = ["from math import *\nprint(sqrt(2))", "from math import *\nprint(pi)"]
    (found,) = findings(*cells, level="production", select=("NBP805",))
    assert found.fix is not None
    assert [edit.text for edit in found.fix.edits if isinstance(edit, Edit)] == ["sqrt", "pi"]


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("input('Pause')", []),
        ("if n == 3:\n        input()", []),
        ("n += int(input())", ["NBP808"]),
        ("input()\n    n = open('a.csv').read()", ["NBP808"]),
    ],
)
def test_a_pause_is_no_input(body: str, codes: list[str]) -> None:
    cell = f"def work(n):\n    {body}\n    print(n)\n    return n * 2\nprint(work(3))"
    assert [one.code for one in findings(cell, level="production", select=("NBP808",))] == codes


FRAME = "import pandas as pd\ndf = pd.read_csv('a.csv')\n"


@pytest.mark.parametrize(
    "line",
    [
        "df['sex'][df['sex'] == 0] = 'female'",
        "df['cp'][df['cp'] >= 2.5] = 'high'",
        "df['code'][(df['code'] == 1)] = 'one'",
    ],
)
def test_text_into_a_column_of_numbers_has_no_fix_that_fails(line: str) -> None:
    (found,) = findings(FRAME + line, select=("NBP702",))
    assert found.fix is None and found.help is not None and ".map({" in found.help


@pytest.mark.parametrize(
    "line",
    [
        "df['sex'][df['age'] == 0] = 'child'",
        "df['sex'][df['sex'] == 'f'] = 'female'",
        "df['age'][df['age'] == 0] = 1",
    ],
)
def test_other_chained_assignments_have_one(line: str) -> None:
    (found,) = findings(FRAME + line, select=("NBP702",))
    assert found.fix is not None


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("No module named 'matplotlib.nxutils'", "pin a version of `matplotlib`"),
        ("No module named 'sklearn.grid_search'", "pin a version of `scikit-learn`"),
        ("No module named 'seaborn'", "install `seaborn`"),
    ],
)
def test_a_part_of_an_installed_library_is_not_installed(said: str, advice: str) -> None:
    cell = "import seaborn, matplotlib.nxutils, sklearn.grid_search"
    saved = error("ModuleNotFoundError", said)
    found = findings((cell, saved), select=("NBP112",))
    assert [advice in (one.help or "") for one in found] == [True]
