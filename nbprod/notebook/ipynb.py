"""`.ipynb` of nbformat 2 to 4: text to `Notebook`, with a map back to the text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nbprod.errors import ReadError
from nbprod.notebook import scan
from nbprod.notebook.types import Cell, CellKind, Notebook

__all__ = ["JsonMap", "read_ipynb"]

_VERSION = re.compile(r"(\d+)\.(\d+)")
_LANGUAGES = {"ir": "r", "irkernel": "r", "ipython": "python", "pyspark": "python"}
_PYTHON = re.compile(r"python|conda|pypy|pyspark|venv|\.py\b|ipykernel|xpython", re.IGNORECASE)


class JsonMap:
    """Where the cells of a JSON notebook stand in its text; scanned when first asked.

    ``text`` is the decoded file without a byte-order mark.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._cells: list[tuple[int, int]] | None = None
        self._lines: scan.LineStarts | None = None
        self._items: dict[int, list[tuple[int, int, int]]] = {}

    @property
    def lines(self) -> scan.LineStarts:
        """The line starts of the file."""
        if self._lines is None:
            self._lines = scan.LineStarts(self.text)
        return self._lines

    @property
    def cells(self) -> list[tuple[int, int]]:
        """The raw start and end of each cell."""
        if self._cells is None:
            self._cells = list(self._scan_cells())
        return self._cells

    def _scan_cells(self) -> Iterator[tuple[int, int]]:
        top = self.members(scan.document_start(self.text))
        if "cells" in top:
            yield from scan.iter_array(self.text, top["cells"][0])
        elif "worksheets" in top:
            for start, _ in scan.iter_array(self.text, top["worksheets"][0]):
                sheet = self.members(start)
                if "cells" in sheet:
                    yield from scan.iter_array(self.text, sheet["cells"][0])

    def members(self, start: int) -> dict[str, tuple[int, int]]:
        """Key to the raw span of its value, for the object at ``start``; the last of twins."""
        if self.text[start : start + 1] != "{":
            return {}
        return {key: (begin, end) for key, _, begin, end in scan.iter_object(self.text, start)}

    def source_span(self, cell: int) -> tuple[int, int] | None:
        """The raw span of the value that holds a cell's source."""
        members = self.members(self.cells[cell][0])
        return members.get("source") or members.get("input")

    def items(self, cell: int) -> list[tuple[int, int, int]]:
        """The string literals of a cell's source: (raw start, raw end, decoded length)."""
        found = self._items.get(cell)
        if found is None:
            span = self.source_span(cell)
            literals: list[tuple[int, int]] = []
            if span is not None and self.text[span[0]] == '"':
                literals = [span]
            elif span is not None and self.text[span[0]] == "[":
                literals = [
                    item
                    for item in scan.iter_array(self.text, span[0])
                    if self.text[item[0]] == '"'
                ]
            found = self._items[cell] = [
                (start, end, scan.decoded_length(self.text, start, end)) for start, end in literals
            ]
        return found

    def raw(self, cell: int, offset: int) -> int:
        """The offset in the file of a code point of a cell's source."""
        if not 0 <= cell < len(self.cells):
            return 0
        items = self.items(cell)
        for start, end, length in items:
            if offset < length:
                return scan.raw_offset(self.text, start, end, offset)
            offset -= length
        if items:
            return items[-1][1] - 1
        span = self.source_span(cell)
        return span[0] if span else self.cells[cell][0]

    def locate(self, cell: int, offset: int) -> tuple[int, int]:
        """Raw (line, column), from 1, of a code point of a cell's source."""
        return self.lines.position(self.raw(cell, offset))


def read_ipynb(text: str, path: str) -> Notebook:
    """Read the text of an `.ipynb` file.

    Raises:
        ReadError: the text is no JSON, or no notebook of a format that is known.
    """
    document = _load(text)
    if not isinstance(document, dict):
        raise ReadError("not-a-notebook", f"holds a JSON {_kind(document)}, not a notebook")
    version = _format_version(document)
    raw_cells = _raw_cells(document, version)
    metadata = _mapping(document.get("metadata"))
    language = _language(metadata, raw_cells)
    cells = tuple(_cell(index, raw, language) for index, raw in enumerate(raw_cells))
    return Notebook(
        path=path,
        format="ipynb",
        language=language,
        cells=cells,
        raw=JsonMap(text),
        metadata=metadata,
        python_version=_python_version(metadata) if language == "python" else None,
        nbformat=version,
    )


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        rest = text[error.pos :].strip()
        if not rest:
            message = "the file ends in the middle of the JSON; it is truncated"
        else:
            message = f"not valid JSON: {error.msg.lower()}, found {rest[:20]!r}"
        if error.msg.startswith("Unterminated string"):
            message = "a string is not closed; the file is truncated or was edited by hand"
        line, column = scan.LineStarts(text).position(error.pos)
        raise ReadError("invalid-json", message, line, column) from None
    except RecursionError:
        raise ReadError("invalid-json", "the JSON is nested too deeply to read") from None


