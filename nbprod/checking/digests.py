"""SHA-256 without OpenSSL, which takes as long to load as a small check does to run."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

__all__ = ["hex_digest"]

# Those that `hashlib` itself falls back on, of Python 3.12 and of older ones, come first.
_MODULES = ("_sha2", "_sha256", "hashlib")


def hex_digest(data: bytes) -> str:
    """The digest of some bytes, as hexadecimal digits."""
    return str(_maker()(data).hexdigest())


@cache
def _maker() -> Callable[[bytes], Any]:
    for name in _MODULES:
        try:
            found: Callable[[bytes], Any] = import_module(name).sha256
        except ImportError:
            continue
        return found
    raise AssertionError("every Python has `hashlib`")
