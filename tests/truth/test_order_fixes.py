"""Order fixes of generated notebooks, judged by running the cells before and after."""

from __future__ import annotations

import ast
import io
import re
from contextlib import redirect_stdout
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbprod.checking.engine import check_notebook
from nbprod.config.settings import Settings
from nbprod.facts import CheckOptions
from nbprod.fixing.apply import fix_bytes
from nbprod.model import Finding
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from tests.truth.score import as_bytes

SETTINGS = Settings(select=("NBP101", "NBP104")).selection()
OPTIONS = CheckOptions(effort=30)
SETUP = (
    "import random\n"
    "def opaque():\n    return random.random() < 2\n"
    "def rows():\n    return [int(random.random() + 2)] * int(random.random())"
)
NAMES = st.sampled_from("abcd")
TEMPLATES = (
    "{x} = 1", "{x} = {y} + 1", "{x} = {y} + 1", "print({x})", "print({x} + {y})", "{x} += 1",
    "if opaque():\n    {x} = {y}", "if not opaque():\n    {x} = 1", "if opaque():\n    del {x}",
    "for row in rows():\n    {x} = row", "for _ in range(2):\n    {x} = {y}", "del {x}",
    "def read():\n    return {x}\nprint(read())",
    "def write():\n    global {x}\n    {x} = 1\nwrite()",
    "try:\n    {x} = {y}\nexcept NameError:\n    {x} = 0", "globals()['{x}'] = {y}",
    "class Box:\n    value = {x}\n    def get(self):\n        return {y}\nprint(Box().get())",
    "while not opaque():\n    {x} = 1", "print([{x} for _ in range(2)])", "print(nowhere)",
)  # fmt: skip
STATEMENTS = st.builds(
    lambda template, x, y: template.replace("{x}", x).replace("{y}", y),
    st.sampled_from(TEMPLATES), NAMES, NAMES,
)  # fmt: skip
NOTEBOOKS = st.lists(
    st.lists(STATEMENTS, min_size=1, max_size=2).map("\n".join), min_size=2, max_size=6
)


def check(notebook: Notebook) -> tuple[Finding, ...]:
    return check_notebook(notebook, SETTINGS, OPTIONS)


