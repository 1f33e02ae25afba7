"""Bytes to `Notebook`, for every format that is read. Pure: the caller opens the file."""

from __future__ import annotations

import codecs

from nbprod.errors import ReadError
from nbprod.notebook import json_scan as scan
from nbprod.notebook.ipynb import read_compactly, read_ipynb
from nbprod.notebook.types import Notebook

__all__ = ["decode_text", "read_notebook"]

# Above this many bytes, a file with wide characters is not decoded as a whole.
_BIG = 4_000_000
_CUT = ("unexpected end of data", "truncated data")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_notebook(data: bytes, path: str) -> Notebook:
    """Read a notebook from the bytes of a file.

    Args:
        data: the whole file.
        path: its name, of which the suffix says what to expect.

    Raises:
        ReadError: the bytes are no notebook; ``kind`` says in which way.
    """
    is_ipynb = path.lower().endswith(".ipynb")
    if is_ipynb and len(data) > _BIG and not data.isascii():
        notebook = read_compactly(data, path)
        if notebook is not None:
            return notebook
    text = decode_text(data)
    del data
    if not text.startswith("{"):
        from nbprod.notebook import read_errors as faults

        faults.refuse_what_has_no_content(text)
    if is_ipynb:
        return read_ipynb(text, path)
    if "<<<<<<<" in text:
        from nbprod.notebook import read_errors as faults

        faults.refuse_merge_conflict(text)
    from nbprod.notebook.formats import read_text_notebook

    return read_text_notebook(text, path)


def decode_text(data: bytes) -> str:
    """The text of a file: UTF-8, with or without a mark, or UTF-16 with one.

    Raises:
        ReadError: it is something else; names the first byte that does not fit.
    """
    # The mark of UTF-32, little endian, starts as that of UTF-16 does.
    wide = data.startswith(_UTF16) and not data.startswith(codecs.BOM_UTF32_LE)
    mark = b"" if wide or not data.startswith(codecs.BOM_UTF8) else codecs.BOM_UTF8
    try:
        return data.decode("utf-16") if wide else data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Where a mark is taken off, the codec counts from after it.
        offset = error.start + len(mark)
        before = data[len(mark) : offset].decode("utf-16" if wide else "utf-8", "replace")
        line, column = scan.LineStarts(before).position(len(before))
        if len(data) - offset < 4 and error.reason in _CUT:
            raise ReadError(
                "not-utf8",
                "the file ends in the middle of a character; it is truncated",
                line,
                column,
            ) from None
        wanted = "UTF-16, by its first bytes" if wide else "UTF-8 text"
        raise ReadError(
            "not-utf8",
            f"is not {wanted} (byte 0x{data[offset]:02x} at offset {offset}); notebooks are UTF-8",
            line,
            column,
        ) from None
