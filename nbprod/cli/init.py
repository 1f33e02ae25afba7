"""``nbprod init``."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from nbprod.cli.output import print_line, print_lines
from nbprod.disk.places import project_roots
from nbprod.disk.read import MAX_TEXT_BYTES, read_bytes
from nbprod.disk.write import Before, make_folders, write_file
from nbprod.errors import UsageError, WriteError
from nbprod.project.agent_setup import plan_agent
from nbprod.project.branch import default_branch
from nbprod.project.origin import installed_from
from nbprod.project.setup import SetupFile, plan, plan_git
from nbprod.project.workflow import Wanted


@click.command("init")
@click.argument("path", default=".", type=click.Path())
@click.option("--diff", is_flag=True, help="Print what would be written without writing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--sarif", is_flag=True, help="Workflow: upload SARIF to code scanning.")
@click.option("--artifact", is_flag=True, help="Workflow: keep the review report as an artifact.")
@click.option("--comment", is_flag=True, help="Workflow: comment on pull requests.")
@click.option("--git", is_flag=True, help="Only set up `git diff` to compare notebooks by cell.")
@click.option("--agent", is_flag=True, help="Only tell coding agents of nbprod, in AGENTS.md.")
@click.option("--branch", metavar="NAME", help="The default branch [default: the repository's].")
@click.option(
    "--source",
    metavar="SPEC",
    help="What pip installs nbprod from in CI [default: where this one is from].",
)
def command(path: str, diff: bool, yes: bool, git: bool, agent: bool, **options: object) -> int:
    """Write configuration, pre-commit hook and CI workflow for a repository.

    Shows what it will do and, at a terminal, asks; nothing that is there is overwritten. The
    workflow may read the repository and nothing else; only the job that uploads SARIF, and the one
    that comments, may write what they are for.
    """
    root = Path(path)
    if not root.is_dir():
        raise UsageError(f"{path} is not a directory")

    def read(name: str) -> str | None:
        return _read(root / name)

    plans = [*([plan_git(read)] if git else []), *([plan_agent(read)] if agent else [])]
    plans = plans or [plan(read, _wanted(root, options))]
    changes = [change for changes, _ in plans for change in changes]
    notes = [note for _, notes in plans for note in notes]
    for note in notes:
        print_lines(note.splitlines(), err=True)
    if not changes:
        print_line("Nothing to do.", err=True)
        return 0
    for change in changes:
        print_lines(_shown(change))
    if diff:
        return 0
    # Nothing is overwritten, so that a script need not answer.
    asks = not yes and sys.stdin.isatty()
    if asks and not click.confirm("Write this?", default=True, err=True):
        print_line("Nothing was written.", err=True)
        return 0
    within = project_roots((path,))
    for change in changes:
        _write(root / change.path, change, within)
        print_line(f"{'wrote' if change.is_new else 'added to'} {change.path}", err=True)
    if git or agent:
        return 0
    print_line(
        "Next: `nbprod check`, and `nbprod baseline write` if there is much to clean up.", err=True
    )
    return 0


def _wanted(root: Path, options: dict[str, object]) -> Wanted:
    branch, source = options["branch"], options["source"]
    return Wanted(
        str(branch) if branch else default_branch(str(root)),
        str(source) if source else installed_from(),
        sarif=bool(options["sarif"]),
        artifact=bool(options["artifact"]),
        comment=bool(options["comment"]),
    )


def _read(path: Path) -> str | None:
    try:
        return read_bytes(str(path), MAX_TEXT_BYTES).decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from None


def _shown(change: SetupFile) -> list[str]:
    before = (change.before or "").splitlines(keepends=True)
    after = change.after.splitlines(keepends=True)
    old = "/dev/null" if change.is_new else change.path
    return list(difflib.unified_diff(before, after, old, change.path))


def _write(path: Path, change: SetupFile, within: Sequence[str]) -> None:
    before = Before.ABSENT if change.before is None else change.before.encode("utf-8")
    try:
        make_folders(str(path.parent), within=within)
        write_file(str(path), change.after.encode("utf-8"), within=within, before=before)
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror}") from None
