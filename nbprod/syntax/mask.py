"""IPython syntax to Python of the same length, line by line.

Each piece of IPython syntax becomes the digit zero padded with blanks, which is a legal statement
and a legal right-hand side, so that every position in the tree is a position in the cell. Like
IPython we look only at the start of a logical line, at ``name = %…`` and ``name = !…``, and at a
question mark at the end; text inside strings, brackets and comments is left alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import NamedTuple

from nbprod.notebook.positions import LineIndex
from nbprod.patterns import lazy_pattern
from nbprod.syntax.indentation import find_margins, moved_right, without_margins
from nbprod.syntax.lexer import end_of_command, read_statement
from nbprod.syntax.magic_table import AUTOMAGICS
from nbprod.syntax.magics import (
    SyntaxOptions,
    describe_cell_magic,
    describe_line_magic,
    describe_shell,
    first_line_code,
    line_code,
)
from nbprod.syntax.types import Magic, MagicKind, MagicName
from nbprod.syntax.walk import walk

__all__ = ["Masked", "mask", "parse_masked"]

# Each `%%` line looks at all that is below it.
_MOST_CELL_MAGICS = 20
_BLANK_LINES = lazy_pattern(r"(?:[^\S\r\n]*(?:\r\n|\r|\n))*")
_INDENT = lazy_pattern(r"(?:[ \t\f]|\\\r?\n)*")
_LINE = lazy_pattern(r"[^\r\n]*")
_TEXT = lazy_pattern(r"[^\r\n]")
_SUSPECT = lazy_pattern(r"(?<![^\r\n])(?:[ \t\f]|\\\r?\n)*[%!?,;/]|\?(?![^\r\n])|=[\s\\]*[!%]")
_HELP = r"%{0,2}(?!\d)[\w*]+(?:\.(?!\d)[\w*]+|\[-?[0-9]+\])*\?\??\Z"
# At the start of a line these are operators, so Python says what is wrong with them.
_OPERATORS = ("%=", "!=", "/=", "//")
_CELL_HELP = r"%%\w+\?"
_MAGIC_ASSIGNED = r"%\s*[^\W\d]"
_HEAD = lazy_pattern(r"[\w.*]*")
_CONTINUATION = r"\\\r?\n"
_LOOSE_WORD = r"\S+"


class Masked(NamedTuple):
    """A source with its IPython syntax masked.

    ``cuts`` says how much the parser must not see of which lines (by their offsets): prompts and
    common indentation. ``opaque``: the body belongs to a cell magic of another language.
    """

    text: str
    magics: tuple[Magic, ...]
    cuts: dict[int, int]
    cell_magic: Magic | None
    opaque: bool


def mask(
    source: str,
    options: SyntaxOptions,
    automagics: frozenset[str] = AUTOMAGICS,
    unbound: frozenset[str] = frozenset(),
) -> Masked:
    """Mask all IPython syntax of a cell.

    ``automagics`` are the magics that work without their sign, since no variable hides them. A
    line that is Python too is taken for one only if its first word is known to be ``unbound``.
    """
    masker = _Masker(source, options)
    body = masker.read_cell_magics()
    if masker.opaque:
        text = _TEXT.sub(" ", source)
    else:
        if not masker.read_automagic(body, automagics, unbound):
            masker.read_statements(body)
        text = masker.masked()
    magics = tuple(masker.magics)
    return Masked(text, magics, masker.cuts, masker.cell_magic, masker.opaque)


def parse_masked(masked: Masked) -> ast.Module:
    """The tree of a masked source, with its positions; raises what the parser raises."""
    if not masked.cuts:
        return _parse(masked.text)
    tree = _parse(without_margins(masked.text, masked.cuts))
    moved_right(tree, masked.text, masked.cuts)
    return tree


def _parse(text: str) -> ast.Module:
    return compile(text, "<cell>", "exec", ast.PyCF_ONLY_AST, True)  # type: ignore[return-value]


class _Masker:
    """Gathers the magics of one source and what their places are to be replaced with."""

    def __init__(self, source: str, options: SyntaxOptions) -> None:
        self.text = source
        self.options = options
        self.index = LineIndex(source)
        self.magics: list[Magic] = []
        self.cuts: dict[int, int] = {}
        self.pieces: list[tuple[int, int, str]] = []
        self.cell_magic: Magic | None = None
        self.opaque = False

    def masked(self) -> str:
        """The source with every replacement made."""
        parts: list[str] = []
        position = 0
        for begin, end, stand_in in sorted(self.pieces):
            start = max(begin, position)
            if end <= start:
                continue  # a prompt within a magic of several lines
            parts += (self.text[position:start], stand_in)
            parts.append(_TEXT.sub(" ", self.text[start + len(stand_in) : end]))
            position = end
        parts.append(self.text[position:])
        return "".join(parts)

    def read_cell_magics(self) -> int:
        """Mask the ``%%`` lines at the head of a cell; returns where the body starts."""
        position = 0
        for _ in range(_MOST_CELL_MAGICS):
            cuts = find_margins(self.text, position)
            self._cut(cuts)
            blank = _BLANK_LINES.match(self.text, position)
            line = blank.end() if blank else position
            begin = line + cuts.get(line, 0)
            if not self.text.startswith("%%", begin) or re.compile(_CELL_HELP).match(
                self.text, begin
            ):
                return position
            end = _end_of_line(self.text, begin)
            body = self.text[end:]
            magic = describe_cell_magic(self.text[begin:end].rstrip(), begin, body, self.options)
            self.magics.append(magic)
            self.cell_magic = magic
            if magic.scope == "opaque":
                self.opaque = True
                return len(self.text)
            # Without any body at all IPython refuses to run the magic.
            code = first_line_code(magic) if _next_line(self.text, end) < len(self.text) else None
            if code is not None and _is_python(self.text[begin + code : end], self.options):
                self.pieces.append((line, begin + code, ""))
                self.cuts[line] = begin + code - line
                self.cuts.update(find_margins(self.text, _next_line(self.text, end)))
                return begin + code
            self.pieces.append((begin, end, ""))
            position = _next_line(self.text, end)
        return position

    def _cut(self, cuts: dict[int, int]) -> None:
        self.cuts.update(cuts)
        for offset, cut in cuts.items():
            if self.text[offset : offset + cut].strip():
                self.pieces.append((offset, offset + cut, ""))

    def read_automagic(
        self, start: int, automagics: frozenset[str], unbound: frozenset[str]
    ) -> bool:
        """Mask a body of one line that is a magic without its sign, as in ``pip install x``."""
        blank = _BLANK_LINES.match(self.text, start)
        line = blank.end() if blank else start
        head = _INDENT.match(self.text, line + self.cuts.get(line, 0))
        begin = head.end() if head else line
        end = _end_of_line(self.text, begin)
        word = _HEAD.match(self.text, begin)
        if word is None or word[0] not in automagics or len(self.text) > _next_line(self.text, end):
            return False
        command = self.text[begin:end].rstrip()
        rest = command[len(word[0]) :].lstrip()
        if rest[:1] in tuple("=,?"):
            return False
        if word[0] not in unbound and _is_python(command, self.options):
            return False
        self._add_line_magic(begin, begin + len(command), "auto")
        return True

    def read_statements(self, position: int) -> None:
        """Go through the logical lines; mask those that are IPython's."""
        text = self.text
        size = len(text) if self._is_suspect(position) else 0
        while position < size:
            indent = _INDENT.match(text, position + self.cuts.get(position, 0))
            begin = indent.end() if indent else position
            if begin >= size:
                return
            first = text[begin]
            if first in "%!?,;/" and not text.startswith(_OPERATORS, begin):
                position = self._read_escaped(begin, first)
                if not self._is_suspect(position):
                    return
                continue
            statement = read_statement(text, begin, size)
            position = statement.end
            if statement.assigned >= 0 and self._is_assigned_magic(statement.assigned):
                position = self._read_assigned(begin, statement.assigned)
            elif statement.asks:
                self._add_help(begin, position)

    def _is_suspect(self, position: int) -> bool:
        """Whether IPython's syntax may follow, so that the rest must be read at all."""
        return bool(self.cuts) or _SUSPECT.search(self.text, position) is not None

    def _read_escaped(self, begin: int, first: str) -> int:
        text = self.text
        line_end = _end_of_line(text, begin)
        if text[line_end - 1] == "?" and line_end - begin > 1 and self._asks(begin, line_end):
            return line_end
        end = end_of_command(text, begin)
        if first == "%":
            self._add_line_magic(begin, end, "line")
        elif first == "!":
            self._add(describe_shell(text[begin:end], begin))
        elif first == "?":
            self._add(Magic("help", "", text[begin:end], begin, end))
        else:
            self._add_call(begin, end)
        return end

    def _is_assigned_magic(self, at: int) -> bool:
        char = self.text[at : at + 1]
        if char == "!":
            line = self.index.starts[self.index.position(at)[0] - 1]
            return not self.text[line:at].lstrip().startswith("=")
        return char == "%" and re.compile(_MAGIC_ASSIGNED).match(self.text, at) is not None

    def _read_assigned(self, begin: int, at: int) -> int:
        """Mask the right-hand side of ``x = !…`` or ``x = %…``."""
        text = self.text
        line_end = _end_of_line(text, at)
        if text[line_end - 1] == "?" and self._asks(begin, line_end):
            return line_end
        end = end_of_command(text, at)
        if text[at] == "!":
            self._add(describe_shell(text[at:end], at))
        else:
            self._add_line_magic(at, end, "line")
        return end

    def _asks(self, begin: int, end: int) -> bool:
        """Mask ``%time?`` and the like, which are help and no magic."""
        return read_statement(self.text, begin, end).asks and self._add_help(begin, end)

    def _add_help(self, begin: int, end: int) -> bool:
        text = self.text[begin:end].rstrip("\r\n")
        if re.search(_HELP, text) is None:
            return False
        self._add(Magic("help", "", text, begin, begin + len(text)))
        return True

    def _add_call(self, begin: int, end: int) -> None:
        """``,f a b`` and the like: a call of ``f``, whose name must exist."""
        text = self.text[begin:end]
        name, _, arguments = re.sub(_CONTINUATION, _blanks, text[1:]).partition(" ")
        words = arguments.split()
        if text[0] == "/":
            call = f"{name}({', '.join(words)})" if name else ""
        elif text[0] == ",":
            call = '{}("{}")'.format(name, '", "'.join(words))
        else:
            call = f'{name}("{arguments}")'
        if _expression(call) is None:
            return  # IPython's result is no Python either: the parser will say so
        reads = _names(name, begin + 1)
        if text[0] == "/":
            after = begin + 1 + len(name)
            for word in re.compile(_LOOSE_WORD).finditer(text, 1 + len(name)):
                reads += _names(word[0], after + word.start() - 1 - len(name))
        self._add(Magic("quote", "", text, begin, end, reads=tuple(reads), scope="shared"))

    def _add_line_magic(self, begin: int, end: int, kind: MagicKind) -> None:
        text = self.text[begin:end]
        magic = describe_line_magic(text, begin, kind)
        lead = len(magic.name) + text.startswith("%")
        code = line_code(magic.name, text[lead:])
        if code is None:
            self._add(magic)
            return
        start = begin + lead + code
        try:
            inner = mask(text[lead + code :], self.options)
            tree = parse_masked(inner)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self._add(magic)
            return
        line, column = self.index.column(start)
        _move(tree, line - 1, column)
        self._add(magic._replace(body=tree))
        self.magics += [self._moved(magic, start, line - 1, column) for magic in inner.magics]

    @staticmethod
    def _moved(magic: Magic, offset: int, lines: int, columns: int) -> Magic:
        """A magic within the argument of a magic, as ``%time !ls``, at its place in the cell."""
        if magic.body is not None:
            _move(magic.body, lines, columns)
        return magic._replace(
            start=magic.start + offset,
            end=magic.end + offset,
            lineno=magic.lineno + lines if magic.lineno else 0,
            col_offset=magic.col_offset + (columns if magic.lineno == 1 else 0),
            reads=_shifted(magic.reads, offset),
            interpolates=_shifted(magic.interpolates, offset),
            binds=_shifted(magic.binds, offset),
        )

    def _add(self, magic: Magic) -> None:
        """Remember a magic, where its stand-in stands, and what it replaces."""
        line, column = self.index.column(magic.start)
        self.magics.append(magic._replace(lineno=line, col_offset=column))
        self.pieces.append((magic.start, magic.end, "0"))


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _end_of_line(text: str, position: int) -> int:
    match = _LINE.match(text, position)
    return match.end() if match else position


