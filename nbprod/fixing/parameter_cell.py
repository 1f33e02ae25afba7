"""Lift literals into one cell of parameters, which papermill and schedulers can set.

The cell is the first with the tag `parameters`, as papermill has it. A notebook without one gets
it below the cells that only import. Every literal gets a name that nothing in the notebook has:
that of its keyword, or, where calls differ in it, one with what the call is assigned to.
"""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.model import AnyEdit, Edit, Fix, NewLine
from nbprod.patterns import lazy_pattern
from nbprod.rule import unsafe
from nbprod.syntax.names import last_name
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import walk

__all__ = ["ParameterCell", "SettingLiteral"]

_TAG = "parameters"
_HARMLESS_MAGICS = frozenset(("time", "timeit", "capture", "prun"))
_WORD = lazy_pattern(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_IMPORTS = (ast.Import, ast.ImportFrom)
_MOST_NUMBERS = 99


class SettingLiteral(NamedTuple):
    """A literal that is an argument of a call, and what its name is made of.

    ``plain``: the word may be the whole name.
    """

    node: ast.expr
    word: str
    plain: bool = True


class _Home(NamedTuple):
    """Where the parameters go: into cell ``cell``, or into a new one before it."""

    cell: int
    new: bool

    def line(self, text: str) -> NewLine:
        return NewLine(self.cell, text, self.new, (_TAG,) if self.new else ())


class _Mentions(NamedTuple):
    """What the code says, for names that nothing else has.

    ``names`` are all that occur, ``targets`` what calls are assigned to, ``values`` the literals
    that calls have for a keyword, each with what is called, ``arguments`` the strings that calls
    are given, with their keywords, ``closed`` the calls in functions that may run where there is
    no notebook: a decorator can send them elsewhere.
    """

    names: set[str]
    targets: dict[int, str]
    values: dict[str, list[tuple[ast.expr, ast.expr]]]
    arguments: dict[int, tuple[ast.Call, str | None]]
    closed: set[int]


class ParameterCell:
    """The names that the lifted literals of a notebook get, and the fixes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._given: dict[str, tuple[str, str]] = {}
        self._varied: dict[str, bool] = {}

    def fix(self, call: ast.Call, cell: int, literals: Sequence[SettingLiteral]) -> Fix | None:
        """The fix that lifts some literals of a call; None where that may change something."""
        home = self.home
        if home is None or cell < home.cell or (cell == home.cell and not home.new):
            return None
        parsed = self.facts.parsed[cell]
        if parsed is None or id(call) in self._mentions.closed or not _runs_here(parsed):
            return None
        edits: list[AnyEdit] = []
        names: list[str] = []
        for literal in literals:
            span = self.facts.span(cell, literal.node)
            text = self.facts.text(span)
            name = self._name(call, literal, text) if _is_written(literal.node, text) else None
            if name is None:
                return None
            names.append(name)
            edits.append(Edit(span, name))
            if name not in self._settled:
                edits.append(home.line(f"{name} = {text}"))
        listed = ", ".join(f"`{name}`" for name in names)
        which = "a new" if home.new else "the"
        return unsafe(f"Move {listed} to {which} parameters cell", *edits)

    def fix_calls(
        self, calls: Sequence[tuple[ast.Call, Sequence[SettingLiteral]]], cell: int
    ) -> Fix | None:
        """The fixes of several calls of a cell as one; a call that has none stays as it is."""
        found = [self.fix(call, cell, literals) for call, literals in calls]
        fixes = [fix for fix in found if fix is not None]
        if len(fixes) < 2:
            return fixes[0] if fixes else None
        edits = dict.fromkeys(edit for fix in fixes for edit in fix.edits)
        return unsafe(f"Move the settings of {self.facts.say(cell)} to the parameters cell", *edits)

    def fix_path(self, node: ast.Constant, cell: int) -> Fix | None:
        """The fix that lifts a path, if it is the argument of a call."""
        call, word = self._mentions.arguments.get(id(node), (None, None))
        if call is None:
            return None
        return self.fix(call, cell, [SettingLiteral(node, word or "path", plain=word is not None)])

    @property
    def advice(self) -> str:
        """What to do with a literal, and why no fix does it where none can."""
        told = "define it in the parameters cell (a cell with the tag `parameters`)"
        return f"{told}; {self.refusal}" if self.refusal else told

    @property
    def refusal(self) -> str | None:
        """Why no cell of parameters can be made, for people; None where one can, or is there."""
        notebook = self.facts.notebook
        if self._tagged is not None:
            return None
        if notebook.format not in ("ipynb", "percent"):
            return f"no cell with a tag can be added to a {notebook.format} notebook"
        if notebook.nbformat is not None and notebook.nbformat[0] < 4:
            return "cells have no tags before nbformat 4"
        return None

    @cached_property
    def home(self) -> _Home | None:
        """Where the parameters go; None where there is no place for them."""
        cell = self._tagged
        if cell is not None:
            parsed = self.facts.parsed[cell]
            readable = parsed is not None and parsed.tree is not None and _runs_here(parsed)
            found = _Home(cell, new=False) if readable else None
        else:
            found = _Home(self._below_imports(), new=True) if self.refusal is None else None
        if found is not None and any(
            definition.cell >= found.cell for definition in self.facts.flow.dynamic
        ):
            # A star import, or a magic that brings names, could bind one of ours below.
            return None
        return found

    @cached_property
    def _tagged(self) -> int | None:
        cells = self.facts.notebook.cells
        return next((cell.index for cell in cells if _TAG in cell.tags), None)

    def _below_imports(self) -> int:
        """The cell below those at the top that only import, or the first with code."""
        found = None
        for cell in self.facts.notebook.cells:
            if cell.kind == "code" and found is None:
                found = cell.index
            if cell.kind == "code":
                if not _only_imports(self.facts.parsed[cell.index]):
                    break
                found = cell.index + 1
        return found or 0

    def _name(self, call: ast.Call, literal: SettingLiteral, text: str) -> str | None:
        """A name for a literal: that of an equal one of the same function, or a free one."""
        key = (ast.unparse(call.func), text)
        for name in self._candidates(call, literal):
            if self._given.get(name) == key or self._settled.get(name) == text:
                return name
            if name not in self._given and self._is_free(name):
                self._given[name] = key
                return name
        return None

    def _candidates(self, call: ast.Call, literal: SettingLiteral) -> Iterator[str]:
        word = literal.word
        longer = [_joined(last_name(call.func) or "call", word)]
        target = self._mentions.targets.get(id(call))
        if target is not None:
            longer.insert(0, _joined(target, word))
        # Where calls differ in a setting, none of them has the plain name.
        plain = literal.plain and not self._varies(word)
        yield from [word, *longer] if plain else longer
        for number in range(2, _MOST_NUMBERS):
            yield f"{longer[0]}_{number}"

    def _varies(self, word: str) -> bool:
        """Whether calls, or functions, have different literals for a keyword."""
        if word not in self._varied:
            # Written as text only for the few words that are asked for.
            given = self._mentions.values.get(word, ())
            texts = {(ast.unparse(called), ast.unparse(value)) for called, value in given}
            self._varied[word] = len(texts) > 1
        return self._varied[word]

    def _is_free(self, name: str) -> bool:
        taken = keyword.iskeyword(name) or not name.isidentifier() or hasattr(builtins, name)
        flow = self.facts.flow
        return not taken and name not in self._mentions.names and name not in flow.definitions

    @cached_property
    def _settled(self) -> dict[str, str]:
        """What the cell of parameters binds to literals, and nothing else binds: their text."""
        found: dict[str, str] = {}
        home = self.home
        if home is None or home.new:
            return found
        parsed = self.facts.parsed[home.cell]
        for node in parsed.tree.body if parsed is not None and parsed.tree is not None else ():
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                if len(self.facts.flow.definitions.get(name, ())) == 1:
                    found[name] = self.facts.text(self.facts.span(home.cell, node.value))
        return found

    @cached_property
    def _mentions(self) -> _Mentions:
        found = _Mentions(set(), {}, {}, {}, set())
        for parsed in self.facts.parsed:
            if parsed is not None and parsed.tree is not None:
                bodies = (magic.body for magic in parsed.magics if magic.body is not None)
                for node in chain(parsed.nodes, *map(walk, bodies)):
                    _mention(node, found)
                for magic in parsed.magics:
                    touched = (*magic.reads, *magic.interpolates, *magic.binds)
                    found.names.update(magic_name.name for magic_name in touched)
        return found


def _mention(node: ast.AST, found: _Mentions) -> None:
    """Take down what a node says."""
    if isinstance(node, ast.Name):
        found.names.add(node.id)
    elif isinstance(node, ast.arg):
        found.names.add(node.arg)
    elif isinstance(node, ast.Call):
        given = [(expression, None) for expression in node.args]
        for value, word in (*given, *((keyword.value, keyword.arg) for keyword in node.keywords)):
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.arguments[id(value)] = node, word
        for keyword in node.keywords:
            if keyword.arg is not None and isinstance(keyword.value, (ast.Constant, ast.UnaryOp)):
                found.values.setdefault(keyword.arg, []).append((node.func, keyword.value))
    elif isinstance(node, ast.Assign):
        if isinstance(node.targets[0], ast.Name):
            found.targets[id(node.value)] = node.targets[0].id
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        found.names.add(node.name)
        if node.decorator_list:
            found.closed.update(id(child) for child in walk(node) if isinstance(child, ast.Call))
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        found.names.update(node.names)
    elif isinstance(node, _IMPORTS):
        found.names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        found.names.add(node.name)


def _only_imports(parsed: ParsedCell | None) -> bool:
    """Whether a cell has nothing but imports, magics, and comments."""
    if parsed is None or parsed.tree is None or not _runs_here(parsed):
        return False
    stand_ins = {(magic.lineno, magic.col_offset) for magic in parsed.magics}
    return all(
        isinstance(node, _IMPORTS)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (node.lineno, node.col_offset) in stand_ins
        for node in parsed.tree.body
    )


def _runs_here(parsed: ParsedCell) -> bool:
    """Whether the whole cell is Python of this kernel, and what it binds stays."""
    magic = parsed.cell_magic
    return magic is None or magic.name in _HARMLESS_MAGICS


def _is_written(node: ast.expr, text: str) -> bool:
    """Whether a text is that of a literal: no part of an f-string, on one line."""
    try:
        return "\n" not in text and bool(ast.literal_eval(text) == ast.literal_eval(node))
    except (ValueError, SyntaxError):
        return False


def _joined(first: str, word: str) -> str:
    """`RandomForestClassifier` and `max_depth` as one name."""
    return f"{_WORD.sub('_', first).lower().strip('_')}_{word}"
