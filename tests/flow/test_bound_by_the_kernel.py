"""Names that magics and the shell bind are not undefined; those that nothing binds still are."""

from __future__ import annotations

import json

import pytest

from nbprod.project.run import check_bytes

BOUND = [
    ("a magic nobody knows, on its line", ["%%frame_of sales\n1 2", "sales.head()"]),
    ("a magic nobody knows, in its body", ["%%lisp\n(defun twice (x) (* 2 x))", "twice(2)"]),
    ("a line magic nobody knows", ["%read_into sales sales.csv", "sales.head()"]),
    ("a magic nobody knows, with a body of another language", ["%%mysql\nselect 1", "df"]),
    ("an arrow in the body", ["%%sql\nfound <<\nselect 1", "found"]),
    ("an arrow below a connection", ["%%sql sqlite://\nfound = << select 1", "found"]),
    ("%pylab, whatever else may bind it", ["from mystery import *\n%pylab inline", "grid()"]),
    ("Fortran", ["%%fortran\nsubroutine add(x, y)\nend subroutine add", "add(1, 2)"]),
    ("Cython", ["%%cython\ndef twice(int x):\n    return 2 * x", "twice(2)"]),
    ("a stream of a program", ["%%bash --out listed\nls", "print(listed)"]),
    ("a file that the shell runs", ["get_ipython().run_line_magic('run', 'x.py')", "x"]),
    ("the old spelling", ["get_ipython().magic('run x.py')", "x"]),
    ("a shell with a name", ["shell = get_ipython()\nshell.run_cell('x = 1')", "x"]),
    ("imported", ["from IPython import get_ipython\nget_ipython().ex('x = 1')", "x"]),
    ("a cell magic by the shell", ["get_ipython().run_cell_magic('cython', '', code)", "f()"]),
    ("pushed", ["get_ipython().push({'x': 1})", "x"]),
    ("the shell's names", ["get_ipython().user_ns['x'] = 1", "x"]),
    ("all the shell's names", ["get_ipython().user_ns.update(found)", "x"]),
    ("the module itself", ["import sys\nsys.modules[__name__].x = 1", "x"]),
    ("the module itself, by setattr", ["import sys\nsetattr(sys.modules[__name__], 'x', 1)", "x"]),
    ("the main module", ["import __main__\n__main__.x = 1", "x"]),
    ("a builtin", ["import builtins\nbuiltins.x = 1", "x"]),
]  # fmt: skip
BROKEN = [
    "(a, b) = 1, 2\nprint 'x'", "[a, b] = 1, 2\nprint 'x'", "a, (c, b) = x = 1, 2\nprint 'x'",
    "for (i, b) in ():\n    print i", "with x as (a, b):\n    print a", "if x: b = 1\nprint x",
    "print (b := 1) x", "(a,\n b) = 1, 2\nprint a", "x = 1; b = 2\nprint b",
    "a = *b, c = x\nprint a",
]  # fmt: skip
KNOWN = [
    ["%load_ext autoreload\n%autoreload 2"],
    ["get_ipython().run_line_magic('matplotlib', 'inline')"],
    ["get_ipython().system('ls')"],
    ["%%html\n<b>x</b>"],
    ["%%bash\nls"],
    ["import sys\nsys.modules['other'] = sys"],
    ["model = object()\nsetattr(model, 'x', 1)"],
]


def undefined(cells: list[str]) -> list[str | None]:
    return symbols(cells, "NBP103")


def deleted(cells: list[str]) -> list[str | None]:
    return symbols(cells, "NBP104")


def symbols(cells: list[str], code: str) -> list[str | None]:
    plain = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    document = {"cells": [{**plain, "source": one} for one in cells], "metadata": {}}
    data = json.dumps({**document, "nbformat": 4, "nbformat_minor": 5}).encode()
    findings = check_bytes(data, "x.ipynb").findings
    return [one.symbol for one in findings if one.code == code]


@pytest.mark.parametrize("source", BROKEN)
def test_what_a_broken_cell_would_have_bound_is_its_own_fault(source: str) -> None:
    assert undefined(["x = ()", source, "print(b)"]) == []


@pytest.mark.parametrize(
    "source", ["b[0] = 1\nprint 'x'", "f(b=1)\nprint 'x'", "b == 1\nprint 'x'"]
)
def test_what_a_broken_cell_would_not_have_bound_is_undefined(source: str) -> None:
    assert undefined([source, "print(b)"]) == ["b"]


REFUSED = [
    "# note\n%%time\nx = 1", "%%time # note\nx = 1", "%%matplotlib inline\nx = 1",
    "% matplotlib inline\nx = 1", "%matplotlib inline # note\nx = nothing",
    "import os\n%%writefile a\nx = 1",
]  # fmt: skip


@pytest.mark.parametrize("source", REFUSED)
def test_what_stands_below_a_refused_magic_is_told_with_it(source: str) -> None:
    assert undefined([source, "print(x)"]) == []
    assert symbols([source, "print(x)"], "NBP014") == [None]


def test_a_refused_magic_that_is_caught_ends_nothing() -> None:
    cells = ["try:\n    %matplotlib inline # note\n    y = 1\nexcept Exception:\n    x = 1", "x"]
    assert undefined(cells) == symbols(cells, "NBP014") == []


@pytest.mark.parametrize("cells", [case[1] for case in BOUND], ids=[case[0] for case in BOUND])
def test_bound(cells: list[str]) -> None:
    assert undefined(["found = code = 1", *cells]) == []
    assert undefined(cells[-1:])


def test_the_shell_does_what_the_magic_does() -> None:
    reset = ["x = 1", "get_ipython().run_line_magic('reset', '-sf')", "x"]
    stored = ["get_ipython().magic('store -r x')", "x\ny"]
    assert deleted(reset) == ["x"]
    assert undefined(stored) == ["y"]


@pytest.mark.parametrize("cells", KNOWN)
def test_what_binds_nothing_hides_nothing(cells: list[str]) -> None:
    assert undefined([*cells, "nope"]) == ["nope"]
