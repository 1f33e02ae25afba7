"""The JSON Schema of a configuration file, made of the table of options."""

from __future__ import annotations

from typing import Any

from nbprod.config.options import OPTIONS, Option

__all__ = ["schema"]

_TEXT = {"type": "string"}
_WORDS = {"oneOf": [_TEXT, {"type": "array", "items": _TEXT}]}


def schema() -> dict[str, Any]:
    """The schema of `nbprod.toml`, and of the table `tool.nbprod` of a `pyproject.toml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nbprod",
        "description": "Configuration of nbprod: nbprod.toml, or tool.nbprod in pyproject.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {option.name: _property(option) for option in OPTIONS},
    }


def _property(option: Option) -> dict[str, Any]:
    shapes: dict[str, dict[str, Any]] = {
        "words": _WORDS,
        "flag": {"type": "boolean"},
        "number": {"type": "integer", "minimum": 0},
        "text": _TEXT,
        "choice": {"enum": list(option.key.choices)},
        "table of words": {"type": "object", "additionalProperties": _WORDS},
        "table of choices": {
            "type": "object",
            "additionalProperties": {"enum": list(option.key.choices)},
        },
    }
    found = {"description": option.key.doc, **shapes[option.kind]}
    if option.default not in (None, "", ()):
        found["default"] = (
            list(option.default) if isinstance(option.default, tuple) else option.default
        )
    return found
