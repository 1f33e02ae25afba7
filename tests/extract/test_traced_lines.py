"""Which lines of a module a test executes, told by calls that are put before its statements."""

from __future__ import annotations

import ast

import pytest

from nbprod.execution.forking import is_known_to_repeat, shows_order
from nbprod.extract.suite.traced_lines import Teller

SHAPES = {
    "loops": (
        "def f(a):\n"
        '    """Say so."""\n'
        "    total = 0\n"
        "    for one in a:\n"
        "        if one > 1:\n"
        "            total += one\n"
        "        elif one < 0:\n"
        "            total = 0\n"
        "        else:\n"
        "            continue\n"
        "    return total\n",
        "f([2, 0])",
        2,
        {3, 4, 5, 6, 7, 10, 11},
    ),
    "errors": (
        "def f(a):\n"
        "    try:\n"
        "        return 1 / a\n"
        "    except ZeroDivisionError:\n"
        "        with open('/dev/null'):\n"
        "            a = 7\n"
        "    finally:\n"
        "        a = 8\n"
        "    return a\n",
        "f(0)",
        8,
        {2, 3, 5, 6, 8, 9},
    ),
    "inner": (
        "def f(a):\n"
        "    class C:\n"
        '        """Hold it."""\n'
        "        x = a\n"
        "        def m(self):\n"
        '            """Give it."""\n'
        "            return self.x\n"
        "    def g():\n"
        "        return C().m()\n"
        "    match a:\n"
        "        case 1:\n"
        "            return g()\n"
        "        case _:\n"
        "            return None\n",
        "f(1)",
        1,
        {2, 4, 5, 7, 8, 9, 10, 12},
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_function_tells_the_lines_that_it_executes(shape: str) -> None:
    text, call, gives, lines = SHAPES[shape]
    told: set[int] = set()
    names = {"__nbprod_line__": told.add}
    tree = Teller().visit(ast.parse(text))
    exec(compile(tree, "m.py", "exec"), names)
    assert eval(call, names) == gives
    assert told == lines
    plain: dict[str, object] = {}
    exec(compile(ast.parse(text), "m.py", "exec"), plain)
    assert names["f"].__doc__ == plain["f"].__doc__


@pytest.mark.parametrize(
    "source",
    [
        "for one in {1, 2}: print(one)",
        "list(set(names))",
        "[one for one in a.keys() & b]",
        "import networkx as nx",
        "order = sorted(rows, key=hash)",
    ],
)
def test_the_order_of_a_set_may_be_seen(source: str) -> None:
    assert shows_order(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "import pandas as pd\npd.Series([1]).unique()",
        "from sklearn.svm import SVC\nSVC().fit(X, y)",
        "{name: size for name, size in pairs}",
    ],
)
def test_no_order_of_a_set_can_be_seen(source: str) -> None:
    assert not shows_order(ast.parse(source))


def test_what_tells_the_time_is_not_known_to_repeat() -> None:
    assert not any(map(is_known_to_repeat, ["time", "uuid", "os.path", "torch.nn"]))
    assert all(map(is_known_to_repeat, ["math", "numpy.linalg", "sklearn.svm"]))
