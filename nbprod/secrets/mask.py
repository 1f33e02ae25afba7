"""Keep the values of credentials out of everything that people or machines are shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from nbprod.patterns import lazy_pattern
from nbprod.secrets.types import Secret

__all__ = ["Mask", "described"]

# As many characters in a row are enough to find a key in a list of keys.
_PIECE = 8
_SHORTEST = 4
_LONG = 300
_MOST_LINES = 100
_MANY = 100
# A piece of words and the marks between them says nothing about the rest.
_WORDS = lazy_pattern(r"(?:[a-z\W_]+|[A-Z\W_]+|[\W\d_]+)\Z")


class Mask:
    """Replaces values by stars, as many as they have characters, so that columns stay.

    A value is known in each of the spellings that outputs use, over several lines, and in pieces:
    where it was cut off, or put together of several strings.
    """

    def __init__(self, secrets: Iterable[Secret | str]) -> None:
        values = {secret if isinstance(secret, str) else secret.value for secret in secrets}
        lines = {line.strip() for value in values for line in value.splitlines()}
        lines = {line for line in lines if len(line) >= _SHORTEST}
        spelled = {text for line in lines for text in _spellings(line)}
        self._values = sorted(spelled, key=len, reverse=True)
        self._lines: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._values)

    def __call__(self, text: str) -> str:
        """The text without the values."""
        if not self._values:
            return text
        if len(text) < _LONG:
            return self._masked(text)
        # A long line is shown by each finding on it.
        found = self._lines.get(text)
        if found is None:
            if len(self._lines) >= _MOST_LINES:
                self._lines.clear()
            found = self._lines[text] = self._masked(text)
        return found

    def _masked(self, text: str) -> str:
        for value in self._values if len(self._values) < _MANY else self._likely(text):
            if value in text:
                text = text.replace(value, "*" * len(value))
        return self._without_pieces(text) if self._pieces else text

    def _likely(self, text: str) -> list[str]:
        """The values that start as some part of a text does, the longest first."""
        found: list[str] = []
        for size, known in self._starts.items():
            parts = {text[at : at + size] for at in range(len(text) - size + 1)}
            found += (value for part in parts & known.keys() for value in known[part])
        return sorted(found, key=len, reverse=True)

    @cached_property
    def _starts(self) -> dict[int, dict[str, list[str]]]:
        """The values by their first letters; of long ones more: keys of a maker begin alike."""
        found: dict[int, dict[str, list[str]]] = {}
        for value in self._values:
            size = _PIECE if len(value) >= _PIECE else _SHORTEST
            found.setdefault(size, {}).setdefault(value[:size], []).append(value)
        return found

    @cached_property
    def _pieces(self) -> frozenset[str]:
        return frozenset(
            piece
            for value in self._values
            for piece in (value[at : at + _PIECE] for at in range(len(value) - _PIECE + 1))
            if not _WORDS.match(piece)
        )

    def _without_pieces(self, text: str) -> str:
        pieces = self._pieces
        found = [at for at in range(len(text) - _PIECE + 1) if text[at : at + _PIECE] in pieces]
        if not found:
            return text
        chars = list(text)
        for at in found:
            chars[at : at + _PIECE] = "*" * _PIECE
        return "".join(chars)


def _spellings(value: str) -> Iterator[str]:
    """A value as it is, and as literals, JSON, URLs and pages write it."""
    yield value
    if not value.isascii() or not value.isalnum():
        # Imported here: most notebooks hide nothing.
        from html import escape
        from urllib.parse import quote, quote_plus

        yield repr(value)[1:-1]
        yield repr(value + "'")[1:-2]
        yield json.dumps(value)[1:-1]
        yield json.dumps(value, ensure_ascii=False)[1:-1]
        encoded = value.encode("utf-8", "surrogatepass")
        yield quote(encoded, safe="")
        yield quote(encoded)
        yield quote_plus(encoded)
        yield escape(value)


_KINDS = {
    "private-key": "a private key",
    "password": "a password",
    "url": "the user and password of a URL",
    "jwt": "a JSON web token",
}
# As their makers write them; of the rest the name of the table is shown.
_MAKERS = {"gcp": "Google", "google": "Google", "aws": "AWS", "github": "GitHub",
    "gitlab": "GitLab", "openai": "OpenAI", "huggingface": "Hugging Face", "azure": "Azure",
    "slack": "Slack", "anthropic": "Anthropic", "stripe": "Stripe", "kaggle": "Kaggle"}  # fmt: skip
_NOUNS = (
    (lazy_pattern(r"api[_ .-]?key|appid", re.I), "API key"),
    (lazy_pattern(r"access[_ .-]?token", re.I), "access token"),
    (lazy_pattern(r"token|(?:\b|_)pat(?:\b|_)|bearer", re.I), "token"),
    (lazy_pattern(r"passphrase", re.I), "passphrase"),
    (lazy_pattern(r"secret", re.I), "secret"),
    (lazy_pattern(r"key", re.I), "key"),
)


def described(secret: Secret) -> str:
    """A credential in words: its kind, what all of its kind start with, its length."""
    start = f", starts with `{secret.prefix}`" if secret.prefix else ""
    return f"{_kind(secret)} ({len(secret.value)} characters{start})"


def _kind(secret: Secret) -> str:
    provider = secret.provider
    if provider == "generic" or secret.rule == "url-token":
        noun = _noun(secret.name) or "key"
        return f"{'an' if noun[0] in 'aA' else 'a'} {noun}"
    if provider in _KINDS:
        return _KINDS[provider]
    maker = _MAKERS.get(provider, provider)
    article = "an" if maker[:1] in "aeiouAO" else "a"
    return f"{article} {maker} {_noun(secret.rule) or 'credential'}"


def _noun(name: str) -> str:
    """The kind of secret that a name promises, empty for a name that does not say it."""
    return next((noun for pattern, noun in _NOUNS if pattern.search(name)), "")
