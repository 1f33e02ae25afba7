"""Every link of the documentation leads to a file of the repository, and to a heading in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, anchors_of, links_of, name_of, page_paths, stored_files, text_of


def broken_links(path: Path, text: str) -> list[str]:
    """The links of a page that lead nowhere."""
    broken = []
    for target in links_of(text):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        file = Path(os.path.normpath(path.parent / name)) if name else path
        if not file.is_relative_to(ROOT) or name_of(file) not in stored_files():
            broken.append(f"{target}: no such file")
        elif anchor and anchor not in anchors_of(file):
            broken.append(f"{target}: no such heading")
    return broken


@pytest.mark.parametrize("path", page_paths(), ids=name_of)
def test_links_lead_to_files_and_headings(path: Path) -> None:
    assert broken_links(path, text_of(path)) == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("[a](LICENSE) and [b](docs/index.md#by-role)", []),
        ("[a](docs/nowhere.md)", ["docs/nowhere.md: no such file"]),
        ("[a](docs/index.md#nowhere)", ["docs/index.md#nowhere: no such heading"]),
        ("![a picture](docs/none.png)", ["docs/none.png: no such file"]),
        ("[a](#nowhere) `[b](none.md)`\n```\n[c](none.md)\n```\n", ["#nowhere: no such heading"]),
    ],
)
def test_a_broken_link_is_found(text: str, broken: list[str]) -> None:
    assert broken_links(ROOT / "README.md", text) == broken


def test_every_page_of_the_tree_is_in_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {Path(os.path.normpath(index.parent / link)) for link in links_of(text_of(index))}
    for path in page_paths():
        is_listed = index.parent in path.parents and path.parent.name != "rules"
        assert not is_listed or path in (index, *linked), name_of(path)
