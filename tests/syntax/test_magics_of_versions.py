"""Magics that an extension brings work without their sign; what an older IPython took did run."""

from __future__ import annotations

from typing import Any

import pytest

from tests.test_true_findings import findings, said

LOADED = [
    ("%load_ext watermark", "watermark"),
    ("%load_ext watermark", "watermark -n -u -v -iv -w"),
    ("%load_ext watermark", "watermark -v -p numpy,pandas"),
    ("%load_ext autoreload\n%autoreload 2", "autoreload"),
    ("%load_ext memory_profiler", "memit"),
    ("%load_ext company.tools.versions", "versions"),
]


@pytest.mark.parametrize(("load", "call"), LOADED)
def test_a_magic_of_a_loaded_extension_is_no_name(load: str, call: str) -> None:
    assert not [*findings("NBP103", load, call), *findings("NBP010", load, call)]


@pytest.mark.parametrize(
    ("above", "call"),
    [
        ("x = 1", "watermark"),
        ("%load_ext watermark", "print(watermark)"),
        ("%load_ext watermark", "x = 1\nwatermark"),
        ("%load_ext autoreload", "watermark"),
    ],
)
def test_other_words_are_names(above: str, call: str) -> None:
    assert "`watermark`" in said(findings("NBP103", above, call))


def ran(source: str, *text: str, name: str = "stdout") -> dict[str, Any]:
    outputs = [{"output_type": "stream", "name": name, "text": one} for one in text]
    return {"source": source, "outputs": outputs, "execution_count": None}


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("%autoreload 2  # all modules", 8),
        ("%autoreload 1 2 3", 8),
        ("% matplotlib inline", 7),
        ("% time", 7),
    ],
)
def test_what_only_newer_versions_refuse_did_not_stop_a_cell_that_ran(
    line: str, version: int
) -> None:
    source = f"{line}\nrows = 3\nprint(rows)"
    (found,) = findings("NBP014", ran(source, "3"), "print(rows)")
    assert f"IPython {version} and newer raise a UsageError" in found.message
    assert found.severity == "warning" and "fail" not in str(found.help)
    (found,) = findings("NBP014", ran(source), "print(rows)")
    assert found.severity == "error" and "`rows` in cell 2" in str(found.help)
    refused = ran(source, "UsageError: unrecognized arguments: # all", name="stderr")
    (found,) = findings("NBP014", refused, "print(rows)")
    assert found.severity == "error"


def test_what_all_versions_refuse_is_an_error_though_its_cell_shows_output() -> None:
    (found,) = findings("NBP014", ran("x = 1\n%%time\nprint(x)", "1"))
    assert found.severity == "error"
