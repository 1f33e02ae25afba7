"""The mask against IPython's own transformer: the same cells parse, to the same trees."""

from __future__ import annotations

import ast
import warnings

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nbprod.notebook.types import Cell
from nbprod.syntax.parse import parse_cell
from nbprod.syntax.types import ParsedCell

CASES = [
    "x = 1", "%matplotlib inline", "%time x = f(1)", "%timeit -n 3 f(x)", "x = %pwd", "x = !ls",
    "a, b = !ls", "!ls -l", "!!ls", "if x:\n    !ls\n", "if x:\n    %cd ..\nelse:\n    y = 1",
    "df?", "df.head?", "?df", "??df.head", "%time?", "x.*y*?", "df['a']?",
    "s = '''\n%notmagic\n!notshell\n'''", "t = (1\n  % 2)", "u = [\n    1,\n    !2\n]",
    "x = 5 % 3", "x %= 3", "a = b \\\n  % c", "# %comment\nx = 1", "'%s' % x", "f'{x!r}'",
    "!echo {x} $y", "!echo a \\\n  b\nx = 1", "%cd a\n%cd b\ny = 2", "x = 1;", "x = 1; y = 2",
    "def f():\n    !ls\n    return 1", "for i in y:\n    %time g(i)", "x = f('?')", "assert x != y",
    "print('what?')", "lambda: !x", "x =", "if x", "print x", "return 1", "yield 1", "break",
    "while x:\n    break", "await f()", "async for x in y:\n    pass", "async with a as b:\n    c",
    "    x = 1\n    y = 2", "  if a:\n    b", "\n\nx = 1", "", "   ", "# only a comment", "\tx = 1",
    "class A:\n    %time\n    x = 1", "x = '''unclosed", "x = (1", ")", "x = 1\n  y = 2",
    "%%notclosed\n(", "a = %time 1", "x: int = 3", "x = y = !ls", "é = 'ü'; !ls", "é = !ls",
    "\"\"\"doc\"\"\"\n%cd x", "x = 1 # comment ?", "x = 1 # what?\ny = 2",
    "match x:\n    case 1: pass",
    "print('a',\n      'b')\n!ls", "x = {\n 'a': 1,\n}\n%who", "%who\n\n\n%whos", "x.y?\nz = 1",
    ",f a b", ";f a b", "/f a b", "xs[0].y?", "@dec\ndef f(): pass", "x = a if b else c",
    "a\\\n= 1",
    "if 1:\n    pass\n    # %foo\n", "try:\n    %cd x\nexcept OSError:\n    pass",
]  # fmt: skip


def ours(source: str) -> ParsedCell:
    parsed = parse_cell(Cell(0, "code", source))
    assert len(parsed.masked) == len(source)
    breaks = [index for index, char in enumerate(source) if char in "\r\n"]
    assert [index for index, char in enumerate(parsed.masked) if char in "\r\n"] == breaks
    return parsed


def theirs(source: str) -> ast.Module | None:
    from IPython.core.inputtransformer2 import TransformerManager

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            text = TransformerManager().transform_cell(source)
            tree = ast.parse(text)
            compile(text, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except (SyntaxError, ValueError):
            return None
    return tree


def plain(parsed: ParsedCell) -> list[str]:
    """The statements without magics, as text."""
    assert parsed.tree is not None
    places = {(magic.lineno, magic.col_offset) for magic in parsed.magics}
    return [
        ast.dump(statement)
        for statement in parsed.tree.body
        if not any(
            isinstance(node, ast.Constant) and (node.lineno, node.col_offset) in places
            for node in ast.walk(statement)
        )
    ]


@pytest.mark.parametrize("source", CASES, ids=[repr(case)[:40] for case in CASES])
def test_the_same_cells_parse_to_the_same_statements(source: str) -> None:
    compare(source)


def compare(source: str) -> None:
    wanted = theirs(source)
    parsed = ours(source)
    if parsed.cell_magic is not None:
        return
    assert (parsed.tree is not None) == (wanted is not None), parsed.fault
    if wanted is not None:
        if any(magic.kind == "quote" for magic in parsed.magics):
            return  # IPython writes a call in its place, we a stand-in that says what is called
        dumped = [ast.dump(statement) for statement in wanted.body]
        assert plain(parsed) == [text for text in dumped if "get_ipython" not in text]


_LINES = st.sampled_from(
    ["x = 1", "%time y = 2", "!ls {x}", "if x:", "    z = 3", "    %cd a", "z?", "def f():",
     "s = '''\n%no\n!no\n'''", "t = (1,\n  % 2)", "# note", "", "a = !pwd",
     "    return 1", "w = '%d' % 2"]
)  # fmt: skip


@given(st.lists(_LINES, max_size=7))
@settings(max_examples=300, deadline=None)
def test_lines_put_together_parse_as_ipython_parses_them(lines: list[str]) -> None:
    source = "\n".join(lines)
    # Versions of IPython differ on cells of which only the first lines are indented.
    assume(not source.lstrip("\n").startswith(" "))
    compare(source)


BINDINGS = [
    ("%%capture out\nprint(1)", {"out"}), ("%%bash --out v\nls", {"v"}),
    ("%%R -i a -o b\nx", {"b"}), ("%%bigquery df\nselect 1", {"df"}), ("%store -r q", {"q"}),
    ("%%sql r <<\nselect 1", {"r"}), ("%%cython\ncpdef int f(int x):\n    return x", {"f"}),
]  # fmt: skip


@pytest.mark.parametrize(("source", "names"), BINDINGS, ids=[case[0][:20] for case in BINDINGS])
def test_magics_bind_what_their_arguments_say(source: str, names: set[str]) -> None:
    parsed = ours(source)
    bound = [one for magic in parsed.magics for one in magic.binds]
    assert {one.name for one in bound} == names
    assert all(source[one.start : one.end] == one.name for one in bound)


def test_deep_nesting_and_null_bytes_are_faults() -> None:
    assert ours("(" * 5000 + ")" * 5000).fault is not None
    assert ours("x = 1\0").fault is not None


def test_a_magic_knows_where_its_argument_stands() -> None:
    source = "é = 1\nif é:\n    %time value = compute(é)"
    (magic,) = ours(source).magics
    assert magic.body is not None
    assign = magic.body.body[0]
    assert isinstance(assign, ast.Assign)
    name = assign.targets[0]
    line = source.split("\n")[name.lineno - 1].encode()
    assert line[name.col_offset : name.end_col_offset].decode() == "value"
