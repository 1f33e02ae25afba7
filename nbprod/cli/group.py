"""The commands, each imported when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from nbprod._version import __version__

__all__ = ["cli"]

_COMMANDS = {
    "baseline": ("nbprod.cli.baseline", "Write and keep the file of findings that are known."),
    "check": ("nbprod.cli.check", "Check notebooks."),
    "clones": ("nbprod.cli.clones", "Find code that stands in several places."),
    "config": ("nbprod.cli.config", "Show the configuration and where each value comes from."),
    "dev": ("nbprod.cli.dev", "Write and test rules of your own."),
    "extract": ("nbprod.cli.extract", "Turn cells into a module with tests."),
    "graph": ("nbprod.cli.graph", "Draw the data flow between the cells of a notebook."),
    "init": ("nbprod.cli.init", "Set a repository up: configuration, hook, workflow."),
    "report": ("nbprod.cli.report", "Write a review report of notebooks, against a base."),
    "requirements": (
        "nbprod.cli.requirements",
        "Write a requirements file from what notebooks import.",
    ),
    "rule": ("nbprod.cli.rule", "Explain a rule, or list them all."),
    "score": ("nbprod.cli.score", "Show what stands between notebooks and production."),
    "verify": ("nbprod.cli.verify", "Run two notebooks and compare them."),
}


class LazyGroup(click.Group):
    """Imports a command when it is called, so that `--help` and `check` stay quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(_COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in sorted(_COMMANDS)])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(
    __version__, "-V", "--version", prog_name="nbprod", message="%(prog)s %(version)s"
)
def cli() -> None:
    """Take notebooks to production: check them, see their data flow, repair them.

    Try `nbprod check` in a folder of notebooks.
    """
