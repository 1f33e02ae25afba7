"""No regular expression of nbprod can be made to run away by what a notebook holds.

Attack strings are read off each pattern: what leads to a repetition, then much of what it repeats,
then something that does not match. A pattern that takes the cube of the length, or worse, does
not get through 1,000 characters in half a minute; one that takes its square does in a moment.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import resource
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import nbprod
from nbprod.patterns import LazyPattern

_PARSER: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
_ROOT = Path(nbprod.__file__).parent
_LENGTH = 1_000
_SECONDS = 40
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")
_CATEGORIES = {
    "CATEGORY_DIGIT": "0",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": "a",
    "CATEGORY_WORD": "a",
    "CATEGORY_NOT_WORD": " ",
}


# --- the patterns ---


@cache
def _patterns() -> dict[tuple[str, int], str]:
    """Every pattern of text, with where it comes from: module tables and literals in functions."""
    found: dict[tuple[str, int], str] = {}
    for info in pkgutil.walk_packages([str(_ROOT)], "nbprod."):
        if not info.name.endswith("__main__"):
            module = importlib.import_module(info.name)
            for name, value in vars(module).items():
                if not name.startswith("__"):
                    for pattern in _patterns_in(value, 0):
                        found.setdefault((pattern.pattern, pattern.flags), f"{info.name}.{name}")
    for path in sorted(_ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if _is_literal_pattern(node):
                text = node.args[0].value  # type: ignore[attr-defined]
                if not any(text == known for known, _ in found):
                    found[text, re.compile(text).flags] = f"{path.name}:{node.lineno}"  # type: ignore[attr-defined]
    from nbprod.secrets.providers import compiled, provider_rules

    for number in range(len(provider_rules())):
        rule, pattern = compiled(number)
        found.setdefault((pattern.pattern, pattern.flags), f"provider rule {rule.identity}")
    return found


def _patterns_in(value: object, depth: int) -> Iterator[re.Pattern[str]]:
    if isinstance(value, (re.Pattern, LazyPattern)):
        if isinstance(value.pattern, str):
            yield re.compile(value.pattern, value.flags)
    elif depth < 5 and isinstance(value, dict):
        for item in (*value.keys(), *value.values()):
            yield from _patterns_in(item, depth + 1)
    elif depth < 5 and isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _patterns_in(item, depth + 1)


def _is_literal_pattern(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not node.args:
        return False
    if ast.unparse(node.func).partition(".")[0] not in ("re", "lazy_pattern"):
        return False
    text = node.args[0]
    return (
        ast.unparse(node.func) != "re.escape"
        and isinstance(text, ast.Constant)
        and isinstance(text.value, str)
    )


# --- what is read off a pattern ---


def _attacks(tree: Iterable[Any], before: str = "") -> Iterator[tuple[str, str]]:
    """What leads to each long repetition of a pattern, and what it repeats."""
    for operation, argument in tree:
        kind = str(operation)
        if kind in _REPEATS:
            _, most, body = argument
            if most >= 20:
                for pump in {_sample(body), *_choices(body)} - {""}:
                    yield before, pump
            yield from _attacks(body, before)
        elif kind == "SUBPATTERN":
            yield from _attacks(argument[3], before)
        elif kind == "BRANCH":
            for branch in argument[1]:
                yield from _attacks(branch, before)
        elif kind in ("ASSERT", "ASSERT_NOT"):
            yield from _attacks(argument[1], before)
        before += _sample([(operation, argument)])


def _sample(tree: Iterable[Any]) -> str:
    """Some text that a pattern matches, or nearly."""
    return "".join(_sample_of(str(operation), argument) for operation, argument in tree)


def _sample_of(kind: str, argument: Any) -> str:
    if kind == "LITERAL":
        return chr(argument)
    if kind == "IN":
        return _member(argument)
    if kind in _REPEATS:
        least, most, body = argument
        return _sample(body) * min(max(least, 1 if most else 0), 100)  # type: ignore[no-any-return]
    if kind == "SUBPATTERN":
        return _sample(argument[3])
    if kind == "BRANCH":
        return _sample(argument[1][0])
    return "a" if kind in ("ANY", "NOT_LITERAL") else ""


def _member(items: Iterable[Any]) -> str:
    negated, listed = False, []
    for operation, argument in items:
        kind = str(operation)
        if kind == "NEGATE":
            negated = True
        elif kind == "CATEGORY":
            listed.append(_CATEGORIES[str(argument)])
        else:
            listed.append(chr(argument[0] if kind == "RANGE" else argument))
    if not negated:
        return listed[0]
    return next((text for text in "a 0_-x.(\n" if text not in listed), "a")


def _choices(tree: Iterable[Any]) -> Iterator[str]:
    """Other texts of the branches and classes of a pattern."""
    for operation, argument in tree:
        kind = str(operation)
        if kind == "BRANCH":
            yield from (_sample(branch) for branch in argument[1])
        elif kind == "SUBPATTERN":
            yield from _choices(argument[3])
        elif kind == "IN":
            for item in argument:
                if str(item[0]) in ("LITERAL", "CATEGORY"):
                    yield _member([item])


# --- the tests ---


def _is_ambiguous(tree: Iterable[Any]) -> bool:
    """Whether an unlimited repetition repeats what is nothing but an unlimited repetition."""
    for operation, argument in tree:
        kind = str(operation)
        if kind in _REPEATS:
            inner = _unwrapped(argument[2])
            if argument[1] >= 1_000 and _is_unlimited(inner):
                return True
            if _is_ambiguous(argument[2]):
                return True
        elif kind == "SUBPATTERN":
            if _is_ambiguous(argument[3]):
                return True
        elif kind == "BRANCH":
            if any(_is_ambiguous(branch) for branch in argument[1]):
                return True
    return False


def _unwrapped(tree: Any) -> Any:
    items = list(tree)
    while len(items) == 1 and str(items[0][0]) == "SUBPATTERN":
        items = list(items[0][1][3])
    return items


def _is_unlimited(items: Any) -> bool:
    """Whether items are one unlimited repetition, perhaps between others that may be nothing."""
    lengths = [
        argument[:2] if str(operation) in _REPEATS else (1, 1) for operation, argument in items
    ]
    required = [most for least, most in lengths if least]
    if required:
        return len(required) == 1 and required[0] >= 1_000
    return any(most >= 1_000 for _, most in lengths)


@pytest.mark.parametrize("pattern", [r"(a+)+b", r"(?:a*)*", r"(?:\s*\w+)*!"])
def test_ambiguous_repetitions_are_recognised(pattern: str) -> None:
    assert _is_ambiguous(_PARSER.parse(pattern))


def test_no_pattern_repeats_a_repetition() -> None:
    patterns = _patterns()
    assert len(patterns) > 300
    ambiguous = [
        where for (text, flags), where in patterns.items() if _is_ambiguous(_parsed(text, flags))
    ]
    assert ambiguous == []


@pytest.mark.slow
def test_no_pattern_runs_away() -> None:
    code = f"import {__name__} as tests; tests.attack_all()"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=_ROOT.parent, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, f"runs away: {run.stdout.splitlines()[-1]}{run.stderr}"


def attack_all() -> None:
    """Try every pattern on its attacks, and say which one is tried.

    The limit is one of CPU time, so that a busy machine makes no difference.
    """
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    for (text, flags), where in _patterns().items():
        print(where, ascii(text[:100]), flush=True)
        pattern = re.compile(text, flags)
        for before, pump in set(_attacks(_parsed(text, flags))):
            much = pump * (_LENGTH // len(pump))
            for attack in (f"{before}{much}", f"{before}{much}\0", f"{much}!\n"):
                pattern.match(attack)
                pattern.search(attack)


def _parsed(text: str, flags: int) -> Any:
    return _PARSER.parse(text, flags)
