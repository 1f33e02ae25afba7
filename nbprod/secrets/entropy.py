"""What a value looks like: how random it is, and what shows that it is no credential."""

from __future__ import annotations

import math
import re
from collections import Counter

from nbprod.patterns import lazy_pattern

__all__ = [
    "entropy",
    "is_documented",
    "is_key_like",
    "is_password_like",
    "is_placeholder",
    "is_weak_number",
]

_WORDS = lazy_pattern(
    r"your|my[_-]?(?:api|secret|token|key|pass)|example|sample|dummy|place[_-]?holder|change[_-]?(?:me|it|this)"
    r"|replace|insert|redacted|removed|hidden|secret[_-]?key|api[_-]?key|access[_-]?(?:key|token)"
    r"|pass[_-]?w(?:or)?d|passphrase|fixme|todo|\bfake|not[_-]?(?:a[_-]?)?real|lorem"
    r"|\bfoo|foo\b|\bbar\b|some[_-]"
    r"|enter[_-]|put[_-]|paste|here(?![a-z0-9])|undefined|qwerty|letmein|hunter2(?![0-9])|^test|^none|^null"
    r"|username|hostname|localhost|mypass|goes|^xxx|\.\.\.|\*\*\*|<[^>]*>|\u2026|\u2022\u2022|#{4}"
    r"|deadbeef|tokenizer|abc123(?![0-9a-z])|foobar",
    re.IGNORECASE,
)
_RUNS = (
    "0123456789", "1234567890", "9876543210", "abcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba", "qwertyuiop", "a1b2c3d4e5f6g7h8", "1a2b3c4d5e6f7g8h",
    "abc123def456ghi789",
)  # fmt: skip
_REPEATED = lazy_pattern(r"(.)\1{4,}")
_VARIABLE = lazy_pattern(
    r"\$\{?\(?\w|\$\(|\{\{|\}\}|%\w+%|%\(\w+\)|^%[sdr]$|^\{.*\}$|^<.*>$|\x00|^@\w+@$|^\[.*\]$"
)
_PATH = lazy_pattern(
    r"^(?:[a-z]:\\|\.{0,2}/|~/|[\w.-]+/[\w./-]+\.\w{1,5}$)|^\w+://|^s3:|^gs:", re.I
)
_DOTTED = lazy_pattern(r"^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?:\(.*)?$")
_WORDLIKE = lazy_pattern(r"^[A-Za-z]+(?:[ _./:-][A-Za-z]+)*$")
_CAMEL_NAME = lazy_pattern(r"^[A-Za-z][a-z]+(?:[A-Z][a-z]{2,})+\d{0,4}$")
_PIECE = lazy_pattern(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_WORD = lazy_pattern(r"[A-Za-z](?=[a-z]*[aeiouy])[a-z]{2,14}\Z")
_WEAK_NUMBER = lazy_pattern(r"[1-9]\d{4,11}\Z")
_DATE = lazy_pattern(r"^\d{4}-\d\d-\d\d|^\d{1,2}:\d\d")
_KEY_CHARACTERS = lazy_pattern(r"^[A-Za-z0-9_\-+/=.~!@#$%^&*:|]+$")


def entropy(text: str) -> float:
    """Shannon's entropy of a text, in bits for each character."""
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values()) if size else 0.0


def is_documented(value: str) -> bool:
    """Whether a value is from documentation: it says so, or counts up."""
    lower = value.lower()
    if "example" in lower or "xxxx" in lower or "****" in lower or "...." in lower:
        return True
    if "your" in lower or _REPEATED.search(value) and len(set(value)) < 8:
        return True
    return _counts_up(lower)


def _counts_up(lower: str) -> bool:
    """Whether more than half of a value, or 12 characters of it, are in the order of the keys."""
    for run in _RUNS:
        for size in range(len(run), 7, -1):
            if run[:size] in lower and (size >= 12 or size * 2 > len(lower) or size == len(run)):
                return True
    return False


def is_placeholder(value: str) -> bool:
    """Whether a value only stands where a credential would: a word, a variable, a pattern."""
    if _VARIABLE.search(value) or _WORDS.search(value) or is_documented(value):
        return True
    if len(set(value)) < 4 or _REPEATED.search(value):
        return True
    return value.lower() in ("true", "false", "none", "null")


# Ends of the keys that Amazon's documentation shows.
_PUBLISHED = ("EXAMPLE", "EXAMPLEKEY")
_GENERIC = lazy_pattern(
    r"key|token|secret|api|auth|value|demo|default|string|access|client|user|pw|id|test|my"
)
# `OpenAI2024`: words, and a number after them.
_NUMBERED = lazy_pattern(r"[A-Z]{0,4}[a-z]*(?:[A-Z]{1,4}[a-z]*){0,2}\d{0,4}\Z")
_CASES = lazy_pattern(r"[a-z][A-Z]|[A-Z]{2}[a-z]")


