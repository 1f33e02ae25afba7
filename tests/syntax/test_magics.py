"""What magics read, bind and run; IPython runs the cells wherever it can be asked."""

from __future__ import annotations

import ast

import pytest

from nbprod.notebook.types import Cell
from nbprod.syntax.magics import SyntaxOptions
from nbprod.syntax.parse import parse_cell
from nbprod.syntax.types import Magic, ParsedCell
from tests.syntax.oracle import bound_by_running, ours

RUN = [
    "%time zz = 1", "%timeit -n1 -r1 zz = 1", "%timeit -n1 -r1 -o 1",
    "%prun -q zz = 1", "%prun -s cumulative -q zz = 1", "%%time\nzz = 1",
    "%%timeit -n1 -r1\nzz = 1", "%%timeit -n1 -r1 zz = 1\nzz",
    "%%prun -q\nzz = 1", "%%prun -q zz = 1\nyy = zz", "%%prun -q zz = 1\n\n",
    "%%capture zz\nyy = 1", "%%capture --no-stderr zz\nyy = 1", "%%capture zz --no-stderr\n1",
    "%%capture\nzz = 1", "%%capture\n%%time\nzz = 1", "%%time\n%%capture zz\nyy = 1",
    "%%time\n%%timeit -n1 -r1 zz = 1\nzz", "%time %timeit -n1 -r1 zz = 1", "%time zz = %pwd",
    "%time zz = !echo 1", "%time zz = 1; yy = 2", "zz = %time 1", "zz = !echo 1", "zz, = !echo 1",
    "zz = %sx echo 1", "%sc zz = echo 1", "%sc -l zz=echo 1", "%%bash --out zz\necho 1",
    "%%sh --out zz\necho 1", "%%script bash --out=zz\necho 1", "%%sh\nzz=1",
    "if 1:\n    %time zz = 1", "for i in [1]:\n    zz = !echo 1", "    %time zz = 1\n    yy = 1",
    "%%time\n    zz = 1\n    yy = zz", ">>> %time zz = 1\n>>> yy = 1", "%%html\n<b>zz</b>",
    "%env ZZ=1", "%cd .", "%time\n", "%%timeit -n1 -r1 -p 2 -t import math\nmath.pi", "/repr (1)",
]  # fmt: skip


def names_bound(parsed: ParsedCell) -> set[str]:
    """The variables that a cell leaves: what a reader of `ParsedCell` has to make of it."""
    assert parsed.tree is not None
    found = {one.name for magic in parsed.magics for one in magic.binds}
    trees: list[ast.Module] = []
    if parsed.cell_magic is None or parsed.cell_magic.scope != "private":
        trees.append(parsed.tree)
    trees += _shared_bodies(parsed.magics)
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, ast.alias):
                found.add(node.asname or node.name)
    return found


def _shared_bodies(magics: tuple[Magic, ...]) -> list[ast.Module]:
    private = [
        (magic.start, magic.end)
        for magic in magics
        if magic.scope == "private" and magic.kind != "cell"
    ]
    return [
        magic.body
        for magic in magics
        if magic.body is not None
        and magic.scope == "shared"
        and not any(start < magic.start < end for start, end in private)
    ]


@pytest.mark.parametrize("source", RUN, ids=[repr(case) for case in RUN])
def test_cells_bind_what_running_them_binds(source: str) -> None:
    assert names_bound(ours(source)) == bound_by_running(source)


BINDINGS = [
    ("%%bigquery df\nselect 1", {"df"}), ("%%bigquery df --project p\nselect 1", {"df"}),
    ("%%bigquery --project p df\nselect 1", {"df"}), ("%%bigquery --project p\nselect 1", set()),
    ("%%bigquery --verbose df\nselect 1", {"df"}), ("%%bigquery\nselect 1", set()),
    ("%%sql r <<\nselect 1", {"r"}), ("%%sql conn r <<\nselect 1", {"r"}),
    ("%%sql\nselect 1", set()), ("%%sql r =<<\nselect 1", {"r"}),
    ("%%sql -o df -q\nselect 1", {"df"}), ("%sql r << select 1", {"r"}),
    ("%%R -i a,b -o c,d\nc <- a", {"c", "d"}), ("%%R -o c -w 500\nc <- 1", {"c"}),
    ("%R -o c c <- 1", {"c"}), ("%Rpull a b", {"a", "b"}), ("%%spark -o df\nx", {"df"}),
    ("%%writefile -a out.py\nx", set()), ("%%heat -o a.png\nx", set()), ("%%js\nx << 1", set()),
    ("%store -r q", {"q"}), ("%store -r a b", {"a", "b"}), ("%store -r", set()),
    ("%store a", set()), ("%macro m 1-3", {"m"}), ("%%mylang --out v -o w\nx y", {"v", "w"}),
    ("%%bash --out zz --err yy\necho 1", {"zz", "yy"}), ("%timeit -q -v zz f(v)", {"zz"}),
    ("%%timeit -n1 -v zz\n1", {"zz"}), ("%timeit f(-v)", set()), ("%timeit - v", set()),
    ("%%R -i a -d frame\nframe = a", {"frame"}), ("%%cython_pyximport m\ndef f(x): pass", {"f"}),
    ("%%capture\nx", set()), ("%%cython\ncpdef int f(int x):\n    return x", {"f"}),
    ("%%cython -a\ndef g(): pass", {"g"}), ("%%add_to A\ndef f(self): pass", set()),
    ("%%cython\ncdef int h(): return 1\ncdef class C:\n    pass\nclass D: pass", {"C", "D"}),
    ("%%cython\nimport numpy as np\ncimport numpy\nfrom a import b, c as d\nK = 1\nK == 2",
     {"np", "b", "d", "K"}),
]  # fmt: skip


