"""What makes no difference is not reported, and no help is offered that is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbprod.config.settings import Settings
from nbprod.model import Finding
from nbprod.project.run import check_bytes


def findings(rule: str, *cells: str, printed: str = "") -> list[Finding]:
    """The findings of one rule; ``printed`` is what the first cell has printed."""
    content: list[dict[str, Any]] = [
        {"cell_type": "code", "execution_count": number, "metadata": {}, "outputs": [],
         "source": cell}
        for number, cell in enumerate(cells, 1)
    ]  # fmt: skip
    if printed:
        content[0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": printed}]
    notebook = {"cells": content, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    data = json.dumps(notebook).encode()
    return list(check_bytes(data, "a.ipynb", Settings(select=(rule,))).findings)


@pytest.mark.parametrize(
    ("cell", "printed", "is_same"),
    [
        ("print('a\\tb')", "a       b\n", True),
        ("print('''\n  one\n\n  two''')", "one\n\ntwo\n", True),
        ("x = 'a  b'\nprint(x)", "a b \n", True),
        ("print('a b')", "ab\n", False),
        ("print('''one\ntwo''')", "one\n", False),
    ],
)
def test_white_space_makes_no_output_stale(cell: str, printed: str, is_same: bool) -> None:
    assert bool(findings("NBP108", cell, printed=printed)) is not is_same


@pytest.mark.parametrize("value", ["['a', 'b']", "{'a': [1, 2]}", "{1, 2}", "(1, ['x'])"])
@pytest.mark.parametrize("again", [True, False])
def test_the_same_display_bound_again_freezes_nothing(value: str, again: bool) -> None:
    other = value if again else "[3]"
    cells = (
        f"part = {value}\ndef pick(x, part=part):\n    return part",
        f"part = {other}\npick(1)",
    )
    assert bool(findings("NBP206", *cells)) is not again


FLAGS = [
    ("try:\n    import fast\n    there = True\nexcept ImportError:\n    there = False", True),
    ("try:\n    import fast\nexcept ImportError:\n    there = None\nelse:\n    there = True", True),
    ("there = False\ntry:\n    import fast\n    there = True\nexcept ImportError:\n    1", True),
    ("there = open('a').read()", False),
    ("try:\n    there = open('a').read()\nexcept OSError:\n    there = None", False),
]  # fmt: skip


@pytest.mark.parametrize(("made", "is_flag"), FLAGS)
def test_a_flag_of_an_optional_import_is_no_global_to_pass(made: str, is_flag: bool) -> None:
    found = findings("NBP202", made, "def work(x):\n    return x if there else None", "work(1)")
    assert bool(found) is not is_flag


@pytest.mark.parametrize(
    ("cells", "meant"),
    [
        (("class Model:\n    def fit(self):\n        return model.x", "Model().fit()"), None),
        (("from sklearn.linear_model import Lasso", "print(lasso.coef_)"), None),
        (("class Person: ...", "person.name"), None),
        (("class Person: ...", "person('Ann')"), "`Person`"),
        (("from collections import Counter", "counter('abc')"), "`Counter`"),
        (("customers = [1]", "print(custmers)"), "`customers`"),
    ],
)
def test_a_class_is_offered_where_it_may_be_meant(
    cells: tuple[str, ...], meant: str | None
) -> None:
    (found,) = findings("NBP103", *cells)
    assert (meant or "define it in a cell above") in (found.help or "")


MOVES = [
    ("print(b)", "a = 2", "b = a + 1"),
    ("print(b)", "a.append(2)", "b = len(a)"),
    ("print(b)", "for a in (1, 2): pass", "b = a * 2"),
]


@pytest.mark.parametrize("cells", MOVES)
def test_no_move_is_offered_that_gives_another_value(cells: tuple[str, ...]) -> None:
    (found,) = findings("NBP101", "a = [1]", *cells)
    assert "move the definition in cell 4" not in (found.help or "")
