"""Small versions of the figures on surveys: equal findings, and a driver that does not grow."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.survey import compare, copied, memory
from tests.survey.collections import fill

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["files", "s3", "dask"])
def test_findings_are_those_of_a_check_however_it_is_done(tmp_path: Path, kind: str) -> None:
    fill(tmp_path / "made", 40)
    (tmp_path / "made" / "gallery").symlink_to(ROOT / "docs" / "gallery")
    assert copied(tmp_path / "made", tmp_path / "notebooks", 60) >= 40
    lines = list(compare(tmp_path, s3=kind == "s3", dask=kind == "dask"))
    assert [line.rpartition(", ")[2] for line in lines if line.startswith("survey")] == [
        "0 findings differ", "0 findings differ",
    ]  # fmt: skip


@pytest.mark.slow
def test_the_drivers_memory_does_not_grow_with_the_notebooks(tmp_path: Path) -> None:
    small, large = (
        float(line.partition("driver ")[2].partition(" MB")[0])
        for line in memory(tmp_path, (300, 3000))
    )
    assert large < small * 1.1
