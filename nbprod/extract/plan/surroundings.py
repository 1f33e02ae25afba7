"""What is written around the cells of a function to be: headings, prose, comments."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from nbprod.facts import Facts
from nbprod.names.statements import StatementText
from nbprod.patterns import lazy_pattern
from nbprod.refactor.evidence import heading_and_prose

__all__ = ["comment_of", "notebook_title", "section_of", "text_above"]

_HEADING = lazy_pattern(r"^(#{1,6})[ \t]+\S", re.MULTILINE)


def comment_of(body: Sequence[StatementText], facts: Facts) -> str:
    """The comment at the head of the first statement."""
    for unit in body[:1]:
        source = facts.cell(unit.cell).source[unit.start : unit.code]
        for line in source.splitlines():
            text = line.strip().lstrip("#").strip()
            if text and not text.startswith(("@", "%", "!", "-", "=")):
                return text
    return ""


def text_above(first: int, facts: Facts, passed: Container[int] = ()) -> str:
    """The markdown above the first cell of a group, but for cells that are ``passed``: what they
    import or define is not what the text is about."""
    texts: list[str] = []
    number = facts.cell(first).number
    for cell in reversed(facts.notebook.cells[:first]):
        if cell.number == number or (cell.index in passed and not texts):
            # Another piece of the same cell, or one that is at the top of the module.
            continue
        if cell.kind != "markdown" or cell.index == _title_cell(facts):
            break
        texts.insert(0, cell.source)
    return "\n\n".join(texts)


def section_of(first: int, facts: Facts) -> str:
    """The nearest heading above a cell."""
    for cell in reversed(facts.notebook.cells[:first]):
        if cell.kind == "markdown" and cell.index != _title_cell(facts):
            heading = heading_and_prose(cell.source)[0]
            if heading:
                return heading
    return ""


def notebook_title(facts: Facts) -> str:
    """The first heading of the first level in a notebook; empty where there is none."""
    for cell in facts.notebook.cells:
        if cell.kind == "markdown":
            for line in cell.source.splitlines():
                if line.startswith("# "):
                    return line[2:].strip().strip("*_ ")
    return ""


def _title_cell(facts: Facts) -> int:
    """The cell with the title of the notebook, which is about all of it: its only heading of the
    first level, above all others. -1 where there is none."""
    first = -1
    for cell in facts.notebook.cells:
        if cell.kind == "markdown":
            levels = [len(match[1]) for match in _HEADING.finditer(cell.source)]
            if 1 in levels and (first >= 0 or levels != [1]):
                return -1
            if levels and first < 0 and 1 not in levels:
                return -1
            if levels == [1]:
                first = cell.index
    return first
