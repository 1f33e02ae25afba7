"""Run other linters over the notebooks of a run; what they say is placed in cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from nbprod.config.settings import Settings
from nbprod.linters.convert import Remark, findings_of, merge_foreign_findings
from nbprod.linters.nbqa import ToolLine, check_tool, lines_in_place, remarks_of, tool_lines
from nbprod.linters.ruff import ruff_remarks
from nbprod.model import FileResult, Finding
from nbprod.notebook.types import Notebook
from nbprod.project.run import get_notebook

__all__ = ["with_linters"]


def with_linters(
    results: Sequence[FileResult], settings: Settings, tell: Callable[[str], None]
) -> Sequence[FileResult]:
    """Results with what the other linters of the settings find in the same files.

    Args:
        results: what nbprod itself has found.
        settings: those of the run.
        tell: takes a notice for the user.

    Raises:
        UsageError: a linter is missing, may not be run or gives up.
    """
    tools = [check_tool(tool, trusted=settings.trust_config) for tool in settings.tools]
    paths = [
        result.path
        for result in results
        if not result.unreadable and result.skipped is None and _is_ipynb(result.path)
    ]
    remarks: dict[str, list[Remark]] = {}
    said: dict[str, list[tuple[str, list[ToolLine]]]] = {}
    if settings.ruff:
        remarks = ruff_remarks(paths)
    read = {path: get_notebook(path) for path in paths if tools or path in remarks}
    for words in tools if paths else ():
        if settings.trust_config:
            lines = lines_in_place(words, paths)
        else:
            data = {path: content for path, (_, content) in read.items()}
            lines = tool_lines(words, data, tell)
        for path, found in lines.items():
            said.setdefault(path, []).append((words[0], found))
    return merge_foreign_findings(results, dict(_findings(read, remarks, said)))


def _is_ipynb(path: str) -> bool:
    return path.lower().endswith(".ipynb")


def _findings(
    read: Mapping[str, tuple[Notebook, bytes]],
    remarks: Mapping[str, list[Remark]],
    said: Mapping[str, list[tuple[str, list[ToolLine]]]],
) -> Iterator[tuple[str, list[Finding]]]:
    """What linters say, at the places of each notebook."""
    for path, (notebook, _) in read.items():
        found = list(remarks.get(path, ()))
        for tool, lines in said.get(path, ()):
            found += remarks_of(lines, notebook, tool)
        if found:
            yield path, list(findings_of(notebook, found))
