"""Keep the values of credentials out of everything that people or machines are shown."""

from __future__ import annotations

from collections.abc import Iterable

from nbprod.secrets.types import Secret

__all__ = ["Mask", "described"]

_PIECE = 8


class Mask:
    """Replaces values by stars, as many as they have characters, so that columns stay.

    Of a value that was cut off, or that starts a longer one, the first `_PIECE` characters are
    enough to know it.
    """

    def __init__(self, secrets: Iterable[Secret | str]) -> None:
        values = {secret if isinstance(secret, str) else secret.value for secret in secrets}
        lines = {line.strip() for value in values for line in value.splitlines()}
        self._values = sorted((line for line in lines if len(line) >= 4), key=len, reverse=True)

    def __bool__(self) -> bool:
        return bool(self._values)

    def __call__(self, text: str) -> str:
        """The text without the values."""
        for value in self._values:
            if value in text:
                text = text.replace(value, "*" * len(value))
            elif len(value) > _PIECE and value[:_PIECE] in text:
                text = _without_start(text, value)
        return text


def _without_start(text: str, value: str) -> str:
    """A text without what it holds of the start of a value, as far as it goes."""
    at = text.find(value[:_PIECE])
    while at >= 0:
        end = at + _PIECE
        while end < len(text) and end - at < len(value) and text[end] == value[end - at]:
            end += 1
        text = text[:at] + "*" * (end - at) + text[end:]
        at = text.find(value[:_PIECE], end)
    return text


def described(secret: Secret) -> str:
    """A credential in words: its kind, what all of its kind start with, its length."""
    kinds = {
        "private-key": "a private key",
        "password": "a password",
        "url": "the credentials of a URL",
        "jwt": "a JSON web token",
        "generic": "a key",
    }
    article = "an" if secret.provider[:1] in "aeiou" else "a"
    kind = kinds.get(secret.provider, f"{article} {secret.provider} credential")
    start = f", starts with `{secret.prefix}`" if secret.prefix else ""
    return f"{kind} ({len(secret.value)} characters{start})"
