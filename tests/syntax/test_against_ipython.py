"""The mask against IPython's own transformer: the same cells parse, to the same trees.

Known differences, all on purpose: lines end where Python's tokenizer ends them (IPython splits at
form feeds and other characters too); a help mark may stand before ``\\r\\n``; an open bracket
before a question mark is an error; only what may be misplaced is compiled, so `def f(a, a)` parses.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nbprod.notebook.types import Cell
from nbprod.syntax.magic_table import AUTOMAGICS
from nbprod.syntax.parse import parse_cell
from tests.syntax.oracle import body_given_to, compare, fresh_shell, ours, shell, theirs

CASES = [
    # line magics and shell lines
    "%matplotlib inline", "%time x = f(1)", "%timeit -n 3 f(x)", "%prun -s cumulative f(x)", "%",
    "%cd a\n%cd b\ny = 2", "%who\n\n\n%whos", "!ls -l", "!!ls", "!", "!!", "!echo {x} $y",
    "!echo 'it''s'\nx = 1", "!echo (\nx = 1", "%foo ((\nx = [1,\n 2]", "%time !ls", "% time x",
    "%run 'a.py' -x\nz = 1", "\n\n  \n%cd a\nx = 1", "x = 1\n\n%cd a\n\ny = 2", "%%notclosed\n(",
    "!pip install a>=1 # why\nimport a", "%env A=b\n# %env c", "%alias_magic t time\n", "%a.b c",
    # indented, in compound statements
    "if x:\n    !ls\n", "if x:\n    %cd ..\nelse:\n    y = 1", "def f():\n    !ls\n    return 1",
    "for i in y:\n    %time g(i)", "class A:\n    %time\n    x = 1", "if x: !ls", "if x: y = !ls",
    "try:\n    %cd x\nexcept OSError:\n    pass", "with a:\n\t!ls\n\tx = 1", "while x:\n  %cd a\n",
    "if 1:\n    pass\n    # %foo\n", "if x:\n    a = %pwd\n    b = a\nc = 1", "else: !ls",
    # continued
    "!echo a \\\n  b\nx = 1", "%time f(1, \\\n  2)\nx = 1", "if x:\n    !ls \\\n  a\n    y = 1",
    "x = !ls \\\n  -l\ny = 1", "a\\\n= 1", "x = \\\n  1", "\\\n%cd a\n", "%cd a\\\\\nb",
    "x \\\n= %pwd",
    # assignments
    "x = %pwd", "x = !ls", "a, b = !ls", "a = %time 1", "é = !ls", "x = % pwd", "x=!ls", "x=%pwd",
    "d['k'] = !ls", "d['='] = %pwd", "a.b = !ls", "x: list = !ls", "x = y = !ls", "x += !ls",
    "x = 1; y = !ls", "f(a=1); y = !ls", "x = (y := 3)", "x == %pwd", "x = !ls; y = 1", "x != y",
    "f(a=!ls)", "x = [\n  !ls\n]", "lambda a=!ls: a", "(x) = !ls", "x = !", "x = %", "x, = !ls",
    # help
    "df?", "df??", "df.head?", "?df", "??df.head", "?", "??", "%time?", "%%time?", "%%time??",
    "x.*y*?", "*x*?", "df['a']?", "df[0]?", "df[-1].x?", "f(x)?", "x.y?\nz = 1", "a\nb?\nc", "x ?",
    "x? ", "x?;", "x? # why", "x = y?", "x.1?", "1?", "?x?", "%cd a?", "!ls a?", "é.ü?", "# what?",
    "print('what?')", "x = f('?')", "x = 1 # comment ?", "x = 1 # what?\ny = 2", "!ls *?",
    "x = !ls y?", "x[i]?", "x.y.z??", "if a:\n    b?\n    c = 1", "'a'?", "x\\\n?", "!ls 'a?'",
    # prefixes that call
    ",f a b", ";f a b", "/f a b", "/f", "/", ",", ";", "/ f", ",f 'a'", ';f "a"', "/f (1, 2)",
    "/np.sum x\ny = 1", "if x:\n    /f a\n", ";return a", "//f", "/= 1",
    # none of IPython's business
    "x = 1", "s = '''\n%notmagic\n!notshell\n'''", "t = (1\n  % 2)", "u = [\n    1,\n    !2\n]",
    "x = 5 % 3", "x %= 3", "a = b \\\n  % c", "# %comment\nx = 1", "'%s' % x", "f'{x!r}'", "%= 2",
    "x = '''a''' % b", "s = 'a\\\n%b'", "assert x != y", "lambda: !x", "x = {\n 'a': 1,\n}\n%who",
    'r"\\"\n%cd a', '"""doc"""\n%cd x', '"""a\\"""\n%x\n"""\n%cd a', "x = ('a' # (\n)\n%cd a",
    "print('a',\n      'b')\n!ls", "é = 'ü'; !ls", "s = ''''a'''\n%cd b", "f'''\n{x}\n%a'''\n!ls",
    "@dec\ndef f(): pass", "x = a if b else c", "match x:\n    case 1: pass", "x = y = 3",
    "x: int = 3", "if a:\n    s = '''\n!x\n'''\n    !ls",
    "#@title A { run: 'auto' }\nx = 1 #@param {type: 'n'}", "x = 1;", "x = 1; y = 2", "", "   ",
    "\n\n", "# only a comment", "\f\nx = 1", "x = 1\r\ny = 2\r\n", "x = 1\ry = 2",
    "!ls\r\nx = 1\r\n", "%cd a\r\n%cd b\r\n", "b'%s' % x\n%who",
    # does not parse
    "x =", "if x", "print x", ")", "x = 1\n  y = 2", "x = '''unclosed", "x = 'unclosed", "x = (1",
    "pip install x\nimport x", "x = 1\ncd a", "$x", "a ! b", "if x:\n%cd a", "x = 1 2\n%cd a",
    # does not compile, or only in a cell
    "return 1", "if x:\n    return", "class A:\n    return 1", "def f():\n    return 1", "yield 1",
    "x = yield", "x = [(yield)]", "lambda: (yield)", "break", "continue", "while x:\n    break",
    "for i in x:\n    pass\nelse:\n    break", "def f():\n    break",
    "for i in x:\n    def f(): break", "await f()", "async for x in y:\n    pass",
    "async with a as b:\n    c", "[x async for x in y]", "async with a:\n    return 1",
    "def f():\n    await g()", "async def f():\n    await g()", "nonlocal x", "global x\nx = 1",
    "def f():\n    nonlocal x", "def f():\n    x = 1\n    global x",
    "def f():\n    from a import *", "from a import *", "async def f():\n    yield 1\n    return 2",
    "x = 1\nfrom __future__ import division",
    # indented as a whole, or pasted with prompts
    "    x = 1\n    y = 2", "  if a:\n    b", "\n\nx = 1", "\tx = 1", "  %cd a\n  x = 1",
    "  \n  x = 1", "    é = 1\n\n    x = é", ">>> x = 1", ">>> x = 1\n>>> y = 2",
    ">>> if x:\n...     y = 1\n", ">>> %cd a\n>>> x = 1", ">>> !ls", "In [1]: x = 1",
    "In [9]: x = 1\n\nIn [10]: y = 2", "In [1]: if x:\n   ...:     y = 1\n", "In [1]: %cd a",
    "In [1]: x", "  >>> x = 1\n  >>> y",
]  # fmt: skip


