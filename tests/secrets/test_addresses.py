"""Addresses are found by their marks, as a search through the whole text finds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbprod.rules.secrets import nbp306_personal_data_in_output as rule

PIECES = st.sampled_from(
    [
        "a",
        "ann",
        "@",
        "@@",
        ".",
        "-",
        "+",
        "/",
        " ",
        "\n",
        "ü",
        "example.org",
        "x.co",
        "b" * 45,
        "9",
    ]
)


def spans(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in rule._addresses(text)]


@given(st.lists(PIECES, max_size=14))
def test_the_same_is_found_as_in_the_whole_text(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert spans(text) == [match.span() for match in rule._ADDRESS.finditer(text)]


@pytest.mark.parametrize(
    "text, count",
    [
        ("a@b@c.org", 0),
        ("ann@x.org,bob@y.org", 2),
        ("x" * 50 + "@y.org", 0),
        ("aa@x.orgaa@y.org", 0),
    ],
)
def test_what_only_looks_like_one_is_not(text: str, count: int) -> None:
    assert len(spans(text)) == count
