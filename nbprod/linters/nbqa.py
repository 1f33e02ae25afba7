"""Linters that know no notebooks, by way of nbQA, with their lines mapped back to cells."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence

from nbprod.errors import UsageError
from nbprod.linters.convert import Remark
from nbprod.model import Severity
from nbprod.notebook.types import Notebook

__all__ = ["Line", "parse_line", "remarks_of", "tool_lines"]

_ANSI = re.compile(r"\x1b\[[0-9;]*m|\x1b\(B")
_LINE = re.compile(
    r"(?P<path>.+?\.ipynb):cell_(?P<cell>\d+):(?P<line>\d+)(?::(?P<column>\d+))?:\s*(?P<text>.+)"
)
_CODE = re.compile(
    r"(?:(?P<level>error|warning|note):\s*)?(?P<code>[A-Z]{1,4}\d{2,4})?:?\s*(?P<rest>.*)"
)
_TRAILING = re.compile(r"\s*[\[(](?P<name>[a-z][\w-]+)[\])]$")


class Line:
    """A line of a tool's output: the notebook, the number of the code cell from 1, the place."""

    def __init__(self, match: re.Match[str]) -> None:
        self.path = match["path"]
        self.cell = int(match["cell"])
        self.line = int(match["line"])
        self.column = int(match["column"] or 1)
        self.text = match["text"].strip()


def parse_line(text: str) -> Line | None:
    """Read a line of output; None if it is about no cell."""
    match = _LINE.fullmatch(_ANSI.sub("", text.rstrip()))
    return Line(match) if match else None


def tool_lines(tool: str, paths: Sequence[str]) -> list[Line]:
    """Run a tool over notebooks and read what it says of cells.

    Raises:
        UsageError: nbQA or the tool is not installed, or the tool gives up.
    """
    words = shlex.split(tool)
    if not words:
        raise UsageError("--tool needs the name of a linter, as in --tool flake8")
    if importlib.util.find_spec("nbqa") is None:
        raise UsageError("--tool needs nbQA: `pip install nbprod[nbqa]`")
    if importlib.util.find_spec(words[0].replace("-", "_")) is None:
        raise UsageError(f"--tool {words[0]}: is not installed here; `pip install {words[0]}`")
    if not paths:
        return []
    command = [sys.executable, "-m", "nbqa", words[0], *paths, *words[1:]]
    done = subprocess.run(command, capture_output=True, check=False)
    output = done.stdout.decode("utf-8", "replace")
    lines = [line for text in output.splitlines() if (line := parse_line(text)) is not None]
    if done.returncode and not lines and not output.strip():
        reason = _ANSI.sub("", done.stderr.decode("utf-8", "replace")).strip().splitlines()
        raise UsageError(f"{words[0]} by nbQA: {reason[-1] if reason else 'failed'}")
    return lines


def remarks_of(lines: Sequence[Line], notebook: Notebook, tool: str) -> list[Remark]:
    """Lines about one notebook as remarks."""
    code_cells = [cell.index for cell in notebook.cells if cell.kind == "code"]
    prefix = shlex.split(tool)[0]
    found = []
    for line in lines:
        if not 1 <= line.cell <= len(code_cells):
            continue
        match = _CODE.match(line.text)
        assert match is not None
        trailing = _TRAILING.search(match["rest"])
        name = trailing["name"] if trailing else (match["code"] or prefix).lower()
        # Pylint counts columns from 0, the others from 1.
        column = line.column + (prefix == "pylint")
        found.append(
            Remark(
                cell=code_cells[line.cell - 1],
                line=line.line,
                column=column,
                end_line=line.line,
                end_column=column,
                code=f"{prefix}:{match['code'] or name}",
                name=name,
                message=_TRAILING.sub("", match["rest"]) or line.text,
                severity=Severity.INFO if match["level"] == "note" else Severity.WARNING,
                tool=prefix,
            )
        )
    return found
