"""The check of a document: its findings, and what the data flow says of each cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from nbprod.config.settings import Settings
from nbprod.errors import ReadError
from nbprod.facts import Facts
from nbprod.flow import Flow
from nbprod.live.document import Document
from nbprod.live.states import CellState, states_of
from nbprod.model import Finding
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.project.run import check_keeping_facts
from nbprod.project.stack import with_deep_stack

__all__ = ["Result", "check", "check_text"]


class Result(NamedTuple):
    """What a check of a document found.

    ``states`` are those of its Python cells, by index. ``facts`` are None only where nbprod itself
    failed, which a finding says; they take memory until `close` is called.
    """

    document: Document
    notebook: Notebook
    findings: tuple[Finding, ...]
    states: Mapping[int, CellState]
    facts: Facts | None

    @property
    def flow(self) -> Flow | None:
        """The data flow of a run from top to bottom."""
        return self.facts.flow if self.facts is not None else None

    @property
    def edges(self) -> Mapping[int, Mapping[int, frozenset[str]]]:
        """Provider cell to reader cell to the names that flow between them."""
        return self.facts.flow.edges if self.facts is not None else {}

    def close(self) -> None:
        """Release the facts; nothing can be asked of the data flow afterwards."""
        if self.facts is not None:
            self.facts.release()


def _nothing_around(_path: str) -> str | None:
    return None


def check(
    document: Document,
    settings: Settings = Settings(),
    read_file: Callable[[str], str | None] = _nothing_around,
) -> Result:
    """Check a document.

    Args:
        document: the cells as they are now.
        settings: those that hold for its path.
        read_file: gives what lies around the notebook, as
            `nbprod.project.surroundings.read_around` does; by default nothing is read.

    Raises:
        UsageError: the settings name a rule that does not exist.
    """
    return _checked(document, document.notebook(), settings, read_file)


def _checked(
    document: Document,
    notebook: Notebook,
    settings: Settings,
    read_file: Callable[[str], str | None],
) -> Result:
    checked, facts = check_keeping_facts(notebook, settings, read_file)
    states: Mapping[int, CellState] = {}
    if facts is not None:
        states = with_deep_stack(partial(states_of, facts, document.edited))
    return Result(document, notebook, checked.findings, states, facts)


def check_text(
    text: str,
    path: str,
    settings: Settings = Settings(),
    read_file: Callable[[str], str | None] = _nothing_around,
    *,
    edited: frozenset[int] = frozenset(),
) -> Result | None:
    """Check the text of a notebook's file, as an editor without cells holds it.

    ``edited`` are the cells whose source is not the one that ran, where that is known. Returns None
    where the text is no notebook, as while it is typed.

    Raises:
        UsageError: the settings name a rule that does not exist.
    """
    try:
        notebook = read_notebook(text.encode("utf-8", "surrogatepass"), path)
    except ReadError:
        return None
    document = Document(path, notebook.cells, metadata=notebook.metadata, edited=edited)
    return _checked(document, notebook, settings, read_file)
