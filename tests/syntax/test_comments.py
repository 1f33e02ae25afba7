"""Comments, with `tokenize` as the judge where the cell is plain Python."""

from __future__ import annotations

import io
import tokenize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbprod.notebook.types import Cell
from nbprod.syntax.comments import iter_comments
from nbprod.syntax.parse import parse_cell


def found(source: str) -> list[str]:
    parsed = parse_cell(Cell(0, "code", source))
    rows = [*iter_comments(parsed)]
    assert all(source[start:end] == text for start, end, text in rows)
    assert rows == sorted(rows)
    return [text for _, _, text in rows]


_LINES = st.sampled_from(
    ["x = 1 # a", "# b", "s = '# c' # d", 's = """\n# e\n""" # f', "t = (1, # g\n  2) # h",
     "'\\'# i'",
     "if x: # j", "    y # k", "f'{x}#' # l", "r'\\' # m' # n", "", "é # ö", "a \\\n  # o",
     "'''\\'''#'''"]
)  # fmt: skip


@given(st.lists(_LINES, max_size=6))
def test_comments_are_those_of_tokenize(lines: list[str]) -> None:
    source = "\n".join(lines) + "\n"
    try:
        tokens = [*tokenize.generate_tokens(io.StringIO(source).readline)]
    except (tokenize.TokenError, SyntaxError):
        return
    assert found(source) == [one.string for one in tokens if one.type == tokenize.COMMENT]


CASES = [
    ("x = 1", []), ("!pip install x  # why", ["# why"]), ("%time f('#') # b", ["# b"]),
    ("%%bash\nls # a\n# b\necho a#b", ["# a", "# b"]), ("%%time\nx # a", ["# a"]),
    ("x = !ls '#' # a\ny # b", ["# a", "# b"]), ("x = ( # a\n# b", ["# a", "# b"]),
    ("pip list # a", ["# a"]), ("%time x = 1 # a", ["# a"]), ("  x # a\n  y # b", ["# a", "# b"]),
    (">>> x # a", ["# a"]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "texts"), CASES, ids=[repr(case[0]) for case in CASES])
def test_comments_of_cells_that_are_not_plain(source: str, texts: list[str]) -> None:
    assert found(source) == texts
