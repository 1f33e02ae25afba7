"""Install lines of selected cells, whose place the dependencies of a package take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nbprod.environment.installs import install_of
from nbprod.facts import Facts
from nbprod.names.statements import StatementText
from nbprod.refactor.plan import Installed

__all__ = ["installed_by"]


def installed_by(
    units: Iterable[StatementText], facts: Facts, declared: frozenset[str] | None
) -> Iterator[Installed]:
    """What lines install by pip; lines that do something else are passed over.

    Args:
        units: lines that stay at the head of their cells.
        facts: the notebook.
        declared: what the package declares already, None where its file is still to be made: a
            line only goes where all that it installs is or will be declared.
    """
    for unit in units:
        install = install_of(facts.cell(unit.cell).source[unit.code : unit.stop])
        if install is not None:
            has_all = declared is None or all(
                requirement.key in declared for requirement in install.requirements
            )
            yield Installed(install.requirements, unit, install.is_whole and has_all)
