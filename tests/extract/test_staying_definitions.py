"""What calls a definition that stays in the notebook stays with it."""

from __future__ import annotations

import pytest

from nbprod.extract.extraction import make_plan
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from tests.extract.notebooks import as_bytes

_COUNT = "count = 0\n\ndef weigh(x):\n    global count\n    count += 1\n    return x * 2"
_PURE = "def weigh(x):\n    return x * 2"
_WORK = "heavy = [weigh(x) for x in [1, 2, 3]]\nheavy.sort()\ntop = heavy[-1]"


@pytest.mark.parametrize(
    ("definition", "names"),
    [
        pytest.param(_COUNT, [], id="a-function-that-counts-its-calls"),
        pytest.param("if True:\n    " + _PURE.replace("\n", "\n    "), [], id="in-a-branch"),
        pytest.param(_PURE, ["heavy"], id="one-that-moves"),
    ],
)
def test_functions_take_no_definition_of_the_notebook(definition: str, names: list[str]) -> None:
    cells = [definition, _WORK, "print(heavy, top)"]
    facts = Facts(read_notebook(as_bytes(cells), "parcels.ipynb"))
    try:
        functions = make_plan(facts, None, range(3)).own_functions
    except Exception as error:
        assert "nothing to extract" in str(error)
        functions = ()
    assert not any(one.name == "weigh" for function in functions for one in function.parameters)
    made = [one.name for function in functions for one in function.results]
    assert all(name in made for name in names)
