"""Cells that IPython refuses as a whole or from some line on: what they would have bound fails."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Callable

from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.types import Failure
from nbprod.model import Span
from nbprod.names.scopes import bound_names
from nbprod.patterns import lazy_pattern
from nbprod.syntax.lost_breaks import JOINED, restored
from nbprod.syntax.types import Magic, ParsedCell

__all__ = ["assume_bindings", "refuse_cell", "refuse_magic"]

_UNREAD = lazy_pattern(
    r"\'{3}.*?\'{3}|\"{3}.*?\"{3}|\'(?:\\.|[^\'\\\n])*\'|\"(?:\\.|[^\"\\\n])*\"|#[^\n]*", re.DOTALL
)
"""Texts and comments, whose brackets do not count."""
_BLANK = lazy_pattern(r"[ \t]*")
_NAME = lazy_pattern(r"[^\W\d]\w*")
_ITEM = r"(?:[(\[]\s*)*\*?[^\W\d]\w*(?:\s*[)\]])*"
_TARGETS = rf"{_ITEM}(?:[ \t]*,\s*{_ITEM})*(?:[ \t]*,)?[ \t]*"
_BLOCK = r"(?:(?:if|elif|else|for|while|try|except|finally|with)\b[^\r\n#'\"]*?:[ \t]+)?"
_LIKELY_BINDING = lazy_pattern(
    r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)"
    rf"|(?:^|;)[ \t]*{_BLOCK}({_TARGETS}(?:=[ \t]*{_TARGETS})*)(?::[^=\r\n]+)?(?<![=!<>])=(?!=)"
    rf"|(?:^|:)[ \t]*for[ \t]+({_TARGETS})in\b"
    r"|^[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+(.+)$"
    r"|\bas[ \t]+(\w+|[(\[][\w, \t*()\[\]]*[)\]])"
    r"|\b([^\W\d]\w*)[ \t]*:=",
    re.MULTILINE,
)
"""What may be the target of a statement; brackets around and within targets included."""


def refuse_cell(machine: Machine, parsed: ParsedCell) -> None:
    """A cell that does not parse binds nothing; what it would have bound fails because of it.

    One that only a newer Python can parse binds what nobody can tell.
    """
    assert parsed.fault is not None
    index = parsed.cell.index
    span = Span(index, parsed.fault.start, parsed.fault.end)
    if parsed.fault.needs is None:
        failure = Failure("NameError", "", index, span, span, True, reason="syntax")
        machine.cell_failures[index] = machine.failed = failure
    else:
        node = machine.program.places.stand_in(index, "", span.start, span.end)
        machine.mark_opaque(node, "newer syntax")
    if parsed.fault.message == JOINED:
        for name in bound_names(ast.parse(restored(parsed.cell)).body):
            machine.assume(name, 0, 1, "syntax error")
        return
    assume_bindings(machine, parsed.cell.source, 0)


def refuse_magic(machine: Machine, magic: Magic) -> None:
    """A magic that IPython refuses ends its cell, unless something catches the UsageError."""
    catch = machine.catcher("UsageError")
    if catch is not None:
        machine.throw(catch)
    if not machine.mandatory:
        return
    read = Span(machine.source_cell, magic.start, magic.end)
    span = machine.chain[0].span if machine.chain else read
    failure = Failure("NameError", "", machine.cell, span, read, True, reason="refused")
    machine.cell_failures[machine.cell] = machine.failed = failure


def assume_bindings(machine: Machine, text: str, start: int) -> None:
    """Bind what looks like the target of a statement in text that is not run, from ``start``."""
    is_keyword = _keyword_places(text)
    for match in _LIKELY_BINDING.finditer(text, start):
        if match.group(2) and is_keyword(match.start(2)):
            continue
        for name in _NAME.findall(next(group for group in match.groups() if group)):
            machine.assume(name, match.start(), match.end(), "syntax error")


def _keyword_places(text: str) -> Callable[[int], bool]:
    """Tell of a place with `name =` whether it is an argument of an open call.

    In a call that is never closed, lines that stand no deeper than the call are statements again.
    """
    code = _UNREAD.sub(lambda match: " " * len(match.group()), text)
    places: list[int] = []
    indents: list[int | None] = []
    open_at: list[int] = []
    indent = _indent(code, 0)
    for place, letter in enumerate(code):
        if letter == "\n":
            indent = _indent(code, place + 1)
            continue
        if letter in "([{":
            open_at.append(indent)
        elif letter in ")]}" and open_at:
            open_at.pop()
        else:
            continue
        places.append(place)
        indents.append(open_at[-1] if open_at else None)

    def is_keyword(place: int) -> bool:
        index = bisect_left(places, place)
        opened = indents[index - 1] if index else None
        return opened is not None and (_indent(code, code.rfind("\n", 0, place) + 1) > opened)

    return is_keyword


def _indent(code: str, start: int) -> int:
    """How deep the line stands that starts at a place."""
    match = _BLANK.match(code, start)
    return match.end() - start if match else 0
