"""``nbprod version``."""

from __future__ import annotations

import click

from nbprod._version import __version__
from nbprod.cli.output import print_line


@click.command("version")
def command() -> int:
    """Print the version, as --version does."""
    print_line(f"nbprod {__version__}")
    return 0
