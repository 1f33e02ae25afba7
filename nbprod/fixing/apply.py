"""Apply the fixes of findings until nothing is left to fix; each step has to prove itself. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from nbprod.errors import ReadError
from nbprod.model import (
    AnyEdit,
    Applicability,
    CellEdit,
    Certainty,
    Edit,
    Finding,
    Fix,
    NewLine,
    PartEdit,
)
from nbprod.notebook.edits.splice import EditRefused, apply_edits
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook

__all__ = ["Fixed", "failures", "fix_bytes", "select_fixes"]

_ROUNDS = 12
Check = Callable[[Notebook], Sequence[Finding]]


class Fixed(NamedTuple):
    """The outcome: the new bytes, the titles of the fixes that were applied, those refused.

    ``environment`` are the variables that the notebook now takes from the environment.
    """

    data: bytes
    applied: tuple[str, ...]
    refused: tuple[str, ...]
    environment: tuple[str, ...] = ()


def fix_bytes(data: bytes, path: str, check: Check, *, unsafe: bool) -> Fixed:
    """Fix a notebook.

    Args:
        data: the file.
        path: its name.
        check: gives the findings of a notebook.
        unsafe: also take the unsafe fixes.

    Raises:
        ReadError: the file is no notebook.
    """
    applied: list[Fix] = []
    refused: list[str] = []
    notebook = read_notebook(data, path)
    findings = check(notebook)
    for _ in range(_ROUNDS):
        step = _step(notebook, data, findings, check, unsafe, refused)
        if step is None:
            break
        data, notebook, findings, fixes = step
        applied += fixes
    return Fixed(
        data,
        tuple(fix.title for fix in applied),
        tuple(dict.fromkeys(refused)),
        tuple(dict.fromkeys(name for fix in applied for name in fix.environment)),
    )


_Step = tuple[bytes, Notebook, Sequence[Finding], Sequence[Fix]]


def _step(
    notebook: Notebook,
    data: bytes,
    findings: Sequence[Finding],
    check: Check,
    unsafe: bool,
    refused: list[str],
) -> _Step | None:
    """Apply as many fixes at once as go together; one by one if together they do harm."""
    fixes = [fix for fix in select_fixes(findings, unsafe=unsafe) if fix.title not in refused]
    if not fixes:
        return None
    for group in (fixes, *([fix] for fix in fixes)):
        outcome = _try(notebook, data, findings, check, group)
        if outcome is not None:
            return outcome
    refused += [fix.title for fix in fixes]
    return None


def _try(
    notebook: Notebook,
    data: bytes,
    findings: Sequence[Finding],
    check: Check,
    fixes: Sequence[Fix],
) -> _Step | None:
    edits = [edit for fix in fixes for edit in fix.edits]
    try:
        changed = apply_edits(notebook, data, list(dict.fromkeys(edits)))
        after = read_notebook(changed, notebook.path)
    except (EditRefused, ReadError, ValueError):
        return None
    if changed == data:
        return None
    found = check(after)
    if _is_worse(failures(found), failures(findings)):
        return None
    return changed, after, found, fixes


def _is_worse(
    after: set[tuple[str, str | None, str]], before: set[tuple[str, str | None, str]]
) -> bool:
    """Whether something fails that did not.

    A name that no cell defines is no news in a cell that failed above it, and was not told then.
    """
    stopped = {cell for _, _, cell in before}
    return any(code != "NBP103" or cell not in stopped for code, _, cell in after - before)


def failures(findings: Sequence[Finding]) -> set[tuple[str, str | None, str]]:
    """What certainly fails, in terms that survive an edit and a move."""
    certain = [
        finding
        for finding in findings
        if finding.predicts == "failure" and finding.certainty is Certainty.CERTAIN
    ]
    beside = {
        (finding.code, place.symbol, place.place.cell_id or "")
        for finding in certain
        for place in finding.related
        if place.symbol is not None
    }
    return beside.union(
        (finding.code, finding.symbol, finding.place.cell_id or "") for finding in certain
    )


def select_fixes(findings: Sequence[Finding], *, unsafe: bool) -> list[Fix]:
    """The fixes that can be applied together: none overlaps another, a move of cells is alone."""
    allowed = [
        finding.fix
        for finding in findings
        if finding.fix is not None and (unsafe or finding.fix.applicability is Applicability.SAFE)
    ]
    moving = [fix for fix in allowed if any(_is_move(edit) for edit in fix.edits)]
    if moving:
        return moving[:1]
    chosen: list[Fix] = []
    taken: list[AnyEdit] = []
    for fix in allowed:
        if fix in chosen:
            continue
        if not any(_overlap(edit, other) for edit in fix.edits for other in taken):
            chosen.append(fix)
            taken += fix.edits
    return chosen


def _is_move(edit: AnyEdit) -> bool:
    return isinstance(edit, CellEdit) and edit.kind == "move"


def _overlap(left: AnyEdit, right: AnyEdit) -> bool:
    """Whether two edits touch: insertions at one place do, since their order would matter.

    The same edit twice is one: two fixes may need the same import. New lines go with each other,
    but with no other edit of their cell, which could be at its end.
    """
    if left == right:
        return False
    if isinstance(left, NewLine) and isinstance(right, Edit):
        return not left.new and left.cell == right.span.cell
    if isinstance(left, Edit) and isinstance(right, NewLine):
        return _overlap(right, left)
    if isinstance(left, Edit) and isinstance(right, Edit):
        one, other = left.span, right.span
        return one.cell == other.cell and one.start <= other.end and other.start <= one.end
    if isinstance(left, PartEdit) and isinstance(right, PartEdit):
        same = (left.cell, left.path) == (right.cell, right.path)
        return same and left.start <= right.end and right.start <= left.end
    return False
