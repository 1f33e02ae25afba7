"""Files that the recorded run had written when a cell above read them, for the rules on order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbprod.facts import Facts

if TYPE_CHECKING:
    from nbprod.flow.file_order import EarlyRead

__all__ = ["files_written_before"]


def files_written_before(facts: Facts) -> tuple[EarlyRead, ...]:
    """The reads of a file that a cell further down wrote before them, by the execution counts."""
    return facts.shared(_files_written_before)


def _files_written_before(facts: Facts) -> tuple[EarlyRead, ...]:
    if not facts.execution.is_disordered or facts.execution.repeated:
        return ()
    from nbprod.flow.file_order import early_file_reads

    counts = [cell.execution_count or 0 for cell in facts.notebook.cells]
    return tuple(
        early
        for early in early_file_reads(facts.parsed)
        if 0 < counts[early.write.cell] < counts[early.read.cell]
    )
