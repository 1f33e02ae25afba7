"""Where things go: the module, its package, its tests, and under which name it is imported."""

from __future__ import annotations

import keyword
import os
from pathlib import PurePath
from typing import NamedTuple

from nbprod.errors import UsageError

__all__ = ["Target", "target_of"]

_SOURCE_FOLDERS = ("src", "lib", "python")


class Target(NamedTuple):
    """``path`` is the module's file, ``module`` its dotted name, ``root`` the folder from which
    that is imported, ``project`` the folder that has `tests`; ``packages`` are the folders between
    ``root`` and the module."""

    path: str
    module: str
    root: str
    project: str
    packages: tuple[str, ...]
    suffix: str = ""
    """What tells its tests from others of the same module."""

    @property
    def tests(self) -> str:
        """The file of the tests."""
        return os.path.join(self.project, "tests", f"test_{self._stem}.py")

    @property
    def recorded(self) -> str:
        """The folder of recorded values, beside the tests."""
        return os.path.join(self.project, "tests", f"{self._stem}_data")

    @property
    def _stem(self) -> str:
        return self.module.rpartition(".")[2] + self.suffix


def target_of(output: str, base: str, import_name: str | None = None) -> Target:
    """Where a module goes that is written to ``output``.

    Args:
        output: the path of the module as given.
        base: the folder from which a relative path counts as an import: the present one.
        import_name: the dotted name to use instead of the path's.

    Raises:
        UsageError: the path cannot be imported.
    """
    path = os.path.abspath(output)
    if not path.endswith(".py"):
        raise UsageError(f"{output}: a module's file ends in .py")
    relative = os.path.relpath(path, base)
    if relative.startswith(os.pardir):
        relative, base = os.path.basename(path), os.path.dirname(path)
    parts = list(PurePath(relative).with_suffix("").parts)
    root = base
    if len(parts) > 1 and parts[0] in _SOURCE_FOLDERS:
        root = os.path.join(base, parts.pop(0))
    if import_name is not None:
        named = import_name.split(".")
        if parts[-len(named) :] != named:
            raise UsageError(f"{output} is not imported as `{import_name}`")
        root = os.path.join(root, *parts[: -len(named)])
        parts = named
    for part in parts:
        if not part.isidentifier() or keyword.iskeyword(part):
            raise UsageError(f"{output}: `{part}` is not a module name; choose another path")
    packages = [os.path.join(root, *parts[: depth + 1]) for depth in range(len(parts) - 1)]
    return Target(path, ".".join(parts), root, base, tuple(packages))
