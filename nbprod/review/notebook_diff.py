"""What changed between two versions of a notebook, cell by cell, for a terminal. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from nbprod.changed.cells import matched_cells, paired_cells
from nbprod.checking.digests import hex_digest
from nbprod.notebook.types import Cell, Notebook
from nbprod.report.escaping import escape_line
from nbprod.report.style import BOLD, CYAN, GREEN, RED, Style
from nbprod.review.flow_changes import moved_cells

__all__ = ["CellDiff", "notebook_diff", "rendered_diff"]

_CONTEXT = 3
_KIB = 1024
# Metadata that say which code a notebook is; the rest says how it was looked at.
_TELLING = ("kernelspec", "language_info")


Change = Literal["added", "removed", "changed", "moved"]


class CellDiff(NamedTuple):
    """How a cell differs from what it was.

    ``number`` is that of the new version, of the old one where the cell is gone; ``before`` the old
    number of a cell that moved. ``lines`` start with ``+``, ``-``, a blank, or ``@@``.
    """

    change: Change
    kind: str
    number: int
    before: int | None
    lines: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


def notebook_diff(old: Notebook, new: Notebook, *, outputs: bool = True) -> list[CellDiff]:
    """The cells that differ, in the order of the new version; removed ones where they were.

    Args:
        old: the version before.
        new: the version after.
        outputs: whether outputs are also compared. Execution counts never are.
    """
    matched = matched_cells(old.cells, new.cells)
    moved = moved_cells(matched)
    found: list[CellDiff] = []
    for was, cell in paired_cells(old.cells, new.cells, matched):
        if cell is None:
            assert was is not None
            found.append(CellDiff("removed", was.kind, was.number, None, _all(was, "-")))
            continue
        if was is None:
            found.append(CellDiff("added", cell.kind, cell.number, None, _all(cell, "+")))
            continue
        lines = _changed(was.source, cell.source)
        shown = _outputs(was, cell) if outputs else ()
        if lines or shown or cell.index in moved:
            place = was.number if cell.index in moved else None
            change: Change = "moved" if place is not None and not lines else "changed"
            found.append(CellDiff(change, cell.kind, cell.number, place, lines, shown))
    return found


def _all(cell: Cell, mark: str) -> tuple[str, ...]:
    return tuple(mark + line for line in cell.source.split("\n"))


def _changed(old: str, new: str) -> tuple[str, ...]:
    if old == new:
        return ()
    lines = difflib.unified_diff(old.split("\n"), new.split("\n"), n=_CONTEXT, lineterm="")
    # Without the names of files, and the first mark: the head of the cell says where it is.
    return tuple(list(lines)[3:])


def _outputs(old: Cell, new: Cell) -> tuple[str, ...]:
    """What outputs became, a line each: types and sizes, never what they hold."""
    before = [_summary(output) for output in old.outputs]
    after = [_summary(output) for output in new.outputs]
    if before == after:
        return ()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    found: list[str] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            found += [f"-output: {text}" for text in before[a:b]]
            found += [f"+output: {text}" for text in after[c:d]]
    return tuple(found)


def _summary(output: Mapping[str, Any]) -> str:
    """An output in a line: its kind, MIME types, size, and a short hash."""
    kind = output.get("output_type")
    if kind == "stream":
        return f"{output.get('name', 'stdout')}, {_measured(output.get('text'))}"
    if kind == "error":
        return f"{output.get('ename')}: {output.get('evalue')}"
    data = output.get("data")
    if not isinstance(data, Mapping) or not data:
        return str(kind)
    return "; ".join(f"{mime}, {_measured(value)}" for mime, value in sorted(data.items()))


def _measured(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = "".join(value)
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    data = text.encode("utf-8", "surrogatepass")
    digest = hex_digest(data)[:8]
    size = f"{len(data)} bytes" if len(data) < _KIB else f"{len(data) / _KIB:.1f} KiB"
    return f"{size}, {digest}"


def metadata_changes(old: Notebook, new: Notebook) -> list[str]:
    """The metadata of the notebook that say which code it is and that changed."""
    return [
        f"metadata: {key} changed"
        for key in _TELLING
        if old.metadata.get(key) != new.metadata.get(key)
    ]


def rendered_diff(
    names: Sequence[str], old: Notebook, new: Notebook, style: Style, *, outputs: bool = True
) -> Iterator[str]:
    """The lines of a diff; none where nothing differs.

    Args:
        names: what the two versions are called.
        old: the version before.
        new: the version after.
        style: the colours of the terminal.
        outputs: whether outputs are also compared.
    """
    cells = notebook_diff(old, new, outputs=outputs)
    metadata = metadata_changes(old, new)
    if not cells and not metadata:
        return
    for mark, name in zip(("---", "+++"), names, strict=True):
        yield style.paint(escape_line(f"{mark} {name}"), BOLD)
    yield from metadata
    for cell in cells:
        yield style.paint(f"@@ {_head(cell)} @@", CYAN)
        for line in (*cell.lines, *cell.outputs):
            colour = {"+": (GREEN,), "-": (RED,), "@": (CYAN,)}.get(line[:1], ())
            yield style.paint(escape_line(line), *colour) if colour else escape_line(line)


def _head(cell: CellDiff) -> str:
    text = f"cell {cell.number} {cell.change}"
    if cell.before is not None:
        moved = "moved" if cell.change == "moved" else "changed and moved"
        text = f"cell {cell.number} {moved}"
        # Others may have moved around it.
        text += f", was cell {cell.before}" if cell.before != cell.number else ""
    return text if cell.kind == "code" else f"{text} [{cell.kind}]"