@pytest.mark.parametrize("source", CASES, ids=[repr(case)[:40] for case in CASES])
def test_the_same_cells_parse_to_the_same_statements(source: str) -> None:
    compare(source)


_LINES = st.sampled_from(
    ["x = 1", "%time y = 2", "!ls {x}", "if x:", "    z = 3", "    %cd a", "z?", "def f():",
     "s = '''\n%no\n!no\n'''", "t = (1,\n  % 2)", "# note", "", "a = !pwd", "?z", "/f a b", "'''",
     "    return 1", "w = '%d' % 2", "!a \\", "    b = %pwd", "u = [", "]", "await c",
     "  # in", "%%time", "    break", "while z:", "\\", "q = \\", "\tm = 1", "é?", "x = 3;",
     "f'{x}'"]
)  # fmt: skip


@given(st.lists(_LINES, max_size=7))
@settings(max_examples=500, deadline=None)
def test_lines_put_together_parse_as_ipython_parses_them(lines: list[str]) -> None:
    source = "\n".join(lines)
    # Versions of IPython differ on cells of which only the first lines are indented.
    assume(not source.lstrip("\n").startswith((" ", "\t")))
    assume(not source.lstrip().startswith("%%"))
    assume(not ("[" in source and "?" in source))
    compare(source)


@given(st.text(st.sampled_from("%!?;/,=\\ \n\r\t'\"#()[]{}$.:x1é>\0\ud800\f@"), max_size=30))
@settings(max_examples=500, deadline=None)
def test_nothing_is_too_odd_to_be_read(source: str) -> None:
    ours(source)


@pytest.mark.parametrize("source", CASES, ids=[repr(case)[:40] for case in CASES])
@pytest.mark.parametrize("head", ["%%time\n", "%%capture out\n", "%%capture\n%%time\n"])
def test_the_body_of_a_python_cell_magic_is_a_cell(head: str, source: str) -> None:
    body = source if source.strip() else "x = 1"
    if body.lstrip().startswith("%%"):
        return
    compare(head + body, judged=body)


HEADS = [
    "%%bash\nls", "%%bash -x a\nls", "\n\n%%bash\nls", "  %%bash\n  ls", "%%time\nx = 1", "%%x?",
    "# note\n%%time\nx", "x = 1\n%%time\ny", "%%!\nls", "%%html", "%% time\nx", "%%R -i a\nb <- a",
    "%%time?\n", "'%%time'\nx", "%%writefile a.py\nx = 1", ">>> %%time\n>>> x",
]  # fmt: skip


