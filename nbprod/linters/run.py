"""Run other linters over the notebooks of a run; what they say is placed in cells."""

from __future__ import annotations

import os
from collections.abc import Sequence

from nbprod.config.settings import Settings
from nbprod.linters.convert import Remark, findings_of, merged
from nbprod.linters.nbqa import Line, remarks_of, tool_lines
from nbprod.linters.ruff import ruff_remarks
from nbprod.model import FileResult, Finding
from nbprod.project.run import find_notebook

__all__ = ["foreign_findings", "with_linters"]


def with_linters(results: Sequence[FileResult], settings: Settings) -> Sequence[FileResult]:
    """Results with what the other linters of the settings find in the same files.

    Raises:
        UsageError: a linter is missing or gives up.
    """
    if not (settings.ruff or settings.tools):
        return results
    paths = [result.path for result in results if not result.unreadable and result.skipped is None]
    return merged(results, foreign_findings(paths, ruff=settings.ruff, tools=settings.tools))


def foreign_findings(
    paths: Sequence[str], *, ruff: bool, tools: Sequence[str]
) -> dict[str, list[Finding]]:
    """What ruff and other tools find in the `.ipynb` files among ``paths``, by path.

    Raises:
        UsageError: a linter is missing or gives up.
    """
    notebooks = [path for path in paths if path.lower().endswith(".ipynb")]
    remarks: dict[str, list[Remark]] = ruff_remarks(notebooks) if ruff else {}
    lines: dict[str, dict[str, list[Line]]] = {}
    by_real_path = {os.path.realpath(path): path for path in notebooks}
    for tool in tools:
        for line in tool_lines(tool, notebooks):
            path = by_real_path.get(os.path.realpath(line.path))
            if path is not None:
                lines.setdefault(path, {}).setdefault(tool, []).append(line)
    found: dict[str, list[Finding]] = {}
    for path in dict.fromkeys([*remarks, *lines]):
        notebook = find_notebook(path)
        if notebook is not None:
            said = list(remarks.get(path, ()))
            for tool, some in lines.get(path, {}).items():
                said += remarks_of(some, notebook, tool)
            found[path] = list(findings_of(notebook, said))
    return found
