"""Random notebooks in which some cells stand twice: what is merged does the same."""

from __future__ import annotations

import ast
import random
import re

import pytest

from nbprod.clones.find import Limits
from tests.extract.generate import make_story
from tests.extract.notebooks import as_bytes
from tests.merge.test_merging import code_of, fixed, run

_ADDRESS = re.compile(r" at 0x[0-9a-f]+|\w+\.<locals>\.")


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random cells are short."""
    name = "nbprod.rules.duplication.nbp901_repeated_code._LIMITS"
    monkeypatch.setattr(name, Limits(weight=10, statements=2))


class _Other(ast.NodeTransformer):
    """The same code with other names for what it binds, and other numbers."""

    def __init__(self, names: dict[str, str], chance: random.Random) -> None:
        self.names = names
        self.chance = chance

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if type(node.value) is int and self.chance.random() < 0.3:
            return ast.Constant(node.value + 1)
        return node


def repeated(seed: int) -> list[str]:
    """The cells of a random notebook, some of them again further down."""
    chance = random.Random(seed)
    cells = list(make_story(seed).cells)
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(cells))
        text = cells[place]
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        if chance.random() < 0.6:
            bound = {
                part.id
                for part in ast.walk(tree)
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            }
            names = {name: f"{name}_{seed % 7}" for name in sorted(bound) if chance.random() < 0.7}
            text = ast.unparse(_Other(names, chance).visit(tree))
        cells.insert(chance.randrange(place + 1, len(cells) + 1), text)
    return cells


def told(value: object) -> str:
    inner = vars(value) if type(value).__module__ == "__main__" else value
    return _ADDRESS.sub("", repr(inner))


def check(seeds: range) -> int:
    """Merge what the notebooks of some seeds repeat; returns how many changed."""
    changed = 0
    for seed in seeds:
        cells = repeated(seed)
        data = as_bytes(cells)
        after = fixed(data)
        if after == data:
            continue
        try:
            mine, said = run(cells)
        except Exception:  # noqa: BLE001 - what does not run by itself says nothing
            continue
        changed += 1
        code = code_of(after)
        text = "\n|\n".join(cells) + "\n=======\n" + "\n|\n".join(code)
        try:
            theirs, said_now = run(code)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}\n{text}") from error
        assert [_ADDRESS.sub("", one) for one in said_now] == [
            _ADDRESS.sub("", one) for one in said
        ], f"seed {seed}\n{text}"
        for name in set(mine) & set(theirs):
            assert told(theirs[name]) == told(mine[name]), f"seed {seed}: {name}\n{text}"
        assert fixed(after) == after, f"seed {seed} again\n{text}"
    return changed


def test_random_notebooks() -> None:
    assert check(range(60)) > 10


@pytest.mark.slow
def test_many_random_notebooks() -> None:
    assert check(range(1000, 1800)) > 100
