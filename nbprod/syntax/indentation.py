"""What stands left of a cell's code: a common indentation, prompts, the name of a magic.

IPython strips them before it parses. We also strip them, but only for the parser, and then move
the nodes of the tree to where they are in the cell.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from nbprod.notebook.positions import LineIndex
from nbprod.patterns import lazy_pattern
from nbprod.syntax.walk import walk

__all__ = ["find_margins", "first_margins", "moved_right", "without_margins"]

_LINE = lazy_pattern(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_FIRST_CODE = r"(?m)\s*^([^\r\n]*\S)"
_PROMPTED = r"(?m)^[ \t]*(?:>>>|In \[\d+\]: |\.{3,}:)"
_DOCTEST_FIRST = r"[ \t]*>>>[ \t]?"
_DOCTEST_NEXT = r"[ \t]*\.\.\.[ \t]?"
_TRIPLE = r"(?<!\\)(\"{3}|'{3})"
_IPYTHON = r"(?:(?:\[nav\]|\[ins\])? )?In \[\d+\]: |[ \t]*\.{3,}: ?"


def find_margins(text: str, start: int) -> dict[int, int]:
    """How much to cut from which lines of the text from ``start``: by the offset of the line."""
    first = re.compile(_FIRST_CODE).match(text, start)
    if first is None or not (first[1][0] in " \t" or re.compile(_PROMPTED).search(text, start)):
        return {}
    lines: list[tuple[int, str]] = []
    position = first.start(1)
    while position < len(text):
        match = _LINE.match(text, position)
        if match is None:
            break
        lines.append((position, match[1]))
        position = max(match.end(), position + 1)
    margin = _common(line for _, line in lines)
    cuts = {offset: min(margin, len(line)) for offset, line in lines}
    _cut_doctest(lines, cuts)
    _cut_ipython(lines, cuts)
    return {offset: cut for offset, cut in cuts.items() if cut}


def first_margins(text: str) -> dict[int, int]:
    """How much IPython cut before version 9: what the first line has, of each line that has it."""
    first = re.compile(_FIRST_CODE).match(text)
    margin = re.compile(r"[ \t]+").match(first[1]) if first is not None else None
    if first is None or margin is None:
        return {}
    starts = re.compile("(?m)^" + re.escape(margin[0])).finditer(text, first.start(1))
    return {start.start(): len(margin[0]) for start in starts}


def _common(lines: Iterable[str]) -> int:
    """The length of the indentation that all lines share."""
    margin: str | None = None
    for line in lines:
        if not line.strip():
            continue
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if margin is None:
            margin = indent
        while not indent.startswith(margin):
            margin = margin[:-1]
        if not margin:
            return 0
    return len(margin or "")


def _cut_doctest(lines: list[tuple[int, str]], cuts: dict[int, int]) -> None:
    """``>>>`` and ``...``, outside strings that were not opened after such a prompt."""
    segments: list[list[tuple[int, str]]] = [[]]
    quote = ""
    kept = prompted = False
    for offset, line in lines:
        rest = line[cuts[offset] :]
        inside = bool(quote) and kept
        match = re.match(_DOCTEST_FIRST, rest) or re.match(_DOCTEST_NEXT, rest)
        if inside:
            segments.append([])
        else:
            prompted = prompted or (match is not None and ">" in match[0])
            segments[-1].append((offset, rest[match.end() :] if match else rest))
        for mark in re.finditer(_TRIPLE, line):
            if not quote:
                quote, kept = mark[1], match is None
            elif quote == mark[1]:
                quote, kept = "", False
    if not prompted:
        return
    by_offset = dict(lines)
    for segment in segments:
        stripped = {offset: len(by_offset[offset]) - len(rest) for offset, rest in segment}
        if all(cuts[offset] == cut for offset, cut in stripped.items()):
            continue
        margin = _common(rest for _, rest in segment)
        for offset, rest in segment:
            cuts[offset] = stripped[offset] + min(margin, len(rest))


def _cut_ipython(lines: list[tuple[int, str]], cuts: dict[int, int]) -> None:
    """``In [1]:`` and ``...:``, when one of the first two lines has such a prompt."""
    prompt = re.compile(_IPYTHON)
    found = {offset: prompt.match(line, cuts[offset]) for offset, line in lines}
    if any(found[offset] for offset, _ in lines[:2]):
        cuts.update({offset: match.end() for offset, match in found.items() if match})


def without_margins(text: str, cuts: Mapping[int, int]) -> str:
    """The text as the parser takes it."""
    parts: list[str] = []
    position = 0
    for offset in sorted(cuts):
        parts.append(text[position:offset])
        position = offset + cuts[offset]
    parts.append(text[position:])
    return "".join(parts)


def moved_right(tree: ast.Module, text: str, cuts: Mapping[int, int]) -> None:
    """Give the nodes of a tree of the cut text the positions that they have in ``text``."""
    index = LineIndex(text)
    columns = {
        index.column(offset)[0]: len(text[offset : offset + cut].encode("utf-8", "surrogatepass"))
        for offset, cut in cuts.items()
    }
    for node in walk(tree):
        if "lineno" in node._attributes:
            node.col_offset += columns.get(node.lineno, 0)  # type: ignore[attr-defined]
            node.end_col_offset += columns.get(node.end_lineno, 0)  # type: ignore[attr-defined]
