"""What a review says of two versions of a notebook."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.project.run import check_one
from nbprod.review.build import Version, review_of
from nbprod.review.flow_changes import moved_cells
from nbprod.review.flow_diagram import drawn
from nbprod.review.page import render_page
from nbprod.review.types import NotebookReview, Review
from tests.flow.cells import sources_of
from tests.review.notebooks import cell


def version(text: str, ids: str = "") -> Version:
    sources = sources_of(text)
    names = ids or [f"c{at}" for at in range(len(sources))]
    return read([cell(one, name) for one, name in zip(sources, names, strict=True)])


def read(cells: list[Any]) -> Version:
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    notebook = read_notebook(json.dumps(document).encode(), "a.ipynb")
    return Version(Facts(notebook), check_one(notebook).findings)


def review(now: Version, before: Version | None = None) -> NotebookReview:
    return review_of("a.ipynb", now, before, compared=before is not None)


BASE = """
price = 3
|
rate = 2
|
total = price * rate
|
print(total)
"""


def test_what_did_not_change_has_nothing_to_show() -> None:
    found = review(version(BASE), version(BASE))
    assert (found.change, found.verdict) == ("same", "clean")
    assert (found.cells, found.flow) == ((), ())
    assert [figure.moved for figure in found.figures] == [0] * len(found.figures)


def test_a_removed_definition_names_its_reader() -> None:
    now = version("rate = 2\n|\ntotal = price * rate\n|\nprint(total)", "bcd")
    found = review(now, version(BASE, "abcd"))
    assert found.verdict == "fails"
    assert found.reason == "cell 2 fails on Restart-and-Run-All: `price`"
    assert [(one.kind, one.cell) for one in found.flow] == [
        ("removed definition", 2),
        ("lost dependency", 2),
    ]
    assert "cell 2 still reads it" in found.flow[0].text
    assert [(one.change, one.number) for one in found.cells] == [("removed", 1), ("same", 2)]
    assert [one.fails for one in found.drawn] == [False, True, False]


def test_a_new_dependency_and_the_lines_that_make_it() -> None:
    now = version(BASE.replace("print(total)", "print(total)\nprint(rate)"), "abcd")
    found = review(now, version(BASE, "abcd"))
    assert [one.text for one in found.flow] == ["cell 4 now reads `rate` of cell 2"]
    (changed,) = found.cells
    assert [(line.mark, line.number, line.text) for line in changed.lines] == [
        (" ", 1, "print(total)"),
        ("+", 2, "print(rate)"),
    ]
    assert [(arc.source, arc.target, arc.is_new) for arc in found.arcs] == [
        (1, 3, False),
        (2, 3, False),
        (2, 4, True),
        (3, 4, False),
    ]


def test_another_order_is_told_once() -> None:
    cells = sources_of(BASE)
    now = version("\n|\n".join([cells[1], cells[2], cells[0], cells[3]]), "bcad")
    found = review(now, version(BASE, "abcd"))
    assert [one.text for one in found.flow if one.kind == "changed order"] == [
        "cell 3 was cell 1: its order changed"
    ]
    assert [one.moved_from for one in found.drawn] == [None, None, 1, None]


@pytest.mark.parametrize(
    ("order", "moved"),
    [([0, 1, 2], []), ([2, 0, 1], [0]), ([1, 2, 0], [2]), ([], []), ([1, 0, 3, 2], [0, 2])],
)
def test_the_fewest_cells_are_called_moved(order: Sequence[int], moved: list[int]) -> None:
    assert sorted(moved_cells(dict(enumerate(order)))) == moved


def test_outputs_are_plain_and_images_only_what_a_browser_draws() -> None:
    outputs = (
        {"output_type": "stream", "text": ["a\x1b[31mb\x1b[0m\n"]},
        {"output_type": "display_data", "data": {"image/png": "aGVsbG8=\n", "text/plain": "x"}},
        {"output_type": "display_data", "data": {"image/png": '"><script>', "text/plain": "y"}},
        {"output_type": "display_data", "data": {"image/svg+xml": "<svg/>", "text/html": "<b>"}},
        {"output_type": "error", "ename": "E", "evalue": "v"},
    )
    found = review(read([cell("print(missing)", "a", *outputs)]))
    assert [(one.kind, one.text) for one in found.cells[0].outputs] == [
        ("text", "ab\n"),
        ("image", "data:image/png;base64,aGVsbG8="),
        ("text", "y"),
        ("error", "E: v"),
    ]


PNG = {"output_type": "display_data", "data": {"image/png": "aGVsbG8=", "text/plain": "<Figure>"}}
OTHER = {**PNG, "data": {"image/png": "d29ybGQ=", "text/plain": "<Figure>"}}
SVG = {**PNG, "data": {"image/svg+xml": "<svg onload='x'/>", "text/plain": "<Figure svg>"}}
TEXT = {"output_type": "stream", "name": "stdout", "text": "x < 1\n"}
BEFORE_AND_NOW: dict[str, tuple[list[Any], list[Any], list[str]]] = {
    "another image": ([PNG], [OTHER], ["image before", "image now"]),
    "an image that is gone": ([TEXT, PNG], [TEXT], ["x &lt; 1", "image before"]),
    "a new one": ([TEXT], [TEXT, PNG], ["x &lt; 1", "image now"]),
    "a text beside an image": ([TEXT], [PNG], ["x &lt; 1", "image now"]),
    "pictures that are programs": ([PNG], [SVG], ["image before", "&lt;Figure svg&gt;"]),
    "none any more": ([PNG, TEXT], [], ["image before", "x &lt; 1"]),
}


@pytest.mark.parametrize("name", BEFORE_AND_NOW)
def test_outputs_that_changed_are_side_by_side(name: str) -> None:
    old, new, shown = BEFORE_AND_NOW[name]
    now, before = (read([cell("draw()", "a", *outputs)]) for outputs in (new, old))
    found = review(now, before)
    assert found.change == "changed"
    (one,) = [each for each in found.cells if each.outputs_before is not None]
    assert one.change == "same"
    page = render_page(Review((found,), "main", "1"))
    table = re.findall(r'<table class="sides">.*?</table>', page, re.S)
    assert len(table) == 1
    said = re.sub(r'<img src="data:image/png;base64,\w+=" alt="output of cell 1', "image", table[0])
    places = [said.index(text) for text in shown]
    assert places == sorted(places)
    assert "onload" not in page
    assert ("<td colspan" in said) == any(output in new for output in old)


def test_outputs_as_they_were_are_shown_once() -> None:
    now, before = (read([cell(f"draw({text})", "a", PNG)]) for text in "12")
    found = review(now, before)
    assert found.cells[0].outputs_before is None
    page = render_page(Review((found,), "main", "1"))
    assert page.count("<img ") == 1 and 'class="sides"' not in page
    gone = review(read([cell("x = 1", "b")]), read([cell("x = 1", "b"), cell("draw()", "a", PNG)]))
    page = render_page(Review((gone,), "main", "1"))
    assert page.count("<img ") == 1 and "output of cell 2 before" in page


def test_a_picture_has_every_cell_and_what_flows_back_on_the_left() -> None:
    found = review(version("print(late)\n|\nlate = 1\n|\nprint(late)"))
    picture = drawn(found.drawn, found.arcs)
    assert [box.state for box in picture.boxes] == ["fails", "same", "same"]
    curves = [(curve.source, curve.target, curve.goes_back) for curve in picture.curves]
    assert curves == [(2, 3, False), (2, 1, True)]
    assert all(box.y + box.height <= picture.height for box in picture.boxes)
    assert [curve.label for curve in picture.curves] == ["late", "late"]


def test_a_cell_is_as_high_as_it_has_lines_up_to_a_limit() -> None:
    sources = ("a = 1", "\n".join(["b = 1"] * 11), "\n".join(["c = 1"] * 400))
    found = review(version("\n|\n".join(sources)))
    boxes = drawn(found.drawn, found.arcs).boxes
    assert [box.lines for box in boxes] == [1, 11, 400]
    low, more, most = (box.height for box in boxes)
    assert low < more < most < 5 * low
    assert boxes[1].y >= boxes[0].y + low and boxes[2].y >= boxes[1].y + more


def test_cells_below_a_heading_are_in_its_frame() -> None:
    cells = [
        cell("import csv", "a"),
        cell("# Sales <b>of</b> `2024` #\nText.\n```\n# no heading\n```", "b", kind="markdown"),
        cell("a = 1", "c"),
        cell("Only text.", "d", kind="markdown"),
        cell("b = 1", "e"),
        cell("## Sales", "f", kind="markdown"),
        cell("## Sales", "g", kind="markdown"),
        cell("c = 1", "h"),
    ]
    found = review(read(cells))
    assert [one.heading.text if one.heading else None for one in found.drawn] == [
        None, "Sales of 2024", "Sales of 2024", "Sales"
    ]  # fmt: skip
    picture = drawn(found.drawn, found.arcs)
    inside = [
        [box.cell for box in picture.boxes if group.y < box.y and box.y + box.height < end]
        for group in picture.groups
        for end in [group.y + group.height]
    ]
    assert [group.title for group in picture.groups] == ["Sales of 2024", "Sales"]
    assert inside == [[3, 5], [8]]
    ends = [group.y + group.height for group in picture.groups]
    assert ends[0] < picture.groups[1].y and ends[1] <= picture.height


def test_no_name_is_written_over_another() -> None:
    names = "\n|\n".join(
        f"value_{at} = {' + '.join(f'value_{other}' for other in range(at)) or 0}"
        for at in range(12)
    )
    picture = drawn((found := review(version(names))).drawn, found.arcs)
    labels = [curve for curve in picture.curves if curve.label]
    assert len(picture.curves) == 66 and len(labels) > 30
    places = [(curve.y, curve.x, curve.x + 6 * len(curve.label)) for curve in labels]
    for at, (y, start, end) in enumerate(places):
        assert start > picture.left + picture.width and end <= picture.total_width
        for other, first, last in places[at + 1 :]:
            assert abs(y - other) >= 11 or end < first or last < start


def test_a_page_has_all_that_flows_as_a_table() -> None:
    found = review(version("print(late)\n|\nlate = 1\n|\nprint(late)"))
    page = render_page(Review((found,), None, "1"))
    rows = re.findall(r"<tr><td>(.*?)</tr>", page.partition('class="arcs"')[2])
    plain = [re.sub(r"<[^>]+>", " ", row).split() for row in rows[:2]]
    assert plain == [
        ["cell", "2", "cell", "1", "late", "read", "before", "its", "definition"],
        ["cell", "2", "cell", "3", "late"],
    ]


def test_a_filter_names_the_rules_that_have_findings() -> None:
    found = review(version("print(late)\n|\nlate = 1\n|\nprint(nowhere)\n|\nprint(never)"))
    page = render_page(Review((found,), None, "1"))
    assert '<option value="NBP101">NBP101 use-before-definition (1)</option>' in page
    assert '<option value="NBP103">NBP103 undefined-name (2)</option>' in page
    assert page.count(' data-code="NBP103" data-severity="error"') == 2
    fine = render_page(Review((review(version("a = 1\n|\nprint(a)")),), None, "1"))
    assert "<select" not in fine and "<option" not in fine
