"""Examples in rules' docstrings: parsed here, run by the tests, shown by `nbprod rule`.

A rule's docstring has a summary line and the sections Why, Flagged, Fixed (if it fixes) and Clean
(and Fix safety). The examples are fenced blocks with the word `notebook`:

    # %% [3] tags=parameters      a code cell: its execution count and tags (both optional)
    df = load()                   its source
    print(dff)  #! NBP103         a finding is expected on this line (`?`: a possible one)
    #^ NBP113                     … on the line above, where no comment can stand
    #> 5                          the saved result of the cell
    #>> text                      the saved standard output
    #>! NameError: message        the saved error
    #>@ {"key": "value"}          metadata of the cell
    #* 60                         the line above stands 60 times
    #** 60                        the cell above stands 60 times
    #: Untitled.ipynb             before the first cell: the name of the file
    #: declares pandas, numpy     before the first cell: what the project declares
    #: python 3.12                before the first cell: the Python that the notebook ran on
    # %% [markdown]               a markdown cell

The marks are removed from the source before it is checked.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nbprod.disk.read import read_text
from nbprod.notebook.types import Cell, NoRawMap, Notebook
from nbprod.patterns import lazy_pattern

__all__ = ["Example", "Expected", "RuleDocs", "notebook_of", "parse_docs", "parse_example"]

_SECTION = lazy_pattern(r"^## (.+)$", re.MULTILINE)
_BLOCK = lazy_pattern(r"^```notebook\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CELL = lazy_pattern(r"^# %%(.*)$")
_MARK = lazy_pattern(r"[ \t]*#!\s*([A-Z]{2,8}\d{3}\??(?:\s*,\s*[A-Z]{2,8}\d{3}\??)*)\s*$")
_ABOVE = lazy_pattern(r"^\s*#\^\s*([A-Z]{2,8}\d{3}\??(?:\s*,\s*[A-Z]{2,8}\d{3}\??)*)\s*$")
_OUTPUT = lazy_pattern(r"^#>(>|!|@)? ?(.*)$")
_REPEAT = lazy_pattern(r"^#(\*\*?) (\d+)$")
_PYTHON = lazy_pattern(r"python (\d+)\.(\d+)$")
_FILE = lazy_pattern(r"#: (\S.*)$", re.MULTILINE)
SECTIONS = ("Why", "Flagged", "Fixed", "Clean", "Fix safety")


class Expected(NamedTuple):
    """A finding that an example announces: cell and line from 1."""

    cell: int
    line: int
    code: str
    certain: bool


class Example(NamedTuple):
    """A small notebook, the findings that it announces, and what its project declares."""

    notebook: Notebook
    expected: tuple[Expected, ...]
    declared: frozenset[str] | None = None


class RuleDocs(NamedTuple):
    """A rule's documentation, from its docstring."""

    summary: str
    why: str
    sections: Mapping[str, str]
    examples: Mapping[str, tuple[str, ...]]

    @property
    def fixes(self) -> bool:
        """Whether the rule repairs what it finds: it has a Fixed section."""
        return bool(self.examples.get("Fixed"))


def parse_docs(path: Path) -> RuleDocs:
    """Read the docstring of a rule's file, from the source so that `-OO` keeps it.

    Raises:
        ValueError: a section is missing, misspelt or empty.
    """
    docstring = ast.get_docstring(ast.parse(read_text(str(path)))) or ""
    parts = _SECTION.split(docstring)
    sections = dict(zip(parts[1::2], (text.strip() for text in parts[2::2]), strict=True))
    unknown = set(sections) - set(SECTIONS)
    if unknown or not sections.get("Why") or not parts[0].strip():
        raise ValueError(f"{path.name}: sections {sorted(sections)}; wants a summary and ## Why")
    examples = {name: tuple(_BLOCK.findall(text)) for name, text in sections.items()}
    for name in ("Flagged", "Fixed", "Clean"):
        if name in sections and not examples[name]:
            raise ValueError(f"{path.name}: section {name} has no example")
    return RuleDocs(" ".join(parts[0].split()), sections["Why"], sections, examples)


