"""A few of the kills of `python -m tests.kills`; the whole number is run before a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kills import KINDS, Kind, fix_twice_at_once, kill_often


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_a_kill_leaves_the_old_file_or_the_new_one(kind: Kind, tmp_path: Path) -> None:
    outcome = kill_often(kind, 4, seed=7, workplace=tmp_path)
    assert outcome.faults == [] and outcome.kills == 4


@pytest.mark.slow
def test_two_fixes_at_once_are_one(tmp_path: Path) -> None:
    assert fix_twice_at_once(tmp_path) == []
