"""Where reads stand: in the cell whose source has them, whichever cell runs them."""

from __future__ import annotations

from tests.flow.cells import flow_of

STORY = """
def near(x): return round(x, 2), _
|
# √ √ √ √
near(2.345)
"""


def test_a_builtin_is_read_where_the_function_stands() -> None:
    flow = flow_of(STORY)
    (place,) = flow.builtin_reads[1].values()
    assert (place.cell, place.start, place.end) == (0, 20, 25)


def test_so_is_the_history() -> None:
    flow = flow_of(STORY)
    assert [(cell, name, span.cell) for cell, name, span in flow.history_reads] == [(1, "_", 0)]
