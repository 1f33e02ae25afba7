"""Cells that are selected in an editor, to the files of their extraction. Reads the disk."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import NamedTuple

from nbprod.config.settings import Settings
from nbprod.environment.declared import declared_by_file
from nbprod.errors import UsageError
from nbprod.extract.delivery import DeliveryRequest, ExtractionDelivery
from nbprod.extract.extraction import (
    NothingToExtract,
    refuse_broken,
    refused_for_credentials,
)
from nbprod.extract.plan.credentials import without_credentials
from nbprod.extract.plan.planning import PlanOptions
from nbprod.extract.plan.select import all_cells, sections
from nbprod.extract.plan.targets import target_of
from nbprod.extract.wish import ExtractionWish
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.project.run import facts_of
from nbprod.refactor.plan import CellGroup

__all__ = ["BROKEN_ADVICE", "SelectedCells", "delivery_of_cells", "extract_selected"]

BROKEN_ADVICE = "; --keep-going extracts the rest"


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
    order = DeliveryRequest(target, os.path.abspath(selected.path), tests=selected.tests)
    return delivery_of_cells(facts, selected.data, chosen, order)


def delivery_of_cells(
    facts: Facts, data: bytes, chosen: Collection[int] | None, order: DeliveryRequest
) -> ExtractionDelivery:
    """The files of an extraction of some cells, or of all that can be extracted.

    Args:
        facts: the notebook.
        data: its bytes.
        chosen: the indices of Python cells; None for all.
        order: where the files go.

    Raises:
        NothingToExtract: no cell holds anything that is worth a function.
        Refused: a chosen cell cannot be extracted; or all are to be, and the notebook fails.
    """
    path, cells = facts.notebook.path, all_cells(facts.notebook)
    if not cells:
        raise NothingToExtract(path, "it has no Python cells")
    if chosen is None:
        refuse_broken(facts, BROKEN_ADVICE)
    safe = without_credentials(facts, data, cells if chosen is None else chosen)
    groups: list[CellGroup] | None = None
    if chosen is not None:
        if safe.stay:
            raise refused_for_credentials(path, safe.stay)
        found = sections(chosen, safe.facts.notebook)
        groups = [group._replace(is_asked=True) for group in found]
    order = order._replace(looked_up=tuple(safe.environment))
    declared = declared_by_file(os.path.join(order.target.project, "pyproject.toml"))
    options = PlanOptions(declared=declared)
    wish = ExtractionWish(safe.facts, safe.data, groups, cells, order, options)
    return wish.delivered(safe.stay)
