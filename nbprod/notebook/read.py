"""Bytes to `Notebook`, for every format that is read. Pure: the caller opens the file."""

from __future__ import annotations

import codecs
import re

from nbprod.errors import ReadError
from nbprod.notebook import scan
from nbprod.notebook.ipynb import read_ipynb
from nbprod.notebook.types import Notebook

__all__ = ["decode", "read_notebook"]

_CONFLICT = re.compile(r"^<{7}(?: |$)", re.MULTILINE)
_LFS = "version https://git-lfs.github.com/spec/"


def read_notebook(data: bytes, path: str) -> Notebook:
    """Read a notebook from the bytes of a file.

    Args:
        data: the whole file.
        path: its name, of which the suffix says what to expect.

    Raises:
        ReadError: the bytes are no notebook; ``kind`` says in which way.
    """
    text = decode(data)
    del data
    _refuse_what_is_no_notebook(text)
    if path.lower().endswith(".ipynb"):
        return read_ipynb(text, path)
    from nbprod.notebook.formats import read_text_notebook

    return read_text_notebook(text, path)


def decode(data: bytes) -> str:
    """The text of a file: UTF-8, with or without a mark, or UTF-16 with one.

    Raises:
        ReadError: it is something else; names the first byte that does not fit.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        line, column = scan.LineStarts(before).position(len(before))
        raise ReadError(
            "not-utf8",
            f"is not UTF-8 text (byte 0x{data[error.start]:02x} at offset {error.start}); "
            "notebooks are UTF-8",
            line,
            column,
        ) from None


def _refuse_what_is_no_notebook(text: str) -> None:
    """Faults of the whole file that deserve a better word than "invalid JSON"."""
    if not text or text.isspace():
        raise ReadError("empty-file", "is empty; delete it, or save the notebook again")
    if text.startswith(_LFS):
        raise ReadError(
            "lfs-pointer",
            "is a Git LFS pointer, not the notebook itself; run `git lfs pull` to get it",
        )
    conflict = _CONFLICT.search(text)
    if conflict is not None and "\n>>>>>>>" in text[conflict.end() :].replace("\r\n", "\n"):
        line, column = scan.LineStarts(text).position(conflict.start())
        raise ReadError(
            "merge-conflict",
            "has git conflict marks; resolve the merge first (nbdime can: `nbdime mergetool`)",
            line,
            column,
        )
