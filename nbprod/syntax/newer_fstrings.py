"""Whether a text parses once its f-strings are read as Python 3.12 reads them.

Since 3.12 a replacement field is code like any other: it may hold the quotes of its own string,
backslashes, comments and line ends. An older parser gives up somewhere after the first of these,
with a message that says nothing of the cause.
"""

from __future__ import annotations

import ast
import warnings

from nbprod.patterns import lazy_pattern

__all__ = ["parses_with_newer_fstrings"]

_OPENING = lazy_pattern(r"(?i)((?<!\w)(?:[bru]|br|rb|f|fr|rf))?('''|\"\"\"|'|\")")
_MAY_HAVE = lazy_pattern(r"(?i)(?<!\w)(?:f|fr|rf)['\"]")
_OPEN, _CLOSE = "([{", ")]}"
_MOST_NESTED = 20


class _Broken(Exception):
    """The text is no Python of any version."""


def parses_with_newer_fstrings(text: str) -> bool:
    """Whether a text that does not parse does so with each f-string taken apart by 3.12's rules."""
    if not _MAY_HAVE.search(text):
        return False
    reader = _Reader(text)
    try:
        end = reader.code(0, in_field=False)
        return end == len(text) and _parses("".join(reader.out), "exec")
    except (_Broken, RecursionError):
        return False


def _parses(text: str, mode: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text, mode=mode)
        except (SyntaxError, ValueError, MemoryError):
            return False
    return True


class _Reader:
    """Copies code to ``out`` with an empty string for each f-string, whose fields it parses."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._nested = 0
        self.out: list[str] = []

    def code(self, at: int, *, in_field: bool) -> int:
        """Copy code up to the end of the text, or of the field that it is in; return where."""
        text, depth = self._text, 0
        while at < len(text):
            char = text[at]
            opening = _OPENING.match(text, at)
            if opening:
                at = self._string(opening[1] or "", opening[2], opening.end())
                continue
            if char == "#":
                end = text.find("\n", at)
                at = len(text) if end < 0 else end
                continue
            if in_field and not depth and self._ends_field(at):
                return at
            depth += (char in _OPEN) - (char in _CLOSE)
            self.out.append(char)
            at += 1
        return at

    def _ends_field(self, at: int) -> bool:
        char = self._text[at]
        return char in "}:" or (char == "!" and self._text[at + 1 : at + 2] != "=")

    def _string(self, prefix: str, quote: str, at: int) -> int:
        if "f" not in prefix.lower():
            end = self._skip_plain(quote, at)
            self.out.append(prefix + self._text[at - len(quote) : end])
            return end
        self._nested += 1
        if self._nested > _MOST_NESTED:
            raise _Broken
        outer, self.out = self.out, []
        end = self._formatted(quote, at, is_raw="r" in prefix.lower())
        self._nested -= 1
        self.out = [*outer, '""']
        return end

    def _skip_plain(self, quote: str, at: int) -> int:
        text = self._text
        while at < len(text):
            if text.startswith(quote, at):
                return at + len(quote)
            if text[at] == "\n" and len(quote) == 1:
                raise _Broken
            at += 2 if text[at] == "\\" else 1
        raise _Broken

    def _formatted(self, quote: str, at: int, *, is_raw: bool) -> int:
        """Read the text of an f-string, with its fields, including its closing quote."""
        text = self._text
        while at < len(text):
            if text.startswith(quote, at):
                return at + len(quote)
            if text[at] == "\n" and len(quote) == 1:
                raise _Broken
            if text.startswith(("{{", "}}"), at):
                at += 2
            elif text[at] == "{":
                at = self._field(at + 1, quote)
            elif text[at] == "}":
                raise _Broken
            elif text.startswith("\\N{", at) and not is_raw:
                at = text.find("}", at) + 1 or len(text)
            else:
                at += 2 if text[at] == "\\" and text[at + 1 : at + 2] not in ("{", "}") else 1
        raise _Broken

    def _field(self, at: int, quote: str) -> int:
        """Read a replacement field from after its brace to after the other one."""
        text = self._text
        self.out = []
        at = self.code(at, in_field=True)
        value = "".join(self.out).strip()
        if value.endswith("=") and not value.endswith(("==", "!=", "<=", ">=")):
            value = value[:-1]
        # Line ends are free in a field; an empty one is a mistake, and `()` would be none.
        if not value.strip() or not _parses(f"({value}\n)", "eval"):
            raise _Broken
        if text.startswith("!", at):
            if text[at + 1 : at + 2] not in ("r", "s", "a"):
                raise _Broken
            at += 2
        if text.startswith(":", at):
            at += 1
            while at < len(text) and text[at] != "}":
                if text.startswith(quote, at):
                    raise _Broken
                at = self._field(at + 1, quote) if text[at] == "{" else at + 1
        if not text.startswith("}", at):
            raise _Broken
        return at + 1
