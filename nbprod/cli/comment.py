"""``nbprod comment``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from nbprod._version import __version__
from nbprod.cli.output import print_line, print_text
from nbprod.cli.setting_options import configuration_options, layer_of, setting_options
from nbprod.config.files import Configuration
from nbprod.disk.read import MAX_TEXT_BYTES, read_text
from nbprod.errors import ReadError, UsageError
from nbprod.patterns import lazy_pattern
from nbprod.project.credentials import known_mask
from nbprod.project.run import discover, get_notebook

if TYPE_CHECKING:
    from nbprod.changed.git import Repository
    from nbprod.config.settings import Configure
    from nbprod.forge.suggestions import LineFix
    from nbprod.forge.types import Forge
    from nbprod.project.discover import Discovered

_EXAMPLES = """\b
Examples:
  nbprod comment --github                     in a workflow of a pull request
  nbprod comment --gitlab --suggest           with changes that one click accepts
  nbprod comment --github --body comment.md   what `nbprod report --markdown` wrote
"""
_KEY = lazy_pattern(r"[\w.-]{1,64}\Z")


class _Said(NamedTuple):
    """What to post: the text, whether it is worth a comment of its own, suggestions with the paths
    of their files, and the exit code."""

    text: str
    is_needed: bool = True
    fixes: Sequence[tuple[str, LineFix]] = ()
    code: int = 0


@click.command("comment", epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--github", "forge", flag_value="github", help="Comment on a pull request.")
@click.option("--gitlab", "forge", flag_value="gitlab", help="Comment on a merge request.")
@click.option("--number", type=click.IntRange(1), help="Number of the request [default: CI's].")
@click.option("--base", metavar="REF", help="Compare with the merge base of REF [default: CI's].")
@click.option("--body", metavar="FILE", help="Markdown to post instead of a new review.")
@click.option("--key", default="notebooks", metavar="WORD", help="Name of the comment [notebooks].")
@click.option("--suggest", is_flag=True, help="Suggest fixes of one line on changed lines.")
@click.option("--dry-run", is_flag=True, help="Print what would be posted.")
@setting_options("select", "ignore", "level")
@configuration_options
def command(paths: tuple[str, ...], **options: object) -> int:
    """Review notebooks in one comment of a pull or merge request, which later runs update.

    The token is read from GITHUB_TOKEN or GITLAB_TOKEN, the rest from the variables of CI.

    Exit codes: 0 posted or nothing to say, 2 usage, 4 a notebook cannot be read, or the forge
    refuses. Findings make no difference: `nbprod check` is the gate.
    """
    key = str(options["key"])
    if _KEY.match(key) is None:
        raise UsageError("--key is a word of letters, digits and . _ -")
    if options["forge"] is None:
        raise UsageError("name the forge: --github or --gitlab")
    if options["body"] and (paths or options["suggest"]):
        raise UsageError("--body is posted as it is, without PATHS and --suggest")
    posts = not options["dry_run"]
    forge = _forge(options, os.environ) if posts else None
    said = _Said(_body(str(options["body"]))) if options["body"] else _review(paths, options)
    if forge is None:
        _show(said, key)
        return said.code
    from nbprod.forge.posting import post_comment, post_suggestions

    outcome = post_comment(forge, key, known_mask()(said.text), is_needed=said.is_needed)
    print_line(f"comment {key}: {outcome}", err=True)
    if options["suggest"]:
        count = post_suggestions(forge, key, said.fixes)
        print_line(f"{count} new suggestion{'s' if count != 1 else ''}", err=True)
    return said.code


def _forge(options: Mapping[str, object], environment: Mapping[str, str]) -> Forge:
    number = options["number"]
    assert number is None or isinstance(number, int)
    if options["forge"] == "github":
        from nbprod.forge.github import github_of

        return github_of(environment, number, lambda path: read_text(path, MAX_TEXT_BYTES))
    from nbprod.forge.gitlab import gitlab_of

    return gitlab_of(environment, number)


def _body(path: str) -> str:
    try:
        return read_text(path, MAX_TEXT_BYTES, "replace")
    except FileNotFoundError:
        raise ReadError("unreadable-file", f"{path}: does not exist") from None
    except OSError as error:
        raise ReadError("unreadable-file", f"{path}: {error.strerror}") from None


def _review(paths: tuple[str, ...], options: dict[str, object]) -> _Said:
    """The review of the notebooks below some paths."""
    from nbprod.changed.git import Repository
    from nbprod.cli.report import exit_code_of_review
    from nbprod.review.load import reviewed_against
    from nbprod.review.text import one_line, render_text
    from nbprod.review.types import Review

    overrides = options["config"]
    assert isinstance(overrides, tuple)
    configuration = Configuration(layer_of(options), overrides, bool(options["isolated"]))
    configure = configuration.for_path
    configure(".").selection()
    base = str(options["base"] or _base(os.environ))
    repository = Repository.at(base, "--base")
    found = discover(paths or (".",), configure)
    within = [os.path.realpath(path) for path in paths or (".",)]
    notebooks = tuple(reviewed_against(found, repository, configure, within))
    review = Review(notebooks, base, __version__)
    line = one_line(review)
    fixes = _fixes(found, repository, configure) if options["suggest"] else []
    text = line if line is not None else render_text(review)
    return _Said(text, line is None, fixes, exit_code_of_review(review))


def _base(environment: Mapping[str, str]) -> str:
    """The branch that the request is for, as CI names it.

    Raises:
        UsageError: it is not named.
    """
    for name in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        if environment.get(name):
            return f"origin/{environment[name]}"
    raise UsageError("name the branch to compare with: --base origin/main")


def _fixes(
    found: list[Discovered], repository: Repository, configure: Configure
) -> list[tuple[str, LineFix]]:
    """The fixes of one raw line for findings on changed lines, with paths in the repository."""
    from nbprod.changed.since import changed_files, on_changed_lines
    from nbprod.forge.suggestions import line_fixes

    fixes: list[tuple[str, LineFix]] = []
    for result in on_changed_lines(changed_files(found, repository), repository, configure):
        if result.findings and not result.unreadable:
            _, data = get_notebook(result.path)
            name = repository.name(result.path)
            made = line_fixes(data, result.path, result.findings, known_mask())
            fixes += [(name, fix) for fix in made]
    return fixes


def _show(said: _Said, key: str) -> None:
    """Print what would be posted."""
    from nbprod.forge.posting import marked

    print_text(marked(said.text, key))
    for path, fix in said.fixes:
        print_line(f"{path}:{fix.line}: {fix.finding.code}: {fix.text}")
