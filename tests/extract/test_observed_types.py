"""Hints from values that a run has shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from nbprod.extract.code.observed_types import with_definition_types
from nbprod.extract.extraction import make_plan
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from tests.extract.notebooks import as_bytes

_CASES: list[tuple[list[Any], str | None]] = [
    (["builtins.list", ["builtins.str"]], "list[str]"),
    (["builtins.dict", ["builtins.str"], ["builtins.list", ["builtins.float"]]], None),
    (["numpy.ndarray"], "np.ndarray"),
    (["numpy.float64"], "float"),
    (["pandas.DataFrame"], "pd.DataFrame"),
    # Of a class that a library keeps to itself, or that is the notebook's and stays there.
    (["numpy._ArrayFunctionDispatcher"], ""),
    (["__main__.Parcel"], ""),
    (["builtins.function"], ""),
    ([], ""),
]


@pytest.mark.parametrize(("shape", "hint"), _CASES)
def test_hints_of_what_calls_have_shown(shape: list[Any], hint: str | None) -> None:
    cells = ["import numpy as np", "def weigh(x):\n    return np.sum(x)", "weigh([1])"]
    facts = Facts(read_notebook(as_bytes(cells), "parcels.ipynb"))
    plan = make_plan(facts, None, range(3))
    types: Mapping[str, Mapping[str, Any]] = {
        "weigh": {"parameters": {"x": shape}, "returns": ["builtins.int"]}
    }
    found = with_definition_types(plan, types, facts).definition_types["weigh"]
    expected = "dict[str, list[float]]" if hint is None else hint
    assert found.get("x", "") == expected
    assert found["return"] == "int"
