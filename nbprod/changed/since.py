"""Findings of what changed since a commit: on its lines, or that the commit did not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from nbprod.changed.cells import changed_lines, matched_cells
from nbprod.changed.git import Repository
from nbprod.checking.places import at_places
from nbprod.config.settings import Configure, Settings
from nbprod.errors import ReadError
from nbprod.model import FileResult, Finding, Place
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.project.discover import Discovered
from nbprod.project.run import check_file, check_one, find_notebook

__all__ = ["changed_files", "foreign_on_changed_lines", "new_findings", "on_changed_lines"]


def changed_files(
    found: Sequence[Discovered], repository: Repository
) -> list[tuple[Discovered, str | None]]:
    """The files that differ from the base, each with the path that it had there."""
    changed = repository.changed(file.path for file in found)
    return [(file, changed[file.path]) for file in found if file.path in changed]


def on_changed_lines(
    files: Sequence[tuple[Discovered, str | None]], repository: Repository, configure: Configure
) -> Iterator[FileResult]:
    """Check files; keep the findings on changed lines, or that are due to changed lines."""
    for file, old in files:
        result = check_file(file, configure(file.path))
        versions = _versions(file, old, repository)
        if versions is not None:
            lines = _lines(*versions)
            kept = [
                _on_lines(finding, lines) for finding in result.findings if _touches(finding, lines)
            ]
            result = result._replace(findings=tuple(kept))
        yield result


def foreign_on_changed_lines(
    results: Sequence[FileResult],
    files: Sequence[tuple[Discovered, str | None]],
    repository: Repository,
) -> list[FileResult]:
    """Take the findings of other linters out that are on lines which have not changed.

    How the notebook was is not shown to them, so lines are all there is to go by.
    """
    versions = {file.path: (file, old) for file, old in files}
    found = []
    for result in results:
        pair = None
        if any(_is_foreign(finding) for finding in result.findings) and result.path in versions:
            pair = _versions(*versions[result.path], repository)
        if pair is not None:
            lines = _lines(*pair)
            kept = [
                finding
                for finding in result.findings
                if not _is_foreign(finding) or _touches(finding, lines)
            ]
            result = result._replace(findings=tuple(kept))
        found.append(result)
    return found


def _is_foreign(finding: Finding) -> bool:
    return finding.tool is not None


_Lines = dict[int, set[int] | None]
"""For each cell, from 1, its changed lines; None: all of it is new. Key 0: outputs, metadata."""


def _versions(
    one: Discovered, old: str | None, repository: Repository
) -> tuple[Notebook, Notebook] | None:
    """A notebook before and now; None when all of it is new, or one of them cannot be read."""
    content = repository.content(old) if old is not None else None
    now = find_notebook(one.path) if content is not None else None
    if content is None or now is None:
        return None
    try:
        return read_notebook(content, one.path), now
    except ReadError:
        return None


def _lines(before: Notebook, now: Notebook) -> _Lines:
    matched = matched_cells(before.cells, now.cells)
    found: _Lines = {}
    for cell in now.cells:
        other = matched.get(cell.index)
        if other is None:
            found[cell.number] = None
            continue
        old = before.cells[other]
        lines = changed_lines(old.source, cell.source)
        if list(old.outputs) != list(cell.outputs) or old.metadata != cell.metadata:
            lines.add(0)
        found[cell.number] = lines
    return found


def _on_lines(finding: Finding, lines: _Lines) -> Finding:
    """A finding at its changed places; as it is where only what leads to it has changed."""

    def is_changed(place: Place, _symbol: str | None) -> bool:
        changed = lines.get(place.cell or 0)
        return changed is None or any(
            line in changed for line in range(place.line, place.end_line + 1)
        )

    return at_places(finding, is_changed) or finding


def _touches(finding: Finding, lines: _Lines) -> bool:
    if finding.place.cell is None:
        return True
    places = [finding.place, *(related.place for related in finding.related)]
    for number, place in enumerate(places):
        changed = lines.get(place.cell or 0)
        if changed is None:
            return True
        if number == 0 and finding.part != "source":
            if 0 in changed:
                return True
        elif any(line in changed for line in range(place.line, place.end_line + 1)):
            return True
    return False


def new_findings(
    files: Sequence[tuple[Discovered, str | None]], repository: Repository, configure: Configure
) -> Iterator[FileResult]:
    """Check files, now and as they were; keep the findings that they did not have."""
    for file, old in files:
        settings = configure(file.path)
        result = check_file(file, settings)
        versions = _versions(file, old, repository)
        if versions is not None:
            result = result._replace(findings=_new(*versions, result.findings, settings))
        yield result


def _new(
    before: Notebook, now: Notebook, findings: Sequence[Finding], settings: Settings
) -> tuple[Finding, ...]:
    matched = matched_cells(before.cells, now.cells)
    past = check_one(before, settings).findings
    known = Counter(_identity(finding, finding.place.cell) for finding in past)
    faults = {fault for finding in past for fault in _faults(finding)}

    def old_cell(place: Place) -> int | None:
        old = matched.get(place.cell - 1) if place.cell is not None else None
        return old + 1 if old is not None else None

    kept = []
    for finding in findings:
        if any(related.symbol is not None for related in finding.related):
            code = finding.code

            def is_new(place: Place, symbol: str | None, code: str = code) -> bool:
                return (code, symbol, old_cell(place)) not in faults

            found = at_places(finding, is_new)
            kept += [found] if found is not None else []
            continue
        old = old_cell(finding.place)
        identity = _identity(finding, old)
        if known[identity] > 0 and (finding.place.cell is None or old is not None):
            known[identity] -= 1
        else:
            kept.append(finding)
    return tuple(kept)


def _faults(finding: Finding) -> Iterator[tuple[str, str | None, int | None]]:
    """The faults that one finding has together: rule, name and cell of each."""
    yield finding.code, finding.symbol, finding.place.cell
    for related in finding.related:
        if related.symbol is not None:
            yield finding.code, related.symbol, related.place.cell


def _identity(finding: Finding, cell: int | None) -> tuple[str, str, str, int | None]:
    return finding.code, finding.symbol or "", finding.snippet.strip(), cell
