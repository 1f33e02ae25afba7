"""Faults are Python's own: its message, its place."""

from __future__ import annotations

import ast
import sys
import warnings

import pytest

from nbprod.notebook.types import Cell
from nbprod.syntax.parse import parse_cell
from nbprod.syntax.syntax_errors import newer_python
from tests.syntax.oracle import ours

BROKEN = [
    "x =", "if x", "print x", "print 'a'", "exec 'a'", "x = (1", ")", "x = 1\n  y = 2", "x = 'a",
    "a b", "s = '''a", "é = 'ü' 1", "é; x = (ü", "for i in x\n    y", "def f(:\n    pass",
    "x = 1 +", "1x", "f(a=1, 2)", "except A, e:\n    pass", "x = $", "a = “b”", "if x:\ny",
    "return 1", "x = 1\nbreak", "yield é", "é\nx = 1; continue", "def f():\n    nonlocal y",
    "x\ny\n\tz", "raise A, 'b'", "x = 0777", "def f():\n    await g()", "`x`", "a <> b",
    "\xa0x = 1", "x = 1\r\ny = (\r\n", "x\ry = )", "f(**a, *b)",
]  # fmt: skip


@pytest.mark.parametrize("source", BROKEN, ids=[repr(case) for case in BROKEN])
def test_message_and_place_are_those_of_python(source: str) -> None:
    fault = ours(source).fault
    assert fault is not None
    with warnings.catch_warnings(), pytest.raises(SyntaxError) as caught:
        warnings.simplefilter("ignore")
        compile(source, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)
    error = caught.value
    before = source[: fault.start].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    line_length = len(source.replace("\r\n", "\n").replace("\r", "\n").split("\n")[len(before) - 1])
    assert fault.message == error.msg
    assert len(before) == error.lineno
    assert len(before[-1]) == min(max((error.offset or 1) - 1, 0), line_length)


