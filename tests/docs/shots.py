"""A picture for each how-to page: a terminal with commands of the page and what they print."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.docs.running import run_all
from tests.docs.scenes import prepare

__all__ = ["SHOTS", "Shot", "terminal_lines", "wrapped"]

_WIDEST = 100
_PIECE = re.compile(r"\x1b\[[\d;]*m|[^\x1b]")


class Shot(NamedTuple):
    """Commands in the directory of a page, and the most lines that are shown of each.

    ``first`` are commands that prepare the directory and are not shown.
    """

    page: str
    commands: tuple[str, ...]
    most: int = 24
    first: tuple[str, ...] = ()


_ORDERS = (
    '{"cells": [{"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [],'
    ' "source": "import csv\\nimport os\\nprint(total, os.sep)"}, {"cell_type": "code",'
    ' "execution_count": null, "metadata": {}, "outputs": [], "source": "total = 3"}],'
    ' "metadata": {}, "nbformat": 4, "nbformat_minor": 4}'
)
SHOTS = {
    "baseline": Shot("adopt-with-a-baseline", ("nbprod baseline write", "nbprod check"), 9),
    "since": Shot("check-only-changes", ("nbprod check --new-since origin/main",)),
    "ci": Shot("ci", ("nbprod check --no-progress --output concise --output junit:nbprod.xml",), 7),
    "clean": Shot(
        "commit-without-outputs", ("nbprod clean", "git diff --stat"), first=("git add -A",)
    ),
    "diff": Shot("compare-versions", ("nbprod diff before.ipynb after.ipynb",)),
    "extract": Shot(
        "extract-a-module", ("nbprod extract parcels.ipynb -o post/parcels.py --dry-run",), 30
    ),
    "install": Shot("install", ("nbprod --help",), 30),
    "pipeline": Shot("make-a-pipeline", ("nbprod pipeline shop.ipynb -o shop --dry-run",)),
    "clones": Shot("merge-duplicates", ("nbprod clones notebooks/",)),
    "requirements": Shot("pin-requirements", ("nbprod requirements notebooks/",)),
    "hook": Shot("pre-commit", ("nbprod init --diff",), 16),
    "secrets": Shot("remove-secrets", ("nbprod check analysis.ipynb", "nbprod fix analysis.ipynb")),
    "linters": Shot(
        "run-other-linters",
        ("nbprod check --ruff orders.ipynb --output concise",),
        first=(f"echo '{_ORDERS}' > orders.ipynb",),
    ),
    "suppress": Shot(
        "suppress-findings",
        (
            "nbprod check analysis.ipynb",
            "nbprod check analysis.ipynb --add-noqa=later",
            "nbprod check analysis.ipynb",
        ),
    ),
    "survey": Shot(
        "survey-a-collection",
        ("nbprod survey notebooks/ analysis.ipynb -o findings/", "ls findings"),
    ),
    "agents": Shot("use-with-coding-agents", ("nbprod check shop.ipynb --output-format agent -q",)),
}
"""The picture of a page by the name of its file."""


def terminal_lines(shot: Shot) -> list[str]:
    """What a terminal shows after the commands, with ANSI codes; long outputs are cut."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve() / "work"
        folder.mkdir()
        programs = prepare(f"docs/how-to/{shot.page}.md", folder)
        every = (*shot.first, *shot.commands)
        ran = run_all(every, folder, programs, FORCE_COLOR="1", FORCE_HYPERLINK="0", COLUMNS="100")
    lines: list[str] = []
    for command, (printed, _) in list(zip(every, ran, strict=True))[len(shot.first) :]:
        shown = printed.strip("\n").split("\n")
        lines += ["", f"\x1b[32m$\x1b[0m {command}"]
        lines += [part for line in shown[: shot.most] for part in wrapped(line)]
        if len(shown) > shot.most:
            lines.append(f"\x1b[2m… {len(shown) - shot.most} more lines\x1b[0m")
    return lines[1:]


def wrapped(line: str) -> Iterator[str]:
    """A line as a terminal shows it: parts that fit, each in the color of what is before it."""
    part, width, style = "", 0, ""
    for piece in _PIECE.findall(line):
        if piece.startswith("\x1b"):
            style = piece
        elif width == _WIDEST:
            yield part
            part, width = style, 0
        part += piece
        width += not piece.startswith("\x1b")
    yield part
