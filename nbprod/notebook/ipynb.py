"""`.ipynb` of nbformat 2 to 4: text to `Notebook`, with a map back to the text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any

from nbprod.errors import ReadError
from nbprod.notebook.json_document import decode_document
from nbprod.notebook.json_positions import JsonMap
from nbprod.notebook.kernels import (
    cell_kernels,
    cell_language,
    mapping,
    notebook_language,
    python_version,
)
from nbprod.notebook.mislabelled import is_guessed, truly_python
from nbprod.notebook.other_languages import language_of_code, says_python
from nbprod.notebook.platforms import is_databricks, platform_names, switched_language
from nbprod.notebook.types import Cell, CellKind, Notebook, RawMap

__all__ = ["JsonMap", "assemble", "read_compactly", "read_ipynb", "tags_of"]

_MOST_DIGITS = 4000
_HEADINGS = 6


def read_ipynb(text: str, path: str) -> Notebook:
    """Read the text of an `.ipynb` file.

    Raises:
        ReadError: the text is no JSON, or no notebook of a format that is known.
    """
    decoded = decode_document(text)
    if decoded is not None:
        return _notebook(decoded.document, path, partial(JsonMap, text, cells=decoded.cells))
    try:
        document = _load(text)
    except json.JSONDecodeError as error:
        from nbprod.notebook import read_errors as faults

        raise faults.json_fault(text, error) from None
    except RecursionError:
        raise ReadError("invalid-json", "the JSON is nested too deeply to read") from None
    return _notebook(document, path, partial(JsonMap, text))


def read_compactly(data: bytes, path: str) -> Notebook | None:
    """Read a big UTF-8 file without ever holding wide text; None if that shows nothing."""
    from nbprod.notebook import narrow_text as compact

    try:
        text = compact.json_text(data)
        document = _load(text) if text is not None else None
    except (ValueError, RecursionError):
        # Whoever reads the whole text can say what is wrong, and where.
        return None
    if document is None:
        return None
    del text
    return _notebook(document, path, partial(JsonMap, partial(compact.position_text, data)))


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        # Python refuses to convert integers of thousands of digits; JSON does not mind them.
        return json.loads(text, parse_int=_integer)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) < _MOST_DIGITS else float(digits)


def _notebook(document: Any, path: str, raw_map: partial[JsonMap]) -> Notebook:
    if not isinstance(document, dict):
        from nbprod.notebook import read_errors as faults

        raise faults.not_a_notebook(document)
    version = _format_version(document)
    raw_cells = _raw_cells(document)
    metadata = mapping(document.get("metadata"))
    language = notebook_language(metadata, raw_cells)
    kernels = cell_kernels(metadata) if "sos" in metadata else {}
    cells = tuple([_cell(index, raw, language, kernels) for index, raw in enumerate(raw_cells)])
    raw = raw_map(prefixes=_prefixes(raw_cells))
    return assemble(path, cells, metadata, language, raw)._replace(nbformat=version)


def assemble(
    path: str, cells: tuple[Cell, ...], metadata: Mapping[str, Any], language: str, raw: RawMap
) -> Notebook:
    """The notebook of some cells: what its metadata and its cells together say of each cell."""
    if language == "python" and not says_python(metadata):
        other = language_of_code(cell.source for cell in cells if cell.is_python)
        if other is not None:
            language = other
            cells = tuple(
                cell._replace(language=other) if cell.is_python else cell for cell in cells
            )
    if language == "python" and any(map(is_guessed, cells)):
        cells = truly_python(cells)
    if is_databricks(metadata):
        cells = tuple(map(_as_switched, cells))
    return Notebook(
        path=path,
        format="ipynb",
        language=language,
        cells=cells,
        raw=raw,
        metadata=metadata,
        python_version=python_version(metadata) if language == "python" else None,
        injected=platform_names(metadata, cells),
    )


def _format_version(document: Mapping[str, Any]) -> tuple[int, int]:
    major, minor = document.get("nbformat"), document.get("nbformat_minor")
    if not isinstance(major, int) or isinstance(major, bool):
        major = 3 if "worksheets" in document and "cells" not in document else 4
    if not isinstance(minor, int) or isinstance(minor, bool):
        minor = 0
    if major not in (2, 3, 4):
        shown = str(major) if abs(major) < 10_000 else "?"
        advice = "set `nbformat` to 4" if major > 4 else "open and save it with an older Jupyter"
        raise ReadError(
            "unsupported-nbformat",
            f"is in notebook format {shown}; formats 2 to 4 can be read ({advice})",
        )
    return major, minor


def _raw_cells(document: Mapping[str, Any]) -> list[Any]:
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
    from nbprod.notebook import read_errors as faults

    raise faults.not_a_notebook(document)


def _cell(index: int, raw: Any, notebook_language: str, kernels: Mapping[str, str]) -> Cell:
    if not isinstance(raw, dict):
        return Cell(index, "raw", "", language="raw")
    metadata = mapping(raw.get("metadata"))
    source = raw.get("source")
    if source is None:
        source = raw.get("input")
    kind = _kind(raw)
    count = raw.get("execution_count", raw.get("prompt_number"))
    outputs = raw.get("outputs")
    identity = raw.get("id")
    return Cell(
        index=index,
        kind=kind,
        source=_heading(raw) + _text(source),
        id=identity if isinstance(identity, str) else None,
        language=cell_language(metadata, notebook_language, kernels) if kind == "code" else kind,
        tags=tags_of(metadata),
        execution_count=count if isinstance(count, int) and not isinstance(count, bool) else None,
        outputs=_outputs(outputs) if outputs and isinstance(outputs, list) else (),
        metadata=metadata,
        attachments=mapping(raw.get("attachments")),
        joints=_joints(source) if kind == "code" else (),
    )


def _as_switched(cell: Cell) -> Cell:
    """A cell of Databricks in the language that its first line says; the line stays."""
    switch = switched_language(cell.source) if cell.kind == "code" else None
    return cell if switch is None else cell._replace(language=switch[0])


def _kind(raw: Mapping[str, Any]) -> CellKind:
    declared = raw.get("cell_type")
    if declared == "code":
        return "code"
    return "markdown" if declared in ("markdown", "heading", "html") else "raw"


def _heading(raw: Mapping[str, Any]) -> str:
    """The marks that make Markdown of a heading cell of nbformat 3, as nbformat makes them."""
    if raw.get("cell_type") != "heading":
        return ""
    level = raw.get("level", 1)
    return "#" * (min(max(level, 1), _HEADINGS) if isinstance(level, int) else 1) + " "


def _prefixes(cells: Sequence[Any]) -> dict[int, int]:
    """How much longer than in the file the sources of heading cells are."""
    return {
        index: len(_heading(raw))
        for index, raw in enumerate(cells)
        if isinstance(raw, dict) and raw.get("cell_type") == "heading"
    }


def tags_of(metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """The tags in the metadata of a cell."""
    tags = metadata.get("tags")
    return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()


_FEWEST_JOINED = 2


def _text(value: Any) -> str:
    """A multi-line string of nbformat: a string, or a list of them; anything else is empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        try:
            return "".join(value)
        except TypeError:
            return "".join(item for item in value if isinstance(item, str))
    return ""


