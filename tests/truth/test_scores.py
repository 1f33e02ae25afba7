"""The analysis against notebooks that were really run."""

from __future__ import annotations

import pytest

from tests.truth.score import reorder_fixes, score


@pytest.mark.slow
def test_scores_on_executed_notebooks() -> None:
    scores = score(90_000, 45)
    assert scores.names.precision >= 0.99 and scores.names.recall >= 0.95, str(scores.names)
    assert scores.order.precision >= 0.9 and scores.order.recall >= 0.9, str(scores.order)
    assert scores.again.precision >= 0.92 and scores.again.recall >= 0.85, str(scores.again)
    assert scores.names.right > 8 and scores.order.right > 6 and scores.again.right > 40


@pytest.mark.slow
def test_scores_on_many_executed_notebooks() -> None:
    scores = score(40_000, 600)
    assert scores.names.precision >= 0.99 and scores.names.recall >= 0.95, str(scores.names)
    assert scores.order.precision >= 0.95 and scores.order.recall >= 0.95, str(scores.order)
    assert scores.again.precision >= 0.92 and scores.again.recall >= 0.85, str(scores.again)


@pytest.mark.slow
def test_reorders_run() -> None:
    """Without counts many an order would show other values, and none is offered."""
    fixable, offered, works = reorder_fixes(70_000, 150)
    assert fixable > 15
    assert works == offered
    assert offered >= 0.3 * fixable
