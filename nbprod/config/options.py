"""The keys of a configuration file as one table, read off `Settings`."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

from nbprod.config.settings import ChoiceByName, Key, Settings, Words, WordsByName

__all__ = ["OPTIONS", "Kind", "Option", "option"]

Kind = Literal[
    "words", "flag", "choice", "text", "number", "table of words", "table of choices"
]  # fmt: skip
_KINDS: dict[object, Kind] = {
    Words: "words",
    bool: "flag",
    int: "number",
    WordsByName: "table of words",
    ChoiceByName: "table of choices",
}


class Option(NamedTuple):
    """A key: its name, what it holds, what it is when nobody sets it, and what is said of it."""

    name: str
    kind: Kind
    default: Any
    key: Key

    @property
    def field(self) -> str:
        """The name of the field of `Settings`."""
        return self.name.replace("-", "_")


def _options() -> tuple[Option, ...]:
    extend = Key("Configuration file that this one extends.")
    found = [Option("extend", "text", None, extend)]
    for field, annotation in Settings.__annotations__.items():
        parts = get_args(annotation)
        if len(parts) == 2 and isinstance(parts[1], Key):
            kind = _KINDS.get(parts[0], "choice" if parts[1].choices else "text")
            default = Settings._field_defaults[field]
            found.append(Option(field.replace("_", "-"), kind, default, parts[1]))
    return tuple(found)


OPTIONS = _options()
_BY_NAME = {known.name: known for known in OPTIONS}


def option(name: str) -> Option | None:
    """The option of a key, with dashes or underscores."""
    return _BY_NAME.get(name.replace("_", "-"))
