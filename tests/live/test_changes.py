"""A fix applied to cells in memory gives the cells that `--fix` writes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nbprod.checking.registry import docs_of, rule_files
from nbprod.live import Changes, Document, check, edits
from nbprod.model import CellEdit, Edit, NewLine, PartEdit, Span
from nbprod.notebook.edits.replace import Replacement, replaced
from nbprod.notebook.edits.splice import apply_edits
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Cell
from nbprod.testing import parse_example
from tests.live.notebooks import SETTINGS, file_of_cells

PYTHON = {"language_info": {"name": "python"}}
Shown = tuple[str, str, tuple[str, ...], int | None]


def shown(cells: Sequence[Cell]) -> list[Shown]:
    return [(cell.kind, cell.source, cell.tags, cell.execution_count) for cell in cells]


def changed(cells: Sequence[Cell], changes: Changes) -> list[Shown]:
    """The cells as an editor has them after some changes."""
    found: dict[int, Shown] = {}
    for index, (kind, source, tags, count) in enumerate(shown(cells)):
        replacements = [
            Replacement(edit.span.start, edit.span.end, edit.text)
            for edit in changes.texts.get(index, ())
        ]
        kept = None if index in changes.cleared else count
        found[index] = (kind, replaced(source, replacements), tags, kept)
    outcome: list[Shown] = []
    for index in changes.order:
        outcome += [
            ("code", new.source, new.tags, None) for new in changes.added if new.before == index
        ]
        outcome.append(found[index])
    return outcome


def test_fixes_of_all_rules_give_the_cells_that_the_file_would_have() -> None:
    compared = {"texts": 0, "moves": 0, "added": 0, "cleared": 0}
    for file in rule_files(plugins=False):
        for name in ("Flagged", "Fixed"):
            for text in docs_of(file).examples.get(name, ()):
                for changes in _compare(parse_example(text).notebook.cells):
                    compared["texts"] += bool(changes.texts)
                    compared["moves"] += changes.moves
                    compared["added"] += bool(changes.added)
                    compared["cleared"] += bool(changes.cleared)
    assert compared["texts"] > 30
    assert compared["moves"] > 0
    assert compared["added"] > 0


def _compare(cells: Sequence[Cell]) -> list[Changes]:
    data = file_of_cells(cells)
    notebook = read_notebook(data, "x.ipynb")
    document = Document("x.ipynb", notebook.cells, metadata=PYTHON)
    found = []
    for finding in check(document, SETTINGS._replace(level="production")).findings:
        if finding.fix is None:
            continue
        changes = edits(notebook.cells, finding.fix.edits)
        if changes is None:
            continue
        written = apply_edits(notebook, data, list(dict.fromkeys(finding.fix.edits)))
        expected = shown(read_notebook(written, "x.ipynb").cells)
        assert changed(notebook.cells, changes) == expected, (finding.code, finding.fix)
        found.append(changes)
    return found


CELLS = tuple(Cell(number, "code", text) for number, text in enumerate(("a = 1", "b = 2", "c")))


def test_edits_of_texts_are_told_from_changes_of_cells() -> None:
    changes = edits(
        CELLS, [Edit(Span(1, 0, 1), "B"), Edit(Span(1, 0, 1), "B"), NewLine(0, "z = 0")]
    )
    assert changes is not None
    assert changes.is_text
    assert [row[1] for row in changed(CELLS, changes)] == ["a = 1\nz = 0", "B = 2", "c"]


@pytest.mark.parametrize(
    "edit",
    [
        CellEdit("move", 2, 0),
        CellEdit("clear-count", 1),
        NewLine(1, "x = 1", True, ("parameters",)),
    ],
)
def test_changes_of_cells_are_no_edits_of_texts(edit: CellEdit | NewLine) -> None:
    changes = edits(CELLS, [edit])
    assert changes is not None
    assert not changes.is_text


def test_what_is_in_an_output_cannot_be_changed_in_memory() -> None:
    assert edits(CELLS, [PartEdit(0, ("outputs", 0, "text"), 0, 1, "")]) is None


def test_an_edit_outside_of_the_notebook_is_refused() -> None:
    with pytest.raises(ValueError):
        edits(CELLS, [Edit(Span(1, 0, 99), "")])
