"""Apache Zeppelin notes: JSON with paragraphs, each headed by its interpreter."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from nbprod.errors import ReadError
from nbprod.model import Edit, RawEdit
from nbprod.notebook import json_scan as scan
from nbprod.notebook.edits.replace import EditRefused, Replacement, replaced
from nbprod.notebook.platforms import ZEPPELIN
from nbprod.notebook.types import Cell, CellKind, Notebook
from nbprod.patterns import lazy_pattern

__all__ = ["read_zeppelin"]

_INTERPRETER = lazy_pattern(r"\s*%([\w.-]+)(?:\([^)]*\))?[ \t]*(?:\r?\n)?")
_PYTHON = ("python", "pyspark", "ipyspark", "ipython", "spark.pyspark", "livy.pyspark")


class ParagraphMap:
    """The places of the paragraphs' texts in the JSON."""

    def __init__(self, text: str, prefixes: list[int]) -> None:
        self._text = text
        self._prefixes = prefixes
        self._spans: list[tuple[int, int] | None] | None = None
        self._lines: scan.LineStarts | None = None

    def _scan(self) -> list[tuple[int, int] | None]:
        spans: list[tuple[int, int] | None] = []
        start = scan.document_start(self._text)
        top = {key: begin for key, _, begin, _ in scan.iter_object(self._text, start)}
        for begin, _ in scan.iter_array(self._text, top["paragraphs"]):
            members = {
                key: (first, last) for key, _, first, last in scan.iter_object(self._text, begin)
            }
            spans.append(members.get("text"))
        return spans

    def locate(self, cell: int, offset: int) -> tuple[int, int]:
        """Raw (line, column), from 1, of a code point of a paragraph's code."""
        if self._spans is None:
            self._spans = self._scan()
            self._lines = scan.LineStarts(self._text)
        span = self._spans[cell] if cell < len(self._spans) else None
        assert self._lines is not None
        if span is None:
            return 1, 1
        raw = scan.raw_offset(self._text, span[0], span[1], offset + self._prefixes[cell])
        return self._lines.position(raw)

    def edited(self, edits: Mapping[int, Sequence[Edit]]) -> str:
        """The note after edits of its paragraphs' code; every other byte stays.

        Raises:
            EditRefused: a paragraph has no text.
        """
        found: list[Replacement] = []
        spans = self._scan()
        for cell, group in edits.items():
            span = spans[cell] if cell < len(spans) else None
            if span is None or self._text[span[0]] != '"':
                raise EditRefused("the paragraph has no text")
            for edit in group:
                start, end = (
                    scan.raw_offset(self._text, *span, offset + self._prefixes[cell])
                    for offset in edit.span[1:]
                )
                written = json.dumps(edit.text, ensure_ascii=self._text.isascii())[1:-1]
                found.append(Replacement(start, end, written))
        return replaced(self._text, found)

    def locate_in(self, cell: int, path: Sequence[str | int], offset: int) -> tuple[int, int]:
        """Raw (line, column), from 1, of a code point of an output of a paragraph."""
        span = self._result(cell, path[1]) if path[:1] == ("outputs",) else None
        if span is None or self._text[span[0]] != '"':
            return self.locate(cell, 0) if cell >= 0 else (1, 1)
        raw = scan.raw_offset(self._text, span[0], span[1], offset)
        return scan.LineStarts(self._text).position(raw)

    def raw_edit(self, cell: int, start: int, end: int, text: str) -> RawEdit | None:
        """Paragraphs are not edited by tools that know no notes."""
        del cell, start, end, text
        return None

    def _result(self, cell: int, number: str | int) -> tuple[int, int] | None:
        """The raw span of the data of one of a paragraph's results."""
        start = scan.document_start(self._text)
        keys: tuple[str | int, ...] = ("paragraphs", cell, "results", "msg", number, "data")
        span = (start, start)
        for key in keys:
            found = None
            if isinstance(key, str) and self._text[span[0]] == "{":
                members = scan.iter_object(self._text, span[0])
                found = next(
                    ((first, last) for name, _, first, last in members if name == key), None
                )
            elif isinstance(key, int) and self._text[span[0]] == "[":
                found = next(islice(scan.iter_array(self._text, span[0]), key, None), None)
            if found is None:
                return None
            span = found
        return span


def read_zeppelin(text: str, path: str) -> Notebook:
    """Read a Zeppelin note.

    Raises:
        ReadError: it is not JSON with paragraphs.
    """
    try:
        note = json.loads(text)
    except json.JSONDecodeError as error:
        line, column = scan.LineStarts(text).position(error.pos)
        message = f"not valid JSON: {error.msg.lower()}"
        raise ReadError("invalid-json", message, line, column) from None
    except RecursionError:
        raise ReadError("invalid-json", "the JSON is nested too deeply to read") from None
    paragraphs = note.get("paragraphs") if isinstance(note, dict) else None
    if not isinstance(paragraphs, list):
        raise ReadError("not-a-notebook", "is JSON without paragraphs, not a Zeppelin note")
    default = _default_interpreter(note)
    cells: list[Cell] = []
    prefixes: list[int] = []
    for index, paragraph in enumerate(paragraphs):
        cell, prefix = _cell(index, paragraph if isinstance(paragraph, dict) else {}, default)
        cells.append(cell)
        prefixes.append(prefix)
    python = any(cell.is_python for cell in cells)
    return Notebook(
        path=path,
        format="zeppelin",
        language="python" if python else default,
        cells=tuple(cells),
        raw=ParagraphMap(text, prefixes),
        injected=ZEPPELIN,
    )


def _default_interpreter(note: Mapping[str, Any]) -> str:
    group = note.get("defaultInterpreterGroup")
    return str(group) if isinstance(group, str) and group else "spark"


def _cell(index: int, paragraph: Mapping[str, Any], default: str) -> tuple[Cell, int]:
    text = paragraph.get("text")
    text = text if isinstance(text, str) else ""
    match = _INTERPRETER.match(text)
    name = match[1].lower() if match else default.lower()
    prefix = match.end() if match else 0
    kind: CellKind = "markdown" if name in ("md", "markdown") else "code"
    language = "python" if name in _PYTHON or name.endswith(".ipython") else name
    if name in ("spark", "default.spark"):
        language = "scala"
    identity = paragraph.get("id")
    return (
        Cell(
            index=index,
            kind=kind,
            source=text[prefix:],
            id=identity if isinstance(identity, str) else None,
            language=language,
            outputs=_outputs(paragraph),
        ),
        prefix,
    )


def _outputs(paragraph: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    results = paragraph.get("results")
    if not isinstance(results, dict):
        return []
    messages = results.get("msg")
    found: list[Mapping[str, Any]] = []
    for message in messages if isinstance(messages, list) else ():
        data = message.get("data") if isinstance(message, dict) else None
        if not isinstance(data, str):
            continue
        if results.get("code") == "ERROR":
            last = data.strip().split("\n")[-1]
            name, _, value = last.partition(": ")
            found.append({"output_type": "error", "ename": name, "evalue": value, "traceback": []})
            return found
        if message.get("type") == "HTML":
            found.append({"output_type": "display_data", "data": {"text/html": data}})
        else:
            found.append({"output_type": "stream", "name": "stdout", "text": data})
    return found
