"""What of a notebook to extract and where to, as a person or a plan's file wants it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from nbprod.extract.delivery import (
    DeliveryRequest,
    ExtractionDelivery,
    deliver_under_free_names,
)
from nbprod.extract.extraction import make_plan
from nbprod.extract.plan.planning import PlanOptions
from nbprod.facts import Facts
from nbprod.refactor.plan import CellGroup, CellLeft, Plan

__all__ = ["ExtractionWish"]


class ExtractionWish(NamedTuple):
    """A notebook, what of it to extract, and where to. ``chosen`` makes the plan where a person
    has decided on its units."""

    facts: Facts
    data: bytes
    groups: list[CellGroup] | None
    cells: Sequence[int]
    order: DeliveryRequest
    plan: PlanOptions
    chosen: Callable[[], Plan] | None = None

    def planned(self, stay: Sequence[CellLeft], options: PlanOptions) -> Plan:
        """The plan that is asked for; some cells have to ``stay``."""
        if self.chosen is not None:
            return self.chosen()
        return make_plan(self.facts, self.groups, self.cells, options, stay)

    def delivered(self, stay: Sequence[CellLeft]) -> ExtractionDelivery:
        """Plan and make the files; some cells have to ``stay``.

        Raises:
            NamesTaken: the module has other things under names that were asked for.
            Refused: something that was asked for cannot be extracted.
        """

        def plan_of(options: PlanOptions) -> Plan:
            return self.planned(stay, options)

        renames = self.chosen is None
        return deliver_under_free_names(
            self.facts, self.data, plan_of, self.order, self.plan, renames=renames
        )
