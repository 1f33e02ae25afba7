"""``nbprod mcp``."""

from __future__ import annotations

import os

import click

from nbprod.errors import UsageError, missing_extra


@click.command("mcp")
@click.option(
    "--root",
    default=".",
    metavar="DIR",
    help="Directory that notebooks must be in [default: the present one].",
)
@click.option("--read-only", is_flag=True, help="Write nothing: fixes are patches only.")
def command(root: str, read_only: bool) -> int:
    """Serve coding agents over the model context protocol, on standard input and output.

    Agents start it themselves; docs/how-to/use-with-coding-agents.md has their settings. It never
    runs a notebook, and reads and writes notebooks below --root only.
    """
    if not os.path.isdir(root):
        raise UsageError(f"{root} is not a directory")
    try:
        from nbprod.agents.server import serve_agents
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types", "anyio", "jsonschema"):
            raise
        raise missing_extra("the server for agents", "mcp", "mcp") from None
    real = os.path.realpath(root)
    os.chdir(real)
    serve_agents(real, read_only=read_only)
    return 0
