"""Tables of configuration: checked against the options, put on top of each other. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from nbprod.config.options import OPTIONS, Option, option
from nbprod.errors import UsageError

__all__ = ["Layer", "LayeredValue", "merge_layers", "read_layer"]

_LONGEST = 80


class LayeredValue(NamedTuple):
    """A value and where it comes from: a file with a line, an option, the default."""

    value: Any
    origin: str


Layer = dict[str, LayeredValue]


def read_layer(table: Mapping[str, Any], source: str, text: str = "") -> Layer:
    """Check a table and make a layer of it.

    Args:
        table: keys to values, as TOML has them.
        source: the file, or the option, that it comes from.
        text: the text of the file, to name lines.

    Raises:
        UsageError: a key is unknown, or a value is not what the key wants.
    """
    layer: Layer = {}
    for key, value in table.items():
        known = option(key)
        origin = _origin(source, key, text)
        if known is None:
            import difflib

            names = [one.name for one in OPTIONS]
            near = difflib.get_close_matches(key[:_LONGEST].replace("_", "-"), names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else "; run `nbprod config` for the keys"
            raise UsageError(f"{origin}: unknown key {key[:_LONGEST]!r}{hint}")
        layer[known.name] = LayeredValue(_checked(known, value, origin), origin)
    return layer


def _origin(source: str, key: str, text: str) -> str:
    pattern = re.compile(rf"^\s*(?:\[.*\.)?[\"']?{re.escape(key)}[\"']?\s*(?:=|\]|\.)")
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.match(line):
            return f"{source}:{number}"
    return source


def _checked(known: Option, value: Any, origin: str) -> Any:
    """The value as `Settings` holds it: everything hashable."""
    wanted = known.kind
    if wanted == "words" and _is_words(value):
        return (value,) if isinstance(value, str) else tuple(value)
    if wanted == "flag" and isinstance(value, bool):
        return value
    if wanted == "number" and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if wanted == "text" and isinstance(value, str):
        return value
    if wanted == "choice" and value in known.key.choices:
        return value
    if wanted == "table of words" and isinstance(value, Mapping):
        if all(_is_words(one) for one in value.values()):
            return tuple(
                (key, (one,) if isinstance(one, str) else tuple(one)) for key, one in value.items()
            )
    if wanted == "table of choices" and isinstance(value, Mapping):
        if all(one in known.key.choices for one in value.values()):
            return tuple(value.items())
    raise UsageError(f"{origin}: {known.name} must be {_wanted(known)}, not {value!r}")


def _is_words(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value)
    )


def _wanted(known: Option) -> str:
    choices = ", ".join(repr(choice) for choice in known.key.choices)
    return {
        "words": "a list of texts",
        "flag": "true or false",
        "number": "a whole number from 0",
        "text": "a text",
        "choice": f"one of {choices}",
        "table of words": "a table of lists",
        "table of choices": f"a table with values of {choices}",
    }[known.kind]


def merge_layers(layers: Sequence[Layer]) -> Layer:
    """Every option with the value of the last layer that sets it, else with its default."""
    found: Layer = {one.name: LayeredValue(one.default, "default") for one in OPTIONS}
    for layer in layers:
        found.update(layer)
    return found