def is_made_of_words(value: str) -> bool:
    """Whether nothing is left of a placeholder without its words: it stands for no credential.

    `your_api_key_here` is; `fake-9f8Q2…` has the word, and beside it what somebody may have in use.
    """
    if _VARIABLE.search(value) or _is_drawn_out(value) or value.endswith(_PUBLISHED):
        return True
    rest = _GENERIC.sub(" ", _WORDS.sub(" ", value))
    words = re.split(r"[\W_]+", rest)
    return not any(_is_random(word) for word in (*words, "".join(words)))


def _is_drawn_out(value: str) -> bool:
    """Whether a value repeats itself, or counts up."""
    lower = value.lower()
    if any(marks in lower for marks in ("xxxx", "****", "....")) or len(set(value)) < 4:
        return True
    return bool(_REPEATED.search(value)) or _counts_up(lower)


def _is_random(word: str) -> bool:
    if len(word) < 6 or _NUMBERED.match(word):
        return False
    if any(char.isdigit() for char in word) and any(char.isalpha() for char in word):
        return True
    return len(word) >= 10 and len(_CASES.findall(word)) >= 3


def is_key_like(value: str, *, named: bool = False) -> bool:
    """Whether a value without a shape of its own can be a key: long, random, no name or path.

    ``named``: its name says that it is one, so that a word in it exempts it only if there is
    nothing beside such words.
    """
    if not 15 <= len(value) <= 4000 or not _KEY_CHARACTERS.match(value):
        return False
    if not any(char.isdigit() for char in value):
        # Letters alone are words, unless they change their case as no word does.
        changes = len(re.findall(r"[a-z][A-Z]", value))
        if len(value) < 20 or changes < 4 or "_" in value or "." in value or "/" in value:
            return False
    elif not any(char.isalpha() for char in value):
        return False
    if (
        _PATH.search(value)
        or _is_dotted_name(value)
        or _WORDLIKE.match(value)
        or _DATE.match(value)
    ):
        return False
    if _CAMEL_NAME.match(value) or _is_made_of_words(value):
        return False
    words = re.split(r"[_\-./:]", value)
    if len(words) > 2 and all(len(word) < 10 and not _mixed(word) for word in words):
        # `bert-base-uncased-v2`: words with a number between them.
        return False
    stands_for_one = is_made_of_words if named else is_placeholder
    return entropy(value) > 3.0 and not stands_for_one(value)


def _is_made_of_words(value: str) -> bool:
    """Whether a value is words with a number or two: `ERC1155MissingApproval`, `all-MiniLM-L6`."""
    pieces = _PIECE.findall(value)
    numbers = [piece for piece in pieces if piece.isdigit()]
    letters = sum(len(piece) for piece in pieces if not piece.isdigit())
    words = [piece for piece in pieces if _WORD.match(piece)]
    if len(numbers) > 2 or len(words) < 2 or not letters:
        return False
    starts = sum(word[0].isupper() for word in words) >= 2 or re.search(r"[_\-./: ]", value)
    return bool(starts) and sum(map(len, words)) >= 0.6 * letters


def is_weak_number(value: str) -> bool:
    """Whether a value is a number that people take for a password, such as 123456."""
    return bool(_WEAK_NUMBER.match(value))


def _mixed(word: str) -> bool:
    """Whether digits and letters alternate as in no word."""
    return bool(re.search(r"\d[A-Za-z]+\d|[A-Za-z]\d+[A-Za-z]", word)) or (
        bool(re.search(r"[a-z]", word)) and bool(re.search(r"[A-Z][A-Z\d]*[a-z]?[A-Z\d]", word))
    )


def _is_dotted_name(value: str) -> bool:
    """Whether a value is `package.module.name` or a file: none of its parts is long and mixed."""
    return _DOTTED.match(value) is not None and not any(
        len(part) >= 16 and _mixed(part) for part in value.split(".")
    )


def is_password_like(value: str, *, used: bool = False, named: bool = False) -> bool:
    """Whether a value can be a password that a person or a machine chose.

    ``used``: it is passed to something that logs in, so that a weak one also is one. ``named``: its
    name says that it is one.
    """
    if not 4 <= len(value) <= 256 or "\n" in value:
        return False
    if is_placeholder(value) and not (named and not is_made_of_words(value)):
        return False
    if _PATH.search(value) or value.count(" ") > 3:
        return False
    if used:
        return len(value) >= 5 and not (value.isalpha() and value.islower() and len(value) < 6)
    classes = sum(
        (
            any(char.islower() for char in value),
            any(char.isupper() for char in value),
            any(char.isdigit() for char in value),
            any(not char.isalnum() and not char.isspace() for char in value),
        )
    )
    if _is_dotted_name(value) or _WORDLIKE.match(value) or " " in value:
        return False
    return (len(value) >= 8 and classes >= 3) or (
        len(value) >= 10 and classes == 2 and entropy(value) > 3 and bool(re.search(r"\d", value))
    )