def _kind(value: object) -> str:
    names = {list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _format_version(document: Mapping[str, Any]) -> tuple[int, int]:
    major, minor = document.get("nbformat"), document.get("nbformat_minor")
    if not isinstance(major, int) or isinstance(major, bool):
        major = 3 if "worksheets" in document else 4
    if not isinstance(minor, int) or isinstance(minor, bool):
        minor = 0
    if major not in (2, 3, 4):
        raise ReadError(
            "unsupported-nbformat",
            f"is in notebook format {major}; formats 2 to 4 can be read "
            "(open and save it with a current Jupyter)",
        )
    return major, minor


def _raw_cells(document: Mapping[str, Any], version: tuple[int, int]) -> list[Any]:
    cells = document.get("cells")
    if isinstance(cells, list):
        return cells
    sheets = document.get("worksheets")
    if isinstance(sheets, list):
        return [
            cell
            for sheet in sheets
            if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
            for cell in sheet["cells"]
        ]
    keys = ", ".join(repr(key) for key in list(document)[:4]) or "no keys"
    raise ReadError("not-a-notebook", f"is JSON without cells (it has {keys}), not a notebook")


def _language(metadata: Mapping[str, Any], cells: Sequence[Any]) -> str:
    kernel, info = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    main = _mapping(metadata.get("jupytext")).get("main_language")
    for value in (kernel.get("language"), info.get("name"), main):
        if isinstance(value, str) and value:
            return _LANGUAGES.get(value.lower(), value.lower())
    name = kernel.get("name")
    if isinstance(name, str) and name and not _PYTHON.search(name):
        known = re.match(r"(julia|ir|scala|sos|bash|octave|javascript|ruby|spark|sas|stata)", name)
        if known:
            return _LANGUAGES.get(known[1], known[1])
    for cell in cells[:3]:
        # nbformat 3 has the language in each code cell.
        if isinstance(cell, dict) and isinstance(cell.get("language"), str):
            return str(cell["language"]).lower()
    return "python"


def _python_version(metadata: Mapping[str, Any]) -> tuple[int, int] | None:
    version = _mapping(metadata.get("language_info")).get("version")
    match = _VERSION.match(version) if isinstance(version, str) else None
    return (int(match[1]), int(match[2])) if match else None


def _cell(index: int, raw: Any, notebook_language: str) -> Cell:
    if not isinstance(raw, dict):
        return Cell(index, "raw", "", language=notebook_language)
    metadata = _mapping(raw.get("metadata"))
    source = _text(raw.get("source", raw.get("input")))
    kind, language = _cell_kind(raw, metadata, notebook_language)
    if raw.get("cell_type") == "heading":
        level = raw.get("level")
        source = "#" * (level if isinstance(level, int) else 1) + " " + source
    count = raw.get("execution_count", raw.get("prompt_number"))
    outputs = raw.get("outputs")
    return Cell(
        index=index,
        kind=kind,
        source=source,
        id=raw["id"] if isinstance(raw.get("id"), str) else None,
        language=language,
        tags=_tags(metadata),
        execution_count=count if isinstance(count, int) and not isinstance(count, bool) else None,
        outputs=[_output(one) for one in outputs if isinstance(one, dict)]
        if isinstance(outputs, list)
        else (),
        metadata=metadata,
    )


def _cell_kind(
    raw: Mapping[str, Any], metadata: Mapping[str, Any], notebook_language: str
) -> tuple[CellKind, str]:
    declared = raw.get("cell_type")
    if declared in ("markdown", "heading", "html"):
        return "markdown", "markdown"
    if declared != "code":
        return "raw", "raw"
    editor = _mapping(metadata.get("vscode")).get("languageId")
    polyglot = _mapping(metadata.get("polyglot_notebook")).get("kernelName")
    for value in (editor, polyglot, metadata.get("language")):
        if isinstance(value, str) and value:
            return "code", _LANGUAGES.get(value.lower(), value.lower())
    return "code", notebook_language


def _tags(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    tags = metadata.get("tags")
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


def _text(value: Any) -> str:
    """A multi-line string of nbformat: a string, or a list of them; anything else is empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(item for item in value if isinstance(item, str))
    return ""


_OLD_TYPES = {"pyout": "execute_result", "pyerr": "error"}
_OLD_MIME = {"text": "text/plain", "html": "text/html", "png": "image/png", "svg": "image/svg+xml"}


def _output(output: dict[str, Any]) -> Mapping[str, Any]:
    """An output in the shape of nbformat 4, whatever it was."""
    kind = output.get("output_type")
    if kind == "stream" and "name" not in output and "stream" in output:
        return {**output, "name": output["stream"]}
    if kind in _OLD_TYPES or (kind == "display_data" and "data" not in output):
        data = {mime: output[key] for key, mime in _OLD_MIME.items() if key in output}
        converted = {**output, "output_type": _OLD_TYPES.get(kind or "", kind), "data": data}
        if "prompt_number" in output:
            converted["execution_count"] = output["prompt_number"]
        return converted
    return output
