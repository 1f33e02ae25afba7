"""The page on architecture names modules, classes and functions that exist."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import nbprod
from tests.test_layers import LAYERS

ROOT = Path(__file__).parents[1]
PACKAGE = Path(nbprod.__file__).parent
PAGE = (ROOT / "docs" / "contributing" / "architecture.md").read_text(encoding="utf-8")
ROOMS = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
NAMES = sorted(
    {
        name
        for name in re.findall(r"`([A-Za-z_]\w*(?:\.\w+)+)`", PAGE)
        if name.split(".")[0] in ROOMS and not name.endswith((".py", ".ipynb"))
    }
)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_page_names_exists(name: str) -> None:
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(["nbprod", *parts[:count]]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[count:]:
            found = getattr(found, attribute)
        return
    pytest.fail(f"no module of {name}")


def test_the_page_follows_a_cell_by_many_names() -> None:
    assert len(NAMES) > 35


def test_every_room_is_on_the_page() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert {room for room in rooms if f"`{room}`" not in PAGE} == set()


def test_the_table_has_the_layers_in_their_order() -> None:
    table = PAGE.partition("| packages, highest layer first |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    private = {"__init__", "__main__", "_version"}
    expected = [set(layer) - private for layer in reversed(LAYERS)]
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == expected
