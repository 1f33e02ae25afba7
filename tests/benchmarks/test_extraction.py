"""The comparison with other tools: how they are used, and that it runs where they are not."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.benchmarks import extraction
from tests.benchmarks.peers import Made, as_one_cell, marked

FIXTURES = Path(__file__).parents[2] / "fixtures" / "extract"


def test_cells_get_the_magic_that_fits_them() -> None:
    cells = [
        "%precision 3\n%matplotlib inline\nimport math\n\ndef area(r):\n    return math.pi * r\n"
        "# three\nr = 3\n",
        "%%time\nresult = area(r)",
        "%%bash\nls",
    ]
    assert list(marked(cells))[1:] == [
        "%precision 3",
        "%%imports\nimport math\n\ndef area(r):\n    return math.pi * r\n",
        "%%function cell_1_2 --not-io-code\n# three\nr = 3",
        "%%function cell_2_0 --not-io-code\nresult = area(r)",
        "%%bash\nls",
    ]


def test_what_differs_and_what_is_missing_does_not_count() -> None:
    old = as_one_cell("3\n", {"x": {"value": 3}, "y": {"value": 4}})
    same = as_one_cell("3\n", {"x": {"value": 3}})
    other = as_one_cell("3\n", {"x": {"value": 4}})
    assert extraction.score(old, old, Made(True, same, ""))[:5] == (
        True, True, True, 1, 2,
    )  # fmt: skip
    assert extraction.score(old, old, Made(True, other, "")).why == "`x` differs"
    # What the original does not repeat itself is no fault.
    assert extraction.score(old, other, Made(True, other, "")).same
    silent = as_one_cell("", {"x": {"value": 3}})
    nothing = as_one_cell("", {})
    assert not extraction.score(silent, silent, Made(True, nothing, "")).same


@pytest.mark.slow
def test_peers_that_are_not_here_are_skipped_and_said_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["extraction", str(FIXTURES)])
    monkeypatch.setenv("PATH", "")
    extraction.main()
    said = capsys.readouterr()
    assert "soorgeon is not here: skipped" in said.err
    assert "nbmodular is not here: skipped" in said.err
    assert json.loads(said.out.splitlines()[0])["same"]
    assert "nbprod | 1 | 1 | 1 | 1 |" in said.out
