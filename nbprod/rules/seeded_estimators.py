"""Estimators that get their seed from elsewhere: a search's grid, `set_params`, a pipeline."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.syntax.names import last_name

__all__ = ["seeded_elsewhere"]

_SEEDS = ("random_state", "seed", "random_seed")
_WORDS = ("set_params", "random_state", "seed")
_GRIDS = ("param_grid", "param_distributions", "search_spaces", "params", "space", "params_grid")
_DEEPEST = 5


def seeded_elsewhere(facts: Facts) -> frozenset[int]:
    """The identities of the calls that make an estimator which is given a seed afterwards."""
    return facts.shared(_Seeded).calls


class _Seeded:
    """The estimators of a notebook that get a seed, found by what passes it."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._values: dict[str, list[ast.expr]] | None = None
        self.calls = frozenset(
            id(call)
            for parsed in facts.cells_with(*_WORDS)
            for node in parsed.live_nodes_of((ast.Call, ast.Assign))
            for owner, path in self._seedings(node)
            for call in self._steps(owner, path, 0)
        )

    def _seedings(self, node: ast.AST) -> Iterator[tuple[ast.expr, list[str]]]:
        """What a node gives a seed to, with the names of the steps on the way to it."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in _SEEDS:
                    yield target.value, []
            return
        assert isinstance(node, ast.Call)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "set_params":
            for key in self._keys_of_call(node):
                yield from ((node.func.value, path) for path in _path(key))
        called = last_name(node.func)
        if not re.search(r"Search|tune|optimi[sz]e", called):
            return
        options = {keyword.arg: keyword.value for keyword in node.keywords}
        estimator = options.get("estimator") or next(iter(node.args), None)
        grids = [options[word] for word in _GRIDS if word in options] or node.args[1:2]
        if estimator is not None:
            for grid in grids:
                for key in self._keys(grid, 0):
                    yield from ((estimator, path) for path in _path(key))

    def _keys_of_call(self, call: ast.Call) -> Iterator[str]:
        for keyword in call.keywords:
            if keyword.arg is not None:
                yield keyword.arg
            else:
                yield from self._keys(keyword.value, 0)

    def _keys(self, node: ast.expr, depth: int) -> Iterator[str]:
        """The keys of a dictionary, or of those in a list, also by a name."""
        if depth > _DEEPEST:
            return
        if isinstance(node, ast.Dict):
            for key in node.keys:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value
        elif isinstance(node, ast.Call) and last_name(node.func) == "dict":
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)
        elif isinstance(node, (ast.List, ast.Tuple)):
            for part in node.elts:
                yield from self._keys(part, depth + 1)
        elif isinstance(node, ast.Name):
            for value in self._made(node.id):
                yield from self._keys(value, depth + 1)

    def _made(self, name: str) -> list[ast.expr]:
        """The expressions that assignments give a name."""
        if self._values is None:
            self._values = {}
            for _, node in self._facts.nodes_with(ast.Assign, "="):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._values.setdefault(target.id, []).append(node.value)
        return self._values.get(name, [])

    def _steps(self, owner: ast.expr, path: list[str], depth: int) -> Iterator[ast.Call]:
        """The calls that make the estimator at a path of steps in what an expression gives."""
        if depth > _DEEPEST:
            return
        if isinstance(owner, ast.Name):
            for value in self._made(owner.id):
                yield from self._steps(value, path, depth + 1)
        elif isinstance(owner, ast.Call) and not path:
            yield owner
        elif isinstance(owner, ast.Call):
            for part in self._parts(owner, path[0], depth):
                yield from self._steps(part, path[1:], depth + 1)

    def _parts(self, call: ast.Call, step: str, depth: int) -> Iterator[ast.expr]:
        """The arguments of a pipeline or of another estimator that have the name of a step."""
        for keyword in call.keywords:
            if keyword.arg == step:
                yield keyword.value
        if step in ("estimator", "base_estimator"):
            yield from call.args[:1]
        if last_name(call.func).startswith("make_"):
            kind = re.sub(r"-\d+$", "", step)
            for part in call.args:
                for made in self._steps(part, [], depth + 1):
                    if last_name(made.func).lower() == kind:
                        yield part
            return
        for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
            for display in self._displays(argument):
                for part in display.elts:
                    if isinstance(part, ast.Tuple) and len(part.elts) > 1:
                        name = part.elts[0]
                        if isinstance(name, ast.Constant) and name.value == step:
                            yield part.elts[1]

    def _displays(self, node: ast.expr) -> Iterator[ast.List | ast.Tuple]:
        values = self._made(node.id) if isinstance(node, ast.Name) else [node]
        yield from (value for value in values if isinstance(value, (ast.List, ast.Tuple)))


def _path(key: str) -> Iterator[list[str]]:
    """The steps before the name of a seed, none for another parameter: `model__random_state`."""
    *steps, last = key.split("__")
    if last in _SEEDS:
        yield steps
