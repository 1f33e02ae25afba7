"""Linters that know no notebooks, by way of nbQA, with their lines mapped back to cells."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from nbprod.disk.scratch import scratch_folder, write_scratch
from nbprod.disk.write import make_folders
from nbprod.errors import UsageError
from nbprod.linters.convert import Remark
from nbprod.linters.tools import READ_ONLY, harmless_settings
from nbprod.model import Severity
from nbprod.notebook.types import Notebook
from nbprod.patterns import lazy_pattern
from nbprod.programs import clean_environment, python_command, run_program

__all__ = ["ToolLine", "check_tool", "lines_in_place", "parse_line", "remarks_of", "tool_lines"]

# Code, and patterns among the settings, can keep a linter busy for ever.
_SECONDS, _SECONDS_EACH = 300, 30
_ANSI = lazy_pattern(r"\x1b\[[0-9;]*m|\x1b\(B")
_LINE = lazy_pattern(
    r"(?P<path>.+?\.ipynb):cell_(?P<cell>\d+):(?P<line>\d+)(?::(?P<column>\d+))?:\s*(?P<text>.+)"
)
_CODE = lazy_pattern(
    r"(?:(?P<level>error|warning|note):\s*)?(?P<code>[A-Z]{1,4}\d{2,4})?:?\s*(?P<rest>.*)"
)
_NAMES_FILE = lazy_pattern(r"--[a-z-]*(?:config|rcfile|settings|style)[a-z-]*")
_TRAILING = lazy_pattern(r"\s*[\[(](?P<name>[a-z][\w-]+)[\])]$")


class ToolLine:
    """A line of a tool's output: the notebook, the number of the code cell from 1, the place."""

    def __init__(self, match: re.Match[str]) -> None:
        self.path = match["path"]
        self.cell = int(match["cell"])
        self.line = int(match["line"])
        self.column = int(match["column"] or 1)
        self.text = match["text"].strip()


def parse_line(text: str) -> ToolLine | None:
    """Read a line of output; None if it is about no cell."""
    match = _LINE.fullmatch(_ANSI.sub("", text.rstrip()))
    return ToolLine(match) if match else None


def check_tool(tool: str, *, trusted: bool) -> list[str]:
    """Split what a tool is called by into words, and see whether it can and may be run.

    Raises:
        UsageError: nbQA or the tool is not installed, or it may run code and nobody trusts it.
    """
    try:
        words = shlex.split(tool)
    except ValueError as error:
        raise UsageError(f"--tool {tool!r}: {str(error).lower()}") from None
    if not words or not re.fullmatch(r"[A-Za-z_][\w-]*", words[0]):
        raise UsageError("--tool needs the name of a linter, as in --tool flake8")
    name = words[0]
    if name not in READ_ONLY and not trusted:
        raise UsageError(
            f"--tool {name}: may run code of the notebook or of the repository; "
            "add --trust-config if you trust them"
        )
    if importlib.util.find_spec("nbqa") is None:
        raise UsageError("--tool needs nbQA: `pip install nbqa`")
    if importlib.util.find_spec(name.replace("-", "_")) is None:
        raise UsageError(f"--tool {name}: is not installed here; `pip install {name}`")
    return words


def tool_lines(
    words: Sequence[str], notebooks: Mapping[str, bytes], tell: Callable[[str], None]
) -> dict[str, list[ToolLine]]:
    """Run a tool over copies of notebooks and read what it says of cells, by path.

    The copies lie in a new directory, with nothing of the repository beside them but harmless
    settings, so that neither nbQA nor the tool finds any code there.

    Raises:
        UsageError: the tool gives up.
    """
    harmless = harmless_settings(words[0], os.getcwd())
    if harmless.left_out:
        keys = ", ".join(f"`{key}`" for key in harmless.left_out)
        source = os.path.relpath(harmless.source)
        tell(f"{words[0]} runs without {keys} of {source}; --trust-config lets it use all of it")
    with scratch_folder() as folder:
        settings = write_scratch(folder, "settings.ini", harmless.text.encode())
        # What looks for settings above the copies finds the end of the project, and none.
        write_scratch(folder, "pyproject.toml", b"")
        make_folders(os.path.join(folder, ".git"), within=(folder,))
        copies: dict[str, str] = {}
        for number, (path, data) in enumerate(notebooks.items()):
            copy = write_scratch(folder, os.path.join(str(number), "notebook.ipynb"), data)
            copies[copy] = path
        options = [option.format(settings=settings) for option in harmless.options]
        own = _absolute(words[1:])
        return _run(words[0], copies, [*options, *own], folder, _beside(notebooks))


