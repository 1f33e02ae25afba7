"""The commands, each imported when it is called."""

from __future__ import annotations

from importlib import import_module

import click

from nbprod._version import __version__

__all__ = ["cli", "summary_of"]

_COMMANDS = {
    "baseline": (
        "nbprod.cli.baseline",
        "Record existing findings so that only new ones are reported.",
    ),
    "check": ("nbprod.cli.check", "Lint notebooks and apply fixes."),
    "clean": ("nbprod.cli.clean", "Remove outputs, counts and passing metadata."),
    "clones": ("nbprod.cli.clones", "Find duplicated code in notebooks and modules."),
    "comment": ("nbprod.cli.comment", "Review notebooks in a comment of a pull request."),
    "completion": ("nbprod.cli.completion", "Print the completion script of a shell."),
    "config": ("nbprod.cli.config", "Show the effective configuration and its sources."),
    "dev": ("nbprod.cli.dev", "Create and test rules."),
    "diff": ("nbprod.cli.diff", "Show how notebooks differ, cell by cell."),
    "explain": ("nbprod.cli.rule", "Explain a rule or list all rules."),
    "extract": ("nbprod.cli.extract", "Extract cells into a tested Python module."),
    "fix": ("nbprod.cli.fix", "Apply the safe fixes to notebooks: check --fix."),
    "graph": ("nbprod.cli.graph", "Print the data-flow graph of a notebook."),
    "init": ("nbprod.cli.init", "Add configuration, pre-commit hook and CI workflow."),
    "mcp": ("nbprod.cli.mcp", "Serve coding agents over the model context protocol."),
    "merge-results": ("nbprod.cli.merge_results", "Merge JSON reports of several runs."),
    "pipeline": ("nbprod.cli.pipeline", "Turn a notebook into an application of tasks."),
    "report": ("nbprod.cli.report", "Write an HTML and Markdown review report."),
    "requirements": (
        "nbprod.cli.requirements",
        "Generate a requirements file from imports.",
    ),
    "rule": ("nbprod.cli.rule", "Explain a rule or list all rules: the same as explain."),
    "score": ("nbprod.cli.score", "Check production readiness item by item."),
    "server": ("nbprod.cli.server", "Serve an editor over the language server protocol."),
    "survey": ("nbprod.cli.survey", "Check collections that outgrow one machine."),
    "version": ("nbprod.cli.version", "Print the version."),
    "verify": ("nbprod.cli.verify", "Run two notebooks and compare outputs and variables."),
}


def summary_of(name: str) -> str:
    """The line on a command in the list of commands; nothing where there is no such command."""
    return _COMMANDS[name][1] if name in _COMMANDS else ""


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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called.

        Raises:
            UsageError: there is none of that name; the message has the name that is like it.
        """
        if args[0] not in _COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], _COMMANDS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"unknown command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)

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
    """Take notebooks to production: check, fix and refactor them.

    Try `nbprod check` in a directory of notebooks.
    """
