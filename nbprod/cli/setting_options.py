"""Options of the command line for the keys of configuration files, made of their declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from nbprod.config.layers import Layer, read_table
from nbprod.config.options import OPTIONS, Option
from nbprod.errors import UsageError

__all__ = ["layer_of", "setting_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


def setting_options(command: Command) -> Command:
    """Give a command an option for every key that has one, in the order of their declaration."""
    for option in reversed(OPTIONS):
        if option.key.flags:
            command = _option(option)(command)
    return command


def _option(option: Option) -> Callable[[Command], Command]:
    key = option.key
    spelling = (*key.flags, option.field)
    text = (key.off or key.doc).replace("`", "")
    if option.kind == "flag":
        return click.option(*spelling, is_flag=True, help=text)
    if option.kind == "choice":
        return click.option(*spelling, type=click.Choice(key.choices), help=text)
    if option.kind == "number":
        return click.option(
            *spelling, type=click.IntRange(0), default=None, metavar=key.metavar, help=text
        )
    is_many = option.kind in ("words", "table of words")
    return click.option(*spelling, multiple=is_many, metavar=key.metavar, help=text)


def layer_of(given: Mapping[str, Any]) -> Layer:
    """The layer of configuration that the options of a command line make.

    Args:
        given: what click parsed, by field; keys that are not of the configuration are passed over.

    Raises:
        UsageError: a value is not what its key wants.
    """
    table: dict[str, Any] = {}
    for option in OPTIONS:
        value = given.get(option.field)
        if not option.key.flags or value in (None, False, ()):
            continue
        if option.key.off:
            value = False
        elif option.kind == "table of words":
            value = _by_pattern(value, option)
        table[option.name] = value
    return read_table(table, "the command line")


def _by_pattern(texts: Sequence[str], option: Option) -> dict[str, list[str]]:
    """``PATTERN:RULES`` to patterns with their rules."""
    found: dict[str, list[str]] = {}
    for text in texts:
        pattern, _, rules = text.rpartition(":")
        if not pattern:
            raise UsageError(f"--{option.name} {text!r}: write PATTERN:RULES")
        found.setdefault(pattern, []).append(rules)
    return found
