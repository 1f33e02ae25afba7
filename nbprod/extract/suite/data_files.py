"""Files that functions read, small enough to be beside their tests."""

from __future__ import annotations

import ast
import os
from collections.abc import Collection, Iterable, Iterator

from nbprod.disk.places import is_within
from nbprod.disk.read import read_bytes, read_head
from nbprod.syntax.walk import walk

__all__ = ["data_files_of", "levels_up", "texts_named"]

_MOST_BYTES = 50_000
_MOST_BYTES_WHOLE = 500_000
_MOST_ROWS = 20
_MOST_COUNTED = 50_000_000
_LONGEST_PATH = 200
_ROWS = (".csv", ".tsv", ".jsonl")
# What a function that names it does not read as data.
_NO_DATA = (".py", ".ipynb", ".md", ".html", ".pkl", ".pickle", ".joblib")


_MOST_UP = 4


def levels_up(texts: Iterable[str]) -> int:
    """How many directories those of some texts lead up that may be relative paths."""
    return min(max((_levels(text) for text in texts if _may_be_path(text)), default=0), _MOST_UP)


def _levels(name: str) -> int:
    parts = os.path.normpath(name.replace("\\", "/")).split(os.sep)
    return len(parts) - len([part for part in parts if part != os.pardir])


def data_files_of(
    texts: Iterable[str], folder: str, hidden: Collection[str] = (), reach: str = ""
) -> dict[str, bytes]:
    """The files that texts of the code name, by their path from a folder.

    Of a table in lines that is too large, the first rows are taken, and of those with as many rows;
    other large files and files that are elsewhere are left out.

    Args:
        texts: those that a function names and is called with.
        folder: the folder in which the notebook runs.
        hidden: credentials; a file that holds one is left out.
        reach: the folder whose files may be taken; by default that in which the notebook runs.
    """
    found: dict[str, bytes] = {}
    counts: dict[str, int] = {}
    for name in texts:
        if not _may_be_path(name):
            continue
        path = os.path.realpath(os.path.join(folder, name))
        inside = is_within(path, (os.path.realpath(reach or folder),))
        if inside and _levels(name) <= _MOST_UP and os.path.isfile(path):
            data = _small(path)
            if data is not None and not any(value.encode() in data for value in hidden):
                found[os.path.normpath(name)] = data
                if path.lower().endswith(_ROWS):
                    counts[os.path.normpath(name)] = read_head(path, _MOST_COUNTED).count(b"\n")
    cut = {counts[name] for name in counts if found[name].count(b"\n") < counts[name]}
    return {
        name: _first_rows(data) if counts.get(name) in cut else data for name, data in found.items()
    }


def texts_named(nodes: Iterable[ast.AST], settings: Iterable[str] = ()) -> Iterator[str]:
    """The texts in some statements, and in expressions that are settings."""
    parsed = [ast.parse(text, mode="eval") for text in settings]
    for node in (*nodes, *parsed):
        for part in walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def _may_be_path(text: str) -> bool:
    is_short = 0 < len(text) < _LONGEST_PATH
    return is_short and text.isprintable() and not text.lower().endswith(_NO_DATA)


def _small(path: str) -> bytes | None:
    """The content of a file, of a large table its first rows; None for another large file."""
    if os.path.getsize(path) <= _MOST_BYTES:
        return read_bytes(path)
    if not path.lower().endswith(_ROWS):
        return read_bytes(path) if os.path.getsize(path) <= _MOST_BYTES_WHOLE else None
    return _first_rows(read_head(path, _MOST_BYTES)) or None


def _first_rows(data: bytes) -> bytes:
    rows = data.split(b"\n")[:-1]
    return b"".join(row + b"\n" for row in rows[: _MOST_ROWS + 1])
