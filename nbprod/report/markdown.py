"""Markdown for comments and step summaries: a table of the rules, then each notebook, folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from nbprod.model import FileResult, Finding, Report
from nbprod.report.places import located, slashed
from nbprod.report.style import Style

__all__ = ["escaped", "item", "render"]

# Found again by whoever updates a comment in place.
_MARK = "<!-- nbprod -->"
# GitHub's limit for a comment is 65,536 characters.
_MOST = 60_000


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the text; what would be too long for a comment is counted instead."""
    findings = report.findings
    checked = sum(result.skipped is None for result in report.files)
    plural = "s" if checked != 1 else ""
    yield f"{_MARK}\n## nbprod\n\n"
    if not findings:
        yield f"No findings in {checked} notebook{plural}. :white_check_mark:\n"
        return
    some = "s" if len(findings) != 1 else ""
    yield f"{len(findings)} finding{some} in {checked} notebook{plural}.\n\n"
    yield "| rule | | findings |\n|---|---|---:|\n"
    counts = Counter((finding.code, finding.name) for finding in findings)
    for (code, name), count in counts.most_common():
        yield f"| {code} | {name} | {count} |\n"
    yield "\n"
    written, hidden = 0, 0
    for result in report.files:
        if not result.findings:
            continue
        text = _notebook(result)
        if written + len(text) > _MOST:
            hidden += len(result.findings)
            continue
        written += len(text)
        yield text
    if hidden:
        yield f"{hidden} more findings are not shown: a comment would be too long.\n"


def _notebook(result: FileResult) -> str:
    count = len(result.findings)
    lines = [f"<details><summary>{escaped(slashed(result.path))} ({count})</summary>\n"]
    lines += [item(finding) for finding in result.findings]
    return "\n".join([*lines, "\n</details>\n\n"])


def item(finding: Finding) -> str:
    """A finding as an item of a list."""
    raw = f"line {finding.place.raw_line} of the file"
    where = f"{located(finding.place)} ({raw})" if finding.place.cell is not None else raw
    item = f"* **{finding.code}** {finding.name}, {where}: {escaped(finding.message)}"
    first = finding.snippet.strip().split("\n")[0][:120]
    if not first:
        return item
    fence = "`" * (_longest_run(first) + 1)
    return f"{item}<br>{fence} {first} {fence}"


def _longest_run(text: str) -> int:
    longest = current = 0
    for char in text:
        current = current + 1 if char == "`" else 0
        longest = max(longest, current)
    return longest


def escaped(text: str) -> str:
    """Text in which only code marks keep their meaning."""
    table = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "\\|", "*": "\\*", "_": "\\_", "[": "\\["}
    parts = text.split("`")
    parts[::2] = ["".join(table.get(char, char) for char in part) for part in parts[::2]]
    return "`".join(parts).replace("\n", " ")
