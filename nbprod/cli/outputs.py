"""Where reports go: the terminal, files, several at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from nbprod.cli.output import print_document, print_rendered
from nbprod.cli.terminal import wants_colour, wants_links
from nbprod.config.settings import Configure
from nbprod.errors import UsageError, WriteError
from nbprod.model import Report
from nbprod.report import FORMATS, renderer
from nbprod.report.style import PLAIN, Style, styled

__all__ = ["OutputTarget", "carries_edits", "outputs_of", "write_outputs"]

_SUMMARY = "github-summary"
_FOR_TERMINALS = frozenset(("full", "concise", "grouped"))
_WITH_EDITS = frozenset(("agent", "json", "json-lines", "rdjson", "rdjsonl", "sarif"))


class OutputTarget(NamedTuple):
    """A format, and the file that it is written to; None for standard output. ``pictures``: with
    the data flow of notebooks that have findings."""

    form: str
    target: str | None
    pictures: bool = False


def outputs_of(wanted: Sequence[str], form: str, target: str | None) -> list[OutputTarget]:
    """The outputs of a run: those of ``--output``, else the one of the older two options.

    Raises:
        UsageError: a format is not known, or two are to go to standard output.
    """
    if not wanted:
        return [OutputTarget(form, target)]
    found = [_output(text) for text in wanted]
    if sum(output.target is None for output in found) > 1:
        raise UsageError("only one --output can use the terminal; add :FILE to the others")
    return found


def carries_edits(outputs: Sequence[OutputTarget]) -> bool:
    """Whether some output holds the edits of fixes, which are then worked out."""
    return any(output.form in _WITH_EDITS for output in outputs)


def _output(text: str) -> OutputTarget:
    name, _, target = text.partition(":")
    if name == _SUMMARY:
        # What GitHub's runners name is to be added to, not replaced.
        target = target or f">>{os.environ.get('GITHUB_STEP_SUMMARY', '')}"
        return OutputTarget("markdown", target, pictures=True)
    if name not in FORMATS:
        known = ", ".join([*FORMATS, _SUMMARY])
        raise UsageError(f"unknown output format {name!r} (choose from {known})")
    return OutputTarget(name, target or None)


def write_outputs(
    report: Report,
    outputs: Sequence[OutputTarget],
    colour: str,
    configure: Configure,
    stdin: bytes | None = None,
) -> None:
    """Render a report in each format and write it. ``stdin``: what was read there and checked.

    Raises:
        WriteError: a file cannot be written.
    """
    for output in outputs:
        style = _style(output, colour)
        if output.form == "agent":
            from nbprod.cli.agent_cells import masked_cells
            from nbprod.report.agent import render

            parts = [*render(report, style, lambda path: masked_cells(path, stdin))]
        else:
            parts = [*renderer(output.form)(report, style)]
        if output.pictures:
            from nbprod.cli.pictures import pictures

            parts += pictures(report, configure)
        text = "".join(parts).encode("utf-8", "backslashreplace")
        if output.target is None:
            _print(text, output.form)
            continue
        try:
            _write(output.target, text)
        except OSError as error:
            raise WriteError(f"{output.target}: cannot be written: {error.strerror}") from None


def _style(output: OutputTarget, colour: str) -> Style:
    if output.target is not None:
        return PLAIN
    links: dict[str, str] = {}
    if output.form in _FOR_TERMINALS and wants_links(colour):
        from nbprod.checking.rule_page import rule_addresses

        links = rule_addresses()
    return styled(colour=wants_colour(colour), links=links)


def _print(text: bytes, form: str) -> None:
    """Print for people as the terminal can show it, for programs in UTF-8 whatever it can."""
    if form in _FOR_TERMINALS or form == "markdown":
        print_rendered(text.decode("utf-8"))
    else:
        print_document(text.decode("utf-8"))


def _write(target: str, text: bytes) -> None:
    from nbprod.disk.write import Before, append_bytes, write_file

    if not target.startswith(">>"):
        write_file(target, text, within=None, before=Before.ANYTHING)
    elif target == ">>":
        raise UsageError("github-summary needs GITHUB_STEP_SUMMARY, as in a workflow of GitHub")
    else:
        append_bytes(target[2:], text)