def _joints(value: Any) -> tuple[int, ...]:
    """Where the lines of a list meet if none of them has a line break; nothing otherwise."""
    if not isinstance(value, list) or len(value) < _FEWEST_JOINED:
        return ()
    if any(not isinstance(line, str) or "\n" in line for line in value):
        return ()
    places = list(accumulate(map(len, value)))
    return tuple(places[:-1])


_OLD_TYPES = {"pyout": "execute_result", "pyerr": "error"}
_OLD_MIME = {
    "text": "text/plain",
    "html": "text/html",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "latex": "text/latex",
    "json": "application/json",
    "javascript": "application/javascript",
    "pdf": "application/pdf",
}


def _outputs(outputs: Sequence[Any]) -> list[Mapping[str, Any]]:
    return [_output(output) for output in outputs if isinstance(output, dict)]


def _output(output: dict[str, Any]) -> Mapping[str, Any]:
    """An output in the shape of nbformat 4, whatever it was."""
    kind = output.get("output_type")
    if kind == "stream":
        if "name" in output:
            return output
        return {**output, "name": output.get("stream", "stdout")}
    if kind == "pyerr":
        return {**output, "output_type": "error"}
    if kind == "pyout" or (kind == "display_data" and "data" not in output):
        data = {mime: output[key] for key, mime in _OLD_MIME.items() if key in output}
        data.update({key: value for key, value in output.items() if "/" in key})
        converted = {**output, "output_type": _OLD_TYPES.get(kind, kind), "data": data}
        if "prompt_number" in output:
            converted["execution_count"] = output["prompt_number"]
        return converted
    if not isinstance(output.get("data", {}), dict):
        # What has no MIME types shows nothing.
        return {**output, "data": {}}
    return output