def undefined_roots(cells: list[str]) -> list[str]:
    """Run cells, on after one that fails; the names missed that no failed cell would have bound."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    missed: list[str] = []
    unbound: set[str] = set()
    for source in cells:
        try:
            with redirect_stdout(io.StringIO()):
                exec(source, namespace)
        except NameError as error:
            match = re.search(r"'(\w+)'", str(error))
            assert match is not None
            if match[1] not in unbound:
                missed.append(match[1])
            unbound |= bound_by(source)
    return missed


def bound_by(source: str) -> set[str]:
    stored = {
        node.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return stored | set(re.findall(r"globals\(\)\['(\w+)'\]", source))


def fixed(cells: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """The titles of the order fixes of a notebook, and the cells after them."""
    data = as_bytes(cells, [None] * len(cells))
    outcome = fix_bytes(data, "made.ipynb", check, unsafe=True)
    assert outcome.refused == ()
    moved = read_notebook(outcome.data, "made.ipynb")
    return outcome.applied, [cell.source for cell in moved.cells]


@given(NOTEBOOKS)
def test_an_order_fix_leaves_no_name_undefined_but_those_that_its_title_names(
    made: list[str],
) -> None:
    cells = [SETUP, *made]
    titles, after = fixed(cells)
    if not titles:
        return
    title = titles[-1]
    assert sorted(after) == sorted(cells) and after != cells
    bound = set().union(*map(bound_by, cells))
    left = [name for name in undefined_roots(after) if name in bound]
    assert all(f"`{name}`" in title for name in left) or " more " in title, (title, left, after)


PARTIAL = [
    (["print(a)", "a = 1", "print(no)"], "Move cell 2 above cell 1; `no` stays undefined"),
    (
        ["print(a)", "a = 1", "b = c", "c = b"],
        "Move cell 2 above cell 1; `b` and `c` stay undefined",
    ),
    (
        ["print(a)", "a = 1", "b = nowhere", "print(b)"],
        "Move cell 2 above cell 1; `b` and `nowhere` stay undefined",
    ),
    (
        ["import random", "print(a)", "if random.random() > 2:\n    a = 1"],
        "Move cell 3 above cell 2; `a` may stay undefined",
    ),
    (["print(a)", "a = 1"], "Move cell 2 above cell 1"),
    (["a = 1", "del a", "print(a)"], "Move cell 3 above cell 2"),
    (
        ["print(a + b)", "print(c)", "a = 1", "b = c = 2"],
        "Move cells 3 and 4 into running order",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "title"), PARTIAL, ids=[title for _, title in PARTIAL])
def test_the_title_names_what_stays_undefined(cells: list[str], title: str) -> None:
    assert fixed(cells)[0] == (title,)


# A cell that moves changes what the cells between see of other names.
SPOILING = [
    ["rate = 1", "print(a, rate)", "a = 1\nrate = 2"],
    ["size = [3]", "print(a)\nprint(size)", "print(size)", "size = [4]\na = 1", "print(size)"],
    ["def f():\n    return 1", "print(f(), a)", "def f():\n    return 2", "a = f()\ndef f(): pass"],
]
# The definition that a read wants stands in a comment above it.
WRITTEN = [
    ["# a = 1\nprint(a)", "a = 2"],
    ["# a, b = 1, 2", "print(b)", "b = 3"],
    ["# a = ...", "print(a)", "a = 2"],
    ["# TODO: make a of the rows", "print(a)", "a = 2"],
    ["# def a():\n#     return 1", "print(a())", "def a():\n    return 2"],
    ["# import json", "print(json)", "json = 1"],
]


@pytest.mark.parametrize("cells", [*SPOILING, *WRITTEN])
def test_no_move_is_offered_that_shows_other_values(cells: list[str]) -> None:
    assert fixed(cells) == ((), cells)


@pytest.mark.parametrize("cells", WRITTEN)
def test_the_help_names_the_comment_that_has_the_definition(cells: list[str]) -> None:
    notebook = read_notebook(as_bytes(cells, [None] * len(cells)), "made.ipynb")
    (finding,) = check(notebook)
    verb = "write" if "..." in cells[0] or "TODO" in cells[0] else "uncomment"
    where = "this cell" if "print" in cells[0] else "cell 1"
    assert finding.help is not None
    assert finding.help.startswith(f"{verb} its definition in {where}")


def test_a_comment_is_no_definition_where_the_value_came_from_a_cell() -> None:
    data = as_bytes(["# a = 1\nprint(a)", "a = 2"], [2, 1])
    (finding,) = check(read_notebook(data, "made.ipynb"))
    assert finding.fix is not None and finding.fix.title == "Move cell 2 above cell 1"


@pytest.mark.parametrize(
    ("cells", "title"),
    [
        (["print(a, b)", "a = 1", "b = 2", "c = 3"], "Move cell 1 below cell 3"),
        (["b = a + c", "a = 1", "c = a", "b"], "Move cell 1 below cell 3"),
        (["print(x + y)", "x = 1", "y = x", "z = 3"], "Move cell 1 below cell 3"),
    ],
)
def test_a_cell_that_moves_down_is_said_to_go_down(cells: list[str], title: str) -> None:
    assert fixed(cells)[0] == (title,)


@pytest.mark.parametrize("import_", ["import os", "import os as os", "from math import pi as os"])
def test_the_same_import_in_the_moved_cell_is_no_other_value(import_: str) -> None:
    cells = [import_, "print(os, a)", f"{import_}\na = 1"]
    assert fixed(cells)[0] == ("Move cell 3 above cell 2",)


UNFIXABLE = [
    ["print(nowhere)", "a = 1"],
    ["a = b", "b = a"],
    ["a = b", "b = nowhere"],
    ["a = 1\ndel a\nprint(a)"],
]


@pytest.mark.parametrize("cells", UNFIXABLE)
def test_no_order_is_offered_where_none_helps(cells: list[str]) -> None:
    assert fixed(cells) == ((), cells)
