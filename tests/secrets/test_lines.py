"""What is left out of a text does not move the places of what is read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nbprod.secrets.prefilter import Joined
from nbprod.secrets.types import Text

WORDS = st.text(alphabet="ab =\n:'é\U0001f511", max_size=8)
LEFT_OUT = st.sampled_from(
    ["\x1b[0;31m", "\x1b]8;;x\x07", ";base64," + "aB3/" * 200, "0aZ+" * 600, '"' + "Qq" * 400]
)


@given(st.lists(st.one_of(WORDS, LEFT_OUT), max_size=8).map("".join))
def test_each_character_that_is_left_is_found_in_the_text(text: str) -> None:
    whole = Joined([Text("output", 0, (), text)]).whole(0)
    places = [whole.place(at, at + 1) for at in range(len(whole.line))]
    assert places == sorted(places)
    for left, (first, last) in zip(whole.line, places, strict=True):
        assert last == first + 1
        # A newline may stand for a blob.
        assert text[first] == left or left == "\n"
    assert "\x1b" not in whole.line
    assert "aB3/aB3/" not in whole.line


@given(WORDS, st.lists(LEFT_OUT, max_size=3).map("".join), WORDS)
def test_a_line_behind_what_is_left_out_is_found_in_the_text(
    before: str, left_out: str, after: str
) -> None:
    text = f"{before}{left_out}\n{after}\ntoken=x"
    lines = Joined([Text("output", 0, (), text)]).promising()[0]
    found = [(line, line.line.index("token")) for line in lines if "token" in line.line]
    assert [text[slice(*line.place(at, at + 7))] for line, at in found] == ["token=x"]
