"""``nbprod survey report``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nbprod.cli.output import print_line, print_rendered
from nbprod.errors import UsageError, WriteError

if TYPE_CHECKING:
    from nbprod.survey.database import SurveyDatabase

_EXAMPLES = """\b
Examples:
  nbprod survey report findings/ -o report.html -o report.md
  nbprod survey report findings/ --compare findings-of-march/
"""


@click.command("report", epilog=_EXAMPLES)
@click.argument("folder")
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FILE", help="File to write: .html or .md."
)
@click.option("--compare", metavar="OTHER", help="Compare with an earlier survey; fail if worse.")
@click.option(
    "--rows", type=click.IntRange(1), default=20, metavar="N", help="Rows of each table [20]."
)
def command(folder: str, outputs: tuple[str, ...], compare: str | None, rows: int) -> int:
    """Report on a survey: rules, repositories, owners, months, duplicates, dependencies, readiness.

    Without --output, print Markdown. Every section shows its SQL, for DuckDB.

    With --compare, report what changed since an earlier survey. Exit with 1 if a rule that both
    surveys ran has more findings now.

    Exit codes: 0 printed or written, 1 more findings than in the other survey, 2 usage.
    """
    from nbprod.survey.database import survey_database, view_definitions
    from nbprod.survey.page import survey_markdown, survey_page
    from nbprod.survey.questions import COMPARISONS, QUESTIONS, readiness
    from nbprod.survey.references import without_secrets

    for output in outputs:
        if not output.lower().endswith((".html", ".md")):
            raise UsageError(f"--output {output!r}: its name must end in .html or .md")
    with survey_database(folder, compare) as database:
        questions = (*QUESTIONS[:-1], readiness(database.rules), QUESTIONS[-1])
        if compare is not None:
            questions = (*COMPARISONS, *questions)
        answers = [database.ask(question, rows) for question in questions]
        worse = _worse(database) if compare is not None else []
    definitions = view_definitions(without_secrets(folder))
    if compare is not None:
        earlier = view_definitions(without_secrets(compare), "before")
        definitions += ["CREATE SCHEMA before", *earlier]
    title = f"Survey {without_secrets(folder)}"
    for output in outputs:
        is_page = output.lower().endswith(".html")
        parts = (
            survey_page(title, answers, definitions)
            if is_page
            else (f"{line}\n" for line in survey_markdown(title, answers, definitions))
        )
        _write(output, "".join(parts))
    if not outputs:
        print_rendered("\n".join(survey_markdown(title, answers, definitions)) + "\n")
    for name, before, now in worse:
        print_line(f"{name}: {now:,} findings, {before:,} before", err=True)
    return 1 if worse else 0


def _worse(database: SurveyDatabase) -> list[tuple[str, int, int]]:
    """The rules that both surveys ran and that have more findings now, with the numbers."""
    from nbprod.survey.questions import COMPARISONS

    answer = database.ask(COMPARISONS[0], 10_000)
    return [
        (str(name), int(before), int(now))
        for _, name, before, now, _ in answer.rows
        if now > before and name in database.rules
    ]


def _write(path: str, text: str) -> None:
    from nbprod.disk.write import Before, write_file

    try:
        data = text.encode("utf-8", "backslashreplace")
        write_file(path, data, within=None, before=Before.ANYTHING)
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror}") from None
    print_line(f"wrote {path}", err=True)
