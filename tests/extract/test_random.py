"""Random notebooks, random selections: what is extracted does the same, or it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbprod.extract.code.format import lint
from nbprod.extract.extraction import Extracted, Refused
from tests.extract.generate import make_story
from tests.extract.notebooks import Case, extracted
from tests.extract.test_execution import compared


def check(seeds: range, folder: Path) -> float:
    """Extract and run the notebooks of some seeds; returns the share that was not refused."""
    made: list[tuple[Case, Extracted]] = []
    for seed in seeds:
        story = make_story(seed)
        case = Case(f"seed {seed} [{story.selection}]", story.selection, None, story.cells)
        try:
            made.append((case, extracted(story.cells, story.selection)[0]))
        except Refused:
            continue
    for case, one, verdict in compared(made, folder):
        text = "\n|\n".join(case.cells)
        assert verdict.original_fails is None, (case.title, verdict.original_fails, text)
        assert not verdict.differences, (case.title, verdict.differences, text, one.module)
        assert lint(one.module, "made.py", "E9,F821,F401") == [], (case.title, one.module)
    return len(made) / len(seeds)


def test_random_notebooks(tmp_path: Path) -> None:
    assert check(range(24), tmp_path) > 0.5


@pytest.mark.slow
def test_many_random_notebooks(tmp_path: Path) -> None:
    assert check(range(1000, 1600), tmp_path) > 0.5
