"""The raw position of every character of every source, for writers of all habits."""

from __future__ import annotations

import codecs
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nbprod.model import Edit, Span
from nbprod.notebook.edits.splice import apply_edits
from nbprod.notebook.ipynb import JsonMap
from nbprod.notebook.read import decode_text, read_notebook

_TEXT = st.text(
    st.sampled_from(list("ab=\n\t\"\\/é中😀\u2028 {}[],:'\x7f")) | st.characters(codec="utf-8"),
    max_size=40,
)


@st.composite
def notebooks(draw: st.DrawFn) -> tuple[list[str], bytes]:
    sources = draw(st.lists(_TEXT, min_size=1, max_size=4))
    cells: list[dict[str, Any]] = []
    for source in sources:
        shape = draw(st.sampled_from(["text", "lines", "odd"]))
        value: Any = source
        if shape == "lines":
            value = source.splitlines(keepends=True)
        elif shape == "odd":
            cut = draw(st.integers(0, len(source)))
            value = [source[:cut], "", source[cut:]]
        cells.append(
            {"metadata": {}, "cell_type": "code", "outputs": [{"data": '{"['}], "source": value}
        )
    document = {"metadata": {"x": "}"}, "cells": cells, "nbformat": 4, "nbformat_minor": 4}
    indent = draw(st.sampled_from([None, 0, 1, 4, "\t"]))
    separators = draw(st.sampled_from([None, (",", ":")]))
    text = json.dumps(
        document, indent=indent, separators=separators, ensure_ascii=draw(st.booleans())
    )
    if draw(st.booleans()) and indent is not None:
        text = text.replace("\n", "\r\n")
    data = text.encode("utf-8")
    if draw(st.booleans()):
        data = codecs.BOM_UTF8 + data
    return sources, data


@given(notebooks())
@settings(max_examples=150, deadline=None)
def test_each_character_is_found_where_it_stands(made: tuple[list[str], bytes]) -> None:
    sources, data = made
    notebook = read_notebook(data, "x.ipynb")
    assert [cell.source for cell in notebook.cells] == sources
    raw = notebook.raw
    assert isinstance(raw, JsonMap)
    lines = decode_text(data).replace("\r\n", "\n").split("\n")
    for cell, source in enumerate(sources):
        for offset, char in enumerate(source):
            line, column = raw.locate(cell, offset)
            rest = lines[line - 1][column - 1 :]
            # The string that starts here, read as JSON, starts with the character.
            assert json.loads('"' + _first(rest) + '"')[0] == char


def _first(rest: str) -> str:
    """The characters of the file that write one character of a string."""
    if not rest.startswith("\\"):
        return rest[0]
    if not rest.startswith("\\u"):
        return rest[:2]
    pair = rest[6:8] == "\\u" and rest[2:4].lower() in ("d8", "d9", "da", "db")
    return rest[:12] if pair else rest[:6]


@given(notebooks(), st.data())
@settings(max_examples=150, deadline=None)
def test_an_edit_changes_its_own_text_and_nothing_else(
    made: tuple[list[str], bytes], data: st.DataObject
) -> None:
    sources, content = made
    cell = data.draw(st.integers(0, len(sources) - 1))
    source = sources[cell]
    if not source:
        return
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, len(source)))
    text = data.draw(st.sampled_from(["", "x", 'q"\\é', "two\nlines"]))
    notebook = read_notebook(content, "x.ipynb")
    changed = apply_edits(notebook, content, [Edit(Span(cell, start, end), text)])
    after = read_notebook(changed, "x.ipynb")
    wanted = [*sources]
    wanted[cell] = source[:start] + text + source[end:]
    assert [one.source for one in after.cells] == wanted
    before_spans = JsonMap(decode_text(content)).cells
    after_spans = JsonMap(decode_text(changed)).cells
    for other in range(len(sources)):
        if other != cell:
            old = decode_text(content)[slice(*before_spans[other])]
            assert decode_text(changed)[slice(*after_spans[other])] == old
    assert apply_edits(notebook, content, []) == content
