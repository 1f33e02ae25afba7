"""The notebook that a call is about: a file below the root, or the text or cells of the call."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nbprod.config.files import Configuration
from nbprod.config.layers import read_layer
from nbprod.config.settings import Settings
from nbprod.disk.places import is_below
from nbprod.errors import UsageError
from nbprod.notebook.types import Notebook
from nbprod.project.run import find_notebook, get_notebook

__all__ = ["CallSource", "below_root", "source_of"]

_UNTITLED = "untitled.ipynb"


class CallSource(NamedTuple):
    """A notebook with its bytes, and the settings of its directory. ``is_saved``: it is the file
    at its path as it is on disk."""

    notebook: Notebook
    data: bytes
    settings: Settings
    is_saved: bool

    @property
    def path(self) -> str:
        """The path of the file, or where it would be."""
        return self.notebook.path


def source_of(arguments: Mapping[str, Any], root: str) -> CallSource:
    """Find the notebook of a call.

    Args:
        arguments: ``path``, ``text`` (the content of its file) or ``cells``; ``level``, ``codes``.
        root: the real path of the directory that files must be in; relative paths start there.

    Raises:
        ReadError: the file cannot be read, or is not a notebook.
        UsageError: it is outside of the root, nothing is named, or a setting is wrong.
    """
    text, cells = arguments.get("text"), arguments.get("cells")
    if arguments.get("path") is None and text is None and cells is None:
        raise UsageError("name a notebook: path, text or cells")
    if text is not None and cells is not None:
        raise UsageError("text and cells cannot be combined")
    path = below_root(str(arguments.get("path") or _UNTITLED), root)
    data: bytes | None = None
    if text is not None:
        data = text.encode("utf-8", "surrogatepass")
    elif cells is not None:
        data = _of_cells(cells, path)
    settings = _settings(arguments, path)
    notebook, data_read = get_notebook(path, data)
    return CallSource(notebook, data_read, settings, data is None)


def below_root(given: str, root: str) -> str:
    """A path below the root, relative to the present directory.

    Raises:
        UsageError: it leads out of the root, by a link or otherwise.
    """
    if "\0" in given or not is_below(os.path.realpath(os.path.join(root, given)), [root]):
        raise UsageError(f"{given} is outside of {root}, the root of this server")
    return os.path.relpath(os.path.join(root, given), os.getcwd())


def _of_cells(cells: Sequence[Any], path: str) -> bytes:
    """The file that cells would be saved as, with the kernel of the one that is there."""
    saved = find_notebook(path) if path.endswith(".ipynb") and os.path.isfile(path) else None
    document = {
        "cells": [_cell(cell, number) for number, cell in enumerate(cells)],
        "metadata": dict(saved.metadata) if saved is not None else {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document).encode()


def _cell(given: Any, number: int) -> dict[str, Any]:
    cell = {"source": given} if isinstance(given, str) else given
    kind = cell.get("kind", "code")
    found = {
        "cell_type": kind,
        "id": cell.get("id", f"cell-{number + 1}"),
        "metadata": {"tags": cell["tags"]} if cell.get("tags") else {},
        "source": cell["source"],
    }
    if kind == "code":
        found |= {"execution_count": cell.get("execution_count"), "outputs": []}
    return found


def _settings(arguments: Mapping[str, Any], path: str) -> Settings:
    table = {
        key: arguments[argument]
        for key, argument in (("level", "level"), ("select", "codes"))
        if arguments.get(argument)
    }
    if arguments.get("unsafe"):
        table["unsafe-fixes"] = True
    settings = Configuration(read_layer(table, "the call")).for_path(path)
    settings.require_rules()
    return settings
