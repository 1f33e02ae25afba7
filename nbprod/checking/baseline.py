"""Findings that are known: what a baseline holds, and what it says of a report. Pure.

An entry is a path, a code and a fingerprint; no source, no message, no line. Fingerprints rest on
the cell and the text of the line, so entries outlive cells that are moved, inserted or run again.
A finding that has several places of a fault is known with the names that it is about there, as
hashes: a name that joins it later is news.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from nbprod.checking.digests import hex_digest
from nbprod.checking.places import at_places
from nbprod.disk.documents import NotParsed, parse_json
from nbprod.errors import UsageError
from nbprod.model import FileResult, Finding, Place

__all__ = ["Baseline", "BaselineEntry", "Filtered"]

_VERSION = 1


class BaselineEntry(NamedTuple):
    """One recorded finding."""

    path: str
    code: str
    fingerprint: str


Names = frozenset[str]
"""Hashes of the names that a finding is about at its other places."""


class Filtered(NamedTuple):
    """Results without what is known, how much that was, and entries that nothing fits any more."""

    results: tuple[FileResult, ...]
    known: int
    stale: frozenset[BaselineEntry]


class Baseline:
    """A set of recorded findings.

    Paths are those that ``relative`` makes of the paths of findings: from the baseline's folder.
    """

    def __init__(
        self,
        entries: Iterable[BaselineEntry],
        relative: Callable[[str], str],
        names: Mapping[BaselineEntry, Names] | None = None,
    ) -> None:
        """Take entries, with the names of those that have several places.

        An entry without names, of an older file, knows whatever joins it.
        """
        self.entries = frozenset(entries)
        self.names = dict(names or {})
        self._relative = relative

    def entry(self, finding: Finding) -> BaselineEntry:
        """The entry of a finding."""
        return BaselineEntry(self._relative(finding.path), finding.code, finding.fingerprint)

    def filtered(self, results: Iterable[FileResult]) -> Filtered:
        """Take what is known out of results; files that were not checked make nothing stale."""
        left: list[FileResult] = []
        met: set[BaselineEntry] = set()
        paths: set[str] = set()
        known = 0
        for result in results:
            paths.add(self._relative(result.path))
            kept = []
            for finding in result.findings:
                entry = self.entry(finding)
                if entry not in self.entries or result.unreadable:
                    kept.append(finding)
                    continue
                met.add(entry)
                joined = self._joined(finding, entry)
                known += joined is None
                kept += [joined] if joined is not None else []
            left.append(result._replace(findings=tuple(kept)))
        stale = {entry for entry in self.entries if entry.path in paths and entry not in met}
        return Filtered(tuple(left), known, frozenset(stale))

    def _joined(self, finding: Finding, entry: BaselineEntry) -> Finding | None:
        """A recorded finding at the places of new names; None where there are none."""
        names = self.names.get(entry)
        if names is None:
            return None

        def is_new(_place: Place, symbol: str | None) -> bool:
            return symbol not in (None, finding.symbol) and _hashed(str(symbol)) not in names

        return at_places(finding, is_new)

    def merged(self, other: Baseline) -> Baseline:
        """What either knows; the other's names are the newer ones."""
        names = {**self.names, **other.names}
        return Baseline(self.entries | other.entries, self._relative, names)

    def without(self, stale: Iterable[BaselineEntry]) -> Baseline:
        """The baseline without some entries."""
        return Baseline(self.entries.difference(stale), self._relative, self.names)

    def with_findings(self, results: Iterable[FileResult]) -> Baseline:
        """The baseline that knows just the findings of these results."""
        found = {
            self.entry(finding): _names_of(finding)
            for result in results
            for finding in result.findings
        }
        return Baseline(found, self._relative, found)

    def to_json(self) -> str:
        """The file: sorted, an entry a line, so that merges are easy to read."""
        files: dict[str, list[list[str]]] = {}
        for entry in sorted(self.entries):
            names = self.names.get(entry)
            told = [] if names is None else [" ".join(sorted(names))]
            files.setdefault(entry.path, []).append([entry.code, entry.fingerprint, *told])
        lines = ["{", f' "version": {_VERSION},', ' "findings": {']
        for number, (path, entries) in enumerate(files.items()):
            lines.append(f"  {json.dumps(path)}: [")
            lines += [f"   {json.dumps(entry)}," for entry in entries[:-1]]
            lines.append(f"   {json.dumps(entries[-1])}")
            lines.append("  ]" + ("," if number + 1 < len(files) else ""))
        return "\n".join([*lines, " }", "}"]) + "\n"

    @staticmethod
    def from_json(text: str, path: str, relative: Callable[[str], str]) -> Baseline:
        """Read a baseline.

        Raises:
            UsageError: the text is none.
        """
        try:
            document = parse_json(text)
        except NotParsed:
            raise UsageError(f"{path}: is not a baseline: invalid JSON") from None
        files = document.get("findings") if isinstance(document, Mapping) else None
        if not isinstance(files, Mapping) or document.get("version") != _VERSION:
            raise UsageError(f"unsupported baseline version in {path}; run `nbprod baseline write`")
        rows = [
            (BaselineEntry(file, *map(str, one[:2])), one[2:])
            for file, found in files.items()
            for one in found
            if isinstance(one, list) and len(one) >= 2
        ]
        names = {entry: frozenset(str(more[0]).split()) for entry, more in rows if more}
        return Baseline((entry for entry, _ in rows), relative, names)


def _names_of(finding: Finding) -> Names:
    return frozenset(
        _hashed(related.symbol) for related in finding.related if related.symbol is not None
    )


def _hashed(name: str) -> str:
    """A name as the file has it, which shows no source."""
    return hex_digest(f"nbprod name\0{name}".encode("utf-8", "surrogatepass"))[:8]
