"""Hints inside of functions, where a type checker finds no type by itself."""

from __future__ import annotations

import ast
import textwrap

import pytest

from nbprod.extract.code.local_types import (
    REBINDS,
    names_of_none,
    used_without_test,
    with_local_types,
)


def _made(body: str, **types: str) -> str:
    text = "def f(n):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    return with_local_types(text, {"f": types}, {}, frozenset())


@pytest.mark.parametrize(
    ("body", "hint", "expected"),
    [
        # What is passed on is filled by others.
        ("x = []\nfill(x)\n", "list[int]", "x: list[int] = []"),
        ("x = []\nx.append(1)\n", "list[int]", "x = []"),
        ("x = {}\nx['a'] = n\n", "dict[str, int]", "x = {}"),
        # The first numbers are whole ones, others are not.
        ("x = {}\nx['a'] = n\n", "dict[str, float]", "x: dict[str, float] = {}"),
        ("x = {'a': 1, 'b': 'c'}\n", "dict[str, Any]", "x: dict[str, Any] = {"),
        ("x = {'a': [], 'b': []}\n", "dict[str, list[int]]", "x: dict[str, list[int]] = {"),
        ("x = defaultdict(list)\n", "defaultdict[str, list[int]]", "x: defaultdict[str, list[i"),
        ("x = []\nfill(x)\nx = tuple(x)\n", "tuple[int, ...]", "x = []"),
        ("x = y = []\nfill(x)\n", "list[int]", "x = y = []"),
        ("x = []\nfill(x)\n", "Any", "x = []"),
    ],
)
def test_a_container_says_what_it_will_hold(body: str, hint: str, expected: str) -> None:
    assert expected in _made(body, x=hint)


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ("x = []\nx = make(x)\n", True),
        ("best, x = None, 0\nbest, x = n\n", True),
        ("x = 0\nx += 0.5\n", True),
        ("x = 1\nx = 2\n", False),
        ("x = read()\nx = x.clean()\n", False),
        ("for x in range(3):\n    pass\nx = 'a'\n", True),
        ("def g():\n    x = 'a'\nx = 1\n", False),
    ],
)
def test_a_name_of_several_types_is_allowed_to_be_one(body: str, changes: bool) -> None:
    made = _made(body)
    assert made.startswith(f"{REBINDS}\n") is changes
    ast.parse(made)


def test_attributes_say_what_they_will_be() -> None:
    text = """
        class Box:
            def __init__(self, n):
                self.n = 0
                self.held = []
                self.lid = None
                self.é, self.more = n, {}
        """
    types = {"Box": {"n": "float", "held": "list[str]", "lid": "str"}}
    made = with_local_types(textwrap.dedent(text), types, {}, frozenset())
    assert "self.n: float = 0" in made
    assert "self.held: list[str] = []" in made
    # It is read without a question whether it is there.
    assert "self.lid: Any = None" in made
    assert "self.é, self.more = n, {}" in made


def test_a_constant_that_functions_fill_says_what_it_will_hold() -> None:
    text = "codes = {}\nseen = []\nplain = [1]\n\ndef f(x):\n    codes[x] = len(codes)\n"
    made = with_local_types(text, {"": {"codes": "dict[str, int]"}}, {}, frozenset())
    assert "codes: dict[str, int] = {}\nseen: list[Any] = []\nplain = [1]\n" in made


def test_names_that_may_be_none_are_found_by_what_gives_them_a_value() -> None:
    text = """
        def f(d, words):
            a = None
            b = next(iter(words), None)
            c = d.get("x")
            e = d.get("x", 1)
            g = re.search("x", words[0])
            h = max(words, default=None)
            i = words[0] if words else None
            j = words[0]
        """
    node = ast.parse(textwrap.dedent(text)).body[0]
    assert names_of_none(node) == frozenset("abcghi")


@pytest.mark.parametrize(
    ("body", "returns", "expected"),
    [
        ("y = model.predict(n)\nreturn y\n", "np.ndarray", "y: np.ndarray = model.predict(n)"),
        ("y = n[1:]\nreturn y\n", "list[str]", "y: list[str] = n[1:]"),
        ("y = score(n)\nif n:\n    return y\nreturn y\n", "float", "y: float = score(n)"),
        # What a checker finds by itself, and what it knows nothing of.
        ("y = 1\nreturn y\n", "int", "y = 1"),
        ("y = np.zeros(3)\nreturn y\n", "np.ndarray", "y = np.zeros(3)"),
        ("y = n.dropna()\nreturn y\n", "pd.DataFrame", "y = n.dropna()"),
        ("y = f(n)\ny = g(y)\nreturn y\n", "float", "y = f(n)\n    y = g(y)"),
        ("return n[1:]\n", "list[str]", "return n[1:]"),
    ],
)
def test_a_result_that_a_library_without_types_gives_has_its_type(
    body: str, returns: str, expected: str
) -> None:
    text = f"def f(n) -> {returns}:\n" + textwrap.indent(body, "    ")
    assert expected in with_local_types(text, {}, {"np": "numpy", "pd": "pandas"}, frozenset())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("print(title + '!')\nreturn len(rows)\n", {"title", "rows"}),
        ("for row in rows:\n    total = row.cost * scale\n", {"rows", "scale"}),
        ("if rows is None:\n    return 0\nreturn rows[0] + (scale or 1)\n", set()),
        ("title = title or 'x'\nreturn title.upper()\n", set()),
    ],
)
def test_what_is_computed_with_and_never_tested_may_not_be_none(
    body: str, expected: set[str]
) -> None:
    text = "def f(title=None, rows=None, scale=None):\n" + textwrap.indent(body, "    ")
    names = {"title", "rows", "scale"}
    assert used_without_test(ast.parse(text).body[0]) & names == expected


@pytest.mark.parametrize(
    ("body", "types"),
    [
        ("dict = {'a': 1}\nx = {}\nfill(x, dict)\n", {"x": "dict[str, int]"}),
        ("for list in n:\n    pass\nx = []\nfill(x, list)\n", {"x": "list[int]"}),
        ("pd = n\nx = pd.make()\nreturn x\n", {"x": "pd.DataFrame"}),
    ],
)
def test_a_hint_uses_no_name_that_the_function_binds(body: str, types: dict[str, str]) -> None:
    assert ": dict[" not in _made(body, **types)
    assert ": list[" not in _made(body, **types) and ": pd." not in _made(body, **types)
