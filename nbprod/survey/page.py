"""The answers of a report as Markdown and as a page of HTML with bars. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from nbprod.report.escaping import markdown_name, visible_snippet
from nbprod.survey.database import SurveyAnswer

__all__ = ["survey_markdown", "survey_page"]

_MOST_BARS = 15
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:.5rem 0}td,th{padding:.2rem .7rem;text-align:left;"
    "border-bottom:1px solid #8884;vertical-align:top}td.n{text-align:right}"
    "pre{overflow:auto;background:#8881;padding:.7rem}summary{cursor:pointer}"
    "svg{display:block;max-width:100%}svg text{font:12px system-ui,sans-serif;fill:currentColor}"
    ":root{color-scheme:light dark}"
)


def survey_markdown(
    title: str, answers: Sequence[SurveyAnswer], definitions: Sequence[str]
) -> Iterator[str]:
    """Yield the lines of the report."""
    yield from (f"# {_cell(title)}", "")
    for answer in answers:
        yield from (f"## {answer.question.title}", "", answer.question.text, "")
        if answer.rows:
            yield "| " + " | ".join(map(_heading, answer.columns)) + " |"
            yield "|" + "---|" * len(answer.columns)
            for row in answer.rows:
                yield "| " + " | ".join(map(_cell, row)) + " |"
            yield ""
            if answer.total > len(answer.rows):
                yield from (f"The first {len(answer.rows)} of {answer.total:,}.", "")
        else:
            yield from ("None.", "")
        yield from _folded(answer.question.sql)
    yield from ("## Tables", "", "The queries are for DuckDB, with these views:", "")
    yield from ("```sql", *(f"{line};" for line in definitions), "```")


def _folded(sql: str) -> Iterator[str]:
    yield from ("<details><summary>SQL</summary>", "", "```sql", sql.strip(), "```", "")
    yield from ("</details>", "")


def _heading(column: str) -> str:
    return column.replace("_", " ")


def _cell(value: Any) -> str:
    return markdown_name(_text(value))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return visible_snippet(str(value))


def survey_page(
    title: str, answers: Sequence[SurveyAnswer], definitions: Sequence[str]
) -> Iterator[str]:
    """Yield the parts of the page; it loads nothing."""
    yield (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1>\n"
    )
    for answer in answers:
        yield f"<h2>{escape(answer.question.title)}</h2><p>{escape(answer.question.text)}</p>\n"
        yield from _bars(answer)
        yield from _table(answer)
        sql = escape(answer.question.sql.strip())
        yield f"<details><summary>SQL</summary><pre>{sql}</pre></details>\n"
    views = escape("".join(f"{line};\n" for line in definitions))
    yield f"<h2>Tables</h2><p>The queries are for DuckDB, with these views:</p><pre>{views}</pre>"
    yield "</body></html>\n"


def _table(answer: SurveyAnswer) -> Iterator[str]:
    if not answer.rows:
        yield "<p>None.</p>\n"
        return
    yield "<table><tr>"
    yield from (f"<th>{escape(_heading(column))}</th>" for column in answer.columns)
    yield "</tr>\n"
    for row in answer.rows:
        cells = (f"<td{_alignment(value)}>{escape(_text(value))}</td>" for value in row)
        yield f"<tr>{''.join(cells)}</tr>\n"
    yield "</table>\n"
    if answer.total > len(answer.rows):
        yield f"<p>The first {len(answer.rows)} of {answer.total:,}.</p>\n"


def _alignment(value: Any) -> str:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return ' class="n"' if is_number else ""


def _bars(answer: SurveyAnswer) -> Iterator[str]:
    """A bar for each of the first rows."""
    if answer.question.bars is None or len(answer.rows) < 2:
        return
    name, length = (answer.columns.index(column) for column in answer.question.bars)
    rows = [(row[name], float(row[length] or 0)) for row in answer.rows[:_MOST_BARS]]
    most = max(abs(value) for _, value in rows)
    if not most:
        return
    yield f'<svg viewBox="0 0 800 {20 * len(rows)}" width="800" role="img">'
    for number, (label, value) in enumerate(rows):
        text = _text(label)
        shown = escape(text if len(text) <= 40 else f"{text[:39]}…")
        y, width = 20 * number, 440 * abs(value) / most
        colour = "#2a7d4f" if value < 0 else "#3b6fb6"
        yield (
            f'<text x="270" y="{y + 14}" text-anchor="end">{shown}</text>'
            f'<rect x="280" y="{y + 3}" width="{width:.1f}" height="14" fill="{colour}"></rect>'
            f'<text x="{286 + width:.1f}" y="{y + 14}">{escape(_text(value))}</text>'
        )
    yield "</svg>\n"
