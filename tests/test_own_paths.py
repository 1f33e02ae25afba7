"""Paths that nobody reads or that the reader is asked to change, and the machines that have one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.test_true_findings import findings

PATH = "'/Users/ada/sales/march.csv'"
SLIGHT: list[list[Any]] = [
    [f"source = {PATH}\n# sales = open(source)"],
    [f"source = {PATH}", "print('done')"],
    [f"source = {PATH}", "source = 'march.csv'"],
    [f"source = {PATH}  # Adjust the path to your machine\nopen(source)"],
    [f"# change this to your own folder\nopen({PATH})"],
    [f"open({PATH})  # TODO: replace with your path"],
    [
        {"cell_type": "markdown", "source": "Please set `source` to the folder on your computer."},
        f"source = {PATH}\nopen(source)",
    ],
    [
        {"cell_type": "markdown", "source": "Update the paths below before running."},
        f"open({PATH})",
    ],
]
MEANT: list[list[Any]] = [
    [f"source = {PATH}\nopen(source)"],
    [f"source = {PATH}", "!head {source}"],
    [f"source = {PATH}", "def load():\n    return open(source)"],
    [f"# sales of March\nopen({PATH})\n# adjust the axes"],
    [f"open({PATH})  # the sales of March"],
    [{"cell_type": "markdown", "source": "We change the units below."}, f"open({PATH})"],
]


@pytest.mark.parametrize("cells", SLIGHT)
def test_a_path_that_matters_to_nobody_is_information(cells: list[Any]) -> None:
    assert not findings("NBP401", *cells, level="shared")
    assert findings("NBP401", *cells)


@pytest.mark.parametrize("cells", MEANT)
def test_a_path_that_is_read_is_a_warning(cells: list[Any]) -> None:
    assert findings("NBP401", *cells, level="shared")


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/Users/ada/a.csv", "on the author's machine"),
        ("/home/app/data/a.csv", "on machines with `/home/app`"),
        ("/home/groups/sales/a.csv", "on machines with `/home/groups`"),
        ("S:/sales/a.csv", "on machines with a drive `S:`"),
        ("/Users/Shared/sales/a.csv", "on machines where somebody has put it"),
        ("/mnt/sales/2024/a.csv", "where the share is mounted"),
    ],
)
def test_the_machines_that_have_a_path_are_named(path: str, where: str) -> None:
    (found,) = findings("NBP401", f"open('{path}')")
    assert found.message == f"`{path}` exists only {where}"
