"""Documents of a repository in well-known formats: each way in which one can be wrong is one error.

Libraries fail in more ways than they document: nested too deeply, with numbers too long to convert,
with other types than expected where a table should be.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Mapping
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["NotParsed", "parse_json", "parse_module", "parse_toml", "table_in", "texts_in"]


class NotParsed(ValueError):
    """A document is not what its format asks for; the text says why."""


def parse_toml(text: str) -> dict[str, Any]:
    """Read TOML.

    Raises:
        NotParsed: it is none, or more than can be read.
    """
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotParsed(_reason(error)) from None


def parse_json(text: str) -> Any:
    """Read JSON.

    Raises:
        NotParsed: it is none, or more than can be read.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotParsed(_reason(error)) from None


def parse_module(data: str | bytes) -> ast.Module:
    """Read a Python module, without running it.

    Raises:
        NotParsed: it is none, or more than can be read.
    """
    try:
        return ast.parse(data)
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise NotParsed(_reason(error)) from None


def table_in(document: Any, *keys: str) -> Mapping[str, Any]:
    """The table below some keys; an empty one where there is something else, or nothing."""
    for key in keys:
        document = document.get(key) if isinstance(document, Mapping) else None
    return document if isinstance(document, Mapping) else {}


def texts_in(value: Any) -> list[str]:
    """The texts of a list; none where there is something else."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _reason(error: BaseException) -> str:
    if isinstance(error, (RecursionError, MemoryError)):
        return "it is nested too deeply"
    # Python's message on integers of thousands of digits names a function to call.
    return "a number is too long" if "integer string" in str(error) else str(error)
