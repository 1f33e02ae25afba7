"""A real client of `nbprod mcp`, which it starts as agents do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import pytest

pytest.importorskip("mcp", reason="the extra `mcp` is not installed")

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

__all__ = ["Answer", "ask", "ask_all"]

Call = tuple[str, dict[str, Any]]


class Answer(NamedTuple):
    """What a tool answers, and whether that is an error."""

    found: dict[str, Any]
    is_error: bool
    text: str


def ask(root: Path, *calls: Call, options: Sequence[str] = ()) -> list[Answer]:
    """The answers of one server to some calls, one after another."""
    return ask_all(root, lambda _answers: calls, options)[: len(calls)]


def ask_all(
    root: Path, more: Callable[[list[Answer]], Sequence[Call]], options: Sequence[str] = ()
) -> list[Answer]:
    """The answers to what ``more`` asks for, as long as that are calls it has not made."""
    answers: list[Answer] = []

    async def session() -> None:
        words = ["-m", "nbprod", "mcp", *options]
        server = StdioServerParameters(command=sys.executable, args=words, cwd=str(root))
        async with Client(stdio_client(server)) as client:
            while calls := list(more(answers))[len(answers) :]:
                for name, arguments in calls:
                    result = await client.call_tool(name, arguments)
                    (block,) = result.content
                    found = result.structured_content
                    answers.append(Answer(found, bool(result.is_error), getattr(block, "text", "")))

    anyio.run(session)
    return answers
