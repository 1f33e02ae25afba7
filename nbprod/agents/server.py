"""`nbprod mcp`: the tools over the model context protocol, on standard input and output."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import anyio
import anyio.to_thread
import mcp.types as protocol
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server

from nbprod._version import __version__
from nbprod.agents.answers import page_of, plain_text
from nbprod.agents.schemas import DESCRIPTIONS, INSTRUCTIONS, SCHEMAS
from nbprod.agents.tools import TOOLS
from nbprod.errors import NbprodError, UsageError
from nbprod.project.credentials import forget_credentials, known_mask
from nbprod.secrets.mask import Mask

__all__ = ["serve_agents"]

_WRITES = "apply_fixes"


def serve_agents(root: str, *, read_only: bool) -> None:
    """Serve one client until it closes the input.

    Args:
        root: the real path of the directory that notebooks must be in.
        read_only: refuse to write.
    """
    anyio.run(_serve, root, read_only)


async def _serve(root: str, read_only: bool) -> None:  # noqa: FBT001 - anyio passes places
    # One call after another: what is masked in an answer is what its call has read.
    turn = anyio.CapacityLimiter(1)

    async def listed(
        _context: ServerRequestContext[Any], _params: protocol.PaginatedRequestParams | None
    ) -> protocol.ListToolsResult:
        return protocol.ListToolsResult(tools=[_described(name, read_only) for name in TOOLS])

    async def called(
        _context: ServerRequestContext[Any], params: protocol.CallToolRequestParams
    ) -> protocol.CallToolResult:
        given = params.arguments or {}
        return await anyio.to_thread.run_sync(
            _answered, params.name, given, root, read_only, limiter=turn
        )

    server: Server[Any] = Server(
        "nbprod",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=listed,
        on_call_tool=called,
    )
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def _described(name: str, read_only: bool) -> protocol.Tool:  # noqa: FBT001
    writes = name == _WRITES and not read_only
    return protocol.Tool(
        name=name,
        description=DESCRIPTIONS[name],
        input_schema=SCHEMAS[name],
        annotations=protocol.ToolAnnotations(
            read_only_hint=not writes,
            destructive_hint=writes,
            idempotent_hint=True,
            open_world_hint=False,
        ),
    )


def _answered(
    name: str,
    given: Mapping[str, Any],
    root: str,
    read_only: bool,  # noqa: FBT001
) -> protocol.CallToolResult:
    """The result of a call, an error included: nothing of it ends the server."""
    forget_credentials()
    try:
        answer = _answer(name, given, root, read_only=read_only)
    except NbprodError as error:
        text = plain_text(str(error), known_mask())
        return _result({"error": text}, is_error=True)
    except Exception as error:  # the boundary: its text might quote the notebook
        text = f"internal error: {type(error).__name__}; please report it"
        return _result({"error": text}, is_error=True)
    return _result(answer, is_error=False)


def _answer(name: str, given: Mapping[str, Any], root: str, *, read_only: bool) -> dict[str, Any]:
    tool = TOOLS.get(name)
    if tool is None:
        raise UsageError(f"no tool is named {name!r}; there are {', '.join(TOOLS)}")
    problem = next(iter(Draft202012Validator(SCHEMAS[name]).iter_errors(dict(given))), None)
    if problem is not None:
        where = "/".join(map(str, problem.absolute_path))
        raise UsageError(f"wrong argument {where}: {problem.message}".replace(" :", ":"))
    if read_only and not given.get("dry_run", True):
        raise UsageError("the server was started with --read-only")
    answer = tool(given, root)
    return page_of(name, answer, int(given.get("start", 0)), known_mask() or Mask(()))


def _result(found: dict[str, Any], *, is_error: bool) -> protocol.CallToolResult:
    text = json.dumps(found, ensure_ascii=False)
    return protocol.CallToolResult(
        content=[protocol.TextContent(type="text", text=text)],
        structured_content=found,
        is_error=is_error,
    )
