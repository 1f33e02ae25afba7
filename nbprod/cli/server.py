"""``nbprod server``."""

from __future__ import annotations

import os

import click

from nbprod.errors import missing_extra


@click.command("server")
@click.option(
    "--delay",
    type=click.IntRange(0, 10_000),
    default=150,
    metavar="MS",
    help="Milliseconds without a change before a check [150].",
)
def command(delay: int) -> None:
    """Serve an editor over the language server protocol, on standard input and output.

    Editors start it themselves; docs/how-to/use-in-editors.md has their settings. It never runs
    a notebook.
    """
    try:
        from nbprod.server.app import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise missing_extra("the language server", "pygls", "lsp") from None
    serve(delay / 1000)
    # A check may still run in its thread; nobody waits for what it finds.
    os._exit(0)
