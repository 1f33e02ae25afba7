"""Generating the reference again changes nothing; examples of file formats are recognized."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbprod.cli.reference_pages import BLOCKS, fill_blocks, reference_commands
from nbprod.notebook.formats import sniff
from tests.command import run_nbprod
from tests.docs.pages import DOCS, fences_of, text_of

PAGES = sorted((DOCS / "reference").glob("*.md"))
HINT = "run `nbprod dev reference-pages docs/reference`"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_generating_the_reference_again_changes_nothing(path: Path) -> None:
    assert fill_blocks(text_of(path)) == text_of(path), HINT


def test_each_block_is_on_a_page() -> None:
    text = "".join(map(text_of, PAGES))
    assert [name for name in BLOCKS if f"<!-- generated: {name} -->" not in text] == []


def test_the_command_fills_the_blocks_and_keeps_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n<!-- generated: formats -->\nformer\n<!-- end -->\nb\n")
    (tmp_path / "b.md").write_text("# B\n")
    assert run_nbprod(tmp_path, "dev", "reference-pages", ".").returncode == 0
    filled = (tmp_path / "a.md").read_text()
    assert filled.startswith("# A\n<!-- generated: formats -->\n\n| format |")
    assert filled.endswith("\n\n<!-- end -->\nb\n") and "former" not in filled
    assert (tmp_path / "b.md").read_text() == "# B\n"


def test_every_option_of_every_command_is_on_the_page() -> None:
    page = text_of(DOCS / "reference" / "cli.md")
    for name, command, _ in reference_commands():
        assert f" {name}\n" in page
        for parameter in command.params:
            if getattr(parameter, "hidden", True) or parameter.opts[0] == "--help":
                continue
            assert parameter.opts[-1] in page, (name, parameter.opts)


def test_examples_of_file_formats_are_recognized() -> None:
    examples = list(fences_of(text_of(DOCS / "reference" / "file-formats.md")))
    assert len(examples) == 6
    kinds = [sniff(example.text, example.title) for example in examples]
    assert kinds == ["percent", "jupytext", "jupytext", "jupytext", "databricks", "zeppelin"]
