"""New cells in the text of an `.ipynb` file, written as the cells beside them are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from nbprod.notebook import json_scan as scan
from nbprod.notebook.edits.new_cells import NewCell
from nbprod.notebook.edits.replace import EditRefused, Replacement, replaced
from nbprod.notebook.edits.splice_json import writes_ascii
from nbprod.notebook.json_positions import JsonMap
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern

__all__ = ["inserted"]

_SURROGATE = lazy_pattern("[\ud800-\udfff]")
_BREAK = lazy_pattern(r"\r\n|\r|\n")


class _Layout(NamedTuple):
    """How a file writes a cell.

    ``between`` is what it has between two cells, ``comma`` and ``colon`` what separates the
    members of one, ``as_string`` whether sources are strings and no lists of lines.
    """

    between: str
    comma: str
    colon: str
    as_string: bool


def inserted(raw: JsonMap, notebook: Notebook, cells: Sequence[NewCell]) -> str:
    """The text with new cells.

    Args:
        raw: the map of the text.
        notebook: what is in it: its version and the identities that are taken.
        cells: the new ones.

    Raises:
        EditRefused: the cells of the file have no tags.
    """
    if notebook.nbformat is not None and notebook.nbformat[0] < 4:
        raise EditRefused("notebooks before nbformat 4 have no cells with tags")
    taken = {cell.id for cell in notebook.cells}
    with_id = (notebook.nbformat or (4, 5)) >= (4, 5) or taken != {None}
    found = []
    for new_cell in cells:
        layout = _layout(raw, new_cell.before)
        identity = _free(new_cell.tags[0] if new_cell.tags else "new", taken) if with_id else None
        taken.add(identity)
        at = raw.cells[new_cell.before][0]
        text = _written(_members(new_cell, identity, layout.as_string), layout, raw.text)
        found.append(Replacement(at, at, text + layout.between))
    return replaced(raw.text, found)


def _members(cell: NewCell, identity: str | None, as_string: bool) -> dict[str, Any]:
    """The JSON of a cell, in the order in which Jupyter writes it."""
    return {
        "cell_type": "code",
        "execution_count": None,
        **({} if identity is None else {"id": identity}),
        "metadata": {"tags": list(cell.tags)},
        "outputs": [],
        "source": cell.source if as_string else cell.source.splitlines(keepends=True),
    }


def _free(name: str, taken: set[str | None]) -> str:
    """An identity that no cell has; the same each time, so that a diff shows what it is."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found


def _layout(raw: JsonMap, place: int) -> _Layout:
    text, spans = raw.text, raw.cells
    source = raw.source_span(place)
    first, second = (*scan.iter_object(text, spans[place][0]), None, None)[:2]
    comma = text[first[3] : second[1]] if first and second else ", "
    colon = ": "
    if first:
        key_end = text.rindex('"', first[1], first[2]) + 1
        colon = text[key_end : first[2]]
    if len(spans) > 1:
        between = text[spans[0][1] : spans[1][0]]
    else:
        lead = text[len(text[: spans[0][0]].rstrip()) : spans[0][0]]
        between = f",{lead}" if lead or _BREAK.search(comma) else comma
    return _Layout(between, comma, colon, source is not None and text[source[0]] == '"')


def _written(cell: dict[str, Any], layout: _Layout, text: str) -> str:
    """A cell as JSON, indented as the cells beside it."""
    as_ascii = writes_ascii(text) or bool(_SURROGATE.search(str(cell["source"])))
    line_break = _BREAK.search(layout.comma)
    if line_break is None:
        separators = (layout.comma, layout.colon)
        return json.dumps(cell, ensure_ascii=as_ascii, separators=separators)
    outer = _BREAK.split(layout.between)[-1]
    inner = _BREAK.split(layout.comma)[-1]
    unit = inner[len(outer) :] if inner.startswith(outer) and inner != outer else " "
    found = json.dumps(cell, ensure_ascii=as_ascii, indent=unit, separators=(",", layout.colon))
    return found.replace("\n", line_break[0] + outer)
