"""``nbprod rule``."""

from __future__ import annotations

import json

import click

from nbprod.errors import UsageError
from nbprod.registry import RuleFile, load_rule, rule_files, select
from nbprod.rule_docs import docs_of


@click.command("rule")
@click.argument("code", required=False)
@click.option("--all", "everything", is_flag=True, help="List all rules.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text")
def command(code: str | None, everything: bool, output_format: str) -> int:
    """Explain a rule by its CODE or name, or list them all."""
    if everything == (code is not None):
        raise click.UsageError("name one rule, or use --all")
    chosen = [file for file in rule_files() if everything or _is(file, str(code))]
    if not chosen:
        select((str(code),))
        raise UsageError(f"no single rule is called {code!r}; `nbprod rule --all` lists them")
    if output_format == "json":
        click.echo(json.dumps([_object(file) for file in chosen], indent=2))
    elif everything:
        for file in chosen:
            click.echo(_line(file))
    else:
        click.echo(_page(chosen[0]))
    return 0


def _is(file: RuleFile, word: str) -> bool:
    return word.upper() == file.code or word.lower() == file.name


def _line(file: RuleFile) -> str:
    rule, docs = load_rule(file), docs_of(file)
    default = " " if rule.default else "-"
    return f"{file.code} {default} {file.name:32} {docs.summary}"


def _page(file: RuleFile) -> str:
    rule, docs = load_rule(file), docs_of(file)
    state = "on by default" if rule.default else "off by default"
    fixes = "can be fixed" if docs.fixes else "no automatic fix"
    head = (
        f"# {file.code} {file.name}\n\n{docs.summary}\n\n({rule.severity.value}, {state}, {fixes})"
    )
    body = "\n\n".join(f"## {name}\n\n{text}" for name, text in docs.sections.items())
    return f"{head}\n\n{body}"


def _object(file: RuleFile) -> dict[str, object]:
    rule, docs = load_rule(file), docs_of(file)
    return {
        "code": file.code,
        "name": file.name,
        "group": file.group,
        "summary": docs.summary,
        "severity": rule.severity.value,
        "default": rule.default,
        "fixable": docs.fixes,
        "since": rule.since,
        "sections": dict(docs.sections),
    }
