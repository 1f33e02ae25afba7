"""What a magic's own line says: whose argument is Python, which names it reads and binds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbprod.libraries.extensions import names_bound_by
from nbprod.syntax.interpolation import names_in
from nbprod.syntax.magic_table import (
    AUTOMAGICS,
    CELL_OPAQUE,
    CELL_PYTHON,
    LINE_KNOWN,
    LINE_PYTHON,
    LOADERS,
    NOT_EXPANDED,
    SHELL_CELLS,
    Scope,
)
from nbprod.syntax.refused_magics import refusal_of_cell, refusal_of_line
from nbprod.syntax.types import Magic, MagicKind, MagicName, SyntaxOptions

__all__ = [
    "AUTOMAGICS",
    "SyntaxOptions",
    "cell_scope",
    "describe_cell_magic",
    "describe_line_magic",
    "describe_shell",
    "first_line_code",
    "line_code",
]


# Patterns are compiled when they are first used: most notebooks need few of them.
_WORD = r"[^\W\d]\w*"
_ARGUMENT = r"(?<![\w.\-/])[^\W\d]\w*(?![\w./])"
_FIRST_WORD = r"\s+([^\W\d]\w*)(?=\s|\Z)"
_CAPTURE = r"(?:\s+--?\w[\w-]*)*\s+([^\W\d]\w*)"
_VALUE_OPTIONS = (
    "project|dataset_id|location|params|max_results|maximum_bytes_billed|job_id|destination_table"
    "|progress_bar_type|bigquery_api_endpoint|bqstorage_api_endpoint|engine|client_info"
)
_BIGQUERY = (
    rf"(?:\s+--(?:(?:{_VALUE_OPTIONS})(?:=|\s+)\S+|(?!(?:{_VALUE_OPTIONS})\b)\w+))*"
    r"\s+([^\W\d]\w*)(?=\s|\Z)"
)
_STREAMS = r"(?:^|\s)--(?:out|err|proc)(?:\s*=\s*|\s+)(\w+)"
_OUTPUT = r"(?:^|\s)(?:-o\s*|--?out(?:put)?(?:\s*=\s*|\s+))([\w,]+)"
_R_OUTPUT = r"(?:^|\s)(?:-[od]\s*|--(?:output|dataframe)(?:\s*=\s*|\s+))([\w,]+)"
_INPUT = r"(?:^|\s)(?:-i\s*|--?in(?:put)?(?:\s*=\s*|\s+))([\w,]+)"
_ARROW = r"(?:^|\s)([^\W\d]\w*)\s*=?\s*<<"
_ARROW_BELOW = r"\s*([^\W\d]\w*)\s*=?\s*<<"
_ASSIGNED = r"(?:\s+-\w+)*\s+([^\W\d]\w*)\s*="
_EXTENSION = r"\s+['\"]?([\w.]+)"
_PROFILED = r"-f\s*([^\W\d]\w*)"
_SAVED = r"(?:^|\s)-\w*v\s*([^\W\d]\w*)\s"
_CYTHON = (
    r"(?m)^(?:(?:def|class|cdef[ ]class|cpdef(?:[ ](?!class)[\w.\[\]:,*]+)*?(?:[ ]class)?)[ ]+"
    r"([^\W\d]\w*)[ ]*[(:]|import[ ](?:[\w.]+[ ]as[ ])?([^\W\d]\w*)|([^\W\d]\w*)[ ]*=(?!=))"
)
_CYTHON_FROM = r"(?m)^from[ ]+\S+[ ]+import[ ]+([^\r\n(]+)"
_IMPORTED = r"(?:[^\W\d]\w*\s+as\s+)?([^\W\d]\w*)\s*(?:,|\Z)"

_CYTHON_MAGICS = ("cython", "cython_pyximport")

# Cell magics that run a program and may keep its streams in variables.
_PROGRAMS = (SHELL_CELLS - {"!"}) | frozenset("perl pypy python python2 python3 ruby".split())
# Cell magics that write a file or show a page: their options name no variables.
_NAMELESS = frozenset(
    [
        "!", "HTML", "SVG", "code_wrap", "file", "graphviz", "heat", "html", "javascript", "js",
        "latex", "markdown", "md", "mermaid", "skip", "svg", "writefile", "writetemplate",
    ]
)  # fmt: skip


def cell_scope(name: str, options: SyntaxOptions) -> tuple[Scope, bool]:
    """How the body of a cell magic is to be read, and whether the magic is known."""
    if name in options.opaque_magics:
        return "opaque", True
    if name in options.python_magics:
        return "shared", True
    name = name.partition("[")[0]
    if name in CELL_PYTHON:
        return CELL_PYTHON[name], True
    return "opaque", name in CELL_OPAQUE


def describe_cell_magic(text: str, start: int, body: str, options: SyntaxOptions) -> Magic:
    """The magic of a ``%%`` line. ``body`` is the text of the cell below it."""
    found = re.match(r"%%(\S*)", text)
    name = found[1] if found else ""
    scope, known = cell_scope(name, options)
    rest = text[2 + len(name) :]
    offset = start + 2 + len(name)
    refusal = (
        None
        if known and name in options.python_magics | options.opaque_magics
        else (refusal_of_cell(name, rest, body))
    )
    return Magic(
        kind="cell",
        name=name,
        text=text,
        start=start,
        end=start + len(text),
        scope=scope,
        reads=tuple(_cell_reads(name, rest, offset)),
        interpolates=() if name in NOT_EXPANDED else names_in(rest, offset),
        binds=tuple(_cell_binds(name, scope, rest, offset, body, start + len(text))),
        # What an extension's own magic does is anybody's guess.
        opaque_names=refusal is None
        and (not known or name in ("spark", "add_to", *_CYTHON_MAGICS)),
        known=known,
        refusal=refusal,
    )


def _cell_reads(name: str, rest: str, offset: int) -> Iterator[MagicName]:
    if name == "add_to":
        yield from _first_group(re.match(_FIRST_WORD, rest), offset)
    elif name in ("lprun", "mprun"):
        for match in re.finditer(_PROFILED, rest):
            yield from _first_group(match, offset)
    elif cell_takes_variables(name):
        for match in re.finditer(_INPUT, rest):
            yield from _listed(match, offset)


def cell_takes_variables(name: str) -> bool:
    """Whether a magic of another language may exchange variables by its options."""
    return name not in _NAMELESS and name not in _PROGRAMS and name not in CELL_PYTHON


def _cell_binds(
    name: str, scope: Scope, rest: str, offset: int, body: str, body_start: int
) -> Iterator[MagicName]:
    if name == "capture":
        yield from _first_group(re.match(_CAPTURE, rest), offset)
    elif name == "bigquery":
        yield from _first_group(re.match(_BIGQUERY, rest), offset)
    elif name == "timeit":
        yield from _first_group(re.search(_SAVED, rest + " "), offset)
    elif name in _CYTHON_MAGICS:
        yield from _cython_names(body, body_start)
    elif scope == "opaque" and name not in _NAMELESS:
        if name in _PROGRAMS or name not in CELL_OPAQUE:
            for match in re.finditer(_STREAMS, rest):
                yield from _listed(match, offset)
        if cell_takes_variables(name):
            for match in re.finditer(_R_OUTPUT if name == "R" else _OUTPUT, rest):
                yield from _listed(match, offset)
            arrow = re.search(_ARROW, rest)
            yield from _first_group(arrow, offset)
            if arrow is None:
                yield from _first_group(re.match(_ARROW_BELOW, body), body_start)


def _cython_names(body: str, start: int) -> Iterator[MagicName]:
    """The names that a compiled cell leaves: whatever Python sees of its module."""
    for match in re.finditer(_CYTHON, body):
        group = match.lastindex or 1
        yield MagicName(match[group], start + match.start(group), start + match.end(group))
    for match in re.finditer(_CYTHON_FROM, body):
        for one in re.finditer(_IMPORTED, match[1].partition("#")[0].rstrip()):
            yield from _first_group(one, start + match.start(1))


def describe_line_magic(text: str, start: int, kind: MagicKind = "line") -> Magic:
    """The magic of a ``%name …`` text, or of a bare automagic; without its body."""
    sign = 1 if text.startswith("%") else 0
    found = re.match(r"[^\s\\]+", text[sign:])
    name = found[0] if found else ""
    rest = text[sign + len(name) :]
    offset = start + sign + len(name)
    return Magic(
        kind,
        name,
        text,
        start,
        start + len(text),
        scope=LINE_PYTHON[name][0] if name in LINE_PYTHON else "opaque",
        reads=tuple(_line_reads(name, rest, offset)),
        interpolates=() if name in NOT_EXPANDED else names_in(rest, offset),
        binds=tuple(_line_binds(name, rest, offset)),
        opaque_names=name in ("pylab", "edit", "ed", "load", "loadpy", "rerun", "recall", "rep")
        or (name == "store" and _restores(rest) and not any(_arguments(rest, 0)))
        # What an extension's or a user's own magic does is anybody's guess.
        or (kind == "line" and name not in LINE_KNOWN and name.isidentifier()),
        known=name in LINE_KNOWN,
        refusal=refusal_of_line(name, rest) if kind in ("line", "auto") else None,
    )


def _line_reads(name: str, rest: str, offset: int) -> Iterator[MagicName]:
    if name in ("lprun", "mprun"):
        for match in re.finditer(_PROFILED, rest):
            yield from _first_group(match, offset)
    elif name == "store" and not re.match(r"\s+-\w*[rdz]", rest):
        yield from _arguments(rest.partition(">")[0], offset)
    elif name in ("xdel", "Rpush"):
        yield from _arguments(rest, offset)
    elif name in ("R", "sql", "sparksql"):
        for match in re.finditer(_INPUT, rest):
            yield from _listed(match, offset)


def _line_binds(name: str, rest: str, offset: int) -> Iterator[MagicName]:
    if name == "store" and _restores(rest) or name == "Rpull":
        yield from _arguments(rest, offset)
    elif name in ("macro", "Rpull"):
        yield from _first_group(re.match(_FIRST_WORD, rest), offset)
    elif name in LOADERS:
        yield from _bound_by_extension(re.match(_EXTENSION, rest), offset)
    elif name == "reload_kedro":
        for bound in names_bound_by(name) or ():
            yield MagicName(bound, offset - len(name), offset)
    elif name == "sc":
        yield from _first_group(re.match(_ASSIGNED, rest), offset)
    elif name == "timeit":
        options = rest[: line_code(name, rest)]
        yield from _first_group(re.search(_SAVED, options), offset)
    elif name in ("sql", "R", "bigquery", "sparksql"):
        for match in re.finditer(_OUTPUT, rest):
            yield from _listed(match, offset)
        yield from _first_group(re.search(_ARROW, rest), offset)


def _bound_by_extension(match: re.Match[str] | None, offset: int) -> Iterator[MagicName]:
    if match is not None:
        for bound in names_bound_by(match[1]) or ():
            yield MagicName(bound, offset + match.start(1), offset + match.end(1))


def _restores(rest: str) -> bool:
    return re.match(r"\s+-\w*r", rest) is not None


def describe_shell(text: str, start: int) -> Magic:
    """The magic of a ``!command``."""
    return Magic("shell", "", text, start, start + len(text), interpolates=names_in(text, start))


def line_code(name: str, rest: str) -> int | None:
    """Where the Python statement starts in what follows the name of a line magic."""
    if name not in LINE_PYTHON:
        return None
    lead = len(rest) - len(rest.lstrip())
    # With a line end, since the last option may stand at the end of the line.
    match = re.match(LINE_PYTHON[name][1], rest[lead:] + "\n")
    start = lead + (match.end() if match else 0)
    return start if rest[start:].strip() else None


def first_line_code(magic: Magic) -> int | None:
    """Where Python starts in the first line of a cell magic, as in ``%%timeit setup()``."""
    if magic.name not in ("timeit", "memit", "prun"):
        return None
    lead = 2 + len(magic.name)
    start = line_code(magic.name, magic.text[lead:])
    return None if start is None else lead + start


def _first_group(match: re.Match[str] | None, offset: int) -> Iterator[MagicName]:
    if match is not None:
        yield MagicName(match[1], offset + match.start(1), offset + match.end(1))


def _arguments(text: str, offset: int) -> Iterator[MagicName]:
    """The words of a line that are names, not options or paths."""
    for match in re.finditer(_ARGUMENT, text):
        yield MagicName(match[0], offset + match.start(), offset + match.end())


def _listed(match: re.Match[str], offset: int) -> Iterator[MagicName]:
    """The names of a list such as ``a,b``."""
    origin = offset + match.start(1)
    for word in re.finditer(_WORD, match[1]):
        yield MagicName(word[0], origin + word.start(), origin + word.end())
