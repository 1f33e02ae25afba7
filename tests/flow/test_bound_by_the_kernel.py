"""Names that magics and the shell bind are not undefined; those that nothing binds still are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbprod.config.settings import Settings
from nbprod.project.run import check_bytes
from nbprod.rule import Level
from tests.truth.score import as_bytes

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
    ("symbols", ["import sympy as S\nS.var('x:2 l')", "x0 + x1 + l"]),
    ("symbols, imported", ["from sympy import var\nvar('a, b')", "a + b"]),
    ("a range in brackets", ["import sympy\nsympy.var('x(1:3) y')", "x1 + x2 + y"]),
    ("a range of letters", ["import sympy\nsympy.var('p:r')", "p + q + r"]),
    ("two ranges", ["import sympy\nsympy.var('m1:3(:2)')", "m10 + m21"]),
    ("a list of symbols", ["import sympy\nsympy.var(['u', 'v'])", "u + v"]),
    ("computed symbols", ["import sympy\nsympy.var(' '.join(found))", "x"]),
    ("unparsable symbols", ["import sympy\nsympy.var(r'x\\:1')", "x"]),
    ("a session of SymPy", ["import sympy\nsympy.init_session()", "x"]),
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
    plain: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
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


PLAIN = "exist only in PySpark and Databricks kernels, not in a plain one"
RELIED = [
    ("run", ["spark.range(3)"], [1], f"`spark` {PLAIN.replace('exist', 'exists')}"),
    ("run, several", ["spark.range(3)\nsc.stop()", "sqlContext"], [1, None],
     f"`spark`, `sc` and `sqlContext` {PLAIN}"),
    ("imported", ["import pyspark", "def load():\n    return spark.table('x')", "load()"], None,
     f"`spark` {PLAIN.replace('exist', 'exists')}"),
    ("a context", ["sc.textFile('x')"], [4], f"`sc` {PLAIN.replace('exist', 'exists')}"),
    ("files", ["dbutils.fs.ls('/')"], [1],
     "`dbutils` exists only in Databricks kernels, not in a plain one"),
]  # fmt: skip
NOT_RELIED = [
    ("never run, nothing imported", ["spark.range(3)"], None,
     ["`spark` is not defined in any cell"]),
    ("another `sc`", ["sc.fit_transform([1])"], [1], ["`sc` is not defined in any cell"]),
    ("defined below", ["import pyspark\nspark.range(3)", "spark = 1"], None, []),
    ("defined above", ["import pyspark\nspark = sc = 1", "spark, sc"], None, []),
    ("a parameter", ["import pyspark\ndef load(spark):\n    return spark.table('x')"], None, []),
    ("failed", ["spark.range(3)"], [None], ["`spark` is not defined in any cell"]),
]  # fmt: skip


def told(
    cells: list[str], counts: list[int | None] | None, level: Level = "shared"
) -> list[tuple[str, str]]:
    data = as_bytes(cells, counts or [None] * len(cells))
    findings = check_bytes(data, "x.ipynb", Settings(level=level)).findings
    return [
        (str(finding.severity.value), finding.message)
        for finding in findings
        if finding.code == "NBP103"
    ]


@pytest.mark.parametrize(
    ("cells", "counts", "message"), [case[1:] for case in RELIED], ids=[case[0] for case in RELIED]
)
def test_a_session_that_the_notebook_relies_on_is_one_finding(
    cells: list[str], counts: list[int | None] | None, message: str
) -> None:
    """A warning where the session was forgotten; where it was there, information."""
    cells, counts = [*cells, "print(1)"], [*counts, None] if counts else None
    assert told(cells, counts, "production") == [("info" if counts else "warning", message)]
    assert told(cells, counts) == ([] if counts else [("warning", message)])


@pytest.mark.parametrize(
    ("cells", "counts", "messages"),
    [case[1:] for case in NOT_RELIED],
    ids=[case[0] for case in NOT_RELIED],
)
def test_a_name_of_a_session_that_nothing_speaks_for_is_like_any_other(
    cells: list[str], counts: list[int | None] | None, messages: list[str]
) -> None:
    found = [message for _, message in told(cells, counts)]
    assert [message.split(",")[0].split(":")[0] for message in found] == messages
