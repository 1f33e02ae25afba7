"""The data flow of notebooks with findings, as Mermaid for a page that draws it."""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.config.settings import Configure
from nbprod.flow.graph import graph_mermaid
from nbprod.model import Report
from nbprod.project.credentials import mask_notebook
from nbprod.project.run import facts_of, find_notebook
from nbprod.report.escaping import markdown_name

__all__ = ["pictures"]

# A page with more is not looked at, and Mermaid gives up on texts of more than 50,000 letters.
_MOST_NOTEBOOKS = 5
_MOST_CELLS = 60
_MOST_LETTERS = 20_000


def pictures(report: Report, configure: Configure) -> Iterator[str]:
    """A folded picture for each of the first notebooks that have findings and are not too big."""
    made = 0
    for result in report.files:
        if not result.findings or result.unreadable or made == _MOST_NOTEBOOKS:
            continue
        text = _mermaid(result.path, configure)
        if text is not None:
            made += 1
            title = f"Data flow of {markdown_name(result.path)}"
            yield f"<details><summary>{title}</summary>\n\n```mermaid\n{text}```\n\n</details>\n\n"


def _mermaid(path: str, configure: Configure) -> str | None:
    notebook = find_notebook(path)
    if notebook is None:
        return None
    facts = facts_of(notebook, configure(path))
    if not 0 < len(facts.flow.order) <= _MOST_CELLS:
        return None
    text = graph_mermaid(mask_notebook(facts), facts.flow, None)
    return text if len(text) <= _MOST_LETTERS else None
