"""Find the credentials of a notebook: providers' rules, names, URLs, keys; then each once."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain

from nbprod.notebook.positions import LineIndex
from nbprod.notebook.types import Notebook
from nbprod.secrets.entropy import entropy, is_documented
from nbprod.secrets.generic import Hit, hits_in, named_hit, pem_hits
from nbprod.secrets.literals import GAP, NAMING, Named, folded, named_literals
from nbprod.secrets.prefilter import Joined, is_dense, is_promising, promising_lines
from nbprod.secrets.providers import ProviderRule, rules_for
from nbprod.secrets.texts import texts_of
from nbprod.secrets.types import Secret, Segment, Text
from nbprod.syntax.comments import iter_comments
from nbprod.syntax.magic_table import SHELL_CELLS
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import walk

__all__ = ["secrets_of"]

_SHORTEST = 8
_STRINGS = (ast.Constant, ast.JoinedStr, ast.BinOp)
_PROSE = ("markdown", "raw", "text", "traceback", "value", "name", "")


def secrets_of(
    notebook: Notebook,
    parsed: Sequence[ParsedCell | None],
    known: Iterable[str] = (),
) -> tuple[Secret, ...]:
    """Every credential of a notebook, in reading order; each place once.

    Args:
        notebook: the notebook.
        parsed: its Python cells as parsed, by index.
        known: values that are credentials elsewhere, to be found here as well.
    """
    segments: list[Segment] = []
    found: list[Secret] = []
    joined = Joined(list(texts_of(notebook)))
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
        elif number in promising:
            found.extend(_in_lines(_other_lines(text.language, promising[number])))
        if text.name:
            whole = joined.whole(number)
            segments.extend(_of_value(whole))
            found.extend(_named_value(whole))
    for number in joined.holding("PRIVATE KEY"):
        found.extend(_pem(joined.whole(number)))
    found.extend(_of_providers(segments))
    chosen = _without_overlaps(found)
    values = {secret.value: secret for secret in chosen if len(secret.value) >= _SHORTEST}
    repeated = list(_elsewhere(joined, values, known))
    return tuple(_without_overlaps([*chosen, *repeated])) if repeated else tuple(chosen)


def _worth_reading(joined: Joined, *found: Iterable[int]) -> list[int]:
    """The numbers of the texts that may hold a credential: what was found, and what has a name."""
    named = [number for number, text in enumerate(joined.texts) if text.name]
    return sorted({*joined.holding("login"), *named, *chain.from_iterable(found)})


class _Python:
    """What a cell of Python has to look at: named literals, strings, comments, magics."""

    def __init__(self, text: Text, parsed: ParsedCell) -> None:
        self.text = text
        self.source = text.text
        self.segments: list[Segment] = []
        self.secrets: list[Secret] = []
        self.lines: list[tuple[Segment, str]] = []
        self._nodes(parsed.nodes)
        for magic in parsed.magics:
            if magic.body is not None:
                self._nodes(walk(magic.body))
        for start, end, comment in iter_comments(parsed):
            if is_promising(comment):
                self.lines.append((Segment(text, comment, start, end), "prose"))
        for magic in parsed.magics:
            mode = "shell" if magic.body is None else "code"
            if is_promising(magic.text):
                self.lines.append((Segment(text, magic.text, magic.start, magic.end), mode))
        if parsed.cell_magic is not None and parsed.cell_magic.scope == "opaque":
            end = parsed.cell_magic.end
            mode = "shell" if parsed.cell_magic.name in SHELL_CELLS else "code"
            body = Segment(text, self.source[end:], end, len(self.source))
            self.lines.extend((segment, mode) for segment in promising_lines(body))

    def _literal(self, named: Named) -> None:
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
                        Segment(self.text, line, *place[:2], origin=len(lead), whole=place[2])
                    )
        if not named.name:
            return
        for piece in value.split(GAP):
            hit = named_hit(named.name, piece, 0, used=named.used and piece == value)
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
        segment = Segment(self.text, value, start, end, whole=whole)
        if whole and isinstance(node, ast.BinOp):
            self.segments.append(segment)
        for line in promising_lines(segment) if not whole else (segment,):
            self.lines.append((line, "prose"))

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
            start, end = _narrowed(self.text, start, end, value[hit.start : hit.end])
        return Secret(
            self.text, start, end, value[hit.start : hit.end], hit.rule, hit.provider, "", hit.name
        )


def _narrowed(text: Text, start: int, end: int, value: str) -> tuple[int, int]:
    """The place of a value within an expression, if it stands there once and as it is."""
    at = text.text.find(value, start, end)
    if at < 0 or text.text.find(value, at + 1, end) >= 0:
        return start, end
    return at, at + len(value)


def _other_lines(language: str, lines: Sequence[Segment]) -> Iterator[tuple[Segment, str]]:
    """Promising lines of what is no Python that parses, with how they are to be read."""
    mode = "code"
    if language in _PROSE or "/" in language:
        mode = "prose"
    elif language in SHELL_CELLS:
        mode = "shell"
    for line in lines:
        stripped = line.line.lstrip()
        shell = stripped.startswith(("!", "%", "$ ", "curl ", "export ")) or " curl " in line.line
        yield line, "shell" if shell else mode


def _in_lines(lines: Iterable[tuple[Segment, str]]) -> Iterator[Secret]:
    for segment, mode in lines:
        for hit in hits_in(segment.line, mode):  # type: ignore[arg-type]
            start, end = segment.place(hit.start, hit.end)
            value = segment.line[hit.start : hit.end]
            if segment.whole:
                start, end = _narrowed(segment.text, start, end, value)
            if GAP not in value:
                yield Secret(segment.text, start, end, value, hit.rule, hit.provider, "", hit.name)


def _pem(whole: Segment) -> Iterator[Secret]:
    for hit in pem_hits(whole.line):
        start, end = whole.place(hit.start, hit.end)
        value = whole.line[hit.start : hit.end]
        yield Secret(whole.text, start, end, value, hit.rule, hit.provider)


def _of_value(whole: Segment) -> Iterator[Segment]:
    """A value of metadata as if it were assigned to its key."""
    line = whole.line
    if len(line) < 4000 and whole.cuts is None and is_dense(line):
        lead = f'{whole.text.name} = "'
        yield Segment(whole.text, f'{lead}{line}"', 0, len(line), origin=len(lead))


def _named_value(whole: Segment) -> Iterator[Secret]:
    if len(whole.line) < 4000:
        hit = named_hit(whole.text.name, whole.line.strip(), 0)
        if hit is not None:
            lead = len(whole.line) - len(whole.line.lstrip())
            start, end = whole.place(hit.start + lead, hit.end + lead)
            value = whole.line.strip()[hit.start : hit.end]
            yield Secret(whole.text, start, end, value, hit.rule, hit.provider, "", hit.name)


def _of_providers(segments: Sequence[Segment]) -> Iterator[Secret]:
    """What the providers' rules find, in one pass over all lines that are worth it."""
    if not segments:
        return
    starts: list[int] = []
    position = 0
    for segment in segments:
        starts.append(position)
        position += len(segment.line) + 1
    blob = "\n".join([segment.line for segment in segments])
    distinct = "\n".join({segment.line for segment in segments})
    for rule, pattern in rules_for(distinct.lower()):
        for match in pattern.finditer(blob):
            group = _group(rule, pattern.groups, match)
            first, last = match.span(group)
            number = bisect_right(starts, first) - 1
            segment = segments[number]
            if match.start() < starts[number] and not _adjacent(
                segments, starts, match.start(), number
            ):
                continue
            start, end = first - starts[number], last - starts[number]
            if end > len(segment.line) or start < segment.origin:
                continue
            if not group:
                end = _run_end(segment.line, end)
            value = segment.line[start:end]
            if rule.entropy and entropy(value) <= rule.entropy:
                continue
            if GAP in value or is_documented(value) or not value:
                continue
            place = segment.place(start, end)
            if segment.whole:
                place = _narrowed(segment.text, *place, value)
            yield Secret(
                segment.text, *place, value, rule.identity, rule.provider, _prefix(rule, value),
                _label(segment),
            )  # fmt: skip


