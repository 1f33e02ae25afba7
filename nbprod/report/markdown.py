"""Markdown for comments and step summaries: a table of the rules, then each notebook, folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from nbprod.model import FileResult, Finding, Report
from nbprod.report.escaping import escape_markdown, markdown_code, markdown_name
from nbprod.report.places import located, slashed
from nbprod.report.style import Style

__all__ = ["item", "render"]

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
        yield f"| {markdown_name(code)} | {markdown_name(name)} | {count} |\n"
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
    lines = [f"<details><summary>{markdown_name(slashed(result.path))} ({count})</summary>\n"]
    lines += [item(finding) for finding in result.findings]
    return "\n".join([*lines, "\n</details>\n\n"])


def item(finding: Finding) -> str:
    """A finding as an item of a list."""
    raw = f"line {finding.place.raw_line} of the file"
    where = f"{located(finding.place)} ({raw})" if finding.place.cell is not None else raw
    code, name = markdown_name(finding.code), markdown_name(finding.name)
    item = f"* **{code}** {name}, {where}: {escape_markdown(finding.message)}"
    first = finding.snippet.strip().split("\n")[0][:120]
    return f"{item}<br>{markdown_code(first)}" if first else item
