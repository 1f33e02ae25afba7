"""One HTML file for a review: no network, no dependencies; filters by rule, severity and text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html import escape

from nbprod.model import FileResult, Finding, Report
from nbprod.report.places import located, slashed
from nbprod.report.style import Style

__all__ = ["render"]

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { background: #fff; color: #1d1f23; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { padding: .1rem .8rem .1rem 0; text-align: left; }
pre { background: #8881; padding: .5rem .8rem; overflow-x: auto; margin: .3rem 0; }
article { border-left: 4px solid #d90; padding-left: .8rem; margin: 1rem 0; }
article[data-severity=error] { border-color: #c33; }
article[data-severity=info] { border-color: #38c; }
mark { background: #ffe58f; color: #1d1f23; } select { max-width: 100%; }
[hidden] { display: none; } a { color: #1558b0; }
@media (prefers-color-scheme: dark) { body { background: #15171b; color: #e4e6ea; }
  a { color: #79b1ff; } }
input, select { font: inherit; padding: .2rem .4rem; }
"""
_SCRIPT = """
const [text, rule, severity] = ['text', 'rule', 'severity'].map(id => document.getElementById(id));
function filter() {
  const words = text.value.toLowerCase();
  let shown = 0;
  for (const section of document.querySelectorAll('section')) {
    let here = 0;
    for (const one of section.querySelectorAll('article')) {
      const fits = (!rule.value || one.dataset.code === rule.value)
        && (!severity.value || one.dataset.severity === severity.value)
        && (section.dataset.path + ' ' + one.textContent).toLowerCase().includes(words);
      one.hidden = !fits; here += fits;
    }
    section.hidden = !here; shown += here;
  }
  document.getElementById('shown').textContent = shown;
}
text.addEventListener('input', filter);
for (const one of [rule, severity]) one.addEventListener('change', filter);
"""

_SEVERITIES = """<select id="severity"><option value="">All severities</option>\
<option value="error">Errors</option><option value="warning">Warnings</option>\
<option value="info">Notes</option></select>"""


def render(report: Report, style: Style) -> Iterator[str]:
    """Yield the page."""
    findings = report.findings
    counts = Counter((finding.code, finding.name) for finding in findings)
    checked = sum(result.skipped is None for result in report.files)
    yield '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width"><title>nbprod</title>'
    yield f"<style>{_STYLE}</style></head>\n<body><h1>nbprod</h1>\n"
    yield f'<main>\n<p aria-live="polite"><span id="shown">{len(findings)}</span> of '
    yield f"{len(findings)} findings in {checked} notebooks "
    yield f"(nbprod {escape(report.version)}).</p>\n"
    yield "<table><tr><th>Rule</th><th>Name</th><th>Findings</th></tr>\n"
    for (code, name), count in counts.most_common():
        yield f"<tr><td>{_safe(code)}</td><td>{_safe(name)}</td><td>{count}</td></tr>\n"
    yield '</table>\n<p><label>Text <input id="text" type="search"></label> '
    yield '<label>Rule <select id="rule"><option value="">All rules</option>'
    for code, name in sorted(counts):
        yield f'<option value="{_safe(code)}">{_safe(code)} {_safe(name)}</option>'
    yield f"</select></label> <label>Severity {_SEVERITIES}</label></p>\n"
    for result in report.files:
        if result.findings:
            yield from _notebook(result)
    yield f"</main>\n<script>{_SCRIPT}</script>\n</body></html>\n"


def _notebook(result: FileResult) -> Iterator[str]:
    path = escape(_shown(slashed(result.path)))
    yield f'<section data-path="{path}"><h2>{path}</h2>\n'
    for finding in result.findings:
        yield _article(finding)
    yield "</section>\n"


def _article(finding: Finding) -> str:
    place = finding.place
    where = f"{located(place)}, " if place.cell is not None else ""
    raw = f"line {place.raw_line} of the file"
    parts = [
        f'<article data-code="{escape(finding.code)}" data-severity="{finding.severity.value}">',
        f"<strong>{_safe(finding.code)} {_safe(finding.name)}</strong>: ",
        f'{escape(_shown(finding.message))} <span class="place">({where}{raw})</span>',
    ]
    if finding.snippet:
        parts.append(f"<pre tabindex=0>{_marked(finding)}</pre>")
    for related in finding.related:
        text = f"{located(related.place)}: {related.message}"
        parts.append(f"<div>{escape(_shown(text))}</div>")
    if finding.help:
        parts.append(f"<div>Help: {escape(_shown(finding.help))}</div>")
    return "".join([*parts, "</article>\n"])


def _marked(finding: Finding) -> str:
    """The snippet with the place of the finding marked, if that is within its first line."""
    first, _, rest = finding.snippet.partition("\n")
    start = finding.place.column - 1
    end = finding.place.end_column - 1 if not rest else len(first)
    if not 0 <= start < end <= len(first):
        return escape(_shown(finding.snippet))
    before, inside, after = first[:start], first[start:end], first[end:]
    tail = f"\n{rest}" if rest else ""
    return f"{_safe(before)}<mark>{_safe(inside)}</mark>{_safe(after + tail)}"


def _safe(text: str) -> str:
    return escape(_shown(text))


def _shown(text: str) -> str:
    """Text without control characters and halves of pairs, which no page can hold."""
    return "".join(
        char
        if char in "\n\t" or (char.isprintable() or char == "\N{NO-BREAK SPACE}")
        else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )
