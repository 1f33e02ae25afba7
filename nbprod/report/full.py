"""Text for a terminal: each finding with its lines, help and fix."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from nbprod.model import Finding, Place, Report, Severity
from nbprod.report.escaping import escape_line, visible_snippet
from nbprod.report.places import cell_name
from nbprod.report.style import BLUE, BOLD, CYAN, DIM, RED, YELLOW, Style

__all__ = ["render"]

_COLOURS = {Severity.ERROR: RED, Severity.WARNING: YELLOW, Severity.INFO: CYAN}
_MOST_LINES = 5


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the text of each finding, with an empty line after it."""
    for finding in report.findings:
        yield "".join(f"{line}\n" for line in _finding(finding, style)) + "\n"


def _finding(finding: Finding, style: Style) -> Iterator[str]:
    colour = _COLOURS[finding.severity]
    possible = " (possible)" if finding.certainty.value == "possible" else ""
    code = style.paint(escape_line(f"{finding.code} {finding.name}"), BOLD, colour)
    code = style.link(code, finding.code)
    yield f"{code}: {escape_line(finding.message)}{possible}"
    place = finding.place
    arrow = style.paint("-->", BLUE)
    raw = escape_line(f"{finding.path}:{place.raw_line}:{place.raw_column}")
    if place.cell is None:
        yield f"  {arrow} {raw}"
    else:
        where = f"({cell_name(place)}, line {place.line}, column {place.column})"
        yield f"  {arrow} {raw} {style.paint(where, DIM)}"
        yield from _snippet(finding, colour, style)
    for related in finding.related:
        said = escape_line(related.message)
        yield f"   {style.paint('=', BLUE)} {_beside(related.place)}: {said}"
    if finding.help:
        yield f"   {style.paint('=', BLUE)} help: {escape_line(finding.help)}"
    if finding.fix is not None:
        flag = "--fix" if finding.fix.applicability.value == "safe" else "--fix --unsafe-fixes"
        yield f"   {style.paint('=', BLUE)} fix: {escape_line(finding.fix.title)} (`{flag}`)"
    if place.cell is not None:
        suppression = escape_line(f"# nbprod: ignore[{finding.code}]")
        yield f"   {style.paint(f'= suppress: {suppression}', DIM)}"


def _beside(place: Place) -> str:
    """Where something else stands that a finding speaks of."""
    return f"{cell_name(place)}, line {place.line}".removeprefix(", ")


def _snippet(finding: Finding, colour: int, style: Style) -> Iterator[str]:
    place = finding.place
    lines = finding.snippet.split("\n")
    width = len(str(place.line + len(lines)))
    bar = style.paint("|", BLUE)
    yield f"   {' ' * width} {bar}"
    for number, line in enumerate(lines[:_MOST_LINES], place.line):
        shown = visible_snippet(line).replace("\t", "    ")
        yield f"   {style.paint(str(number).rjust(width), BLUE)} {bar} {shown}".rstrip()
        if number == place.line:
            marks = _marks(line, place, len(lines) > 1)
            yield f"   {' ' * width} {bar} {style.paint(marks, colour)}"


def _marks(line: str, place: Place, several: bool) -> str:
    """Carets under the columns of a place, as wide as the characters are shown."""
    start = place.column - 1
    end = len(line) if several else place.end_column - 1
    lead = "".join("\t" if char == "\t" else " " * _width(char) for char in line[:start])
    marked = line[start:end]
    under = len(marked) if marked.isascii() else sum(_width(char) for char in marked)
    return lead.replace("\t", "    ") + "^" * max(under, 1)


def _width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
