"""IPython syntax to Python of the same length, line by line.

Each piece of IPython syntax becomes the digit zero padded with blanks, which is a legal statement
and a legal right-hand side, so that every position in the tree is a position in the cell. Like
IPython we look only at the start of a logical line, at ``name = %…`` and ``name = !…``, and at a
question mark at the end; text inside strings, brackets and comments is left alone.
"""

from __future__ import annotations

import ast
import re

from nbprod.syntax.magics import (
    AUTOMAGICS,
    SyntaxOptions,
    cell_scope,
    describe_cell_magic,
    describe_line_magic,
    describe_shell,
    moved,
)
from nbprod.syntax.spans import LineIndex
from nbprod.syntax.types import Magic, MagicName

__all__ = ["Masked", "is_suspect", "mask"]

# Whether a source may hold IPython syntax at all.
_SUSPECT = re.compile(r"^[ \t]*[%!?,;/]|\?[ \t;]*$|=[ \t]*[%!]|^[ \t]*(?:>>>|In \[)", re.MULTILINE)
_TOKEN = re.compile(
    r"""("{3}|'{3}|"|')|(\#[^\r\n]*)|([\[({])|([\])}])|(\\\r?\n)|(\r\n|\r|\n)|[^"'\#\[({\])}\\\r\n]+|\\"""
)
_STRING_ENDS = {
    '"""': re.compile(r'(?:[^\\]|\\.)*?"""', re.DOTALL),
    "'''": re.compile(r"(?:[^\\]|\\.)*?'''", re.DOTALL),
    '"': re.compile(r'(?:[^"\\\r\n]|\\(?:\r\n|[\s\S]))*"'),
    "'": re.compile(r"(?:[^'\\\r\n]|\\(?:\r\n|[\s\S]))*'"),
}
_INDENT = re.compile(r"[ \t\f]*")
_CONTINUED = re.compile(r"(?:\\\r?\n|[^\r\n])*")
_ASSIGNED = re.compile(r"[^=\#\"'!%<>\r\n]*[^=\#\"'!%<>\s:+*/@&|^-][ \t]*=[ \t]*(?=[!%])")
_HELP = re.compile(
    r"(%{0,2}(?!\d)[\w*]+(?:\.[\w*]+|\[-?\d+\])*)(\?\??)"
    r"[ \t]*;?[ \t]*(?:\#[^\r\n]*)?(?=\r|\n|\Z)"
)
_CALL_LINE = re.compile(r"([,;/])[ \t]*([^\W\d][\w.]*)[ \t]*([^\r\n]*)")
_BREAKS = re.compile(r"[^\r\n]")
_PROMPT = re.compile(r"^([ \t]*)(>>> ?|\.\.\. ?|In \[\d+\]: ?|[ ]*\.{3,}: ?)", re.MULTILINE)


class Masked:
    """A source with its IPython syntax masked.

    ``opaque``: the whole body belongs to a cell magic of another language.
    """

    __slots__ = ("cell_magic", "index", "magics", "opaque", "text")

    def __init__(self, source: str) -> None:
        self.text = source
        self.index = LineIndex(source)
        self.magics: list[Magic] = []
        self.cell_magic: Magic | None = None
        self.opaque = False


def is_suspect(source: str) -> bool:
    """Whether a source may hold IPython syntax, so that it has to be masked before parsing."""
    return _SUSPECT.search(source) is not None


def mask(source: str, options: SyntaxOptions) -> Masked:
    """Mask all IPython syntax of a cell."""
    masked = Masked(source)
    if source.lstrip().startswith((">>>", "In [")):
        masked.text = _PROMPT.sub(lambda match: " " * len(match[0]), source)
    start = _cell_magics(masked, options)
    if masked.opaque:
        return masked
    if not _is_one_automagic(masked, start):
        _logical_lines(masked, start)
    return masked


def _cell_magics(masked: Masked, options: SyntaxOptions) -> int:
    """Mask the ``%%`` lines at the head of a cell; returns where the body starts."""
    position = 0
    while True:
        head = re.compile(r"\s*").match(masked.text, position)
        begin = head.end() if head else position
        if not masked.text.startswith("%%", begin):
            return position
        line = re.compile(r"[^\r\n]*").match(masked.text, begin)
        end = line.end() if line else begin
        text = masked.text[begin:end]
        if _HELP.match(text):
            return position
        body = masked.text[end:]
        name = re.match(r"%%(\S*)", text)
        scope, known = cell_scope(name[1] if name else "", options)
        python = not known and _parses(body)
        magic = describe_cell_magic(text, begin, body, options, python)
        masked.magics.append(magic)
        masked.cell_magic = magic
        if scope == "opaque":
            masked.opaque = True
            masked.text = _blank(masked.text)
            return len(masked.text)
        masked.text = masked.text[:begin] + " " * (end - begin) + masked.text[end:]
        position = end


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return bool(text.strip())


