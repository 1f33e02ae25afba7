"""The folder that is copied for the run of a notebook, so that its relative paths lead into it."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator

from nbprod.disk.places import holds_projects, marked_project
from nbprod.facts import Facts
from nbprod.patterns import lazy_pattern

__all__ = ["folder_of_run", "names_above", "reach_of_run"]

_UP = lazy_pattern(r"(?:\.\.(?:[/\\]+|\Z))+")
_WORD_UP = lazy_pattern(r"(?<![\w./\\])(?:\.\.[/\\])[\w./\\-]*|(?<!\S)\.\.(?!\S)")
_SEPARATOR = lazy_pattern(r"[/\\]")
# What stands for several names, or for one that is worked out in the run.
_PATTERN = lazy_pattern(r"[*?\[{%$]")
_MOST_UP = 3
_LONGEST = 200


def folder_of_run(facts: Facts) -> tuple[str, str]:
    """The folder to copy for a run, and inside of it the one in which the notebook works.

    Where the code has paths that lead up (`../data/a.csv`), it is the folder that they lead to.
    """
    own = _own(facts)
    folders = _above(facts)
    folder = folders[-1] if folders else own
    return folder, os.path.relpath(own, folder)


def names_above(facts: Facts, base: str) -> dict[str, frozenset[str]]:
    """Of the folders above a base that `folder_of_run` gives, the names that a run needs, by the
    paths of those of which it does not need all.

    Args:
        facts: the notebook.
        base: a folder that is copied whole, the notebook's own or one above it.
    """
    own = _own(facts)
    paths = list(_paths_up(facts))
    found = {}
    for level, folder in enumerate(_above(facts), 1):
        rest = [path[len(_up(path)) :] for path in paths if _up(path).count("..") == level]
        names = [_SEPARATOR.split(text, 1)[0] for text in rest]
        is_above = base.startswith(os.path.join(folder, ""))
        if is_above and not any(name == "" or _PATTERN.search(name) for name in names):
            found[folder] = frozenset([*names, os.path.relpath(own, folder).split(os.sep)[0]])
    return found


def reach_of_run(facts: Facts) -> str:
    """The folder whose files a run may write by relative paths, since they are copied for it.

    That is the project of the notebook; without one, a few directories above it.
    """
    own = _own(facts)
    project = marked_project(own)
    return [own, *_upwards(own, _MOST_UP if project is None else len(own), project)][-1]


def _above(facts: Facts) -> list[str]:
    """The folders above the notebook's up to the one that its paths lead to."""
    own = _own(facts)
    most = max(os.path.relpath(own, reach_of_run(facts)).count(os.sep) + 1, _MOST_UP)
    return _upwards(own, min(max(map(_levels, _paths_up(facts)), default=0), most))


def _upwards(folder: str, most: int, last: str | None = None) -> list[str]:
    """At most so many folders above one, the nearest first, up to the last; none that holds
    projects."""
    found: list[str] = []
    while len(found) < most and os.path.realpath(folder) != last:
        folder = os.path.dirname(folder)
        if holds_projects(os.path.realpath(folder)):
            break
        found.append(folder)
    return found


def _own(facts: Facts) -> str:
    return os.path.dirname(os.path.abspath(facts.notebook.path))


def _paths_up(facts: Facts) -> Iterator[str]:
    """The texts of the code that may be paths that lead up; a brace ends those that go on."""
    for parsed in facts.parsed:
        for node in parsed.live_nodes if parsed is not None else ():
            parts: list[ast.expr] = []
            if isinstance(node, ast.JoinedStr):
                parts = node.values
            elif isinstance(node, ast.BinOp):
                parts = [node.left, node.right]
            yield from (f"{text}{{" for text in map(_text, parts) if text)
            yield _text(node)
        for magic in parsed.magics if parsed is not None else ():
            yield from _WORD_UP.findall(magic.text)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ""


def _levels(path: str) -> int:
    """How many directories a text leads up, if it may be a path."""
    return _up(path).count("..")


def _up(path: str) -> str:
    """The part of a text that leads up, if it may be a path."""
    found = _UP.match(path)
    if found is None or len(path) > _LONGEST or not path.isprintable():
        return ""
    return found[0]
