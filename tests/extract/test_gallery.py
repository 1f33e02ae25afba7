"""The gallery shows what the tool writes today, and its tests pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.extract.gallery import GALLERY, files, made, names


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_the_gallery_is_what_the_tool_writes(name: str, tmp_path: Path) -> None:
    found = made(name, tmp_path)
    assert found.keys() == files(GALLERY / name).keys()
    for path, data in found.items():
        assert data.decode() == (GALLERY / name / path).read_bytes().decode(), path
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert " passed" in done.stdout and "skipped" not in done.stdout


def test_the_gallery_has_five_notebooks_of_different_fields() -> None:
    assert len(names()) == 5
    for name in names():
        module = (GALLERY / name / f"{name}_steps.py").read_text(encoding="utf-8")
        assert f"Extracted from `{name}.ipynb`." in module
        assert "Any" not in module and "noqa: F" not in module
