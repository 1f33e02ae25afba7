"""Object stores and file systems by address, through fsspec; and local paths without it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from nbprod.errors import NbprodError, UsageError
from nbprod.survey.extras import need_fsspec
from nbprod.survey.references import without_secrets

__all__ = [
    "StorageFailed",
    "file_system",
    "is_address",
    "is_of_the_file",
    "patiently",
    "split_address",
]

_Value = TypeVar("_Value")
_PAUSES = (0.2, 1.0, 3.0)
# What another attempt does not change.
_OF_THE_FILE = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)


class StorageFailed(NbprodError):
    """A storage does not answer; what is done is kept, and the same command goes on."""


def is_address(text: str) -> bool:
    """Whether a source is an address of fsspec, and no path."""
    return "://" in text or "::" in text


def split_address(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it.

    Raises:
        UsageError: no installed package knows the protocol.
    """
    return _split(address)


@lru_cache(maxsize=32)
def _split(address: str) -> tuple[Any, str]:
    fsspec = need_fsspec()
    shown = without_secrets(address)
    try:
        system, path = fsspec.core.url_to_fs(address, use_listings_cache=False)
    except ImportError as error:
        raise UsageError(f"{shown}: {str(error).splitlines()[0]}") from None
    except ValueError:
        raise UsageError(f"{shown}: no installed package reads this protocol") from None
    except _OF_THE_FILE:
        raise UsageError(f"{shown} does not exist, or may not be read") from None
    except Exception as error:  # whatever a package says of an address
        raise StorageFailed(f"{shown}: {type(error).__name__}") from None
    return system, str(path)


def file_system(root: str) -> Any:
    """The file system of a source."""
    return split_address(root)[0]


def is_of_the_file(error: BaseException) -> bool:
    """Whether an error is about one file, and not about the storage."""
    return isinstance(error, _OF_THE_FILE)


def patiently(call: Callable[[], _Value], shown: str) -> _Value:
    """Call something that a storage answers, again where it does not.

    Raises:
        StorageFailed: it did not answer several times.
        OSError: the file is not there, or may not be read.
    """
    for pause in (*_PAUSES, None):
        try:
            return call()
        except _OF_THE_FILE:
            raise
        except NbprodError:
            raise
        except Exception as error:  # each package has its own
            if pause is None:
                # The text of the error may hold an address with its key.
                raise StorageFailed(f"{shown}: storage failed ({type(error).__name__})") from None
        time.sleep(pause)
    raise AssertionError
