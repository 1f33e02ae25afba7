"""The pictures of the documentation show what the program prints now."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from tests.docs.pages import DOCS, ROOT, fences_of, links_of, page_paths, text_of
from tests.docs.pictures import FOLDER, PICTURES, terminal
from tests.docs.shots import SHOTS, wrapped

HINT = "run `python -m tests.docs.pictures`"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.slow] if name.startswith("how-to") else [])
        for name in PICTURES
    ],
)
def test_drawing_a_picture_again_changes_nothing(name: str) -> None:
    text = PICTURES[name]()
    assert (FOLDER / name).read_text(encoding="utf-8") == text, HINT
    ElementTree.fromstring(text)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), "needs no network"


def test_every_picture_is_shown() -> None:
    shown = "".join(map(text_of, page_paths()))
    assert [path.name for path in FOLDER.iterdir() if f"pictures/{path.name}" not in shown] == []


def test_every_how_to_page_has_a_picture_and_a_shot_is_of_its_own_page() -> None:
    folder = DOCS / "how-to"
    pages = {path.stem: text_of(path) for path in folder.glob("*.md")}
    assert len(pages) > 20
    assert [page for page, text in pages.items() if "](../pictures/" not in text] == []
    for name, shot in SHOTS.items():
        assert f"pictures/how-to-{name}.svg" in pages[shot.page]


def test_a_line_is_wrapped_in_its_color() -> None:
    line = f"\x1b[31m{'a' * 100}b\x1b[0m c"
    assert list(wrapped(line)) == [f"\x1b[31m{'a' * 100}", "\x1b[31mb\x1b[0m c"]
    assert list(wrapped("")) == [""]


def test_a_terminal_has_the_text_and_its_colours() -> None:
    svg = ElementTree.fromstring(terminal(["\x1b[1;31mA\x1b[0m <b> & `c`", "", " d"], "t"))
    texts = ["".join(text.itertext()) for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["A <b> & `c`", " d"]
    first = next(svg.iter("{http://www.w3.org/2000/svg}tspan"))
    assert first.attrib == {"fill": "#ff8a86", "font-weight": "bold"}


def test_the_readme_has_exactly_two_setup_commands_and_the_first_picture_above_them() -> None:
    text = text_of(ROOT / "README.md")
    commands = [fence for fence in fences_of(text) if fence.language == "sh"]
    assert [command.text.count("\n") for command in commands] == [1, 1]
    assert text.index("check.svg") < text.index("```sh")
    assert "docs/tutorial/first-notebook.md" in list(links_of(text))
