"""``nbprod completion``."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from nbprod.cli.output import print_document

_EXAMPLES = """\b
Examples:
  eval "$(nbprod completion bash)"                                   in ~/.bashrc
  nbprod completion fish > ~/.config/fish/completions/nbprod.fish
"""


@click.command("completion", epilog=_EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the script that completes commands and options in a SHELL."""
    from nbprod.cli.group import cli

    completion = get_completion_class(shell)
    assert completion is not None
    print_document(completion(cli, {}, "nbprod", "_NBPROD_COMPLETE").source() + "\n")
    return 0
