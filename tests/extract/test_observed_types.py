"""Hints from values that a run has shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from nbprod.extract.code.observed_types import with_definition_types, with_seen_types
from nbprod.extract.extraction import extract, make_plan
from nbprod.extract.suite.recording import Recorded, Seen
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.refactor.plan import CellGroup
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
    (["builtins.function"], "Callable[..., Any]"),
    (["|", ["builtins.str"], ["builtins.NoneType"]], "str | None"),
    (["collections.Counter", ["builtins.str"]], "Counter[str]"),
    (["collections.defaultdict"], "defaultdict[Any, Any]"),
    (["re.Match"], "Match[str]"),
    (["pathlib.PosixPath"], "Path"),
    # The notebook has another thing under the name of the class.
    (["fractions.weigh"], ""),
    ([], ""),
]


@pytest.mark.parametrize(("shape", "hint"), _CASES)
def test_hints_of_what_calls_have_shown(shape: list[Any], hint: str | None) -> None:
    cells = ["import numpy as np", "def weigh(x):\n    return np.sum(x)", "weigh([1])"]
    facts = Facts(read_notebook(as_bytes(cells), "parcels.ipynb"))
    plan = make_plan(facts, None, range(3))
    types: Mapping[str, Mapping[str, Any]] = {
        "weigh": {"parameters": {"x": shape}, "returns": {"": ["builtins.int"]}}
    }
    found = with_definition_types(plan, types, facts).definition_types["weigh"]
    expected = "dict[str, list[float]]" if hint is None else hint
    assert found.get("x", "") == expected
    assert found["return"] == "int"


def test_a_method_and_the_attributes_of_its_class_have_types() -> None:
    text = "class Box:\n    def __init__(self):\n        self.held = []\n    def put(self, x):\n"
    cells = [f"{text}        self.held.append(x)\n        return self", "Box().put(1)"]
    facts = Facts(read_notebook(as_bytes(cells), "boxes.ipynb"))
    plan = make_plan(facts, None, range(2))
    box: list[Any] = ["__main__.Box"]
    held = {"held": ["builtins.list", ["builtins.int"]]}
    calls: Mapping[str, Mapping[str, Any]] = {
        "Box.__init__": {"parameters": {"self": box}, "attributes": {"held": ["builtins.list"]}},
        "Box.put": {
            "parameters": {"x": ["builtins.int"]},
            "returns": {"": box},
            "attributes": held,
        },
        "gone": {"parameters": {"x": ["builtins.int"]}},
    }
    found = with_definition_types(plan, calls, facts)
    assert found.definition_types["Box.put"] == {"x": "int", "return": "Box"}
    assert found.local_types["Box"] == {"held": "list[int]"}
    assert "gone" not in found.definition_types
    module = extract(facts, as_bytes(cells), found, "boxes").module
    assert "self.held: list[int] = []" in module
    assert 'def put(self, x: int) -> "Box":' in module


@pytest.mark.parametrize(
    ("told", "shape", "hint"),
    [
        # The last of several values is another one than the first, of which the code tells.
        ("int", ["numpy.ndarray"], "np.ndarray"),
        ("list[int]", ["builtins.list", ["builtins.str"]], "list[str]"),
        ("float", ["builtins.int"], "float"),
        ("int", ["builtins.list", []], "int"),
        ("pd.DataFrame", ["builtins.int"], "pd.DataFrame"),
        ("Any", ["builtins.int"], "int"),
        ("str", ["builtins.NoneType"], "str"),
    ],
)
def test_what_a_run_has_shown_goes_before_what_the_code_tells(
    told: str, shape: list[Any], hint: str
) -> None:
    cells = ["import numpy as np", "x = 1\ny = x + 1\nz = y * 2\nprint(z)", "print(z)"]
    facts = Facts(read_notebook(as_bytes(cells), "numbers.ipynb"))
    plan = make_plan(facts, [CellGroup((1,), "count", is_asked=True)], range(3))
    (function,) = plan.functions
    results = tuple(result._replace(hint=told) for result in function.results)
    plan = replace(plan, functions=(replace(function, results=results),))
    seen = {result.name: Seen(shape[0], shape=shape) for result in results}
    found = with_seen_types(plan, {"count": Recorded({}, seen)}, facts)
    assert [result.hint for result in found.functions[0].results] == [hint] * len(results)
    assert results
