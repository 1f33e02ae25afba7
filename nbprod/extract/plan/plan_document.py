"""The file of a plan: its content, and the line of each of its tables and keys. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from nbprod.disk.documents import NotParsed, parse_toml
from nbprod.errors import UsageError
from nbprod.patterns import lazy_pattern

__all__ = ["PlanDocument"]

_TABLE = lazy_pattern(r"\s*\[\[\s*([\w.-]+)\s*\]\]")
_LINE = lazy_pattern(r"\(at line (\d+), column \d+\)")
_KEY = lazy_pattern(r"\s*([\w-]+)\s*=")
_Path = tuple[Any, ...]


class PlanDocument:
    """A plan that a person may have edited: errors name the line that they are about."""

    def __init__(self, path: str, text: str) -> None:
        """Parse the ``text`` of the file at a ``path``.

        Raises:
            UsageError: it is no TOML; the message has the line.
        """
        self.path = path
        self.lines = dict(_positions(text))
        try:
            self.content = parse_toml(text)
        except NotParsed as error:
            line = _LINE.search(str(error))
            where = f"{path}:{line[1] if line else 1}"
            reason = str(error)[: line.start()].strip() if line else str(error)
            raise UsageError(f"{where}: invalid TOML: {reason}; correct this line") from None

    def at(self, where: _Path, message: str) -> str:
        """A message about a table or key, as ("unit", 0, "name"), with its line."""
        while where and where not in self.lines:
            where = where[:-1]
        return f"{self.path}:{self.lines.get(where, 1)}: {message}"

    def wrong(self, where: _Path, message: str) -> UsageError:
        """The error of a table or key."""
        return UsageError(self.at(where, message))

    def check_keys(self, where: _Path, table: Any, known: Collection[str]) -> None:
        """Refuse keys that mean nothing."""
        for key in table:
            if key not in known:
                text = f"unknown key `{key}`; known are {', '.join(sorted(known))}"
                raise self.wrong((*where, key), text)


def _positions(text: str) -> Iterator[tuple[_Path, int]]:
    """The lines of tables and keys, by their path: ("unit", 0, "parameter", 1, "type")."""
    counts: dict[_Path, int] = {}
    table: _Path = ()
    seen: set[_Path] = set()
    for number, line in enumerate(text.splitlines(), 1):
        header = _TABLE.match(line)
        if header is not None:
            table = ()
            parts = header[1].split(".")
            for part in parts[:-1]:
                table = (*table, part, max(counts.get((*table, part), 1) - 1, 0))
            place = counts[(*table, parts[-1])] = counts.get((*table, parts[-1]), 0) + 1
            table = (*table, parts[-1], place - 1)
            yield table, number
            continue
        key = _KEY.match(line)
        if key is not None and (*table, key[1]) not in seen:
            seen.add((*table, key[1]))
            yield (*table, key[1]), number
