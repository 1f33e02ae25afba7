"""How places are written: shared by the formats."""

from __future__ import annotations

from nbprod.model import Finding, Place

__all__ = ["cell_name", "clickable", "located", "slashed", "told"]


def cell_name(place: Place) -> str:
    """``cell 3 In[2]``; empty for a place that is in no cell."""
    if place.cell is None:
        return ""
    count = f" In[{place.execution_count}]" if place.execution_count is not None else ""
    return f"cell {place.cell}{count}"


def located(place: Place) -> str:
    """``cell 3 In[2] line 4:7``, or ``line 12:1`` in a file without cells."""
    name = cell_name(place)
    return f"{name} line {place.line}:{place.column}".strip()


def clickable(finding: Finding) -> str:
    """``path:31:12: cell 3 In[2] line 4:7``; the numbers are those of the file as it is on disk."""
    place = finding.place
    head = f"{finding.path}:{place.raw_line}:{place.raw_column}"
    return f"{head}: {located(place)}" if place.cell is not None else head


def told(finding: Finding) -> str:
    """The message with the cell before it, for readers who only see the raw line."""
    possible = " (possible)" if finding.certainty.value == "possible" else ""
    where = f"{located(finding.place)}: " if finding.place.cell is not None else ""
    return f"{where}{finding.message}{possible}"


def slashed(path: str) -> str:
    """A path with forward slashes and without a leading `./`, as servers know it."""
    found = path.replace("\\", "/")
    return found[2:] if found.startswith("./") else found
