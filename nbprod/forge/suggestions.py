"""Fixes of one raw line as suggested changes: accepting one gives the bytes of `--fix`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from nbprod.model import Applicability, Finding
from nbprod.notebook.edits.splice import EditRefused, apply_edits
from nbprod.notebook.read import read_notebook
from nbprod.report.escaping import escape_markdown
from nbprod.report.places import told

__all__ = ["MOST_SUGGESTIONS", "LineFix", "line_fixes", "suggestion_text"]

# A review with more is not read.
MOST_SUGGESTIONS = 10
_LONGEST_LINE = 2_000


class LineFix(NamedTuple):
    """A fix that replaces one line of a file, from 1, by another one."""

    finding: Finding
    line: int
    text: str


def line_fixes(
    data: bytes, path: str, findings: Sequence[Finding], mask: Callable[[str], str]
) -> Iterator[LineFix]:
    """The fixes of findings that replace one raw line each; one for a line.

    Args:
        data: the file.
        path: its name.
        findings: those of it that are asked about.
        mask: hides credentials; a line that has one is not suggested.

    Raises:
        ReadError: the file is no notebook.
    """
    notebook = read_notebook(data, path)
    lines = data.split(b"\n")
    taken: set[int] = set()
    for finding in findings:
        if finding.fix is None:
            continue
        try:
            fixed = apply_edits(notebook, data, list(dict.fromkeys(finding.fix.edits)))
        except (EditRefused, ValueError):
            continue
        after = fixed.split(b"\n")
        pairs = zip(lines, after, strict=False)
        changed = [at for at, (old, new) in enumerate(pairs) if old != new]
        if len(after) != len(lines) or len(changed) != 1 or changed[0] in taken:
            continue
        text = _text(after[changed[0]])
        if text is not None and mask(text) == text:
            taken.add(changed[0])
            yield LineFix(finding, changed[0] + 1, text)


def _text(line: bytes) -> str | None:
    """A line as a comment can hold it; None where it would not come back with the same bytes."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return None
    # A line break of Windows would be lost, and so would what a page does not show.
    plain = text.replace("\t", " ")
    return text if plain.isprintable() and plain.strip() and len(text) <= _LONGEST_LINE else None


def suggestion_text(finding: Finding) -> str:
    """What a suggestion says above the change."""
    fix = finding.fix
    assert fix is not None
    doubt = "" if fix.applicability is Applicability.SAFE else " (may change behavior)"
    title = escape_markdown(f"{fix.title}{doubt}")
    said = escape_markdown(told(finding))
    return f"**{finding.code}** {escape_markdown(finding.name)}: {said}\n\n{title}:"
