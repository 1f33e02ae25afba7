"""The review as Markdown for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nbprod.report.escaping import escape_markdown, markdown_code, markdown_name
from nbprod.report.markdown import item
from nbprod.review.page import WORDS
from nbprod.review.standing import STATES, counted
from nbprod.review.types import Figure, NotebookReview, Review, Standing

__all__ = ["one_line", "render_text"]

# Found again by whoever updates a comment in place.
_MARK = "<!-- nbprod review -->"
# GitHub's limit for a comment is 65,536 characters.
_MOST = 60_000
_MOST_CHANGES = 8


def render_text(review: Review) -> str:
    """The comment; notebooks that would make it too long are counted instead."""
    against = f" against {markdown_code(review.base)}" if review.base else ""
    parts = [f"{_MARK}\n## Notebook review{against}\n\n", *_table(review)]
    size = sum(map(len, parts))
    left_out = 0
    for notebook_review in review.notebooks:
        text = "".join(_notebook(notebook_review, notebook_review.readiness))
        if size + len(text) > _MOST:
            # What was found comes before the table, which the page also has.
            text = "".join(_notebook(notebook_review, ()))
        if size + len(text) > _MOST:
            left_out += 1
            continue
        size += len(text)
        parts.append(text)
    if left_out:
        parts.append(f"{left_out} more notebooks are not shown: a comment would be too long.\n")
    return "".join(parts)


def one_line(review: Review) -> str | None:
    """All there is to say where every notebook is fine; None where there is more."""
    fine = all(notebook.verdict in ("clean", "gone") for notebook in review.notebooks)
    if not fine or any(
        notebook.flow or notebook.general or any(cell.findings for cell in notebook.cells)
        for notebook in review.notebooks
    ):
        return None
    count = len(review.notebooks)
    return f"{_MARK}\n{count} changed notebook{'s' * (count != 1)}: no findings.\n"


def _table(review: Review) -> Iterator[str]:
    if not review.notebooks:
        yield "No notebook changed.\n"
        return
    yield "| notebook | verdict | findings | |\n|---|---|---:|---|\n"
    for notebook in review.notebooks:
        findings = _figure(notebook.figures[0]) if notebook.figures else ""
        words = WORDS[notebook.verdict]
        path, reason = markdown_name(notebook.path), escape_markdown(notebook.reason)
        yield f"| {path} | {words} | {findings} | {reason} |\n"
    yield "\n"


def _figure(figure: Figure) -> str:
    return f"{figure.now} ({figure.moved:+d})" if figure.moved else str(figure.now)


def _notebook(one: NotebookReview, readiness: Sequence[Standing]) -> Iterator[str]:
    findings = [*one.general, *(finding for cell in one.cells for finding in cell.findings)]
    if not findings and not one.flow and not readiness:
        return
    yield f"<details><summary>{markdown_name(one.path)}: {WORDS[one.verdict]}</summary>\n\n"
    for change in one.flow[:_MOST_CHANGES]:
        yield f"* *{change.kind}*: {escape_markdown(change.text)}\n"
    if len(one.flow) > _MOST_CHANGES:
        yield f"* and {len(one.flow) - _MOST_CHANGES} more changes of the data flow\n"
    yield "\n"
    for finding in findings:
        yield item(finding) + "\n"
    if readiness:
        yield from _readiness(readiness)
    yield "\n</details>\n\n"


def _readiness(rows: Sequence[Standing]) -> Iterator[str]:
    """The items that reading code can judge; the others by name."""
    yield f"\n<details><summary>Readiness: {counted(rows)}</summary>\n\n"
    yield "| item | | state | |\n|---|---|---|---|\n"
    for row in rows:
        if row.state != "not checkable":
            was = f" (was {STATES[row.was]})" if row.was != row.state else ""
            where = f"cell {row.cell}: " if row.cell else ""
            said = escape_markdown(f"{where}{row.said}")
            yield f"| {row.id} | {row.title} | {STATES[row.state]}{was} | {said} |\n"
    others = [row.id for row in rows if row.state == "not checkable"]
    yield f"\nReading the code cannot decide {', '.join(others)}.\n\n</details>\n"
