"""Find the credentials of a notebook: providers' rules, names, URLs, keys; then each once."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain

from nbprod.notebook.positions import LineIndex
from nbprod.patterns import lazy_pattern
from nbprod.secrets.commands import logins_in, starts_with_login
from nbprod.secrets.files import language_of_file
from nbprod.secrets.generic import Hit, Mode, hits_in, named_hit, pem_hits
from nbprod.secrets.literals import GAP, NAMING, NamedLiteral, folded, named_literals
from nbprod.secrets.names import is_account_key, kind_of_name
from nbprod.secrets.prefilter import Joined, is_dense, is_promising, lowered, promising_lines
from nbprod.secrets.provider_hits import secrets_of_providers
from nbprod.secrets.tables import NamedEntry, entries_of_html, entries_of_text
from nbprod.secrets.types import Secret, Text, TextSegment, narrowed
from nbprod.syntax.comments import iter_comments
from nbprod.syntax.magic_table import SHELL_CELLS
from nbprod.syntax.types import Magic, ParsedCell
from nbprod.syntax.walk import walk

__all__ = ["secrets_of"]

_SHORTEST = 8
_PYTHONS = ("python", "python2", "python3", "pypy", "cython", "pyspark")
_PAGE = lazy_pattern(r"\s*['\"(b]{0,3}\s*(?:<!DOCTYPE html|<html[\s>])", re.I)
_SCRIPTS = ("application/javascript", "text/javascript", "application/x-javascript")
_TABULAR = ("text", "text/plain", "text/markdown", "markdown", "raw")
_LONGEST_TABLE = 200_000
_SCRIPT_TAGS = tuple(
    (lazy_pattern(b"<" + tag), lazy_pattern(b"</" + tag)) for tag in (b"script", b"style")
)
_STRINGS = (ast.Constant, ast.JoinedStr, ast.BinOp)
_PROSE = ("markdown", "raw", "text", "traceback", "value", "name", "")


def secrets_of(
    texts: Sequence[Text],
    parsed: Sequence[ParsedCell | None],
    known: Iterable[str] = (),
) -> tuple[Secret, ...]:
    """Every credential of a notebook, in reading order; each place once.

    Args:
        texts: those of the notebook.
        parsed: its Python cells as parsed, by index.
        known: values that are credentials elsewhere, to be found here as well.
    """
    segments: list[TextSegment] = []
    found: list[Secret] = []
    joined = Joined(texts)
    dense, promising = joined.dense(), joined.promising()
    for number in _worth_reading(joined, dense, promising):
        text = joined.texts[number]
        cell = parsed[text.cell] if text.part == "source" else None
        segments += dense.get(number, ())
        if cell is not None and cell.tree is not None:
            named = _Python(text, cell)
            segments.extend(named.segments)
            found.extend(named.secrets)
            found.extend(_in_lines(named.lines))
        elif number in promising and not _is_page(text):
            found.extend(_in_lines(_other_lines(text.language, promising[number])))
            found.extend(_in_tables(joined.whole(number)))
        if text.name and number in dense:
            segments.extend(_of_value(joined.whole(number)))
        if _is_promise(text.name):
            found.extend(_named_value(joined.whole(number)))
    for number in joined.holding("PRIVATE KEY"):
        found.extend(_pem(joined.whole(number)))
    found.extend(secrets_of_providers(segments))
    chosen = _without_overlaps(found)
    values = {secret.value: secret for secret in chosen if len(secret.value) >= _SHORTEST}
    repeated = list(_elsewhere(joined, values, known))
    return tuple(_without_overlaps([*chosen, *repeated])) if repeated else tuple(chosen)


def _is_page(text: Text) -> bool:
    """Whether an output is a web page: what it names a token is its site's, for any visitor.

    Keys of providers are found in it anyway.
    """
    return text.part == "output" and _PAGE.match(text.text) is not None


def _worth_reading(joined: Joined, *found: Iterable[int]) -> list[int]:
    """The numbers of the texts that may hold a credential, by their lines or by their names."""
    named = [number for number, text in enumerate(joined.texts) if _is_promise(text.name)]
    return sorted({*joined.holding("login"), *named, *chain.from_iterable(found)})


def _is_promise(name: str) -> bool:
    return bool(name) and (kind_of_name(name) is not None or is_account_key(name))


class _Python:
    """What a cell of Python has to look at: named literals, strings, comments, magics."""

    def __init__(self, text: Text, parsed: ParsedCell) -> None:
        self.text = text
        self.source = text.text
        self.segments: list[TextSegment] = []
        self.secrets: list[Secret] = []
        self.lines: list[tuple[TextSegment, Mode]] = []
        self._nodes(parsed.nodes)
        for magic in parsed.magics:
            if magic.body is not None:
                self._nodes(walk(magic.body))
        for start, end, comment in iter_comments(parsed):
            if is_promising(comment):
                self.lines.append((TextSegment(text, comment, start, end), "prose"))
        for magic in parsed.magics:
            mode: Mode = "shell" if magic.body is None else "code"
            if is_promising(magic.text):
                self.lines.append((TextSegment(text, magic.text, magic.start, magic.end), mode))
        if parsed.cell_magic is not None and parsed.cell_magic.scope == "opaque":
            self._foreign(parsed.cell_magic)

    def _foreign(self, magic: Magic) -> None:
        """The body of a cell in another language, or that writes a file."""
        language = language_of_file(magic.text) or magic.name
        if language in _PYTHONS:
            tree = self._python_below(magic.end)
            if tree is not None:
                self._nodes(walk(tree))
                return
        body = TextSegment(self.text, self.source[magic.end :], magic.end, len(self.source))
        mode: Mode = (
            "shell" if language in SHELL_CELLS else "file" if language == "file" else "code"
        )
        self.lines.extend((segment, mode) for segment in promising_lines(body))
        if "pgpass" in magic.text:
            self.secrets.extend(_entries(body, _fifth_fields(body.line)))
        elif mode == "file":
            self.secrets.extend(_entries(body, entries_of_text(body.line)))

    def _python_below(self, end: int) -> ast.Module | None:
        """The tree of the Python below a magic; its positions are those of the cell."""
        try:
            return ast.parse("#" * end + self.source[end:])
        except (SyntaxError, ValueError, RecursionError):
            return None

    def _literal(self, named: NamedLiteral) -> None:
        value = named.value
        if not 4 <= len(value) <= 20_000 or (GAP in value and len(value) < _SHORTEST):
            return
        place = self._place(named.node, value)
        label = named.name or named.outer.partition(".")[0]
        if label and is_dense(value):
            head = named.outer.partition(".")[0]
            labels = {label: None, f"{head}.{label}" if head and head != label else label: None}
            for text in labels:
                lead = f'{text} = "'
                for piece in value.split(GAP):
                    line = f'{lead}{piece}"'.replace("\n", " ")
                    self.segments.append(
                        TextSegment(self.text, line, *place[:2], origin=len(lead), whole=place[2])
                    )
        if not named.name:
            return
        for piece in value.split(GAP):
            exact = piece == value
            hit = named_hit(named.name, piece, 0, used=named.used and exact, weak=exact)
            if hit is not None and (piece == value or hit.rule == "key"):
                self.secrets.append(self._secret(hit, place, piece))

    def _nodes(self, nodes: Iterable[ast.AST]) -> None:
        inside: set[int] = set()
        for node in nodes:
            kind = type(node)
            if kind in _STRINGS:
                if id(node) not in inside:
                    self._string(node, inside)  # type: ignore[arg-type]
            elif kind in NAMING:
                for named in named_literals(node):
                    self._literal(named)
                if kind is ast.List:
                    self._command(node)  # type: ignore[arg-type]

    def _command(self, node: ast.List) -> None:
        """A command as a list of words: `["curl", "-u", "me:…"]`."""
        words = [folded(element) or GAP for element in node.elts]
        line = " ".join(words)
        if len(words) < 3 or not starts_with_login(line):
            return
        for start, end in logins_in(line):
            value = line[start:end]
            for word, element in zip(words, node.elts, strict=True):
                if value in word:
                    at = word.find(value)
                    hit = Hit(at, at + len(value), "option", "password")
                    self.secrets.append(self._secret(hit, self._place(element, word), word))
                    break

    def _string(self, node: ast.expr, inside: set[int]) -> None:
        """A string may hold a credential within itself: a URL, a header, documentation."""
        value = folded(node)
        if value is None or len(value) < _SHORTEST:
            return
        if not isinstance(node, ast.Constant):
            inside.update(id(part) for part in walk(node) if part is not node)
        if not is_promising(value) and not isinstance(node, ast.BinOp):
            return
        start, end, whole = self._place(node, value)
        segment = TextSegment(self.text, value, start, end, whole=whole)
        if whole and isinstance(node, ast.BinOp):
            self.segments.append(segment)
        mode: Mode = "shell" if starts_with_login(value) else "prose"
        for line in promising_lines(segment) if not whole else (segment,):
            self.lines.append((line, mode))

    @cached_property
    def index(self) -> LineIndex:
        """The lines of the cell."""
        return LineIndex(self.source)

    def _place(self, node: ast.expr, value: str) -> tuple[int, int, bool]:
        """Where a literal's text stands; True when only the whole expression stands for it."""
        start = self.index.offset(node.lineno, node.col_offset)
        end = self.index.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        if isinstance(node, ast.Constant):
            at = self.source.find(value, start, end)
            if 0 < at - start <= 5 and end - at - len(value) in (1, 3):
                return at, at + len(value), False
        return start, end, True

    def _secret(self, hit: Hit, place: tuple[int, int, bool], value: str) -> Secret:
        start, end, whole = place
        if not whole:
            start, end = start + hit.start, start + hit.end
        else:
            start, end = narrowed(self.text, start, end, value[hit.start : hit.end])
        return Secret(
            self.text, start, end, value[hit.start : hit.end], hit.rule, hit.provider, "", hit.name
        )


