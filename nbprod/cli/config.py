"""``nbprod config``."""

from __future__ import annotations

import json
from typing import Any

import click

from nbprod.cli.output import print_json, print_line
from nbprod.cli.setting_options import configuration_options
from nbprod.config.files import Configuration
from nbprod.config.options import OPTIONS


@click.command("config")
@click.argument("path", default=".")
@configuration_options
@click.option("--schema", is_flag=True, help="Print the JSON Schema of configuration files.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text")
def command(
    path: str, config: tuple[str, ...], isolated: bool, schema: bool, output_format: str
) -> int:
    """Show each value that governs PATH, and where it comes from."""
    if schema:
        from nbprod.config.schema import schema as made

        print_json(made())
        return 0
    configuration = Configuration(None, config, isolated)
    file = configuration.file_for(path)
    values = configuration.values(file)
    if output_format == "json":
        found = {
            name: {"value": _plain(name, value.value), "origin": value.origin}
            for name, value in values.items()
        }
        print_json({"file": file, "values": found})
        return 0
    print_configuration(configuration, path)
    return 0


def print_configuration(configuration: Configuration, path: str) -> None:
    """Print each value that governs a path, and where it comes from."""
    file = configuration.file_for(path)
    print_line(f"# {file or 'no configuration file'}")
    for name, value in configuration.values(file).items():
        text = json.dumps(_plain(name, value.value))
        print_line(f"{name} = {text}  # {value.origin}")


def _plain(name: str, value: Any) -> Any:
    kind = next(option.kind for option in OPTIONS if option.name == name)
    if kind.startswith("table"):
        return {key: list(one) if isinstance(one, tuple) else one for key, one in value}
    return list(value) if isinstance(value, tuple) else value
