"""Names in place of literals: the tree changes there and nowhere else, and comments stay."""

from __future__ import annotations

import ast
import copy
import random
from pathlib import Path

import libcst as cst
import pytest

from nbprod.extract.code.replace_literals import CannotReplace, comments_of, replace_literals

_CASES = [
    ("x = 5  # five\n", "5", "x = name  # five\n"),
    ("x = f(1, # one\n      2)\n", "2", "x = f(1, # one\n      name)\n"),
    ('x = (\n    "a"  # first\n    "b"\n)\n', "'ab'", "# first\nx = name\n"),
    ("x = '''a\n  b'''; \n", "'a\\n  b'", "x = name; \n"),
    ("def f():\n    return'a'\n", "'a'", "def f():\n    return(name)\n"),
    ("x = 'a'if y else'b'\n", "'b'", "x = 'a'if y else(name)\n"),
    ("@cache(4)  # four\ndef f(): ...\n", "4", "@cache(name)  # four\ndef f(): ...\n"),
    ("é = 'ü', 'ö'\n", "'ö'", "é = 'ü', name\n"),
    ("f((1, 2), ((1, 2)))\n", "(1, 2)", "f(name, ((1, 2)))\n"),
    ("f'{x!r:>{3}} of {{3}}'\n", "3", "f'{x!r:>{name}} of {{3}}'\n"),
    ("f'{x:>20} a'\n", "'>20'", "f'{x:{name}} a'\n"),
    ('f"{x[\'k\']} a" "b" f"c{y}"\n', "' abc'", 'f"{x[\'k\']}{name}" f"{y}"\n'),
    ('f"" "a" f"{y}"\n', "'a'", 'f"" f"{name}" f"{y}"\n'),
    ('f"{x=} t"\n', "' t'", 'f"{x=}{name}"\n'),
    # `{x=}` and the text in front of it are one constant to Python.
    ('f"is {x=}"\n', "'is x='", None),
    ("f'{ {1: 2}[1] if y[4:5] else g(f\"{6} n\", k=7) }'\n", "7",
     "f'{ {1: 2}[1] if y[4:5] else g(f\"{6} n\", k=name) }'\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "literal", "expected"), _CASES)
def test_a_literal_gives_way_to_a_name(text: str, literal: str, expected: str | None) -> None:
    node = ast.parse(text).body[0]
    wanted = next(part for part in ast.walk(node) if _is(part, literal))
    module = cst.parse_module(text)
    if expected is None:
        with pytest.raises(CannotReplace):
            replace_literals(module, node, {wanted: "name"})
    else:
        assert replace_literals(module, node, {wanted: "name"}).code == expected


def _is(node: ast.AST, text: str) -> bool:
    return isinstance(node, (ast.Constant, ast.Tuple)) and ast.unparse(node) == text


class _Replaced(ast.NodeTransformer):
    """What Python's own tree says of the same change."""

    def __init__(self, wanted: ast.Constant) -> None:
        self.wanted = wanted

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        node.kind = None
        return ast.Name("name", ast.Load()) if node is self.wanted else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        braces = ast.FormattedValue(ast.Name("name", ast.Load()), -1, None)
        node.values = [braces if part is self.wanted else self.visit(part) for part in node.values]
        return node


def test_nothing_else_changes() -> None:
    """Statements of this package, each with one of its literals replaced."""
    chance = random.Random(7)
    count = 0
    every = sorted((Path(__file__).parents[2] / "nbprod").rglob("*.py"))
    paths = [path for path in every if path.stat().st_size]
    for path in chance.sample(paths, 40):
        source = path.read_text(encoding="utf-8")
        for node in chance.sample(ast.parse(source).body, 1):
            text = ast.get_source_segment(source, node) or ""
            node = ast.parse(text).body[0]
            constants = [part for part in ast.walk(node) if isinstance(part, ast.Constant)]
            texts = [part for part in ast.walk(node) if isinstance(part, ast.JoinedStr)]
            constants += [
                part for text in texts for part in text.values if isinstance(part, ast.Constant)
            ]
            for wanted in chance.sample(constants, min(3, len(constants))):
                module = cst.parse_module(text)
                made = replace_literals(module, node, {wanted: "name"})
                memo = {id(wanted): wanted}
                expected = _Replaced(wanted).visit(copy.deepcopy(node, memo))
                plain = _Replaced(wanted).visit(ast.parse(made.code).body[0])
                assert ast.dump(plain) == ast.dump(expected), f"{path}: {made.code}"
                assert sorted(comments_of(made)) == sorted(comments_of(module))
                count += 1
    assert count > 40
