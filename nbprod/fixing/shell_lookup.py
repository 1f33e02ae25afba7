"""Look-ups of environment variables in shell commands, quoted as their place needs it."""

from __future__ import annotations

import re
from typing import Literal

from nbprod.patterns import lazy_pattern

__all__ = ["Quoting", "lookup_in_shell", "quoting_at"]

Quoting = Literal["plain", "single", "double", "heredoc", "unexpanded"]

_HEREDOC = lazy_pattern(r"<<-?\s*(?P<quote>['\"\\]?)(?P<word>\w+)['\"]?")
_SPECIAL = lazy_pattern(r"[\s'\"\\$`]")
_TOKEN = lazy_pattern(r"\\.|\$'|'|\"|(?<!\S)#[^\n]*|<<-?\s*['\"\\]?\w+['\"]?|\n", re.S)


def lookup_in_shell(command: str, start: int, end: int, name: str) -> str | None:
    """What to write for ``command[start:end]`` so that the shell puts the value there.

    None where no shell expands variables, or where the text is not the value itself.
    """
    if _SPECIAL.search(command[start:end]):
        return None
    quoting = quoting_at(command, start)
    following = command[end : end + 1]
    goes_on = following.isalnum() or following == "_"
    if quoting == "single":
        return f"'\"${name}\"'"
    if quoting == "plain":
        return f'"${name}"'
    if quoting == "double":
        return f'${name}""' if goes_on else f"${name}"
    if quoting == "heredoc":
        return f"${{{name}}}"
    return None


def quoting_at(command: str, offset: int) -> Quoting:
    """How the text at an offset of a shell command is quoted."""
    quoting: Quoting = "plain"
    waiting: list[tuple[str, bool]] = []
    position = 0
    while match := _TOKEN.search(command, position):
        if match.start() >= offset:
            break
        token, position = match[0], match.end()
        if quoting == "single":
            quoting = "plain" if token == "'" else quoting
            position = match.end() if token == "'" else match.start() + 1
        elif quoting == "double":
            quoting = "plain" if token == '"' else quoting
            if token[0] not in '\\"':
                position = match.start() + 1
        elif token == "$'":
            return "unexpanded"
        elif token in ("'", '"'):
            quoting = "single" if token == "'" else "double"
        elif token.startswith("#"):
            if offset < match.end():
                return "unexpanded"
        elif token.startswith("<<"):
            document = _HEREDOC.match(token)
            if document is not None:
                waiting.append((document["word"], bool(document["quote"])))
        elif token == "\n" and waiting:
            word, quoted = waiting.pop(0)
            close = re.compile(rf"^\s*{word}\s*$", re.M).search(command, position)
            end = close.start() if close else len(command)
            if offset < end:
                return "unexpanded" if quoted else "heredoc"
            position = close.end() if close else len(command)
    return quoting