def lines_in_place(words: Sequence[str], paths: Sequence[str]) -> dict[str, list[ToolLine]]:
    """Run a tool over notebooks where they are, with all settings of the repository.

    Raises:
        UsageError: the tool gives up.
    """
    real = {os.path.realpath(path): path for path in paths}
    return _run(words[0], real, words[1:], os.getcwd(), {})


def _run(
    name: str,
    paths: Mapping[str, str],
    options: Sequence[str],
    folder: str,
    variables: Mapping[str, str],
) -> dict[str, list[ToolLine]]:
    """What a tool says, by path; ``paths`` are the notebooks it is run on, with what they are."""
    command = python_command(sys.executable, "nbqa", name, *paths, *options)
    # nbQA starts the tool by `python -m`, which looks into the current directory otherwise.
    environment = clean_environment(**variables, PYTHONSAFEPATH="1")
    seconds = _SECONDS + _SECONDS_EACH * len(paths)
    try:
        done = run_program(command, folder=folder, environment=environment, seconds=seconds)
    except TimeoutError:
        raise UsageError(f"{name} by nbQA: takes longer than {seconds} seconds") from None
    output = done.output.decode("utf-8", "replace")
    found: dict[str, list[ToolLine]] = {}
    for text in output.splitlines():
        line = parse_line(text)
        place = os.path.realpath(os.path.join(folder, line.path)) if line is not None else ""
        if line is not None and place in paths:
            found.setdefault(paths[place], []).append(line)
    # Pylint's exit code has a bit for each kind of message, and one for a wrong call.
    gave_up = bool(done.code & 32) if name == "pylint" else done.code > 1
    if not found and (gave_up or (done.code and not output.strip())):
        said = _ANSI.sub("", done.complaint or output.strip().rpartition("\n")[2]) or "failed"
        for place, path in paths.items():
            said = said.replace(place, path).replace(os.path.relpath(place, folder), path)
        raise UsageError(f"{name} by nbQA: {said}")
    return found


def _beside(notebooks: Mapping[str, bytes]) -> dict[str, str]:
    """Where mypy, which reads modules and runs none, finds those beside the notebooks."""
    folders = [os.path.dirname(os.path.abspath(path)) for path in notebooks]
    given = [path for path in os.environ.get("MYPYPATH", "").split(os.pathsep) if path]
    return {"MYPYPATH": os.pathsep.join(dict.fromkeys([*map(os.path.abspath, given), *folders]))}


def _absolute(words: Sequence[str]) -> Iterator[str]:
    """Options of the command line; a file of settings among them by its absolute path."""
    names_file = False
    for word in words:
        option, equals, value = word.partition("=")
        if names_file and os.path.isfile(word):
            yield os.path.abspath(word)
        elif equals and _NAMES_FILE.fullmatch(option) and os.path.isfile(value):
            yield f"{option}={os.path.abspath(value)}"
        else:
            yield word
        names_file = not equals and _NAMES_FILE.fullmatch(option) is not None


def remarks_of(lines: Sequence[ToolLine], notebook: Notebook, prefix: str) -> list[Remark]:
    """Lines of a tool about one notebook as remarks."""
    code_cells = [cell.index for cell in notebook.cells if cell.kind == "code"]
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
