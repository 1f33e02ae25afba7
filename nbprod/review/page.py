"""The review as one HTML page: no network, no foreign markup, one script that is named by hash."""

from __future__ import annotations

import base64
import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import zip_longest
from typing import Any, NamedTuple

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape
from pygments import lex
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType

from nbprod.disk.read import read_text
from nbprod.review.build import SIZES
from nbprod.review.flow_diagram import drawn
from nbprod.review.standing import STATES, counted
from nbprod.review.types import CellReview, NotebookReview, Review, SavedOutput

__all__ = ["WORDS", "render_page"]

WORDS = {
    "unreadable": "Cannot be read",
    "fails": "Fails",
    "differs": "Results change",
    "errors": "Errors",
    "warnings": "Warnings",
    "clean": "No findings",
    "gone": "Removed",
}
_CLASSES: Sequence[tuple[_TokenType, str]] = (
    (Keyword, "hk"),
    (String, "hs"),
    (Comment, "hc"),
    (Number, "hm"),
    (Name.Function, "hn"),
    (Name.Class, "hn"),
    (Name.Decorator, "hn"),
)


class _ShownLine(NamedTuple):
    """A line of source as markup; ``is_hit``: a finding is on it."""

    mark: str
    number: int
    html: Markup
    is_hit: bool


def render_page(review: Review) -> str:
    """The page of a review."""
    script = _resource("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page: str = _environment().get_template("page.html.j2").render(
        review=review,
        words=WORDS,
        states=STATES,
        style=Markup(_resource("page.css")),
        script=Markup(script),
        script_hash=digest,
    )  # fmt: skip
    return page


def _resource(name: str) -> str:
    return read_text(os.path.join(os.path.dirname(__file__), name))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_resource), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_printable,
    )  # fmt: skip
    own: dict[str, Any] = {
        "lines_of": _lines_of, "others": _others, "anchor": _anchor, "drawn": drawn,
        "ticked": _ticked, "counted": counted, "output_pairs": _output_pairs,
        "rules_of": _rules_of, "sizes": SIZES,
    }  # fmt: skip
    environment.globals.update(own)
    parts: Any = environment.get_template("parts.html.j2").module
    for name in ("moved", "said", "shown", "picture", "filters", "links"):
        environment.globals[name] = getattr(parts, name)
    return environment


def _printable(value: object) -> object:
    """Text without control characters and halves of pairs, which no page can hold."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return "".join(
            char
            if char in "\n\t" or char.isprintable() or char == "\N{NO-BREAK SPACE}"
            else "\ufffd"
            for char in value
        )
    return value


def _ticked(text: str) -> Markup:
    """A message with the parts between backticks as code."""
    parts = [escape(_printable(part)) for part in text.split("`")]
    if len(parts) % 2 == 0:
        return escape(_printable(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part
        for number, part in enumerate(parts)
    )


def _anchor(cell: CellReview, notebook: int) -> str:
    return f"n{notebook}{'r' if cell.change == 'removed' else 'c'}{cell.number}"


def _others(one: NotebookReview) -> list[CellReview]:
    shown = {id(cell) for cell in one.cells}
    return [cell for cell in one.drawn if id(cell) not in shown]


def _rules_of(review: Review) -> list[tuple[str, str, int]]:
    """The rules that have findings, by code, with how many there are."""
    counts = Counter(
        (finding.code, finding.name)
        for one in review.notebooks
        for finding in (*one.general, *(found for cell in one.cells for found in cell.findings))
    )
    return [(code, name, count) for (code, name), count in sorted(counts.items())]


def _output_pairs(cell: CellReview) -> Iterator[tuple[SavedOutput | None, SavedOutput | None]]:
    """The outputs before and now, those beside each other that stand for each other."""
    before, now = cell.outputs_before or (), cell.outputs
    matcher = SequenceMatcher(None, before, now, autojunk=False)
    for _, a, b, c, d in matcher.get_opcodes():
        yield from zip_longest(before[a:b], now[c:d])


def _lines_of(cell: CellReview) -> Iterator[_ShownLine]:
    hit = {
        line
        for finding in cell.findings
        if finding.part == "source"
        for line in range(finding.place.line, finding.place.end_line + 1)
    }
    there = [line.text for line in cell.lines if line.mark != "-"]
    coloured = list(_coloured("\n".join(there))) if cell.kind == "code" else []
    at = 0
    for line in cell.lines:
        html = escape(_printable(line.text))
        if line.mark != "-":
            html = coloured[at] if at < len(coloured) else html
            at += 1
        yield _ShownLine(line.mark, line.number, html, line.mark != "-" and line.number in hit)


def _coloured(source: str) -> Iterator[Markup]:
    """The lines of some Python, its words in spans."""
    parts: list[Markup] = []
    for kind, text in lex(source, PythonLexer(stripnl=False, ensurenl=False)):
        name = next((name for parent, name in _CLASSES if kind in parent), None)
        for number, piece in enumerate(text.split("\n")):
            if number:
                yield Markup("").join(parts)
                parts = []
            if piece:
                safe = escape(_printable(piece))
                parts.append(
                    Markup('<span class="{}">{}</span>').format(name, safe) if name else safe
                )
    yield Markup("").join(parts)
