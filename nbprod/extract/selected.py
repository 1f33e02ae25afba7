"""Cells that are selected in an editor, to the files of their extraction. Reads the disk."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import NamedTuple

from nbprod.config.settings import Settings
from nbprod.environment.declared import declared_by_file
from nbprod.errors import UsageError
from nbprod.extract.delivery import DeliveryRequest, ExtractionDelivery, deliver_under_free_names
from nbprod.extract.extraction import make_plan, refused_for_credentials
from nbprod.extract.plan.credentials import without_credentials
from nbprod.extract.plan.planning import PlanOptions
from nbprod.extract.plan.select import all_cells, sections
from nbprod.extract.plan.targets import target_of
from nbprod.notebook.read import read_notebook
from nbprod.project.run import facts_of
from nbprod.refactor.plan import Plan

__all__ = ["SelectedCells", "extract_selected"]


class SelectedCells(NamedTuple):
    """Cells of a notebook that is open: ``data`` is the text of its file as it is in the editor.

    ``cells`` are indices from 0, ``module`` is the file to write, from the notebook's directory.
    """

    path: str
    data: bytes
    cells: Collection[int]
    module: str
    tests: bool = True


def extract_selected(selected: SelectedCells, settings: Settings) -> ExtractionDelivery:
    """Work out the files of an extraction; nothing is written, nothing runs.

    The notebook among the files is the rewritten one, under the path of the notebook itself.

    Raises:
        Refused: a cell cannot be extracted with its meaning kept.
        UsageError: no Python cell is selected, or the module is no place for one.
    """
    facts = facts_of(read_notebook(selected.data, selected.path), settings)
    chosen = set(selected.cells).intersection(all_cells(facts.notebook))
    if not chosen:
        raise UsageError("select at least one Python cell")
    folder = os.path.dirname(os.path.abspath(selected.path))
    target = target_of(os.path.join(folder, selected.module), folder)
    safe = without_credentials(facts, selected.data, chosen)
    if safe.stay:
        raise refused_for_credentials(selected.path, safe.stay)
    groups = [group._replace(is_asked=True) for group in sections(chosen, safe.facts.notebook)]
    declared = declared_by_file(os.path.join(target.project, "pyproject.toml"))
    order = DeliveryRequest(
        target,
        os.path.abspath(selected.path),
        tests=selected.tests,
        looked_up=tuple(safe.environment),
    )

    def plan_of(options: PlanOptions) -> Plan:
        return make_plan(safe.facts, groups, all_cells(safe.facts.notebook), options)

    return deliver_under_free_names(
        safe.facts, safe.data, plan_of, order, PlanOptions(declared=declared)
    )
