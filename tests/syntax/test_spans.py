"""Conversions of places, with Python's own lines and columns as the judge."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from nbprod.notebook.positions import LineIndex, offset_of

_TEXTS = st.text(st.sampled_from("ab é€😀\t\n\r\f\x0b\x1c\u2028\ud800"), max_size=40)


@given(_TEXTS)
def test_offsets_and_columns_are_each_others_inverse(text: str) -> None:
    index = LineIndex(text)
    for offset in range(len(text) + 1):
        line, column = index.column(offset)
        assert index.offset(line, column) == offset
        assert offset_of(text, line, column) == offset
        assert index.position(offset)[0] == line
        assert index.starts[line - 1] + index.position(offset)[1] - 1 == offset


@given(_TEXTS)
def test_lines_put_together_are_the_text(text: str) -> None:
    index = LineIndex(text)
    count = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert len(index.starts) == count
    assert "".join(index.line(number) for number in range(1, count + 1)) == text.replace(
        "\r", ""
    ).replace("\n", "")


@given(st.lists(st.sampled_from(["a", "é", "'😀'", "\u2028"[:0] + "b", "('ü',\n c)"]), min_size=1))
def test_names_are_found_where_python_says(words: list[str]) -> None:
    source = "; ".join(words)
    for newline in ("\n", "\r\n", "\r"):
        text = source.replace("\n", newline)
        index = LineIndex(text)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Name):
                start = index.offset(node.lineno, node.col_offset)
                assert text[start : start + len(node.id)] == node.id


def test_places_beyond_the_text_are_its_end() -> None:
    assert LineIndex("ab").offset(3, 0) == 2
    assert offset_of("ab\n", 5, 1) == 3
