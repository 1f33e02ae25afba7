"""Install lines of selected cells, whose place the dependencies of a package take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nbprod.facts import Facts
from nbprod.names.statements import StatementText
from nbprod.refactor.plan import Installed
from nbprod.syntax.installs import installs_in

__all__ = ["installed_by"]

_FROM_INDEX = frozenset(["pip", "uv"])
"""Managers of what the dependencies of a Python package can name."""


def installed_by(
    units: Iterable[StatementText], facts: Facts, declared: frozenset[str] | None
) -> Iterator[Installed]:
    """What lines install by pip or uv; lines that do something else are skipped.

    Args:
        units: lines that stay at the head of their cells.
        facts: the notebook.
        declared: what the package declares already, None where its file is still to be made: a
            line only goes where all that it installs is or will be declared.
    """
    for unit in units:
        line = facts.cell(unit.cell).source[unit.code : unit.stop]
        installs = [install for install in installs_in(line) if install.manager in _FROM_INDEX]
        if not installs:
            continue
        requirements = tuple(
            requirement
            for install in installs
            for requirement in install.requirements
            if not requirement.is_installer
        )
        has_all = declared is None or all(
            requirement.key in declared for requirement in requirements
        )
        is_whole = all(install.is_whole for install in installs)
        yield Installed(requirements, unit, is_whole and has_all)
