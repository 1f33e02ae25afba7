"""The language of a notebook, and of its cells, from what tools leave in the metadata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from nbprod.patterns import lazy_pattern

__all__ = [
    "DATABRICKS_KEY",
    "cell_kernels",
    "cell_language",
    "mapping",
    "named_language",
    "notebook_language",
    "python_version",
]

_VERSION = lazy_pattern(r"(\d+)\.(\d+)")
_PYTHON = lazy_pattern(r"(?:i|c)?python[\d.]*|py(?:spark|py)?\d*")
_ALIASES = {"ir": "r", "irkernel": "r", "csharp": "c#", "fsharp": "f#", "pwsh": "powershell"}
# Kernels whose name says a language that is not Python; all other names may be anybody's
# environment, so that Python is the better guess.
_KERNEL = lazy_pattern(
    r"(?:julia|ir|irkernel|scala|sos|bash|octave|javascript|tslab|ruby|sas|stata|matlab"
    r"|sparkkernel|sparkrkernel|spylon-kernel|apache_toree_scala|almond)(?=[-_ .\d]|$)"
)
_KERNEL_LANGUAGES = {
    "tslab": "typescript",
    "sparkkernel": "scala",
    "sparkrkernel": "r",
    "spylon-kernel": "scala",
    "apache_toree_scala": "scala",
    "almond": "scala",
}
DATABRICKS_KEY = "application/vnd.databricks.v1+notebook"
"""The member of the metadata in which Databricks keeps what it knows of a notebook."""


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def named_language(value: object) -> str | None:
    """The language that a value of the metadata names, lower case; None if it names none."""
    if not isinstance(value, str) or not value.strip():
        return None
    name = value.strip().lower()
    return "python" if _PYTHON.fullmatch(name) else _ALIASES.get(name, name)


def _named(values: Iterator[object]) -> str | None:
    return next(filter(None, map(named_language, values)), None)


def notebook_language(metadata: Mapping[str, Any], cells: Sequence[Any]) -> str:
    """The language of the kernel, lower case; Python when nothing says otherwise."""
    return (
        _named(_declared(metadata))
        or _of_kernel(mapping(metadata.get("kernelspec")).get("name"))
        or _named(_of_old_cells(cells))
        or "python"
    )


def _declared(metadata: Mapping[str, Any]) -> Iterator[object]:
    yield mapping(metadata.get("kernelspec")).get("language")
    yield mapping(metadata.get("language_info")).get("name")
    yield mapping(metadata.get("jupytext")).get("main_language")
    yield mapping(metadata.get(DATABRICKS_KEY)).get("language")
    # nbformat 3: IJulia has it here, and Python in its cells.
    yield metadata.get("language")


def _of_kernel(name: object) -> str | None:
    match = _KERNEL.match(name.lower()) if isinstance(name, str) else None
    if match is None:
        return None
    found = match[0]
    return _KERNEL_LANGUAGES.get(found) or _ALIASES.get(found, found)


def _of_old_cells(cells: Sequence[Any]) -> Iterator[object]:
    """nbformat 3 has a language in each code cell."""
    for cell in cells:
        if isinstance(cell, dict) and isinstance(cell.get("language"), str):
            yield cell["language"]
            return


def cell_language(
    metadata: Mapping[str, Any], default: str, kernels: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The language of a code cell, which an editor may have set apart from the notebook's.

    Args:
        metadata: the cell's.
        default: the language of the notebook.
        kernels: the languages of kernels that the notebook declares for its cells, by name.
    """
    if metadata.keys().isdisjoint(_SAY_LANGUAGE):
        return default
    declared = _named(_declared_by_cell(metadata))
    if default == "python" and declared in _TEXT:
        return default
    if declared is None and default == "python":
        # A kernel of the cell's own. Its name may be anybody's environment of Python.
        declared = _of_own_kernel(metadata.get("kernel"), kernels)
    return declared or default


_SAY_LANGUAGE = (
    "vscode", "polyglot_notebook", "dotnet_interactive", "microsoft", "language", "kernel",
)  # fmt: skip
# No kernel runs these: an editor that shows a code cell so changes nothing of its run.
_TEXT = frozenset(["markdown", "plaintext", "text", "raw"])
_NAMED_AS_LANGUAGES = frozenset(
    "r bash sh zsh sql perl php go rust c c++ java kotlin typescript markdown html shell".split()
)


def cell_kernels(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The languages of the kernels that a notebook of SoS declares for its cells, by name."""
    declared = mapping(metadata.get("sos")).get("kernels")
    found: dict[str, str] = {}
    for row in declared if isinstance(declared, list) else ():
        if isinstance(row, list) and len(row) > 2 and all(isinstance(x, str) for x in row[:3]):
            name, kernel, language = row[:3]
            found[name] = _named(iter([language])) or _of_kernel(kernel) or "python"
    return found


def _of_own_kernel(name: object, kernels: Mapping[str, str]) -> str | None:
    if not isinstance(name, str):
        return None
    lowered = name.strip().lower()
    plain = _ALIASES.get(lowered, lowered) if lowered in _NAMED_AS_LANGUAGES else None
    return kernels.get(name) or plain or _of_kernel(lowered)


def _declared_by_cell(metadata: Mapping[str, Any]) -> Iterator[object]:
    yield mapping(metadata.get("vscode")).get("languageId")
    yield mapping(metadata.get("polyglot_notebook")).get("kernelName")
    yield mapping(metadata.get("dotnet_interactive")).get("language")
    yield mapping(metadata.get("microsoft")).get("language")
    yield metadata.get("language")


def python_version(metadata: Mapping[str, Any]) -> tuple[int, int] | None:
    """The version of Python that the file records."""
    version = mapping(metadata.get("language_info")).get("version")
    match = _VERSION.match(version) if isinstance(version, str) else None
    if match is None or len(match[0]) > 8:
        return None
    return int(match[1]), int(match[2])
