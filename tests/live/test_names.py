"""The name at a place: its definitions and its reads over all cells."""

from __future__ import annotations

import pytest

from nbprod.live import Document, NameInfo, check, name_at
from nbprod.model import Span
from nbprod.notebook.types import Cell


def info(cell: int, marked: str, *sources: str) -> NameInfo | None:
    """What is known of the name at the first occurrence of a text in a cell."""
    cells = tuple(Cell(0, "code", source) for source in sources)
    result = check(Document("x.ipynb", cells))
    assert result.facts is not None
    return name_at(result.facts, cell, sources[cell].index(marked))


def test_a_read_finds_the_definition_that_reaches_it() -> None:
    found = info(2, "a)", "a = 1", "a = 2", "print(a)")
    assert found is not None
    assert found.reaching == (Span(1, 0, 1),)
    assert found.definitions == (Span(0, 0, 1), Span(1, 0, 1))
    assert found.reads == (Span(2, 6, 7),)


def test_a_definition_finds_its_reads_in_functions_that_no_cell_calls() -> None:
    found = info(0, "rate", "rate = 1", "def f(x):\n    return x * rate")
    assert found is not None
    assert found.reads == (Span(1, 25, 29),)


def test_mutations_are_listed() -> None:
    found = info(1, "xs", "xs = []", "xs.append(1)", "print(xs)")
    assert found is not None
    assert [span.cell for span in found.mutations] == [1]


def test_a_read_before_the_definition_finds_it() -> None:
    found = info(0, "later", "print(later)", "later = 1")
    assert found is not None
    assert (found.reaching, found.definitions) == ((), (Span(1, 0, 5),))


def test_an_import_with_another_name_is_a_definition_of_that_name() -> None:
    found = info(1, "pd", "import pandas as pd", "pd.DataFrame()")
    assert found is not None
    assert found.reaching == (Span(0, 7, 19),)


@pytest.mark.parametrize(
    ("cell", "marked", "sources"),
    [
        (0, "word", ("x = 'word'", "word = 1")),
        (0, "local", ("def f():\n    local = 1\n    return local", "local = 2")),
        (0, "=", ("x  =  1",)),
        (0, "# x", ("y = 1  # x",)),
    ],
)
def test_there_is_no_name_in_texts_comments_and_functions(
    cell: int, marked: str, sources: tuple[str, ...]
) -> None:
    assert info(cell, marked, *sources) is None
