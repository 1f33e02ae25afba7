"""A document in memory is judged as the file with the same cells is."""

from __future__ import annotations

import random

import pytest

from nbprod.config.settings import Settings
from nbprod.live import Document, check, check_text
from nbprod.notebook.types import Cell
from tests.live.notebooks import (
    SETTINGS,
    file_of_cells,
    findings_of_file,
    plain,
    random_step,
    start_cells,
)

PYTHON = {"language_info": {"name": "python"}}


def run_steps(seed: int, steps: int) -> int:
    """Change a notebook step by step and compare; returns how many findings there were."""
    luck = random.Random(seed)
    cells = start_cells()
    seen = 0
    for number in range(steps):
        cells = random_step(cells, luck, number)
        document = Document("live.ipynb", tuple(cells), number, PYTHON)
        result = check(document, SETTINGS)
        expected = findings_of_file(cells)
        assert plain(result.findings) == plain(expected), (seed, number)
        assert set(result.states) <= set(range(len(cells)))
        seen += len(expected)
        result.close()
    return seen


def test_findings_are_those_of_the_file_after_each_of_a_hundred_steps() -> None:
    assert run_steps(1, 100) > 200


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_findings_are_those_of_the_file_after_each_of_a_thousand_steps(seed: int) -> None:
    assert run_steps(seed, 200) > 200


def document(*cells: Cell, edited: frozenset[int] = frozenset()) -> Document:
    return Document("live.ipynb", cells, metadata=PYTHON, edited=edited)


def code(text: str, count: int | None = None) -> Cell:
    return Cell(0, "code", text, execution_count=count)


def states(*cells: Cell, edited: frozenset[int] = frozenset()) -> list[list[str]]:
    found = check(document(*cells, edited=edited)).states
    return [sorted(found[index].states) if index in found else [] for index in range(len(cells))]


def test_a_cell_runs_or_fails() -> None:
    assert states(code("x = y", 1), code("y = 1", 2)) == [["fails"], ["runs"]]
    assert states(code("x = (", 1), code("print(x)", 2)) == [["fails"], ["fails"]]


def test_a_cell_is_stale_when_one_that_it_reads_ran_later_and_so_are_its_readers() -> None:
    found = check(document(code("a = 1", 4), code("b = a", 2), code("c = b", 3))).states
    assert [sorted(state.states) for state in found.values()] == [["runs"], ["stale"], ["stale"]]
    assert (found[1].late, found[1].through) == ((0,), ())
    assert (found[2].late, found[2].through) == ((), (1,))


def test_an_import_that_ran_later_makes_nothing_stale() -> None:
    assert states(code("import math", 4), code("b = math.pi", 2)) == [["runs"], ["runs"]]


def test_counts_of_several_sessions_say_nothing_of_staleness() -> None:
    assert states(code("a = 1", 2), code("b = a", 1), code("c = 2", 2))[1] == ["runs"]


def test_a_cell_that_was_edited_after_its_run_is_stale() -> None:
    cells = code("a = 1", 1), code("b = 2")
    assert states(*cells, edited=frozenset({0, 1})) == [["stale"], ["runs"]]


def test_a_cell_that_changes_what_it_reads_is_unsafe_to_rerun() -> None:
    assert states(code("n = 0", 1), code("n += 1", 2))[1] == ["unsafe-to-rerun"]


def test_a_run_in_another_order_shows_where_it_matters() -> None:
    found = states(code("a = 1", 1), code("print(a)", 3), code("a = 2", 2))
    assert "out-of-order" in found[1]
    assert states(code("a = 1", 2), code("b = 2", 1)) == [["runs"], ["runs"]]


def test_markdown_and_empty_cells_have_no_state() -> None:
    found = states(Cell(0, "markdown", "# x", language="markdown"), code(""), code("a = 1"))
    assert found == [[], [], ["runs"]]


def test_edges_say_which_cell_feeds_which() -> None:
    result = check(document(code("a = 1"), code("b = a"), code("c = a + b")))
    assert result.edges == {0: {1: {"a"}, 2: {"a"}}, 1: {2: {"b"}}}


def test_without_metadata_the_cells_say_the_language() -> None:
    cells = (Cell(0, "code", "x <- y", language="r"),)
    assert check(Document("untitled.ipynb", cells)).notebook.language == "r"


def test_files_around_are_read_only_by_the_function_that_is_given() -> None:
    cells = (code("from helpers import *\nprint(rate)"),)
    asked = []

    def read(path: str) -> str | None:
        asked.append(path)
        return "rate = 1" if path == "helpers.py" else None

    assert check(document(*cells), Settings(), read).findings == ()
    assert "helpers.py" in asked


@pytest.mark.parametrize(
    ("path", "text"),
    [("a.ipynb", file_of_cells(start_cells()).decode()), ("a.py", "# %%\nprint(x)\n# %%\nx = 1\n")],
)
def test_the_text_of_a_file_is_checked_as_the_file(path: str, text: str) -> None:
    from nbprod.project.run import check_bytes

    result = check_text(text, path, SETTINGS)
    assert result is not None
    expected = check_bytes(text.encode(), path, SETTINGS, lambda _: None).findings
    assert result.findings == expected
    assert expected


@pytest.mark.parametrize(
    ("path", "text"), [("a.ipynb", '{"cells": ['), ("a.ipynb", "x = 1"), ("a.py", "x = 1\n")]
)
def test_a_text_that_is_no_notebook_has_no_result(path: str, text: str) -> None:
    assert check_text(text, path) is None
