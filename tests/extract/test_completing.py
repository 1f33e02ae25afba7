"""Hints and docstrings that definitions lack: what is put in, and what is left alone."""

from __future__ import annotations

import ast

import pytest

from nbprod.extract.code.annotate import add_annotations

CASES = [
    pytest.param(
        "def f(a, b=1, *c, d='x', **e):\n    return a\n",
        "def f(a: Any, b: int = 1, *c: Any, d: str = 'x', **e: Any) -> Any:\n"
        '    """Return `f` of `a`, `b` and `d`."""\n    return a\n',
        id="every-kind-of-parameter",
    ),
    pytest.param(
        "x = 1\n# Cut it in two\ndef halfPrice(): print(1)\n",
        "x = 1\n# Cut it in two\ndef halfPrice() -> None:\n"
        '    """Cut it in two."""\n    print(1)\n',
        id="comment-above-and-one-line",
    ),
    pytest.param(
        'def f(\n    a,  # the ) first\n):\n    """Said."""\n    return "x"\n',
        'def f(\n    a: Any,  # the ) first\n) -> str:\n    """Said."""\n    return "x"\n',
        id="bracket-in-a-comment",
    ),
    pytest.param(
        "def f(a, b=lambda x: {x: 1}):\n    if a:\n        return 1\n",
        "def f(a: Any, b: Any = lambda x: {x: 1}) -> Any:\n"
        '    """Return `f` of `a` and `b`."""\n    if a:\n'
        "        return 1\n",
        id="colons-in-defaults-and-a-way-out",
    ),
    pytest.param(
        "class Net:\n    @property\n    def size(self):\n        return 1\n"
        "    @staticmethod\n    def make(n):\n        pass\n    def __init__(self, n):\n"
        "        self.n = n\n",
        'class Net:\n    """Net with `size`, `make`."""\n'
        "    @property\n    def size(self) -> int:\n"
        '        """Return `size`."""\n        return 1\n'
        "    @staticmethod\n    def make(n: Any) -> None:\n"
        '        """Make with `n`."""\n        pass\n'
        '    def __init__(self, n: Any) -> None:\n        """Initialize the object."""\n'
        "        self.n = n\n",
        id="class",
    ),
    pytest.param(
        "def f(x):\n    # explains it\n    return x\n",
        'def f(x: Any) -> Any:\n    """Return `f` of `x`."""\n    # explains it\n    return x\n',
        id="comment-at-the-head-stays-with-its-line",
    ),
    pytest.param("@app.get('/')\ndef f(a):\n    return a\n", None, id="unknown-decorator"),
    pytest.param("interact(f)\ndef f(a):\n    '''Said.'''\n", None, id="widgets-read-hints"),
    pytest.param("def f(a: int) -> int:\n    '''Said.'''\n    return a\n", None, id="complete"),
    pytest.param("def _f() -> None:\n    pass\n", None, id="private"),
    pytest.param(
        "def f():\n    def g(x): yield x\n    return g\n",
        'def f() -> Any:\n    """Return `f`."""\n    def g(x: Any) -> Any:\n'
        '        """Do `g` once, with `x`."""\n        yield x\n    return g\n',
        id="nested-and-generator",
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_what_lacks_is_put_in(text: str, expected: str | None) -> None:
    result = add_annotations(text, {}, frozenset())
    assert result == (text if expected is None else expected)
    ast.parse(result)
    assert add_annotations(result, {}, frozenset()) == result