def _is_one_automagic(masked: Masked, start: int) -> bool:
    """A cell of one line that is a magic without its sign, as in ``pip install x``."""
    line = masked.text[start:]
    stripped = line.strip()
    if not stripped or "\n" in stripped or "\r" in stripped:
        return False
    word, _, rest = stripped.partition(" ")
    if word not in AUTOMAGICS or not rest.strip() or rest.lstrip()[:1] in "=.([,+-*/%<>&|^:;":
        return False
    if _parses(stripped):
        return False
    begin = start + line.index(stripped)
    _line_magic(masked, begin, begin + len(stripped), "auto")
    return True


def _logical_lines(masked: Masked, position: int) -> None:
    """Go through the logical lines; mask those that are IPython's."""
    text = masked.text
    size = len(text)
    while position < size:
        indent = _INDENT.match(text, position)
        begin = indent.end() if indent else position
        if begin < size and (end := _escaped(masked, begin)):
            text = masked.text
            position = end
            continue
        position = _python_line(masked, begin)
        text = masked.text


def _escaped(masked: Masked, begin: int) -> int | None:
    """Mask the logical line at ``begin`` if it is IPython's; returns where it ends."""
    text = masked.text
    first = text[begin]
    if first in "%!":
        if first == "%" and (helped := _help(masked, begin)):
            return helped
        end = _end_of_command(text, begin)
        if first == "!":
            _shell(masked, begin, end)
        else:
            _line_magic(masked, begin, end, "line")
        return end
    if first == "?":
        end = _end_of_command(text, begin)
        _put(masked, Magic("help", "", text[begin:end], begin, end))
        return end
    if first in ",;/":
        return _called(masked, begin)
    if (first.isalnum() or first in "_*") and (helped := _help(masked, begin)):
        return helped
    assigned = _ASSIGNED.match(text, begin)
    if assigned is not None:
        start = assigned.end()
        end = _end_of_command(text, start)
        if text[start] == "!":
            _shell(masked, start, end)
        else:
            _line_magic(masked, start, end, "line")
        return end
    return None


def _end_of_command(text: str, begin: int) -> int:
    """Where a magic or shell line ends: its line, and those that backslashes add."""
    match = _CONTINUED.match(text, begin)
    return match.end() if match else begin


def _help(masked: Masked, begin: int) -> int | None:
    match = _HELP.match(masked.text, begin)
    if match is None:
        return None
    _put(masked, Magic("help", "", match[0], begin, match.end()))
    return match.end()


def _called(masked: Masked, begin: int) -> int | None:
    """``,f a b`` and its kin: a call of ``f``, whose name must exist."""
    match = _CALL_LINE.match(masked.text, begin)
    if match is None:
        return None
    name = match[2].partition(".")[0]
    reads = [MagicName(name, match.start(2), match.start(2) + len(name))]
    if match[1] == "/":
        reads += [
            MagicName(word[0], match.start(3) + word.start(), match.start(3) + word.end())
            for word in re.finditer(r"(?<![\w.'\"])[^\W\d]\w*(?!['\"\w])", match[3])
        ]
    _put(
        masked,
        Magic("quote", "", match[0], begin, match.end(), reads=tuple(reads), scope="shared"),
    )
    return match.end()


def _shell(masked: Masked, begin: int, end: int) -> None:
    _put(masked, describe_shell(masked.text[begin:end], begin))


def _line_magic(masked: Masked, begin: int, end: int, kind: str) -> None:
    text = masked.text[begin:end]
    magic, body, body_start = describe_line_magic(text, begin, kind)  # type: ignore[arg-type]
    if body is not None:
        line, column = masked.index.position(begin + body_start)
        lead = masked.text[begin + body_start - column + 1 : begin + body_start]
        moved(body, line - 1, len(lead.encode("utf-8", "surrogatepass")))
    _put(masked, magic, body)


def _put(masked: Masked, magic: Magic, body: ast.Module | None = None) -> None:
    """Replace a magic by its stand-in and remember where that stands."""
    from dataclasses import replace

    line, column = masked.index.position(magic.start)
    lead = masked.text[magic.start - column + 1 : magic.start]
    masked.magics.append(
        replace(
            magic,
            lineno=line,
            col_offset=len(lead.encode("utf-8", "surrogatepass")),
            body=body if body is not None else magic.body,
        )
    )
    piece = masked.text[magic.start : magic.end]
    masked.text = masked.text[: magic.start] + "0" + _blank(piece[1:]) + masked.text[magic.end :]


def _blank(text: str) -> str:
    """The same lines, all blank."""
    return _BREAKS.sub(" ", text)


def _python_line(masked: Masked, position: int) -> int:
    """Skip one logical line of Python; returns where the next one starts."""
    text = masked.text
    depth = 0
    size = len(text)
    while position < size:
        match = _TOKEN.match(text, position)
        if match is None:
            return position + 1
        position = match.end()
        kind = match.lastindex
        if kind == 1:
            end = _STRING_ENDS[match[1]].match(text, position)
            if end is not None:
                position = end.end()
        elif kind == 3:
            depth += 1
        elif kind == 4:
            depth = max(0, depth - 1)
        elif kind == 6 and depth == 0:
            return position
    return position
