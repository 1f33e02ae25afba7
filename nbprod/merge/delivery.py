"""Every file that sharing code between notebooks would write, by path. Reads the disk."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from nbprod.clones.find import Limits
from nbprod.clones.types import CloneGroup
from nbprod.extract.code.format import formatted
from nbprod.extract.delivery import added_to_module, import_path, package_inits
from nbprod.extract.plan.targets import Target
from nbprod.merge.function import Merged
from nbprod.merge.notebooks import NotebookBytes, Shared, share
from nbprod.names.scopes import bound_names
from nbprod.project.write_all import bytes_there

__all__ = ["MergeDelivery", "deliver_merge"]


class MergeDelivery(NamedTuple):
    """The files by absolute path, the module first and the notebooks last; ``read`` is what those
    of them held that were read for it."""

    files: dict[str, bytes]
    read: dict[str, bytes]
    shared: Shared


def deliver_merge(
    groups: Sequence[CloneGroup],
    notebooks: Mapping[str, NotebookBytes],
    limits: Limits,
    target: Target,
) -> MergeDelivery:
    """Work out the module, its test and the notebooks.

    Raises:
        NamesTaken: the module has other things under names that it would import.
    """
    shared = share(groups, notebooks, limits, target.module, _names_there(target.path))
    if not shared.functions:
        return MergeDelivery({}, {}, shared)
    read = {os.path.abspath(path): notebook.data for path, notebook in notebooks.items()}
    files = {target.path: added_to_module(shared.module, target, read).encode("utf-8")}
    files |= package_inits(target)
    files[_free(target).tests] = _tests(shared.functions.values(), target).encode("utf-8")
    files |= import_path(target)
    files |= {os.path.abspath(path): data for path, data in shared.notebooks.items()}
    return MergeDelivery(files, read, shared)


def _names_there(path: str) -> frozenset[str]:
    there = bytes_there(path)
    if there is None:
        return frozenset()
    try:
        return frozenset(bound_names(ast.parse(there).body))
    except (SyntaxError, ValueError):
        # It is reported when the module is assembled.
        return frozenset()


def _free(target: Target) -> Target:
    """The target under a name whose tests are not there yet."""
    number = 1
    found = target
    while os.path.exists(found.tests):
        number += 1
        found = target._replace(suffix=f"_{number}")
    return found


def _tests(functions: Iterable[Merged], target: Target) -> str:
    """A test that the notebooks find what they call, with the parameters that they give."""
    rows = []
    for merged in functions:
        definition = ast.parse(merged.text).body[0]
        assert isinstance(definition, ast.FunctionDef)
        rows.append(f'("{merged.name}", {[each.arg for each in definition.args.args]!r}),')
    text = "\n".join(
        [
            f'"""Tests of `{target.module}`, which has what notebooks have in common."""\n',
            f"import importlib\nimport inspect\n\nimport pytest\n\n"
            f'MODULE = importlib.import_module("{target.module}")\n\n',
            '@pytest.mark.parametrize(("name", "parameters"), [',
            *rows,
            "])",
            "def test_what_the_notebooks_import_is_there(name: str, parameters: list[str])"
            " -> None:",
            "    signature = inspect.signature(getattr(MODULE, name))",
            "    assert list(signature.parameters) == parameters",
        ]
    )
    return formatted(text + "\n", "test_it.py", target.module)