def _other_lines(language: str, lines: Sequence[TextSegment]) -> Iterator[tuple[TextSegment, Mode]]:
    """Promising lines of what is no Python that parses, with how they are to be read."""
    mode: Mode = "code"
    if language in _SCRIPTS:
        mode = "code"
    elif language in _PROSE or "/" in language:
        mode = "prose"
    elif language in SHELL_CELLS:
        mode = "shell"
    scripts = _scripts_in(lines[0].text.text) if language == "text/html" else ()
    for line in lines:
        script = _in_script(line, scripts)
        stripped = line.line.lstrip()
        shell = stripped.startswith(("!", "%", "$ ", "curl ", "export ")) or " curl " in line.line
        yield line, "shell" if shell and not script else "code" if script else mode


def _scripts_in(text: str) -> tuple[tuple[list[int], list[int]], ...]:
    """For scripts and for style sheets, where the tags that open and that close one end."""
    lower = lowered(text)
    return tuple(
        (
            [tag.end() for tag in opened.finditer(lower)],
            [tag.end() for tag in closed.finditer(lower)],
        )
        for opened, closed in _SCRIPT_TAGS
    )


def _in_script(line: TextSegment, scripts: Sequence[tuple[list[int], list[int]]]) -> bool:
    """Whether a line of HTML is in a script or a style sheet, or holds one."""
    start, end = line.place(line.origin, line.origin + max(len(line.line), 1))
    for opened, closed in scripts:
        last = bisect_right(opened, end) - 1
        if last >= 0:
            closing = bisect_right(closed, opened[last])
            if closing == len(closed) or closed[closing] > start:
                return True
    return False


