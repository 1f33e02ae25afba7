"""The graph of a notebook in its three formats: what it says, and that no label breaks out."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from nbprod.flow.graph import RENDERERS, graph_dot, graph_json, graph_mermaid
from nbprod.notebook.types import Cell, Notebook
from tests.flow.cells import flow_of, sources_of

STORY = """
print(total)
|
b = 2
a = 1
|
total = a + b
|
share = total / a
"""
# Cell 2 reads what cell 1 would make, had its own read not failed.
CASCADE = """
x = missing
|
y = x
"""
HOSTILE = [
    pytest.param("x = 'a\"b'", id="quotes"),
    pytest.param("x = [1][0]; y = {2}", id="brackets"),
    pytest.param("x = '\\n\\\\'", id="backslashes"),
    pytest.param('x = "\\\\"', id="backslash-before-quote"),
    pytest.param("x = 1  # --> <b>&amp;#34;", id="markup"),
    pytest.param("x = `1`|2", id="syntax-error"),
    pytest.param("größe = '漢字 🙂'", id="not-ascii"),
]


class _NoRaw:
    """The graph needs no place in a file."""

    def locate(self, cell: int, offset: int) -> tuple[int, int]:
        raise AssertionError((cell, offset))


def notebook_of(text: str) -> Notebook:
    cells = tuple(
        Cell(index, "code", source, id=f"id{index}", execution_count=index + 7)
        for index, source in enumerate(sources_of(text))
    )
    return Notebook("n.ipynb", "ipynb", "python", cells, _NoRaw())  # type: ignore[arg-type]


def json_of(text: str, runnable: Sequence[int] | None = None) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(graph_json(notebook_of(text), flow_of(text), runnable))
    return document


def test_json_says_what_cells_bind_and_what_they_lack() -> None:
    document = json_of(STORY)
    assert document["version"] == "1"
    assert [
        (cell["cell"], cell["cell_id"], cell["execution_count"], cell["defines"], cell["fails"])
        for cell in document["cells"]
    ] == [
        (1, "id0", 7, [], ["total"]),
        (2, "id1", 8, ["a", "b"], []),
        (3, "id2", 9, ["total"], []),
        (4, "id3", 10, ["share"], []),
    ]


def test_json_edges_go_from_provider_to_reader() -> None:
    assert json_of(STORY)["edges"] == [
        {"from": 2, "to": 3, "names": ["a", "b"]},
        {"from": 2, "to": 4, "names": ["a"]},
        {"from": 3, "to": 4, "names": ["total"]},
    ]


def test_what_fails_in_turn_fails() -> None:
    assert [cell["fails"] for cell in json_of(CASCADE)["cells"]] == [["missing"], ["x"]]


@pytest.mark.parametrize(
    ("runnable", "order"),
    [
        pytest.param(None, None, id="none-known"),
        pytest.param([], [], id="empty"),
        pytest.param([1, 2, 0, 3], [2, 3, 1, 4], id="moved"),
    ],
)
def test_order_counts_from_one(runnable: list[int] | None, order: list[int] | None) -> None:
    assert json_of(STORY, runnable)["order"] == order


@pytest.mark.parametrize(
    ("source", "label"),
    [
        pytest.param("\n  \n\tx = 1\ny = 2", "x = 1", id="first-line-with-text"),
        pytest.param("x = 1\r\ny = 2", "x = 1", id="windows-line-break"),
        pytest.param("#" * 40, "#" * 40, id="just-fits"),
        pytest.param("#" * 41, "#" * 39 + "…", id="too-long"),
        pytest.param("", "", id="empty"),
    ],
)
def test_label(source: str, label: str) -> None:
    notebook = Notebook("n.ipynb", "ipynb", "python", (Cell(0, "code", source),), _NoRaw())  # type: ignore[arg-type]
    document = json.loads(graph_json(notebook, flow_of(source), None))
    assert document["cells"][0]["label"] == label


def test_cells_that_are_not_code_keep_their_numbers() -> None:
    text = "a = 1\n|\n\n|\nprint(a)"
    cells = list(notebook_of(text).cells)
    cells[1] = Cell(1, "markdown", "# Title", language="markdown")
    notebook = Notebook("n.ipynb", "ipynb", "python", tuple(cells), _NoRaw())  # type: ignore[arg-type]
    flow = flow_of(text)
    document = json.loads(graph_json(notebook, flow, None))
    assert document["edges"] == [{"from": 1, "to": 3, "names": ["a"]}]
    assert "c1 -> c3" in graph_dot(notebook, flow, None)


def test_mermaid_is_a_flowchart_with_failing_cells_marked() -> None:
    lines = graph_mermaid(notebook_of(STORY), flow_of(STORY), None).splitlines()
    assert lines[0] == "flowchart TD"
    assert [line.split("[")[0].strip() for line in lines if line.endswith(":::fails")] == ["c1"]
    assert '    c2 -->|"a, b"| c3' in lines


def test_dot_is_a_digraph_with_failing_cells_marked() -> None:
    lines = graph_dot(notebook_of(STORY), flow_of(STORY), None).splitlines()
    assert (lines[0], lines[-1]) == ("digraph notebook {", "}")
    red = [line.split(" [")[0] for line in lines if "color=red" in line]
    assert red == ["  c1", "  c3 -> c1"]
    assert '  c2 -> c3 [label="a, b"];' in lines


def test_many_names_on_an_arrow_are_counted() -> None:
    text = "a = b = c = d = e = f = 1\n|\nprint(a, b, c, d, e, f)"
    assert '|"a, b, c, d +2"|' in graph_mermaid(notebook_of(text), flow_of(text), None)
    assert json_of(text)["edges"][0]["names"] == list("abcdef")


@pytest.mark.parametrize("source", HOSTILE)
def test_mermaid_label_is_read_back(source: str) -> None:
    lines = graph_mermaid(notebook_of(source), flow_of(source), None).splitlines()
    assert len(lines) == 3
    found = re.fullmatch(r'    c1\["([^"\[\]<>|`\\]*)"\](:::fails)?', lines[1])
    assert found is not None, lines[1]
    # Mermaid writes `#34;` where HTML writes `&#34;`.
    assert html.unescape(re.sub(r"#(\d+;)", r"&#\1", found[1])) == f"1: {source}"


@pytest.mark.parametrize("source", HOSTILE)
def test_dot_label_is_read_back(source: str) -> None:
    lines = graph_dot(notebook_of(source), flow_of(source), None).splitlines()
    assert len(lines) == 4
    found = re.fullmatch(r'  c1 \[label=("(?:[^"\\]|\\["\\])*")(?:, color=red)?\];', lines[2])
    assert found is not None, lines[2]
    # Of JSON's escapes only the two that DOT shares can occur here.
    assert html.unescape(json.loads(found[1])) == f"1: {source}"


@pytest.mark.parametrize("char", ["\ud83d", "\0"], ids=["surrogate", "nul"])
@pytest.mark.parametrize("form", sorted(RENDERERS))
def test_every_label_can_be_written(form: str, char: str) -> None:
    source = f"x = 1  # {char}"
    assert b"\0" not in RENDERERS[form](notebook_of(source), flow_of(source), None).encode()


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028"])
@pytest.mark.parametrize("form", sorted(RENDERERS))
def test_no_line_break_gets_into_a_label(form: str, break_: str) -> None:
    plain, source = "x = 1", f"x = 1 #{break_}x = 2"
    render = RENDERERS[form]
    expected = len(render(notebook_of(plain), flow_of(plain), None).splitlines())
    assert len(render(notebook_of(source), flow_of(source), None).splitlines()) == expected


def test_a_read_before_its_definition_is_an_arrow_upwards() -> None:
    text = "print(late)\n|\nlate = 1\n|\nlate = 2"
    assert json_of(text)["early"] == [{"from": 2, "to": 1, "names": ["late"]}]
    mermaid = graph_mermaid(notebook_of(text), flow_of(text), None)
    assert 'c2 -.->|"late too late"| c1' in mermaid
    assert "linkStyle 0 stroke:#c00" in mermaid
