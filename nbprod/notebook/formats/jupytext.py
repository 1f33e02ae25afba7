"""Every other text format, by Jupytext; places are found again by following the lines."""

from __future__ import annotations

import re
from typing import Any

from nbprod.errors import ReadError
from nbprod.notebook.formats.linemap import LineMap, SourceLine
from nbprod.notebook.formats.percent import split_lines
from nbprod.notebook.types import Cell, CellKind, Notebook

__all__ = ["read_jupytext"]

_LANGUAGES = {"ir": "r"}


def read_jupytext(text: str, path: str) -> Notebook:
    """Read light and sphinx scripts, Markdown, R Markdown, Quarto and MyST.

    Raises:
        ReadError: Jupytext cannot read the file.
    """
    import logging
    import warnings

    import jupytext

    suffix = path[path.rfind(".") :]
    suffix = {".rmd": ".Rmd"}.get(suffix.lower(), suffix)
    logging.getLogger("jupytext").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document = jupytext.reads(text, fmt=_format_of(suffix, text))
    except Exception as error:  # Jupytext raises whatever its parsers raise
        reason = str(error).split("\n")[0][:120] or type(error).__name__
        raise ReadError("not-a-notebook", f"cannot be read by Jupytext: {reason}") from None
    language = _language(document.metadata)
    cells = tuple(_cell(index, raw, language) for index, raw in enumerate(document.cells))
    places = _follow([cell.source for cell in cells], split_lines(text))
    return Notebook(
        path=path,
        format="jupytext",
        language=language,
        cells=cells,
        raw=LineMap([cell.source for cell in cells], places),
        metadata=dict(document.metadata),
    )


def _format_of(suffix: str, text: str) -> str:
    """The name of the format for Jupytext; Quarto's cells are written as R Markdown's."""
    if suffix in (".qmd", ".Rmd"):
        return "Rmd"
    if suffix == ".md" and "{code-cell}" in text:
        return "md:myst"
    return suffix.lstrip(".")


def _language(metadata: Any) -> str:
    kernel = metadata.get("kernelspec", {})
    name = str(kernel.get("language") or kernel.get("name") or "python").lower()
    if name.startswith(("python", "conda", "pyspark")):
        return "python"
    return _LANGUAGES.get(name, name)


def _cell(index: int, raw: Any, language: str) -> Cell:
    kind: CellKind = raw.cell_type if raw.cell_type in ("code", "markdown", "raw") else "raw"
    spoken = language if kind == "code" else kind
    source: str = raw.source
    head = re.match(r"%%(R|r|bash|sh|sql|julia|javascript|html|latex|perl|ruby)\b", source)
    tags = raw.metadata.get("tags")
    return Cell(
        index=index,
        kind=kind,
        source=source,
        language=spoken if head is None or language == "python" else head[1].lower(),
        tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (),
        metadata=dict(raw.metadata),
    )


def _follow(sources: list[str], lines: list[str]) -> list[list[SourceLine]]:
    """Find the lines of the cells in the file, in order; a line that is not found takes the next.

    Jupytext keeps the order of the cells and the text of their lines, but for comment signs.
    """
    places: list[list[SourceLine]] = []
    at = 0
    for source in sources:
        found: list[SourceLine] = []
        for line in split_lines(source):
            position = _find(line, lines, at)
            if position is None:
                found.append(SourceLine(min(at + 1, len(lines)), 0))
                continue
            number, shift = position
            found.append(SourceLine(number + 1, shift))
            at = number + 1
        places.append(found)
    return places


def _find(line: str, lines: list[str], start: int) -> tuple[int, int] | None:
    wanted = line.strip()
    if not wanted:
        return (start, 0) if start < len(lines) and not lines[start].strip() else None
    for number in range(start, len(lines)):
        if lines[number] == line:
            return number, 0
        if lines[number].endswith(line) and lines[number][: -len(line)].strip(" #>") == "":
            return number, len(lines[number]) - len(line)
    return None