def _in_tables(whole: TextSegment) -> Iterator[Secret]:
    """What the headings of tables, or the cells beside, say of the values in them."""
    text = whole.text
    if text.language == "text/html":
        if len(whole.line) < _LONGEST_TABLE:
            yield from _entries(whole, entries_of_html(whole.line))
    elif text.language in _TABULAR and len(whole.line) < _LONGEST_TABLE:
        yield from _entries(whole, entries_of_text(whole.line))


def _fifth_fields(text: str) -> Iterator[NamedEntry]:
    """The passwords of `.pgpass`: host, port, database, user, password."""
    at = 0
    for line in text.split("\n"):
        fields = line.split(":", 4)
        if len(fields) == 5:
            yield NamedEntry("password", fields[4].strip(), at + len(line) - len(fields[4]))
        at += len(line) + 1


def _entries(whole: TextSegment, entries: Iterable[NamedEntry]) -> Iterator[Secret]:
    for entry in entries:
        hit = named_hit(entry.name, entry.value, entry.start, strict=True)
        if hit is not None:
            place = whole.place(hit.start, hit.end)
            value = whole.line[hit.start : hit.end]
            yield Secret(whole.text, *place, value, hit.rule, hit.provider, "", hit.name)


def _in_lines(lines: Iterable[tuple[TextSegment, Mode]]) -> Iterator[Secret]:
    for segment, mode in lines:
        for hit in hits_in(segment.line, mode):
            start, end = segment.place(hit.start, hit.end)
            value = segment.line[hit.start : hit.end]
            if segment.whole:
                start, end = narrowed(segment.text, start, end, value)
            if GAP not in value:
                yield Secret(segment.text, start, end, value, hit.rule, hit.provider, "", hit.name)


