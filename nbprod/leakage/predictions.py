"""Scores that are taken of predictions: by a metric, or as the share of those that are right."""

from __future__ import annotations

from nbprod.leakage.call import TrackedCall
from nbprod.leakage.types import Table

__all__ = ["score_predictions"]


def score_predictions(call: TrackedCall, tables: list[Table]) -> None:
    """A call computes a score of predictions, which some of the tables are."""
    for table in tables:
        for score in table.predicts:
            known = score.training.scores
            if all(each.place.node is not call.node for each in known):
                is_joint = len(table.predicts) > 1
                known.append(score._replace(place=call.place, is_joint=is_joint))
