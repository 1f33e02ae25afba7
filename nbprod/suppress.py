"""Silencing: comments on a line, on a cell, tags of a cell, metadata of a notebook."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from nbprod.notebook.types import Cell, Notebook
from nbprod.syntax.types import ParsedCell

__all__ = ["Suppressions", "read_suppressions"]

_COMMENT = re.compile(
    r"#\s*(?:(?P<noqa>noqa)\b(?::\s*(?P<codes>[\w-]+(?:[,\s]+[A-Za-z]+\d+)*))?"
    r"|nbprod:\s*(?P<scope>cell-)?ignore\s*(?:\[(?P<names>[^\]]*)\])?)",
    re.IGNORECASE,
)
# What other scanners of credentials read; for lines of notes, too.
_PRAGMA = re.compile(
    r"pragma:\s*(?:allow|white)list\s+(?P<next>nextline\s+)?secret|(?:gitleaks|betterleaks):allow"
    r"|trufflehog:ignore|nosemgrep:.*secret",
    re.IGNORECASE,
)
_SECRETS = frozenset(("nbp301", "nbp302", "nbp303", "nbp304", "nbp305"))
_TAG = re.compile(r"nbprod[-:]ignore(?:=(?P<names>.+))?\Z")
ALL = frozenset(("*",))


class Suppressions(NamedTuple):
    """What a notebook silences: everywhere, in whole cells, on lines (cell, line from 1)."""

    notebook: frozenset[str]
    cells: dict[int, frozenset[str]]
    lines: dict[tuple[int, int], frozenset[str]]

    def silence(self, code: str, name: str, cell: int, first: int, last: int) -> bool:
        """Whether a finding on lines ``first`` to ``last`` of a cell is silenced."""
        if _fits(self.notebook, code, name) or _fits(self.cells.get(cell), code, name):
            return True
        return any(
            _fits(self.lines.get((cell, line)), code, name) for line in range(first, last + 1)
        )


def _fits(words: frozenset[str] | None, code: str, name: str) -> bool:
    if not words:
        return False
    if words is ALL or "*" in words or code.lower() in words or name in words:
        return True
    # A prefix stands for its group, as in `NBP3`.
    return any(word.startswith("nbp") and code.lower().startswith(word) for word in words)


def read_suppressions(
    notebook: Notebook,
    parsed: tuple[ParsedCell | None, ...],
    tag_ignores: Sequence[tuple[str, Sequence[str]]] = (),
) -> Suppressions:
    """Gather every suppression of a notebook.

    ``tag_ignores`` are patterns for tags with the rules that are silent in cells that have one.
    """
    cells: dict[int, frozenset[str]] = {}
    lines: dict[tuple[int, int], frozenset[str]] = {}
    for cell in notebook.cells:
        for tag in cell.tags:
            for pattern, words in tag_ignores:
                if fnmatchcase(tag, pattern):
                    silent = frozenset(word.lower() for word in words)
                    cells[cell.index] = cells.get(cell.index, frozenset()) | silent
            match = _TAG.match(tag)
            if match:
                cells[cell.index] = cells.get(cell.index, frozenset()) | _words(match["names"])
        if cell.kind == "code" and "#" in cell.source:
            _read_comments(cell, parsed[cell.index], cells, lines)
        _read_pragmas(cell, lines)
    return Suppressions(_of_notebook(notebook), cells, lines)


def _of_notebook(notebook: Notebook) -> frozenset[str]:
    settings = notebook.metadata.get("nbprod")
    ignored = settings.get("ignore") if isinstance(settings, dict) else None
    if isinstance(ignored, str):
        return _words(ignored)
    if isinstance(ignored, list):
        return frozenset(str(word).lower() for word in ignored)
    return frozenset()


def _read_comments(
    cell: Cell,
    parsed: ParsedCell | None,
    cells: dict[int, frozenset[str]],
    lines: dict[tuple[int, int], frozenset[str]],
) -> None:
    source = cell.source
    if "noqa" not in source.lower() and "nbprod:" not in source:
        return
    for line, text, alone in _comments(source, parsed):
        match = _COMMENT.search(text)
        if match is None:
            continue
        words = _words(match["codes"] if match["noqa"] else match["names"])
        if match["scope"]:
            cells[cell.index] = cells.get(cell.index, frozenset()) | words
            continue
        # A comment of its own is about the line below it; a file-wide `noqa` line is ruff's.
        targets = (line, line + 1) if alone and not match["noqa"] else (line,)
        for target in targets:
            lines[cell.index, target] = lines.get((cell.index, target), frozenset()) | words


def _read_pragmas(cell: Cell, lines: dict[tuple[int, int], frozenset[str]]) -> None:
    """Marks of other scanners, wherever they stand on a line."""
    lower = cell.source.lower()
    if not any(word in lower for word in ("pragma:", ":allow", ":ignore", "nosemgrep")):
        return
    for number, line in enumerate(re.split(r"\r\n|\r|\n", cell.source), 1):
        match = _PRAGMA.search(line)
        if match is not None:
            target = cell.index, number + (1 if match["next"] else 0)
            lines[target] = lines.get(target, frozenset()) | _SECRETS


def _comments(source: str, parsed: ParsedCell | None) -> Iterator[tuple[int, str, bool]]:
    """The comments of a cell: (line from 1, text, whether it stands alone on its line)."""
    text = parsed.masked if parsed is not None and parsed.tree is not None else ""
    if text and not (parsed is not None and parsed.cell_magic and not text.strip()):
        try:
            for token in tokenize.generate_tokens(io.StringIO(text).readline):
                if token.type == tokenize.COMMENT:
                    alone = not token.line[: token.start[1]].strip()
                    yield token.start[0], token.string, alone
        except (tokenize.TokenError, SyntaxError):
            pass
    # Masked lines, cells that do not parse and other languages: by the look of the line.
    original, shown = source.splitlines(), text.splitlines()
    for number, line in enumerate(original, 1):
        hidden = number > len(shown) or (shown[number - 1] != line)
        if hidden and "#" in line:
            start = line.rindex("#")
            yield number, line[start:], not line[:start].strip()


def _words(text: str | None) -> frozenset[str]:
    if text is None or not text.strip():
        return ALL
    return frozenset(word.lower() for word in re.split(r"[,\s]+", text.strip()) if word)
