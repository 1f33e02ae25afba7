"""Texts that a regular expression matches, drawn at random: tokens that nobody ever issued.

Nothing shaped like a provider's token is stored in the repository; the tests make them.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterable
from typing import Any

try:
    from re import _constants as sre  # type: ignore[attr-defined]
    from re import _parser as parser  # type: ignore[attr-defined]
except ImportError:  # Python 3.10
    import sre_constants as sre
    import sre_parse as parser

_WORD = string.ascii_letters + string.digits + "_"
_ANY = string.ascii_letters + string.digits
_CATEGORIES = {
    sre.CATEGORY_WORD: _WORD,
    sre.CATEGORY_DIGIT: string.digits,
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_NOT_SPACE: _ANY,
    sre.CATEGORY_NOT_WORD: " ",
    sre.CATEGORY_NOT_DIGIT: string.ascii_letters,
}


def drawn(pattern: str, rng: random.Random) -> str:
    """A text that a pattern matches as a whole; its groups are marked by no more than place."""
    return "".join(_draw(parser.parse(pattern), rng, {}))


def _draw(items: Iterable[Any], rng: random.Random, groups: dict[int, str]) -> list[str]:
    return [_one(kind, value, rng, groups) for kind, value in items]


def _one(kind: Any, value: Any, rng: random.Random, groups: dict[int, str]) -> str:
    if kind is sre.LITERAL:
        return chr(value)
    if kind is sre.NOT_LITERAL:
        return rng.choice([char for char in _ANY if ord(char) != value])
    if kind is sre.ANY:
        return rng.choice(_ANY)
    if kind is sre.IN:
        return rng.choice(_class(value))
    if kind is sre.BRANCH:
        return "".join(_draw(rng.choice(value[1]), rng, groups))
    if kind is sre.SUBPATTERN:
        text = "".join(_draw(value[3], rng, groups))
        if value[0] is not None:
            groups[value[0]] = text
        return text
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        low, high, inner = value
        top = low if high == sre.MAXREPEAT else min(high, low + 40)
        count = rng.randint(low, max(low, top)) if not _is_context(inner) else low
        if not low and high == 1:
            count = 0
        return "".join("".join(_draw(inner, rng, groups)) for _ in range(count))
    if kind is sre.GROUPREF:
        return groups[value]
    return ""


def _is_context(inner: Any) -> bool:
    """Whether a repeat is about blanks and quotes rather than characters of a token."""
    return any(
        kind is sre.ANY or (kind is sre.IN and " " in _class(value)) for kind, value in inner
    )


def _class(items: list[Any]) -> str:
    chars: set[str] = set()
    negated = False
    for kind, value in items:
        if kind is sre.NEGATE:
            negated = True
        elif kind is sre.LITERAL:
            chars.add(chr(value))
        elif kind is sre.RANGE:
            chars.update(chr(code) for code in range(value[0], value[1] + 1))
        elif kind is sre.CATEGORY:
            chars.update(_CATEGORIES.get(value, _ANY))
    if negated:
        return "".join(char for char in _ANY if char not in chars) or " "
    return "".join(sorted(chars))


def token_of(pattern: str, group: int | None, rng: random.Random) -> str | None:
    """A token for a rule: what its group holds in a text that the pattern matches."""
    compiled = re.compile(pattern, re.ASCII)
    for _ in range(40):
        text = drawn(pattern, rng)
        for framed in (text, f" {text} ", f'"{text}"'):
            match = compiled.search(framed)
            if match is not None:
                number = (
                    group
                    if group is not None
                    else next((one for one in range(1, compiled.groups + 1) if match[one]), 0)
                )
                return match[number] if number <= compiled.groups else None
    return None