def _next_line(text: str, end: int) -> int:
    """Where the line starts after the one that ends at ``end``."""
    return end + (2 if text.startswith("\r\n", end) else 1) if end < len(text) else end


def _is_python(text: str, options: SyntaxOptions) -> bool:
    """Whether a text that is not blank parses, IPython syntax included."""
    try:
        parse_masked(mask(text, options, frozenset()))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return bool(text.strip())


def _expression(text: str) -> ast.Expression | None:
    try:
        return ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _names(text: str, start: int) -> list[MagicName]:
    """The names that an expression reads, none if it is no expression."""
    tree = _expression(text)
    if tree is None:
        return []
    index = LineIndex(text)
    return [
        MagicName(
            node.id,
            start + index.offset(node.lineno, node.col_offset),
            start + index.offset(node.end_lineno or 1, node.end_col_offset or 0),
        )
        for node in walk(tree)
        if isinstance(node, ast.Name)
    ]


def _shifted(names: Sequence[MagicName], offset: int) -> tuple[MagicName, ...]:
    return tuple(
        MagicName(magic_name.name, magic_name.start + offset, magic_name.end + offset)
        for magic_name in names
    )


def _move(tree: ast.Module, lines: int, columns: int) -> None:
    """Give the nodes of a magic's argument the positions that they have in the cell."""
    for node in walk(tree):
        if "lineno" not in node._attributes:
            continue
        if node.lineno == 1:  # type: ignore[attr-defined]
            node.col_offset += columns  # type: ignore[attr-defined]
        if node.end_lineno == 1:  # type: ignore[attr-defined]
            node.end_col_offset += columns  # type: ignore[attr-defined]
        node.lineno += lines  # type: ignore[attr-defined]
        node.end_lineno += lines  # type: ignore[attr-defined]