@pytest.mark.parametrize(("source", "names"), BINDINGS, ids=[repr(case[0]) for case in BINDINGS])
def test_magics_that_need_packages_bind_what_their_documents_say(
    source: str, names: set[str]
) -> None:
    assert {one.name for magic in ours(source).magics for one in magic.binds} == names


READS = [
    ("%%R -i a,b -o c\nc <- a", ["a", "b"]), ("%R -i a print(a)", ["a"]),
    ("%Rpush a b", ["a", "b"]), ("%store a b", ["a", "b"]), ("%store a > out.txt", ["a"]),
    ("%store -r a", []), ("%store -d a", []), ("%store -z", []), ("%xdel a", ["a"]),
    ("%xdel -n a", ["a"]), (",f a b", ["f"]), (";np.f a", ["np"]), ("/f x y.z 1", ["f", "x", "y"]),
    ("/f g(x)", ["f", "g", "x"]), ("/f x \\\n  y", ["f", "x", "y"]),
    ("%lprun -f g -f h g(h)", ["g", "h"]), ("%%add_to A\nx = 1", ["A"]), ("%%bash -s a\nb", []),
    ("%%writefile -i a\nb", []), ("x?", []), ("!ls", []), ("%cd a", []),
]  # fmt: skip


@pytest.mark.parametrize(("source", "names"), READS, ids=[repr(case[0]) for case in READS])
def test_magics_read_what_must_exist(source: str, names: list[str]) -> None:
    assert [one.name for magic in ours(source).magics for one in magic.reads] == names


ANY_NAMES = {
    "%pylab inline": True, "%store -r": True, "%store -r a": False, "%load_ext a": False,
    "%matplotlib inline": False, "%%cython\ndef f(): pass": True, "%%unheard_of\nx = 1": True,
    "%%unheard_of\nselect 1 from": True, "%%unheard_of\n!ls\nx = 1": True, "%rerun 3": True,
    "%unheard_of a": True, "%%bash\nls": False, "%%time\nx = 1": False,
}  # fmt: skip


@pytest.mark.parametrize("source", ANY_NAMES, ids=repr)
def test_magics_that_may_bind_any_name_say_so(source: str) -> None:
    assert any(magic.opaque_names for magic in ours(source).magics) == ANY_NAMES[source]


def test_options_say_what_nobody_could_know() -> None:
    source = "%%mine\nx = 1"
    unknown = parse_cell(Cell(0, "code", source)).cell_magic
    assert unknown is not None
    assert (unknown.known, unknown.scope) == (False, "opaque")
    as_python = parse_cell(Cell(0, "code", source), SyntaxOptions(frozenset(["mine"])))
    assert as_python.cell_magic is not None
    assert (as_python.cell_magic.known, as_python.cell_magic.scope) == (True, "shared")
    assert as_python.tree is not None
    assert len(as_python.tree.body) == 1
    opaque = SyntaxOptions(opaque_magics=frozenset(["time"]))
    as_other = parse_cell(Cell(0, "code", "%%time\n<<<"), opaque)
    assert as_other.fault is None
    assert as_other.masked == " " * 6 + "\n" + " " * 3


def test_an_opaque_cell_is_an_empty_module() -> None:
    parsed = ours("%%bash\nif [ a\nthen\n")
    assert parsed.tree is not None
    assert parsed.tree.body == []
    assert parsed.fault is None


PLACES = [
    "é = 1\nif é:\n    %time value = compute(é)", "x = %time value = 1",
    "%time value = f(1, \\\n   2)", "é = %time value = 1", "    %time value = 1",
    ">>> %time value = 1", "%%prun value = é\n1", "%%timeit -n 3 value = 'é'\n1",
    "%%capture\n   value = 1\n   x = 2", "In [1]: value = 1",
    ">>> a = 'é'; value = 1\n>>> if a:\n...     value = 2\n", "%time %time value = 1",
    "  if é:\n    value = 1", "%%time\n>>> value = 1", "!ls\r\n%time value = 1\r\n",
    "\n  \n  value = 1", "In [9]: é\nIn [10]: value",
]  # fmt: skip


@pytest.mark.parametrize("source", PLACES, ids=[repr(case) for case in PLACES])
def test_every_node_stands_where_its_text_stands(source: str) -> None:
    parsed = ours(source)
    assert parsed.tree is not None
    trees = [parsed.tree, *(magic.body for magic in parsed.magics if magic.body is not None)]
    seen = 0
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                start = parsed.offset(node.lineno, node.col_offset)
                end = parsed.offset(node.end_lineno or 1, node.end_col_offset or 0)
                assert source[start:end] == node.id
                seen += node.id == "value"
    assert seen


def test_a_stand_in_is_found_by_its_place() -> None:
    parsed = ours("é = !ls\n%time x = %pwd\nif é: y = !pwd")
    assert parsed.tree is not None
    bodies = [magic.body for magic in parsed.magics if magic.body is not None]
    constants = {
        (node.lineno, node.col_offset)
        for tree in (parsed.tree, *bodies)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
    }
    assert constants == {(magic.lineno, magic.col_offset) for magic in parsed.magics}
    assert [magic.text for magic in parsed.magics] == ["!ls", "%time x = %pwd", "%pwd", "!pwd"]


def test_magics_within_magics_end_somewhere() -> None:
    assert ours("%time " * 3000 + "x").magics
    assert ours("%%capture\n" * 2000 + "x = 1").cell_magic is not None
