"""Every text of a notebook in which a credential could stand, decoded; images are left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbprod.notebook.types import Cell, Notebook
from nbprod.secrets.types import Part, Text

__all__ = ["texts_of"]

_SOUND = ("image/", "audio/", "video/", "font/", "application/pdf", "application/octet-stream")
# What tools write into metadata: names of versions, colours and positions; never a credential.
_DULL = frozenset(
    """
    kernelspec language_info toc colab_type outputId authorship_tag hidden scrolled
    collapsed trusted heading_collapsed deletable editable slideshow execution nbformat
    bdata codemirror_mode
    base_uri id pygments_lexer mimetype file_extension vscode layout model_module
    model_name model_module_version _model_module _view_module _model_name _view_name
    _view_module_version _model_module_version
    """.split()
)
_DEEPEST = 40
_SHORTEST = 5


def texts_of(notebook: Notebook) -> Iterator[Text]:
    """Yield the texts in reading order: each cell's source, outputs, metadata; the notebook's."""
    for cell in notebook.cells:
        if cell.source:
            yield Text("source", cell.index, (), cell.source, cell.language)
        if cell.outputs:
            yield from _outputs(cell)
        if cell.metadata:
            yield from _values("metadata", cell.index, ("metadata",), cell.metadata, "")
        for name, content in cell.attachments.items():
            yield Text("attachment", cell.index, ("attachments", name), name, "name")
            if isinstance(content, Mapping):
                for mime, value in content.items():
                    if not mime.startswith(_SOUND):
                        path = ("attachments", name, mime)
                        yield from _text("attachment", cell.index, path, value, mime, "")
    if notebook.metadata:
        yield from _values("metadata", -1, ("metadata",), notebook.metadata, "")


def _outputs(cell: Cell) -> Iterator[Text]:
    """The texts of the outputs, whatever their type says: readers show those of unknown types."""
    for number, output in enumerate(cell.outputs):
        path: tuple[str | int, ...] = ("outputs", number)
        traceback = output.get("traceback")
        if isinstance(traceback, list):
            for line, text in enumerate(traceback):
                place = (*path, "traceback", line)
                yield from _text("output", cell.index, place, text, "traceback", "")
        for key in ("ename", "evalue"):
            if key in output:
                yield from _text("output", cell.index, (*path, key), output[key], "", "")
        data = output.get("data")
        if isinstance(data, Mapping):
            for mime, value in data.items():
                if mime.startswith(_SOUND) and mime != "image/svg+xml":
                    continue
                place = (*path, "data", mime)
                if isinstance(value, str) or _is_lines(value):
                    yield from _text("output", cell.index, place, value, mime, "")
                else:
                    yield from _values("output", cell.index, place, value, "")
        else:
            yield from _text("output", cell.index, (*path, "text"), output.get("text"), "text", "")
        metadata = output.get("metadata")
        if metadata:
            yield from _values("output", cell.index, (*path, "metadata"), metadata, "")


def _is_lines(value: object) -> bool:
    return isinstance(value, list) and set(map(type, value)) <= {str}


def _text(
    part: Part, cell: int, path: tuple[str | int, ...], value: object, language: str, name: str
) -> Iterator[Text]:
    if isinstance(value, str):
        text = value
    elif isinstance(value, list):
        lines = value if _is_lines(value) else [line for line in value if isinstance(line, str)]
        text = "".join(lines)
    else:
        return
    if len(text) >= _SHORTEST:
        yield Text(part, cell, path, text, language, name)


def _values(
    part: Part, cell: int, path: tuple[str | int, ...], value: Any, name: str, depth: int = 0
) -> Iterator[Text]:
    """The strings in a JSON value, each with the key that names it."""
    if isinstance(value, str):
        if len(value) >= _SHORTEST:
            yield Text(part, cell, path, value, "value", name)
    elif depth > _DEEPEST:
        return
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key in _DULL or isinstance(inner, (int, float)) or inner is None:
                continue
            yield from _values(part, cell, (*path, key), inner, _named(key, name), depth + 1)
    elif isinstance(value, list) and value and isinstance(value[0], (str, Mapping, list)):
        for number, inner in enumerate(value):
            yield from _values(part, cell, (*path, number), inner, name, depth + 1)


def _named(key: str, outer: str) -> str:
    """The name of a value; a key that only says "value" takes that of what is around it."""
    return outer if key in ("value", "default", "text") and outer else key
