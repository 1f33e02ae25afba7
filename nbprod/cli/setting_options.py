"""Options of the command line for the keys of configuration files, made of their declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from nbprod.config.layers import Layer, read_layer
from nbprod.config.options import OPTIONS, Option
from nbprod.errors import UsageError

__all__ = ["configuration_options", "isolated_option", "layer_of", "setting_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


isolated_option = click.option("--isolated", is_flag=True, help="Ignore all configuration files.")
"""The option of commands that read configuration files."""


def configuration_options(command: Command) -> Command:
    """Give a command the options that say which configuration is read."""
    config = click.option(
        "--config",
        multiple=True,
        metavar="FILE|KEY=VALUE",
        help="Set a key for this run, or read this file.",
    )
    return config(isolated_option(command))


def setting_options(*fields: str) -> Callable[[Command], Command]:
    """Give a command options for keys of configuration files, in the order of their declaration.

    Args:
        fields: the fields of `Settings`; none stands for every key that has an option.
    """

    def decorate(command: Command) -> Command:
        for option in reversed(OPTIONS):
            if option.key.flags and (not fields or option.field in fields):
                command = _option(option)(command)
        return command

    return decorate


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
        given: what click parsed, by field; keys that are not of the configuration are skipped.

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
    return read_layer(table, "the command line")


def _by_pattern(texts: Sequence[str], option: Option) -> dict[str, list[str]]:
    """``PATTERN:RULES`` to patterns with their rules."""
    found: dict[str, list[str]] = {}
    for text in texts:
        pattern, _, rules = text.rpartition(":")
        if not pattern:
            raise UsageError(f"--{option.name} {text!r}: write PATTERN:RULES")
        found.setdefault(pattern, []).append(rules)
    return found
