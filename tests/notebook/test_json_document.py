"""Decoding a notebook member by member gives what `json.loads` gives, with the cells' places."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbprod.notebook.ipynb import JsonMap
from nbprod.notebook.json_document import decode_document

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from(["metadata", "nbformat", "é", "a b"]), VALUES)
INDENTS = st.sampled_from([None, 1, "\t"])


@given(DOCUMENTS, st.lists(VALUES, min_size=1, max_size=4), INDENTS, st.booleans())
def test_members_and_places_are_those_of_the_whole_text(
    document: dict[str, object], cells: list[object], indent: int | str | None, ascii_only: bool
) -> None:
    document["cells"] = cells
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    decoded = decode_document(f" {text}\n")
    assert decoded is not None and decoded.document == json.loads(text)
    assert list(decoded.document) == list(document)
    assert decoded.cells == JsonMap(f" {text}\n").cells


@given(st.lists(VALUES, min_size=1, max_size=2), st.data())
def test_a_text_that_is_no_json_is_left_to_those_who_say_why(
    cells: list[object], data: st.DataObject
) -> None:
    text = json.dumps({"cells": cells, "metadata": {}})
    at = data.draw(st.integers(0, len(text)))
    spoilt = text[:at] + data.draw(st.sampled_from(["", ",", "]", "}", " ", "x"])) + text[at + 1 :]
    try:
        whole = json.loads(spoilt)
    except ValueError:
        assert decode_document(spoilt) is None
    else:
        decoded = decode_document(spoilt)
        assert decoded is None or decoded.document == whole


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "1", '{"cells": []}', '{"cells": [1],}', '{"cells": [1]} x', '{"cells" [1]}'],
)
def test_odd_texts_are_not_decoded(text: str) -> None:
    assert decode_document(text) is None


def test_of_twins_the_last_counts() -> None:
    twins = decode_document('{"cells": [1, 2], "cells": [3]}')
    assert twins is not None and twins.document == {"cells": [3]} and len(twins.cells or ()) == 1
    odd = decode_document('{"cells": [1, 2], "cells": {}}')
    assert odd is not None and odd.document == {"cells": {}} and odd.cells is None


def test_without_a_list_of_cells_nothing_is_said_of_places() -> None:
    old = decode_document('{"worksheets": [{"cells": [1]}], "nbformat": 3}')
    assert old is not None and old.cells is None
