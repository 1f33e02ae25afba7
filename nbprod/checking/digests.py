"""SHA-256 without OpenSSL, which takes as long to load as a small check does to run."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["hex_digest"]


def hex_digest(data: bytes) -> str:
    """The digest of some bytes, as hexadecimal digits."""
    return str(_maker()(data).hexdigest())


@cache
def _maker() -> Callable[[bytes], Any]:
    """What `hashlib` itself falls back on, from Python 3.12 on and before; else `hashlib`'s own."""
    found: Callable[[bytes], Any]
    try:
        from _sha2 import sha256 as found  # type: ignore[import-not-found, no-redef, unused-ignore]
    except ImportError:
        try:
            from _sha256 import sha256 as found  # type: ignore[import-not-found, no-redef, unused-ignore]
        except ImportError:
            from hashlib import sha256 as found
    return found
