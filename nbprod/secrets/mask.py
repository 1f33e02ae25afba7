"""Keep the values of credentials out of everything that people or machines are shown."""

from __future__ import annotations

import re
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
        values = {one if isinstance(one, str) else one.value for one in secrets}
        lines = {line.strip() for value in values for line in value.splitlines()}
        self._values = sorted((one for one in lines if len(one) >= 4), key=len, reverse=True)
        pieces = {re.escape(one[:_PIECE]) for one in self._values if len(one) > _PIECE}
        self._pieces = re.compile("|".join(sorted(pieces)) or r"(?!)")

    def __bool__(self) -> bool:
        return bool(self._values)

    def __call__(self, text: str) -> str:
        """The text without the values."""
        for value in self._values:
            if value in text:
                text = text.replace(value, "*" * len(value))
        return self._pieces.sub(self._cut, text)

    def _cut(self, match: re.Match[str]) -> str:
        return "*" * len(match[0])


def described(secret: Secret) -> str:
    """A credential in words: its kind, what all of its kind start with, its length."""
    kinds = {
        "private-key": "private key",
        "password": "password",
        "url": "credentials in a URL",
        "jwt": "JSON web token",
        "generic": "key",
    }
    kind = kinds.get(secret.provider, f"{secret.provider} credential")
    start = f", starts with `{secret.prefix}`" if secret.prefix else ""
    return f"{kind} ({len(secret.value)} characters{start})"
