"""``nbprod dev``."""

from __future__ import annotations

import os

import click

from nbprod.checking.registry import RuleFile, rule_files
from nbprod.cli.output import print_line
from nbprod.cli.renamed import RenamedOptions
from nbprod.disk.write import Before, make_folders, write_file
from nbprod.errors import UsageError, WriteError


@click.group("dev")
def command() -> None:
    """Write and test rules: those of nbprod, or those of a package of your own."""


@command.command("new-rule", cls=RenamedOptions.of(folder="output"))
@click.argument("name")
@click.option("--group", metavar="GROUP", help="The group of rules, such as state.")
@click.option("--code", metavar="CODE", help="The rule code [default: the next of the group].")
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="The directory to write to [default: that of the group].",
)
def new_rule(name: str, group: str | None, code: str | None, folder: str | None) -> int:
    """Write the file of a rule called NAME, with documentation and tests that pass.

    NAME is the bad pattern and reads well after "allow": use-before-definition. For a package of
    your own give --code and --output; `nbprod dev test-rules` tests its rules.
    """
    from nbprod.fixing.new_rule import next_code, render_rule_file

    files = [file for file in rule_files() if file.group == group]
    if code is None:
        if not files:
            raise UsageError("name a --group that has rules, or a --code")
        code = next_code(file.code for file in files)
    taken = {word for file in rule_files() for word in (file.code, file.name)}
    if not taken.isdisjoint((code, name)):
        raise UsageError(f"there is a rule {code} or {name} already; choose another")
    if folder is None:
        if not files:
            raise UsageError("name a --group that has rules, or an --output")
        folder = os.path.dirname(files[0].path)
    file_name, text = render_rule_file(code, name)
    path = os.path.join(folder, file_name)
    if os.path.exists(path):
        raise UsageError(f"{path} already exists")
    try:
        make_folders(folder, within=None)
        write_file(path, text.encode(), within=None, before=Before.ABSENT)
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror}") from None
    print_line(path)
    print_line(f"Next: edit it, then run `nbprod dev test-rules {code}`.", err=True)
    return 0


@command.command("rule-pages")
@click.argument("folder", metavar="DIRECTORY", type=click.Path(file_okay=False))
def write_rule_pages(folder: str) -> int:
    """Write the documentation of nbprod's own rules to DIRECTORY: a page for each, and an index."""
    from nbprod.cli.rule_pages import rule_pages

    try:
        make_folders(folder, within=None)
        for name, text in rule_pages(rule_files(False)).items():
            path = os.path.join(folder, name)
            write_file(path, text.encode(), within=None, before=Before.ANYTHING)
    except OSError as error:
        raise WriteError(f"cannot write {folder}: {error.strerror}") from None
    return 0


@command.command("reference-pages")
@click.argument("folder", metavar="DIRECTORY", type=click.Path(file_okay=False))
def write_reference_pages(folder: str) -> int:
    """Fill the generated parts of the pages in DIRECTORY: commands, keys, formats, exit codes."""
    from nbprod.cli.reference_pages import fill_blocks
    from nbprod.disk.read import read_text

    try:
        for name in sorted(os.listdir(folder)):
            if name.endswith(".md"):
                path = os.path.join(folder, name)
                text = fill_blocks(read_text(path))
                write_file(path, text.encode(), within=None, before=Before.ANYTHING)
    except OSError as error:
        raise WriteError(f"cannot write {folder}: {error.strerror}") from None
    return 0


@command.command("test-rules")
@click.argument("words", metavar="RULES...", nargs=-1, required=True)
def test_rules(words: tuple[str, ...]) -> int:
    """Test rules against the examples in their documentation.

    RULES are codes, beginnings of codes, names or groups. Exit codes: 0 all pass, 1 not all.
    """
    from nbprod.checking.registry import select
    from nbprod.fixing.rule_examples import example_problems

    codes = select(words).explicit
    chosen: list[RuleFile] = [file for file in rule_files() if file.code in codes]
    failed = 0
    for file in chosen:
        try:
            problems = example_problems(file)
        except ValueError as error:
            problems = [f"{file.code}: {error}"]
        for problem in problems:
            print_line(problem)
        failed += bool(problems)
    print_line(f"{len(chosen) - failed} of {len(chosen)} rules pass", err=True)
    return 1 if failed else 0
