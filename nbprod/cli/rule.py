"""``nbprod rule``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from nbprod.checking.registry import (
    RuleFile,
    current_name,
    docs_of,
    level_of,
    load_rule,
    rule_files,
    select,
)
from nbprod.checking.rule_page import rule_page
from nbprod.cli.output import print_json, print_line, print_text
from nbprod.errors import UsageError
from nbprod.rule import Rule


@click.command("rule")
@click.argument("code", required=False)
@click.option("--all", "everything", is_flag=True, help="List all rules.")
@click.option("--output-format", type=click.Choice(["text", "json", "markdown"]), default="text")
def command(code: str | None, everything: bool, output_format: str) -> int:
    """Explain a rule by its CODE or name, or list them all."""
    if everything == (code is not None):
        raise click.UsageError("pass one rule, or --all")
    if not everything and output_format != "json":
        return explain(str(code))
    chosen = list(rule_files()) if everything else [_named(str(code))]
    if output_format == "json":
        print_json([_object(file) for file in chosen])
    elif output_format == "markdown":
        print_text(_reference(chosen) + "\n")
    else:
        for file in chosen:
            print_line(_line(file))
    return 0


def explain(word: str) -> int:
    """Print the documentation of a rule; 0.

    Raises:
        UsageError: no single rule has that code or name.
    """
    print_text(rule_page(_named(word)) + "\n")
    return 0


def _named(word: str) -> RuleFile:
    for file in rule_files():
        if word.upper() == file.code or current_name(word) == file.name:
            return file
    select((word,))
    raise UsageError(f"unknown rule {word!r}; run `nbprod rule --all`")


def _line(file: RuleFile) -> str:
    return f"{file.code}  {_runs_at(load_rule(file)):11} {file.name:32} {docs_of(file).summary}"


def _runs_at(rule: Rule) -> str:
    """The lowest level of strictness at which a rule runs, or that it must be asked for."""
    return level_of(rule) or "selected"


def _reference(files: Sequence[RuleFile]) -> str:
    """All rules as one page: a table of them, then each with its documentation."""
    rows = [
        f"| [{file.code}](#{file.code.lower()}-{file.name}) | {file.name} "
        f"| {_runs_at(load_rule(file))} | {docs_of(file).summary} |"
        for file in files
    ]
    table = "\n".join(["| code | name | runs at | what |", "|---|---|---|---|", *rows])
    return "\n\n".join(["# Rules", table, *(_below(rule_page(file)) for file in files)])


def _below(page: str) -> str:
    """A page as a part of another: its headings one level down; examples keep their comments."""
    inside = False
    lines = []
    for line in page.split("\n"):
        inside ^= line.startswith("```")
        lines.append(f"#{line}" if line.startswith("#") and not inside else line)
    return "\n".join(lines)


def _object(file: RuleFile) -> dict[str, object]:
    rule, docs = load_rule(file), docs_of(file)
    return {
        "code": file.code,
        "name": file.name,
        "group": file.group,
        "summary": docs.summary,
        "severity": rule.severity.value,
        "default": rule.default,
        "level": level_of(rule),
        "fixable": docs.fixes,
        "since": rule.since,
        "sections": dict(docs.sections),
    }
