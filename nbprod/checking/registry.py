"""Which rules there are, by the names of their files; imported only when they are selected."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from nbprod.errors import UsageError
from nbprod.rule import Level, Rule

if TYPE_CHECKING:
    from nbprod.testing import RuleDocs

__all__ = ["RuleFile", "Selection", "docs_of", "load_rule", "rule_files", "select"]

_PACKAGE = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120
_LEVELS: tuple[Level, ...] = ("explore", "shared", "production")
# The decorator of a rule, and in it its level, or that it only runs when it is asked for.
_DECORATOR = re.compile(r"^@rule\((.*?)\)\ndef ", re.MULTILINE | re.DOTALL)
_TOLD = re.compile(r'level="(\w+)"|default=False')
_FILE = re.compile(r"(nbp\d{3})_(\w+)\.py\Z")


class RuleFile(NamedTuple):
    """A rule as its file name tells it."""

    code: str
    name: str
    group: str
    module: str


class Selection(NamedTuple):
    """The rules to run. ``explicit`` are the codes that were asked for by code or name.

    Certain diagnostics are always shown; possible ones only of rules that were asked for.
    """

    rules: tuple[Rule, ...]
    explicit: frozenset[str]


@cache
def rule_files() -> tuple[RuleFile, ...]:
    """Every rule of the package, by code."""
    root = os.path.join(_PACKAGE, "rules")  # noqa: PTH118 - pathlib is slow to import
    found = []
    for group in os.scandir(root):
        if not group.is_dir() or group.name.startswith("_"):
            continue
        for entry in os.scandir(group.path):
            match = _FILE.match(entry.name)
            if match:
                module = f"nbprod.rules.{group.name}.{entry.name[:-3]}"
                name = match[2].replace("_", "-")
                found.append(RuleFile(match[1].upper(), name, group.name, module))
    return tuple(sorted(found))


def load_rule(file: RuleFile) -> Rule:
    """Import a rule's module and take the rule out of it."""
    loaded = getattr(import_module(file.module), "check", None)
    if not isinstance(loaded, Rule) or (loaded.code, loaded.name) != (file.code, file.name):
        raise TypeError(f"{file.module}: `check` must be the rule {file.code} {file.name}")
    return loaded


@cache
def docs_of(file: RuleFile) -> RuleDocs:
    """The documentation of a rule, parsed from its file."""
    import importlib.util
    from pathlib import Path

    from nbprod.testing import parse_docs

    spec = importlib.util.find_spec(file.module)
    assert spec is not None and spec.origin is not None
    return parse_docs(Path(spec.origin))


def select(
    chosen: Sequence[str] = (),
    ignored: Sequence[str] = (),
    extended: Sequence[str] = (),
    level: Level = "shared",
) -> Selection:
    """The rules that codes, prefixes of codes, names, groups or ``ALL`` choose.

    Args:
        chosen: replaces the set of the level when not empty.
        ignored: taken away from what was chosen.
        extended: added to what was chosen.
        level: how strict the set is that nobody chose.

    Raises:
        UsageError: a word fits no rule.
    """
    explicit = _expand(chosen) | _expand(extended)
    dropped = _expand(ignored)
    rules = []
    for file in rule_files():
        if file.code in dropped or (chosen and file.code not in explicit):
            continue
        if file.code not in explicit and _LEVELS.index(_told_level(file)) > _LEVELS.index(level):
            # Most rules are for one level only: those of others are not even imported.
            continue
        loaded = load_rule(file)
        if _LEVELS.index(loaded.level) <= _LEVELS.index(level) or file.code in explicit:
            rules.append(loaded)
    return Selection(tuple(rules), frozenset(explicit))


@cache
def _told_level(file: RuleFile) -> Level:
    """The level that a rule's file names, read without importing it; the lowest if it cannot be."""
    path = os.path.join(_PACKAGE, *file.module.split(".")[1:])  # noqa: PTH118
    try:
        with open(f"{path}.py", encoding="utf-8") as text:
            source = text.read()
    except OSError:
        return _LEVELS[0]
    decorator = _DECORATOR.search(source)
    match = decorator and _TOLD.search(decorator[1])
    if not match:
        return _LEVELS[0]
    return next(level for level in _LEVELS if level == (match[1] or "production"))


def _expand(words: Iterable[str]) -> set[str]:
    """The codes that some words stand for."""
    codes: set[str] = set()
    for word in (part.strip() for text in words for part in text.split(",")):
        if not word:
            continue
        found = {file.code for file in rule_files() if _fits(word, file)}
        if not found:
            raise UsageError(_unknown(word))
        codes |= found
    return codes


def _fits(word: str, file: RuleFile) -> bool:
    upper = word.upper()
    if upper == "ALL" or word.lower() in (file.name, file.group):
        return True
    return upper.startswith("NBP") and file.code.startswith(upper)


def _unknown(word: str) -> str:
    import difflib

    known = [name for file in rule_files() for name in (file.code, file.name, file.group)]
    near = difflib.get_close_matches(word, known, 1) or difflib.get_close_matches(
        word.upper(), known, 1
    )
    hint = f"; did you mean {near[0]}?" if near else "; `nbprod rule --all` lists the rules"
    return f"no rule is called {word!r}{hint}"
