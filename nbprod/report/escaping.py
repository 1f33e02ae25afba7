"""One escaping function for each kind of text output: names and sources are never trusted.

A file name, a cell id, a message or a line of source may hold what the reader of the output takes
for an instruction: escape sequences of a terminal, commands of a CI service's log, Markdown that
becomes a link, a picture or a mention. JSON and HTML have escapes of their own.
"""

from __future__ import annotations

import re

from nbprod.patterns import lazy_pattern

__all__ = [
    "escape_annotation",
    "escape_line",
    "escape_markdown",
    "escape_text",
    "escape_xml",
    "markdown_code",
    "markdown_name",
    "mute_json",
    "mute_markup",
    "visible_snippet",
]

# Printable by category, yet drawn as nothing: fillers and selectors of glyph variants.
_INVISIBLE = lazy_pattern(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0d\uffa0\U000e0100-\U000e01ef]"
)
# Blanks that are no blank of a line: control characters and ends of lines.
_BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"
# GitHub, Azure and TeamCity look for these anywhere in a line of the log.
_MARK = lazy_pattern(r"#(?=#\w*\[)")
# GitHub takes a line that starts so, after blanks, for a command.
_COMMAND = lazy_pattern(r"\A(\s*):(?=:)")


def escape_line(text: str) -> str:
    r"""Text for one line of a terminal or of a CI log: printable, and no live command.

    >>> escape_line("a\x1b[31m\n::error::b"), escape_line("::error::x"), escape_line("##vso[x]")
    ('a\\x1b[31m\\n::error::b', '\\x3a:error::x', '\\x23#vso[x]')
    """
    return _without_commands(_visible(text, keep="\t"))


def escape_text(text: str) -> str:
    """Text of several lines for a terminal or a CI log: each line by itself is harmless."""
    lines = _visible(text, keep="\n\t").split("\n")
    return "\n".join(_without_commands(line) for line in lines)


def escape_annotation(text: str) -> str:
    """The message of an annotation, before the service's own escapes: line breaks may stay."""
    return _MARK.sub(r"\\x23", _visible(text, keep="\n\r\t"))


def visible_snippet(line: str) -> str:
    """A line of source for a frame with marks below it: as many characters as before."""
    shown = line
    if not (line.isascii() and line.replace("\t", " ").isprintable()):
        shown = "".join(
            char if char == "\t" or _is_plain(char) else "\N{REPLACEMENT CHARACTER}"
            for char in line
        )
    return _MARK.sub("\N{REPLACEMENT CHARACTER}", shown)


def _without_commands(line: str) -> str:
    return _MARK.sub(r"\\x23", _COMMAND.sub(r"\1\\x3a", line))


def _is_plain(char: str) -> bool:
    if char.isprintable():
        return not _INVISIBLE.match(char)
    return char.isspace() and char not in _BREAKS


def _visible(text: str, keep: str) -> str:
    """Text with control, bidirectional and zero-width characters as backslash escapes."""
    if text.isprintable() and text.isascii():
        return text
    return "".join(char if char in keep or _is_plain(char) else _escape(ord(char)) for char in text)


def _escape(number: int) -> str:
    named = {9: r"\t", 10: r"\n", 13: r"\r"}.get(number)
    if named is not None:
        return named
    width = 2 if number < 0x100 else 4 if number < 0x10000 else 8
    return f"\\{ {2: 'x', 4: 'u', 8: 'U'}[width] }{number:0{width}x}"


# What has a meaning in Markdown, as an entity, which is text wherever it appears.
_ENTITIES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {char: f"&#{ord(char)};" for char in "|*_~[]\\`$"}
)
# Addresses become links by themselves.
_ADDRESS = lazy_pattern(r":(?=//)|(?<=mailto):|(?<=xmpp):|(?<=www)\.", re.IGNORECASE)
# `@name` and `#1` are looked for in the finished page, where an entity is what it stands for;
# only code is spared.
_REFERENCE = lazy_pattern(r"@|#(?=\d)")


def escape_markdown(text: str) -> str:
    """Text for one line of Markdown, in which only pairs of code marks keep their meaning.

    Marks that do not pair, or that would make a longer fence, are plain characters.
    """
    text = _visible(text, keep="")
    parts = text.split("`")
    if len(parts) % 2 == 0 or "``" in text:
        return _prose(text)
    return "".join(_code(part) if number % 2 else _prose(part) for number, part in enumerate(parts))


def markdown_name(text: str) -> str:
    """A name for one line of Markdown or of HTML within it, where code marks mean nothing."""
    return _prose(_visible(text, keep=""))


def markdown_code(text: str) -> str:
    """Text as code within a line of Markdown."""
    return _code(_visible(text, keep=""))


def _prose(text: str) -> str:
    escaped = _plain(_REFERENCE.sub(lambda match: f"\0{match[0]}\1", text))
    return escaped.replace("\0", "<code>").replace("\1", "</code>")


def _plain(text: str) -> str:
    return _ADDRESS.sub(lambda match: f"&#{ord(match[0])};", text.translate(_ENTITIES))


def _code(text: str) -> str:
    # A fence would have to be longer than any within, a table splits at a bar even in code, and
    # whoever looks for a hidden comment in the text does not read fences.
    if not text.strip() or re.search(r"[`|]|<!--|##\w*\[", text):
        return f"<code>{_plain(text)}</code>"
    return f"`{text}`"


def escape_xml(text: str) -> str:
    """Text for XML without what no document may hold; marks are escaped by the library.

    A log may show the document, so its lines are no commands either.
    """
    lines = _visible(text, keep="\t\n").split("\n")
    return "\n".join(_COMMAND.sub(r"\1\\x3a", line) for line in lines)


def mute_json(document: str) -> str:
    """A JSON document of the same value in which a log finds no command."""
    return _MARK.sub(r"\\u0023", document)


def mute_markup(document: str) -> str:
    """An XML or HTML document of the same content in which a log finds no command."""
    return _MARK.sub("&#35;", document)
