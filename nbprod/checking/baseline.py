"""Findings that are known: what a baseline holds, and what it says of a report. Pure.

An entry is a path, a code and a fingerprint; no source, no message, no line. Fingerprints rest on
the cell and the text of the line, so entries outlive cells that are moved, inserted or run again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from nbprod.disk.documents import NotParsed, parse_json
from nbprod.errors import UsageError
from nbprod.model import FileResult, Finding

__all__ = ["Baseline", "BaselineEntry", "Filtered"]

_VERSION = 1


class BaselineEntry(NamedTuple):
    """One known finding."""

    path: str
    code: str
    fingerprint: str


class Filtered(NamedTuple):
    """Results without what is known, how much that was, and entries that nothing fits any more."""

    results: tuple[FileResult, ...]
    known: int
    stale: frozenset[BaselineEntry]


class Baseline:
    """A set of known findings.

    Paths are those that ``relative`` makes of the paths of findings: from the baseline's folder.
    """

    def __init__(self, entries: Iterable[BaselineEntry], relative: Callable[[str], str]) -> None:
        self.entries = frozenset(entries)
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
                if entry in self.entries and not result.unreadable:
                    met.add(entry)
                    known += 1
                else:
                    kept.append(finding)
            left.append(result._replace(findings=tuple(kept)))
        stale = {entry for entry in self.entries if entry.path in paths and entry not in met}
        return Filtered(tuple(left), known, frozenset(stale))

    def with_findings(self, results: Iterable[FileResult]) -> Baseline:
        """The baseline that knows just the findings of these results."""
        found = {self.entry(finding) for result in results for finding in result.findings}
        return Baseline(found, self._relative)

    def to_json(self) -> str:
        """The file: sorted, an entry a line, so that merges are easy to read."""
        files: dict[str, list[list[str]]] = {}
        for entry in sorted(self.entries):
            files.setdefault(entry.path, []).append([entry.code, entry.fingerprint])
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
            raise UsageError(f"{path}: is no baseline: not valid JSON") from None
        files = document.get("findings") if isinstance(document, Mapping) else None
        if not isinstance(files, Mapping) or document.get("version") != _VERSION:
            raise UsageError(f"{path}: is no baseline of version {_VERSION}; write it again")
        entries = [
            BaselineEntry(file, *map(str, one[:2]))
            for file, found in files.items()
            for one in found
            if isinstance(one, list) and len(one) >= 2
        ]
        return Baseline(entries, relative)
