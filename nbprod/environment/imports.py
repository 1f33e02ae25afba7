"""What the cells of a notebook import from outside, and what they install. Pure."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.libraries.distributions import normalised
from nbprod.libraries.homes import home_of
from nbprod.libraries.unavailable import is_python2_module
from nbprod.syntax.installs import installs_of

__all__ = ["Imported", "imported_modules", "installed_names", "installed_pins"]

# What a platform brings and no file can declare.
_GIVEN = frozenset(["IPython", "ipykernel", "dbutils", "pyspark", "__future__", "__main__"])


class Imported(NamedTuple):
    """An import from outside of the standard library: the dotted module and where it stands."""

    module: str
    cell: int
    node: ast.stmt


def imported_modules(facts: Facts) -> Iterator[Imported]:
    """The imports of a notebook's cells; those in ``try`` have something else to fall back on."""
    for parsed in facts.cells_with("import"):
        for node in parsed.nodes:
            modules = _modules(node)
            if not modules or id(node) in parsed.inside(ast.Try):
                continue
            for module in modules:
                top = module.partition(".")[0]
                given = top in sys.stdlib_module_names or top in _GIVEN or is_python2_module(top)
                if not given and home_of(module) is None:
                    assert isinstance(node, ast.stmt)
                    yield Imported(module, parsed.cell.index, node)


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        # `from google.cloud import storage` is about google.cloud.storage.
        if node.module in ("google.cloud", "azure"):
            return [f"{node.module}.{alias.name}" for alias in node.names]
        return [node.module]
    return []


def installed_pins(facts: Facts) -> dict[str, str | None]:
    """Return what cells install: names in lower case, with the version if there is only one."""
    found: dict[str, str | None] = {}
    for parsed in facts.parsed:
        for install in installs_of(parsed) if parsed is not None else ():
            for requirement in install.requirements:
                found[requirement.name.lower()] = requirement.pinned
    return found


def installed_names(facts: Facts) -> frozenset[str]:
    """Return what cells install from an index, an address or a folder, in normal spelling."""
    addressed = (
        name
        for parsed in facts.parsed
        for install in (installs_of(parsed) if parsed is not None else ())
        for name in install.addressed
    )
    return frozenset(map(normalised, (*installed_pins(facts), *addressed)))
