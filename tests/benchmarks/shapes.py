"""Notebooks of ``n`` cells whose shapes once made some part of the analysis grow too fast."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["SHAPES", "notebook"]

_HEAD = "import os\nx = os.getpid()"


def notebook(sources: Iterable[str]) -> bytes:
    """An nbformat file of code cells that never ran."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"c{index}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for index, source in enumerate(sources)
    ]
    metadata = {"language_info": {"name": "python"}}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    return json.dumps(content).encode()


def _cells(n: int) -> list[str]:
    return [f"a{i} = {i} * 3\nprint(a{i})" for i in range(n)]


def _one_cell(n: int) -> list[str]:
    return ["\n".join(_cells(n))]


def _chain(n: int) -> list[str]:
    return [_HEAD, "a0 = x", *(f"a{i} = a{i - 1} + {i}" for i in range(1, n))]


def _branches(n: int) -> list[str]:
    branch = "if x > {0}:\n    y{0} = z = 1\nelse:\n    y{0} = 2\n    z = 0\nprint(y{0}, z)"
    return [_HEAD, *(branch.format(i) for i in range(n))]


def _branches_in_one_cell(n: int) -> list[str]:
    return ["\n".join(_branches(n))]


def _perhaps_rebound(n: int) -> list[str]:
    """Every branch may rebind one name, so that all of its definitions reach the last read."""
    return [_HEAD, "y = 0", *(f"if x > {i}:\n    y = {i}\nprint(y)" for i in range(n))]


def _perhaps_defined(n: int) -> list[str]:
    """As `_perhaps_rebound`, but the name may have no value and each read says so."""
    branch = "if x > {0}:\n    def g():\n        return {0}\nprint(g())"
    return [_HEAD, *(branch.format(i) for i in range(n))]


def _loops(n: int) -> list[str]:
    loop = "for i in range(x):\n    t = t + i\n    if t > {0}:\n        break\nprint(t)"
    return [_HEAD, "t = 0", *(loop.format(i) for i in range(n))]


def _nested_calls(n: int) -> list[str]:
    steps = [f"def f{i}(x):\n    return f{i - 1}(x) + {i}" for i in range(1, n)]
    return ["def f0(x):\n    return x + 1", *steps, f"print(f{n - 1}(1))"]


def _nested_calls_each_run(n: int) -> list[str]:
    steps = [f"def f{i}(x):\n    return f{i - 1}(x) + {i}\nprint(f{i}(1))" for i in range(1, n)]
    return ["def f0(x):\n    return x + 1", *steps]


def _calls_of_two(n: int) -> list[str]:
    steps = [f"def f{i}(x):\n    return f{i - 1}(x) + f{i - 2}(x)" for i in range(2, n)]
    first = ["def f0(x):\n    return x + 1", "def f1(x):\n    return f0(x) + 1"]
    return [*first, *steps, f"print(f{n - 1}(1))"]


def _aliases(n: int) -> list[str]:
    return ["a0 = [1]", *(f"a{i} = a{i - 1}\na{i}.append({i})" for i in range(1, n))]


def _perhaps_aliases(n: int) -> list[str]:
    steps = [f"a{i} = a{i - 1} if x > {i} else b\na{i}.append({i})" for i in range(1, n)]
    return [_HEAD, "a0, b = [1], []", *steps]


def _lambdas(n: int) -> list[str]:
    steps = [f"f{i} = lambda x: f{i - 1}(x) + {i}\nprint(f{i}({i}))" for i in range(1, n)]
    return ["f0 = lambda x: x", *steps]


def _disorder(n: int) -> list[str]:
    return [f"print(v{i + 1})\nv{i} = {i}" for i in range(n)]


def _upside_down(n: int) -> list[str]:
    return [f"print(v{i + 1})\nv{i} = {i}" for i in reversed(range(n))]


def _undefined(n: int) -> list[str]:
    return [f"value_{i} = {i}\nprint(valeu_{i})" for i in range(n)]


def _shared_variable(n: int) -> list[str]:
    steps = (f"def f{i}():\n    global t\n    t = t + {i}\nf{i}()" for i in range(n))
    return ["t = 0", *steps]


def _functions_of_one_variable(n: int) -> list[str]:
    functions = [f"def f{i}():\n    return total + {i}" for i in range(n)]
    return ["total = 0", *functions, *(f"total = {i}\nprint(f{i}())" for i in range(n))]


def _calls_in_one_cell(n: int) -> list[str]:
    functions = [f"def f{i}():\n    return total + {i}" for i in range(n)]
    rebound = [f"total = {i}" for i in range(n)]
    return [*functions, *rebound, "\n".join(f"f{i}()" for i in range(n))]


def _columns(n: int) -> list[str]:
    steps = (f"df['c{i}'] = df['a'] * {i}\nprint(df['c{i}'])" for i in range(n))
    return ["import pandas as pd\ndf = pd.read_csv('a.csv')", *steps]


def _columns_shown(n: int) -> list[str]:
    steps = (f"df['c{i}'] = df['a'] * {i}\nprint(df)" for i in range(n))
    return ["import pandas as pd\ndf = pd.read_csv('a.csv')", *steps]


def _keys(n: int) -> list[str]:
    return ["d = {}", *(f"d['k{i}'] = {i}\nprint(d)" for i in range(n))]


def _appended(n: int) -> list[str]:
    return ["rows = []", *(f"rows.append({i})\nprint(rows)" for i in range(n))]


def _derived_classes(n: int) -> list[str]:
    method = "    def m(self):\n        return super().m() + {0}\nC{0}().m()"
    steps = (f"class C{i}(C{i - 1}):\n{method.format(i)}" for i in range(1, n))
    return ["class C0:\n    def m(self):\n        return 1", *steps]


def _caught(n: int) -> list[str]:
    step = "try:\n    y{0} = 1 / x\nexcept ZeroDivisionError:\n    y{0} = 0\nprint(y{0})"
    return [_HEAD, *(step.format(i) for i in range(n))]


def _repeated(n: int) -> list[str]:
    return [_HEAD, *["y = x + 1\nx = y * 2\nprint(x, y)"] * n]


SHAPES: dict[str, Callable[[int], list[str]]] = {
    "cells": _cells,
    "one cell": _one_cell,
    "chain": _chain,
    "branches": _branches,
    "branches in one cell": _branches_in_one_cell,
    "perhaps rebound": _perhaps_rebound,
    "perhaps defined": _perhaps_defined,
    "loops": _loops,
    "nested calls": _nested_calls,
    "nested calls, each run": _nested_calls_each_run,
    "calls of two": _calls_of_two,
    "aliases": _aliases,
    "perhaps aliases": _perhaps_aliases,
    "lambdas": _lambdas,
    "disorder": _disorder,
    "upside down": _upside_down,
    "undefined": _undefined,
    "shared variable": _shared_variable,
    "functions of one variable": _functions_of_one_variable,
    "calls in one cell": _calls_in_one_cell,
    "columns": _columns,
    "columns shown": _columns_shown,
    "keys": _keys,
    "appended": _appended,
    "derived classes": _derived_classes,
    "caught": _caught,
    "repeated": _repeated,
}