SHIFTED = [
    ("%cd a\nx = ", "\n"), ("  x = 1\n  y = )", ")"), (">>> x = )", ")"),
    ("%%time\nx = (1 2)", "1 2"), ("In [1]: é = )", ")"), ("%%time\n    x = 'é' )", ")"),
    ("!ls\nif x:\n    é = ]", "]"), ("%%prun x = 1\nreturn 5", "return 5"),
    ("  x = 1\n  return x", "return x"), ("é = !ls\nyield é", "yield é"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text"), SHIFTED, ids=[repr(case[0]) for case in SHIFTED])
def test_places_are_those_of_the_cell(source: str, text: str) -> None:
    fault = ours(source).fault
    assert fault is not None
    if text == "\n":
        assert fault.start == len(source)
    else:
        assert source[fault.start : fault.end] == text


def test_python_2_gets_the_hint() -> None:
    fault = ours("import os\nprint 'a', x").fault
    assert fault is not None
    assert "print(...)" in fault.message


ODD = {
    "null byte": "x = 1\ny = '\0'",
    "brackets": "(" * 5000 + ")" * 5000,
    "attributes": "x" + ".y" * 50_000,
    "sums": "x = " + "+".join(["1"] * 50_000),
    "nots": "not " * 100_000 + "x",
    "indents": "".join(" " * depth + "if x:\n" for depth in range(200)) + " " * 200 + "y",
}


@pytest.mark.parametrize("name", ODD)
def test_nothing_is_raised(name: str) -> None:
    parsed = parse_cell(Cell(0, "code", ODD[name]))
    assert (parsed.tree is None) == (parsed.fault is not None)


def test_a_null_byte_is_pointed_at() -> None:
    source = "x = 1\ny = '\0'"
    fault = ours(source).fault
    assert fault is not None
    assert (fault.start, fault.end) == (source.index("\0"), source.index("\0") + 1)


def test_lone_surrogates_are_text() -> None:
    parsed = ours("x = '\ud800'; y = 1")
    assert parsed.tree is not None
    last = parsed.tree.body[-1]
    assert parsed.offset(last.lineno, last.col_offset) == 9


def test_warnings_of_the_parser_are_not_the_readers() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ours("x = '\\d'").tree is not None
        assert ours("x = 1 is 1\nyield x").fault is not None


NEWER = [
    ("match x:", (3, 10), (3, 9)), ("except* ValueError:", (3, 11), (3, 10)),
    ("a[*b]", (3, 11), (3, 10)), ("type A = int", (3, 12), (3, 11)),
    ("def f[T](x: T): pass", (3, 12), (3, 11)), ("class A[T]: pass", (3, 12), (3, 11)),
    ('f"{x["a"]}"', (3, 12), (3, 11)), ("x = f'{d['k']}'", (3, 12), (3, 11)),
    ("f'{i:3}: {f('+-/,', i=1)}'", (3, 12), (3, 11)), ("class A[T = int]: pass", (3, 13), (3, 12)),
    ("x = t'{y}'", (3, 14), (3, 13)), ("except A, B:", (3, 14), (3, 13)),
]  # fmt: skip


@pytest.mark.parametrize(("line", "version", "running"), NEWER, ids=[case[0] for case in NEWER])
def test_syntax_of_a_newer_python_is_told_from_a_mistake(
    line: str, version: tuple[int, int], running: tuple[int, int]
) -> None:
    assert newer_python("invalid syntax", line, line, running) == version
    assert newer_python("invalid syntax", line, line, version) in (None, (3, 13))


OLD_MISTAKES = [
    "x = (1 2)",
    "f'{x'",
    "f'{x} {y' 'z'",
    "print 'a[0]'",
    "typed = = 1",
    "x = 't' 1",
    "print k + ':\\t', 1",
    "a[0",
    "class A(:",
]


@pytest.mark.parametrize("line", OLD_MISTAKES)
def test_a_mistake_is_no_newer_python(line: str) -> None:
    assert newer_python("invalid syntax", line, line, (3, 9)) is None


@pytest.mark.parametrize(
    "source",
    ["type A = int", "def f[T](x: T): pass", 'f"{x["a"]}"', "f'{d['k']}'", "f'{\"\\n\".join(x)}'",
     "f'''{\nx # why\n}'''", "try:\n    x\nexcept A, B:\n    y", "x = t'{y}'"],
)  # fmt: skip
def test_a_cell_for_a_newer_python_says_which(source: str) -> None:
    parsed = ours(source)
    if parsed.fault is not None:
        assert parsed.fault.needs is not None
        assert parsed.fault.needs > sys.version_info[:2]


NEW_FSTRINGS = [
    'print(f"{\', \'.join(f"{x}" for x in xs)}")',
    'y = f"{s.replace("\\n", " ")}"',
    'y = f"{\n    x\n}"',
    'y = f"{\n    x  # the value\n}"',
    "y = f\"{x:{widths[\"a\"]}} {x!r:>{n}}\" 'b''c'",
    'y = f"{ {"a": 1}["a"] } {d["b"] != 2} {d["b"]=}"',
    'print(\n    f"a"\n    f"{d["x"]} {{}}"\n)  # it\'s f\'{"',
    "y = f'''{x['a']} {'''b'''}'''",
    'y = rf"\\d{d["a"]}" f\'\\N{BULLET}\'',
]
BROKEN_FSTRINGS = [
    "print(f\"{x\")", "f\"{d[\"x\"]} {}\"", "f\"{d[\"x\"]}\"\nx = = 3", "f\"{d[\"x\"]!z}\"",
    "f\"{d[\"x\"]} }\"", "f\"a {x} \"b\" c", "f\"{d[\"x\"\"", "print(\"a {d[\"x\"]}\")",
    "f\"{d[\"x\"] +}\"",
    "f\"\n{d[\"x\"]}\"",
]  # fmt: skip


@pytest.mark.parametrize("source", [*NEW_FSTRINGS, *BROKEN_FSTRINGS])
def test_fstrings_are_read_as_python_3_12_reads_them(source: str) -> None:
    fits = source in NEW_FSTRINGS
    needs = newer_python("f-string: unmatched", source.split("\n")[0], source, (3, 11))
    assert needs == ((3, 12) if fits else None)
    if sys.version_info >= (3, 12):
        assert (ours(source).fault is None) == fits