def _pem(whole: TextSegment) -> Iterator[Secret]:
    for hit in pem_hits(whole.line):
        start, end = whole.place(hit.start, hit.end)
        value = whole.line[hit.start : hit.end]
        yield Secret(whole.text, start, end, value, hit.rule, hit.provider)


def _of_value(whole: TextSegment) -> Iterator[TextSegment]:
    """A value of metadata that may be a token, as if it were assigned to its key."""
    line = whole.line
    if len(line) < 4000 and whole.cuts is None:
        lead = f'{whole.text.name} = "'
        yield TextSegment(whole.text, f'{lead}{line}"', 0, len(line), origin=len(lead))


def _named_value(whole: TextSegment) -> Iterator[Secret]:
    if len(whole.line) < 4000:
        hit = named_hit(whole.text.name, whole.line.strip(), 0)
        if hit is not None:
            lead = len(whole.line) - len(whole.line.lstrip())
            start, end = whole.place(hit.start + lead, hit.end + lead)
            value = whole.line.strip()[hit.start : hit.end]
            yield Secret(whole.text, start, end, value, hit.rule, hit.provider, "", hit.name)


_WEAK = frozenset(("generic", "password", "url", "jwt"))


def _without_overlaps(found: Sequence[Secret]) -> list[Secret]:
    """One credential for each place: that of a provider first, then the longest."""
    by_text: dict[tuple[int, tuple[str | int, ...]], list[Secret]] = {}
    for secret in found:
        by_text.setdefault((secret.text.cell, secret.text.path), []).append(secret)
    chosen: list[Secret] = []
    for group in by_text.values():
        starts: list[int] = []
        ends: list[int] = []
        for secret in sorted(group, key=_rank):
            at = bisect_left(starts, secret.end)
            # Those before it also end in order, since none overlaps another.
            if not at or ends[at - 1] <= secret.start:
                starts.insert(at, secret.start)
                ends.insert(at, secret.end)
                chosen.append(secret)
    return sorted(chosen, key=_reading_order)


def _rank(secret: Secret) -> tuple[bool, bool, int, bool]:
    return (
        secret.rule != "private-key",
        secret.provider in _WEAK,
        secret.start - secret.end,
        not secret.name,
    )


def _reading_order(secret: Secret) -> tuple[bool, int, str, str, int]:
    text = secret.text
    order = {"source": "a", "attachment": "b", "output": "c", "metadata": "d"}[text.part]
    return text.cell < 0, text.cell, order, str(text.path), secret.start


def _elsewhere(joined: Joined, values: dict[str, Secret], known: Iterable[str]) -> Iterator[Secret]:
    """Other places that hold a value which is known to be a credential."""
    wanted: dict[str, Secret | None] = {value: None for value in known if len(value) >= _SHORTEST}
    wanted.update(values)
    for value, origin in wanted.items():
        rule, provider = ("key", "generic") if origin is None else origin[4:6]
        prefix, name = ("", "") if origin is None else origin[6:8]
        for number in joined.holding(value):
            whole = joined.whole(number)
            at = whole.line.find(value)
            while at >= 0:
                start, end = whole.place(at, at + len(value))
                yield Secret(whole.text, start, end, value, rule, provider, prefix, name, True)
                at = whole.line.find(value, at + len(value))