def parse_example(text: str) -> Example:
    """Read one example notebook with its marks."""
    cells: list[Cell] = []
    expected: list[Expected] = []
    for index, (options, lines) in enumerate(_cells(text)):
        source, marks, outputs = _body(lines)
        expected += [Expected(index + 1, line, code, certain) for line, code, certain in marks]
        cells.append(_cell(index, options, source, outputs))
    said = _FILE.match(text)
    path, declared = "example.ipynb", None
    if said and said[1].startswith("declares "):
        words = said[1].removeprefix("declares ").split(",")
        declared = frozenset(word.strip() for word in words)
    elif said and _PYTHON.match(said[1]) is None:
        path = said[1]
    notebook = notebook_of(cells, path)._replace(python_version=_python(said[1] if said else ""))
    return Example(notebook, tuple(sorted(expected)), declared)


def _python(said: str) -> tuple[int, int] | None:
    match = _PYTHON.match(said)
    return (int(match[1]), int(match[2])) if match else None


def notebook_of(cells: Sequence[Cell], path: str = "example.ipynb") -> Notebook:
    """A notebook in memory."""
    return Notebook(path, "ipynb", "python", tuple(cells), NoRawMap())


def _cells(text: str) -> Iterator[tuple[str, list[str]]]:
    options: str | None = None
    lines: list[str] = []
    for line in text.rstrip("\n").split("\n"):
        match, repeat = _CELL.match(line), _REPEAT.match(line)
        if repeat and repeat[1] == "*":
            lines += lines[-1:] * (int(repeat[2]) - 1)
        elif repeat and options is not None:
            yield from ((options, list(lines)) for _ in range(int(repeat[2]) - 1))
        elif match:
            if options is not None:
                yield options, lines
            options, lines = match[1].strip(), []
        else:
            lines.append(line)
    if options is not None:
        yield options, lines


def _body(
    lines: Sequence[str],
) -> tuple[str, list[tuple[int, str, bool]], list[dict[str, Any]]]:
    """Source, marks (line, code, certain) and outputs of the lines of a cell."""
    kept: list[str] = []
    marks: list[tuple[int, str, bool]] = []
    outputs: list[dict[str, Any]] = []
    for line in lines:
        above, output = _ABOVE.match(line), _OUTPUT.match(line)
        if above:
            marks += _codes(above[1], len(kept))
        elif output:
            outputs.append(_output(output[1], output[2]))
        else:
            mark = _MARK.search(line)
            if mark:
                marks += _codes(mark[1], len(kept) + 1)
            kept.append(line[: mark.start()] if mark else line)
    while kept and not kept[-1].strip():
        kept.pop()
    return "\n".join(kept), marks, outputs


def _codes(text: str, line: int) -> list[tuple[int, str, bool]]:
    words = [word.strip() for word in text.split(",")]
    return [(line, word.rstrip("?"), not word.endswith("?")) for word in words]


def _output(kind: str | None, text: str) -> dict[str, Any]:
    if kind == ">":
        return {"output_type": "stream", "name": "stdout", "text": text + "\n"}
    if kind == "!":
        name, _, value = text.partition(": ")
        return {"output_type": "error", "ename": name, "evalue": value, "traceback": []}
    if kind == "@":
        return {"output_type": "metadata", "metadata": json.loads(text)}
    return {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}}


def _cell(index: int, options: str, source: str, outputs: list[dict[str, Any]]) -> Cell:
    words = options.split()
    if "[markdown]" in words:
        return Cell(index, "markdown", source, language="markdown")
    count = next((int(word[1:-1]) for word in words if re.fullmatch(r"\[\d+\]", word)), None)
    tags = next((word[5:] for word in words if word.startswith("tags=")), "")
    identity = next((word[3:] for word in words if word.startswith("id=")), None)
    return Cell(
        index=index,
        kind="code",
        source=source,
        id=identity,
        tags=tuple(tag for tag in tags.split(",") if tag),
        execution_count=count,
        outputs=[output for output in outputs if output["output_type"] != "metadata"],
        metadata=dict(
            pair
            for output in outputs
            if output["output_type"] == "metadata"
            for pair in output["metadata"].items()
        ),
    )
