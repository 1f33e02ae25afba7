"""Magics without their sign: ``ls`` alone in a cell, unless a variable of the notebook hides it."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator, Sequence
from itertools import chain

from nbprod.syntax.magic_table import AUTOMAGICS, LOADERS, OF_EXTENSIONS
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import walk

__all__ = ["hidden_magics", "loose_magics"]

_FIRST_WORD = r"([^\W\d]\w*)(?![\w.*])[ \t]*(.?)"


def loose_magics(parsed: Sequence[ParsedCell | None]) -> Iterator[tuple[int, str]]:
    """The cells, and their first words, that are Python and yet a magic: no cell binds the word.

    Magics of an extension count from the cell on that loads it.
    """
    loaded: set[str] = set()
    for index, cell in enumerate(parsed):
        word = _lone_word(cell, loaded) if cell is not None else None
        if word is not None and not any(
            _may_bind(other, word, word in loaded)
            for other in parsed
            if other is not None and (other is not cell or other.tree is not None)
        ):
            yield index, word
        for magic in cell.magics if cell is not None else ():
            if magic.name in LOADERS:
                loaded |= _magics_of_extension(magic.text)


def _magics_of_extension(command: str) -> set[str]:
    """The line magics that ``%load_ext name`` brings: those known, or the one of its name."""
    words = command.lstrip("%").split()
    if len(words) != 2:
        return set()
    return {words[1].rpartition(".")[2], *OF_EXTENSIONS.get(words[1], ())}


def _lone_word(cell: ParsedCell, loaded: Container[str]) -> str | None:
    """The magic's name with which the only line of a cell starts. IPython looks nowhere else."""
    if cell.magics or (cell.tree is None and not loaded):
        return None
    text = cell.masked.lstrip()
    line = text[:-1]
    if "\n" in line or "\r" in line:
        return None
    match = re.match(_FIRST_WORD, text)
    if match is None or match[2] in ("=", ","):
        return None
    if match[1] in loaded:
        return match[1]
    return match[1] if match[1] in AUTOMAGICS and cell.tree is not None else None


def _may_bind(cell: ParsedCell, word: str, is_loaded: bool) -> bool:
    """Whether a cell may give a variable this name, in whatever way.

    ``is_loaded``: it is a magic of an extension, so that loading one is no other way.
    """
    if "import *" in cell.masked or any(
        magic.opaque_names and not (is_loaded and magic.name in LOADERS) for magic in cell.magics
    ):
        return True
    if any(magic.name == "run" for magic in cell.magics):
        return True
    if word not in cell.cell.source:
        return False
    if cell.tree is None:
        return True
    bodies = (magic.body for magic in cell.magics if magic.body is not None)
    return any(
        magic_name.name == word for magic in cell.magics for magic_name in magic.binds
    ) or any(word in _bound(node) for node in chain(cell.nodes, *map(walk, bodies)))


def _bound(node: ast.AST) -> Sequence[str]:
    """The names that a node of itself binds."""
    if isinstance(node, ast.Name):
        return () if isinstance(node.ctx, ast.Load) else (node.id,)
    if isinstance(node, ast.alias):
        return (node.asname or node.name.partition(".")[0],)
    if isinstance(node, ast.Global):
        return node.names
    name = getattr(node, "name", None) or getattr(node, "rest", None)
    return (name,) if isinstance(name, str) else ()


def hidden_magics(parsed: Sequence[ParsedCell | None]) -> Iterator[int]:
    """The cells taken for a magic, as ``time f(x)``, though an earlier cell binds its name."""
    for index, cell in enumerate(parsed):
        for magic in cell.magics if cell is not None else ():
            if magic.kind == "auto" and any(
                _certainly_binds(other, magic.name) for other in parsed[:index] if other
            ):
                yield index


def _certainly_binds(cell: ParsedCell, word: str) -> bool:
    """Whether running the cell leaves a variable of this name."""
    if cell.tree is None or word not in cell.masked:
        return False
    for node in cell.tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if node.name == word:
                return True
        elif isinstance(node, (ast.Assign, ast.Import, ast.ImportFrom)) and any(
            word in _bound(part) for part in walk(node)
        ):
            return True
    return False
