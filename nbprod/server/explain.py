"""What is shown beside the code: the hover over a finding or a name, and one line for each cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from nbprod.checking.registry import RuleFile, docs_of, rule_files
from nbprod.checking.rule_page import rule_heading
from nbprod.live import CellState, NameInfo, Result
from nbprod.live.states import State
from nbprod.model import Finding, Span
from nbprod.notebook.types import Cell

__all__ = ["lens_text", "name_text", "notes_of", "rule_text"]

_MOST = 4
_MOST_NAMES = 3


def rule_text(finding: Finding) -> str | None:
    """The rule of a finding, in Markdown; None where another tool reported it."""
    file = _rule_file(finding.code)
    return f"{rule_heading(file)}\n\n{docs_of(file).why}" if file is not None else None


def _rule_file(code: str) -> RuleFile | None:
    return next((file for file in rule_files() if file.code == code), None)


def name_text(result: Result, info: NameInfo) -> str:
    """Where a name is defined, read and mutated, in Markdown."""
    cells = result.notebook.cells
    here = cells[info.span.cell]
    lines = [f"`{info.name}`"]
    if info.reaching:
        where = [_defining(cells[cell], here) for cell in _cells(info.reaching)]
        lines.append(f"defined in {_some(where)}")
    others = set(_cells(info.definitions)) - set(_cells(info.reaching))
    if others:
        lines.append(f"also defined in {_numbers(others)}")
    readers = set(_cells(info.reads)) - {here.index}
    if readers:
        lines.append(f"read in {_numbers(readers)}")
    if info.mutations:
        lines.append(f"mutated in {_numbers(_cells(info.mutations))}")
    return "  \n".join(lines)


def _defining(cell: Cell, reader: Cell) -> str:
    """A cell that defines a name, with its count; and whether it ran after the cell that reads."""
    text = f"cell {cell.number}"
    if cell.execution_count:
        text += f" (In[{cell.execution_count}]"
        if reader.execution_count and cell.execution_count > reader.execution_count:
            text += ", last run after this cell"
        text += ")"
    return text


def lens_text(result: Result, index: int) -> str | None:
    """One line on a cell: what it reads from where, and what is against its present outputs."""
    state = result.states.get(index)
    if state is None:
        return None
    parts = [part for part in (_reads(state.reads), *(text for _, text in notes_of(state))) if part]
    return " · ".join(parts) or None


def _reads(reads: Mapping[int, frozenset[str]]) -> str:
    texts = []
    for source, names in reads.items():
        shown = sorted(names)
        more = f" and {len(shown) - _MOST_NAMES} more" if len(shown) > _MOST_NAMES else ""
        texts.append(f"{', '.join(shown[:_MOST_NAMES])}{more} from {source + 1}")
    if len(texts) > _MOST:
        texts[_MOST:] = [f"{len(texts) - _MOST} more"]
    return f"reads {', '.join(texts)}" if texts else ""


def notes_of(state: CellState) -> Iterator[tuple[State, str]]:
    """What is against the present outputs of a cell, each with the word for it."""
    if state.fails:
        yield "fails", f"fails: {', '.join(state.fails[:_MOST])} not defined from top to bottom"
    elif state.stops:
        yield "fails", "fails from top to bottom"
    reasons = []
    if state.edited:
        reasons.append("edited since it ran")
    if state.late:
        reasons.append(f"{_numbers(state.late, 'cell')} ran later")
    if state.through:
        verb = "is" if len(state.through) == 1 else "are"
        reasons.append(f"{_numbers(state.through, 'cell')} {verb} stale")
    if reasons:
        yield "stale", f"stale: {', '.join(reasons)}"
    if state.differs:
        names = ", ".join(state.differs[:_MOST])
        yield "out-of-order", f"run out of order: {names} differs from top to bottom"
    if state.again:
        changed = sorted({reason.name for reason in state.again})
        yield "unsafe-to-rerun", f"not safe to rerun: changes {', '.join(changed[:_MOST])} again"


def _cells(spans: Iterable[Span]) -> list[int]:
    return list(dict.fromkeys(span.cell for span in spans))


def _numbers(cells: Iterable[int], word: str = "cell") -> str:
    """Cells by their numbers: `cell 3`, or `cells 3, 5 and 7`."""
    numbers = [str(cell + 1) for cell in sorted(cells)]
    return f"{word}{'s' if len(numbers) > 1 else ''} {_some(numbers)}"


def _some(texts: Sequence[str]) -> str:
    if len(texts) > _MOST:
        return f"{', '.join(texts[:_MOST])} and {len(texts) - _MOST} more"
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else texts[0]