def _group(rule: ProviderRule, groups: int, match: re.Match[str]) -> int:
    if rule.group is not None:
        return rule.group
    return next((number for number in range(1, groups + 1) if match[number]), 0)


def _adjacent(segments: Sequence[Segment], starts: Sequence[int], start: int, number: int) -> bool:
    """Whether a match that starts in an earlier line starts in the line just above."""
    before = segments[bisect_right(starts, start) - 1]
    segment = segments[number]
    return before.text is segment.text and before.end + 1 == segment.start


def _run_end(line: str, end: int) -> int:
    """The end of a token: without the mark that a pattern takes for its end, with what goes on."""
    while end and line[end - 1] in "\"'`;,) ":
        end -= 1
    while end < len(line) and (line[end].isalnum() or line[end] in "_-+/="):
        end += 1
    return end


def _prefix(rule: ProviderRule, value: str) -> str:
    """What every token of the kind starts with, as far as it is safe to show."""
    for word in rule.words:
        if value.lower().startswith(word) and len(word) >= 2:
            return value[: min(len(word), 4)]
    return ""


def _label(segment: Segment) -> str:
    """The name that a line gives to what is found in it, if it was put together."""
    if not segment.origin:
        return ""
    return segment.line[: segment.origin].rpartition(" = ")[0].rpartition(".")[2]


_WEAK = frozenset(("generic", "password", "url", "jwt"))


def _without_overlaps(found: Sequence[Secret]) -> list[Secret]:
    """One credential for each place: that of a provider first, then the longest."""
    by_text: dict[tuple[int, tuple[str | int, ...]], list[Secret]] = {}
    for secret in found:
        by_text.setdefault((secret.text.cell, secret.text.path), []).append(secret)
    chosen: list[Secret] = []
    for group in by_text.values():
        kept: list[Secret] = []
        for secret in sorted(group, key=_rank):
            if all(secret.end <= other.start or other.end <= secret.start for other in kept):
                kept.append(secret)
        chosen += kept
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
                yield Secret(whole.text, start, end, value, rule, provider, prefix, name)
                at = whole.line.find(value, at + len(value))
