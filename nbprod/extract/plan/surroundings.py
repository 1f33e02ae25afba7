"""What is written around the cells of a function to be: headings, prose, comments."""

from __future__ import annotations

from collections.abc import Sequence

from nbprod.facts import Facts
from nbprod.names.statements import StatementText
from nbprod.refactor.evidence import heading_and_prose

__all__ = ["comment_of", "section_of", "text_above"]


def comment_of(body: Sequence[StatementText], facts: Facts) -> str:
    """The comment at the head of the first statement."""
    for unit in body[:1]:
        source = facts.cell(unit.cell).source[unit.start : unit.code]
        for line in source.splitlines():
            text = line.strip().lstrip("#").strip()
            if text and not text.startswith(("@", "%", "!", "-", "=")):
                return text
    return ""


def text_above(first: int, facts: Facts) -> str:
    """The markdown directly above the first cell of a group."""
    texts: list[str] = []
    number = facts.cell(first).number
    for cell in reversed(facts.notebook.cells[:first]):
        if cell.number == number:
            # Another piece of the same cell.
            continue
        if cell.kind != "markdown":
            break
        texts.insert(0, cell.source)
    return "\n\n".join(texts)


def section_of(first: int, facts: Facts) -> str:
    """The nearest heading above a cell."""
    for cell in reversed(facts.notebook.cells[:first]):
        if cell.kind == "markdown":
            heading = heading_and_prose(cell.source)[0]
            if heading:
                return heading
    return ""
