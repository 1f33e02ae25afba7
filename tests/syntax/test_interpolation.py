"""Names in braces and behind dollars, against the formatter that IPython expands commands with."""

from __future__ import annotations

import ast
import re
import warnings

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nbprod.syntax.interpolation import names_in
from tests.syntax.oracle import ours

_SHELLS_OWN = re.compile(r"[$\\]\{|\\\$|\{[^}]*,|\{\{*\[.*(for|lambda)")


def theirs(text: str) -> set[str]:
    """The names that IPython looks up to expand a command; none if it leaves it as it is."""
    from IPython.utils.text import DollarFormatter

    formatter = DollarFormatter()
    names: set[str] = set()
    try:
        for _, field, specification, conversion in formatter.parse(text):
            if field is None:
                continue
            expression = f"{field}:{specification}" if specification else field
            formatter.convert_field("", conversion)
            tree = ast.parse(expression.lstrip(" \t"), mode="eval")
            names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    except (ValueError, SyntaxError):
        return set()
    return names


_PIECES = st.sampled_from(
    ["{", "}", "{{", "}}", "$", "$$", "a", "b.c", 'x["k"]', " ", "'", '"', "!r", "!", ":", "1",
     "$a",
     "{x}", "{ x }", "$b.c", "{a[0]}", "[", "]", "{f(x)}", "$1", "$1a", "{x:3}", "-o", "é", "{a!r}",
     "{a+b}", "{a!r:>3}", "{d['k:v']}", "$a.", "$if", "{}", "{x y}", "awk '{print $1}'",
     "\n", "{é}"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=8))
@settings(max_examples=1500, deadline=None)
def test_names_are_those_that_ipython_looks_up(pieces: list[str]) -> None:
    text = "".join(pieces)
    assume(not _SHELLS_OWN.search(text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = names_in(text, 0)
        assert {one.name for one in found} == theirs(text)
    assert all(text[one.start : one.end] == one.name for one in found)


CASES = [
    ("!echo {x} $y", ["x", "y"]), ("!echo ${HOME} \\$x", []), ("!cp a.{txt,md} b", []),
    ("!a {1..3}", []), ("!echo {{x}}", []), ("!awk '{print $1}' {x}", []),
    ("!echo '$x' \"$y\"", ["y"]), ("!echo $$x", []),
    ("!echo {a['b']} {f(x, y=z)}", ["a", "f", "x", "z"]), ("!echo {xs[1:n]}", ["xs", "n"]),
    ("!echo {', '.join(str(i) for i in xs)}", ["str", "xs"]), ("!echo {x!r}", ["x"]),
    ("!echo {x", []), ("!echo {(lambda a: a + b)(c)}", ["b", "c"]),
    ("!a \\\n  {x} \\\n  $y", ["x", "y"]), ("!echo {}", []), ("%cd {x}", ["x"]),
    ("%env A=$b", ["b"]), ("%time f('{x}')", []), ("%run {x}.py $y", ["x", "y"]),
    ("%%bash -s {x} $y\necho {z} $w", ["x", "y"]), ("%%writefile {x}\n{y}", ["x"]),
    ("%%time\n!ls {x}", ["x"]), ("files = !ls {x}", ["x"]),
    ("if 1:\n    é = !ls {é} $x", ["é", "x"]), ("pip install {x}", ["x"]), ("%time !ls {x}", ["x"]),
    ("!!ls $x.y", ["x"]), ("%timeit -n {x} f()", []),
]  # fmt: skip


@pytest.mark.parametrize(("source", "names"), CASES, ids=[repr(case[0]) for case in CASES])
def test_lines_interpolate(source: str, names: list[str]) -> None:
    assert [one.name for magic in ours(source).magics for one in magic.interpolates] == names