@pytest.mark.parametrize("source", HEADS, ids=[repr(case)[:30] for case in HEADS])
def test_a_cell_magic_is_one_where_ipython_sees_one(source: str) -> None:
    parsed = ours(source)
    tree = theirs(source)
    called = body_given_to(tree) if tree is not None else None
    if called is None:
        assert parsed.cell_magic is None
    else:
        assert parsed.magics[0].kind == "cell"
        assert parsed.magics[0].name == called[0].strip()


def test_automagics_are_ipythons_line_magics() -> None:
    real = {name for name in shell().magics_manager.lsmagic()["line"] if name.isidentifier()}
    from_kernel = {"autosave", "clear", "connect_info", "less", "man", "more", "qtconsole", "store",
                   "subshell"}  # fmt: skip
    from_newer_ipython = {"code_wrap", "mamba", "micromamba", "uv"}
    assert real <= AUTOMAGICS
    assert AUTOMAGICS - real <= from_kernel | from_newer_ipython


LONE = [
    "ls", "pwd", "cd foo", "pip install x", "ls -l", "ls = 1", "ls, b = 1, 2", "ls + 1", "ls(1)",
    "ls.x", "time f(x)", "time (1)", "timeit f()", "matplotlib inline", "lsx", "x ls", "who\n",
    "\n\nls", "ls\n\n", "ls\nx", "# a\nls", "run a.py", "cd ..", "mkdir a b", "ls?", "history -n",
    "ls == 1", "%ls", "ls; ls", "env", "ls[0]", "ls if 1 else 2", "not ls", "env X=1", "(ls)",
]  # fmt: skip


@pytest.mark.parametrize("source", LONE, ids=[repr(case) for case in LONE])
@pytest.mark.parametrize("hidden", [False, True], ids=["free", "hidden"])
def test_automagic_is_used_where_ipython_uses_it(source: str, hidden: bool) -> None:
    from nbprod.notebook.types import Notebook
    from nbprod.syntax.parse import parse_notebook

    word = re.findall(r"\w+", source)[-1 if source == "x ls" else 0]
    name = word if hidden else "other"
    fresh_shell().user_ns[name] = 1
    transformed = shell().transform_cell(source)
    wanted = "run_line_magic" in transformed and "run_line_magic" not in _static(source)
    cells = (Cell(0, "code", f"{name} = 1"), Cell(1, "code", source))
    parsed = parse_notebook(Notebook("", "ipynb", "python", cells, None))[1]  # type: ignore[arg-type]
    assert parsed is not None
    assert any(magic.kind == "auto" for magic in parsed.magics) == wanted


def _static(source: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(source)  # type: ignore[no-untyped-call]


def test_a_lone_word_may_be_a_variable_as_far_as_one_cell_tells() -> None:
    assert ours("ls").magics == ()
    assert [magic.kind for magic in ours("ls -l a").magics] == ["auto"]


@pytest.mark.parametrize(
    "before",
    ["from a import *", "%run a.py", "%pylab", "for ls in x: pass", "def ls(): pass", "import ls",
     "with a as ls: pass", "%time ls = 1", "%%capture ls\n1", "def f():\n    global ls", "ls ="],
)  # fmt: skip
def test_a_lone_word_is_no_magic_where_some_cell_may_bind_it(before: str) -> None:
    from nbprod.notebook.types import Notebook
    from nbprod.syntax.parse import parse_notebook

    cells = (Cell(0, "code", "ls"), Cell(1, "code", before))
    parsed = parse_notebook(Notebook("", "ipynb", "python", cells, None))[0]  # type: ignore[arg-type]
    assert parsed is not None
    assert parsed.magics == ()


QUIET = [
    "x;", "x; ", "x; # a", "x # a;", "'a;'", "x", "x;\n\n", "x;\n# a\n", "f(x);", "x = 1;", "x; y",
    "if x: y;", "# ;", "x # a; b", "f('a;')", "'''\n;'''", "[\n1];", "x;;",
]  # fmt: skip


@pytest.mark.parametrize("source", QUIET, ids=[repr(case) for case in QUIET])
def test_output_is_suppressed_where_ipython_suppresses_it(source: str) -> None:
    from IPython.core.displayhook import DisplayHook

    parsed = parse_cell(Cell(0, "code", source))
    if parsed.tree is not None:
        wanted = bool(DisplayHook.semicolon_at_end_of_expression(source))  # type: ignore[no-untyped-call]
        assert parsed.suppressed_output == wanted


def test_a_magic_with_a_semicolon_is_quiet() -> None:
    assert ours("x\n%time f();").suppressed_output
    assert not ours("x;\n%time f()").suppressed_output
