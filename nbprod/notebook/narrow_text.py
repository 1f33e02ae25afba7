"""Big files with a few wide characters, in one byte for each character.

Python keeps a text in two or four bytes a character as soon as one of them needs it, so a single
emoji makes 150 MB of outputs take 600. Of such a file two texts are made, piece by piece, that
are pure ASCII: one that says the same as JSON, one in which everything stands at the same place.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii

from nbprod.patterns import lazy_pattern

__all__ = ["json_text", "position_text"]

_PIECE = 1 << 20
_WIDE = lazy_pattern(r"[^\x00-\x7f]+")
_ESCAPED_WIDE = lazy_pattern(r"\\[^\x00-\x7f]")


def _pieces(data: bytes) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    view = memoryview(data)
    for start in range(0, len(data), _PIECE):
        yield decoder.decode(view[start : start + _PIECE])
    yield decoder.decode(b"", True)


def json_text(data: bytes) -> str | None:
    """The JSON of a UTF-8 file with all that is wide as escapes.

    None where this would turn a wrong escape into a right one.

    Raises:
        UnicodeDecodeError: the bytes are not UTF-8.
    """
    parts: list[str] = []
    before = ""
    for piece in _pieces(data):
        if piece.isascii():
            parts.append(piece)
        elif _ESCAPED_WIDE.search(before + piece):
            return None
        else:
            parts.append(_WIDE.sub(lambda run: encode_basestring_ascii(run[0])[1:-1], piece))
        before = piece[-1:] or before
    return "".join(parts)


def position_text(data: bytes) -> str:
    """The text of a UTF-8 file with a question mark for each wide character."""
    text = ""
    for piece in _pieces(data):
        # CPython grows an ASCII string that nobody else holds in place; a join would hold both
        # the pieces and the whole.
        text += piece.encode("ascii", "replace").decode("ascii")
    return text
