"""Lift literals into one cell of parameters, which papermill and schedulers can set.

The cell is the first with the tag `parameters`, as papermill has it. A notebook without one gets
it below the cells that only import. Every literal gets a name that nothing in the notebook has:
that of its keyword, or, where calls differ in it, one with what the call is assigned to.
"""

from __future__ import annotations

import ast
import builtins
import json
import keyword
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.fixing.text_uses import TextUse, TextUses
from nbprod.model import AnyEdit, Edit, Fix, NewLine, Span
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
_LONGEST_WORD = 30
_MOST_PATHS = 20


class SettingLiteral(NamedTuple):
    """A literal that is an argument of a call, and what its name is made of.

    ``plain``: the word may be the whole name. ``about`` says what it is, instead of the call.
    """

    node: ast.expr
    word: str
    plain: bool = True
    about: str = ""


class _Home(NamedTuple):
    """Where the parameters go: into cell ``cell``, or into a new one before it."""

    cell: int
    new: bool

    def line(self, text: str) -> NewLine:
        return NewLine(self.cell, text, self.new, (_TAG,) if self.new else ())


class _Lifted(NamedTuple):
    """The name that a path gets, what is edited, and where the path is."""

    name: str
    edits: Sequence[AnyEdit]
    spans: frozenset[Span]


class _Mentions(NamedTuple):
    """What the code says, for names that nothing else has.

    ``names`` are all that occur, ``targets`` what calls are assigned to, ``values`` the literals
    that calls have for a keyword, each with what is called, ``arguments`` the strings that calls
    are given, with their keywords, ``closed`` the code in functions that may run where there is
    no notebook: a decorator can send them elsewhere. ``small`` are the names without capitals.
    """

    names: set[str]
    targets: dict[int, str]
    values: dict[str, list[tuple[ast.expr, ast.expr]]]
    arguments: dict[int, tuple[ast.Call, str | None]]
    closed: set[int]
    small: set[str]


class ParameterCell:
    """The names that the lifted literals of a notebook get, and the fixes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._given: dict[str, tuple[str, str]] = {}
        self._varied: dict[tuple[str, bool], bool] = {}

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

    def fix_paths(self, paths: Sequence[tuple[int, ast.Constant]]) -> Fix | None:
        """The fix that lifts paths that are arguments of calls, wherever they are used.

        Args:
            paths: each with its cell; the first is the one that is reported, and must be among
                those that are lifted, or in the cell of parameters.
        """
        edits: dict[AnyEdit, None] = {}
        names: dict[str, bool] = {}
        changed: set[Span] = set()
        # Folders come first: what is below one is put together from it.
        for cell, node in sorted(paths[:_MOST_PATHS], key=lambda path: len(str(path[1].value))):
            found = self._path(node, cell)
            if found is None or self.facts.span(cell, node) in changed:
                continue
            if found.spans.isdisjoint(changed):
                changed |= found.spans
                names[found.name] = any(isinstance(edit, NewLine) for edit in found.edits)
                edits.update(dict.fromkeys(found.edits))
        reported, home = self.facts.span(*paths[0]), self.home
        is_there = home is not None and not home.new and reported.cell == home.cell
        if not edits or not (is_there or reported in changed):
            return None
        moved = ", ".join(f"`{name}`" for name, is_made in names.items() if is_made)
        if not moved or home is None:
            return unsafe("Use " + ", ".join(f"`{name}`" for name in names), *edits)
        which = "a new" if home.new else "the"
        return unsafe(f"Move {moved} to {which} parameters cell", *edits)

    def _path(self, node: ast.Constant, cell: int) -> _Lifted | None:
        """The name of a path, and the edits of all its uses.

        That is the variable that holds it, or else a new parameter if it is the argument of a call.
        """
        uses = self.facts.shared(TextUses).below(str(node.value))
        if uses is None:
            return None
        spans = frozenset(self.facts.span(use.cell, use.node) for use in uses)
        held = self._held(uses)
        if held is not None:
            name, others = held
            return _Lifted(name, self._replaced(others, name), spans)
        call, word = self._mentions.arguments.get(id(node), (None, None))
        home = self.home
        if call is None or home is None or any(use.cell < home.cell for use in uses):
            return None
        about = _subject(str(node.value))
        fix = self.fix(call, cell, [SettingLiteral(node, word or "path", word is not None, about)])
        uses = [use for use in uses if home.new or use.cell != home.cell]
        if fix is None or not all(map(self._is_open, uses)):
            return None
        first, *rest = fix.edits
        assert isinstance(first, Edit)
        lines = [edit for edit in rest if isinstance(edit, NewLine)]
        return _Lifted(first.text, [*self._replaced(uses, first.text), *lines], spans)

    def _replaced(self, uses: Sequence[TextUse], name: str) -> list[AnyEdit]:
        return [
            Edit(self.facts.span(use.cell, use.node), _with_rest(name, use.rest)) for use in uses
        ]

    def _is_open(self, use: TextUse) -> bool:
        """Whether a literal can be replaced by a name of another cell."""
        parsed = self.facts.parsed[use.cell]
        text = self.facts.text(self.facts.span(use.cell, use.node))
        if parsed is None or id(use.node) in self._mentions.closed:
            return False
        return _runs_here(parsed) and _is_written(use.node, text)

    def _held(self, uses: Sequence[TextUse]) -> tuple[str, list[TextUse]] | None:
        """The variable that holds a literal above all of its other uses, and those."""
        for use in uses:
            if use.name is not None and not use.rest:
                made = self.facts.flow.definitions.get(use.name, ())
                others = [other for other in uses if other.node is not use.node]
                if len(made) != 1 or not others or not all(map(self._is_open, others)):
                    continue
                if all(other.cell > use.cell for other in others):
                    return use.name, others
        return None

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
        longer = [_joined(literal.about or last_name(call.func) or "call", word)]
        target = self._mentions.targets.get(id(call))
        if target is not None:
            longer.insert(0, _joined(target, word))
        # Where calls differ in a setting, none of them has the plain name.
        plain = literal.plain and not self._varies(word, is_path=bool(literal.about))
        yield from [word, *longer] if plain else longer
        for number in range(2, _MOST_NUMBERS):
            yield f"{longer[0]}_{number}"

    def _varies(self, word: str, *, is_path: bool) -> bool:
        """Whether calls, or functions, have different literals for a keyword.

        A path of several functions is the same path.
        """
        if (word, is_path) not in self._varied:
            # Written as text only for the few words that are asked for.
            given = self._mentions.values.get(word, ())
            texts = {
                ("" if is_path else ast.unparse(called), ast.unparse(value))
                for called, value in given
            }
            self._varied[word, is_path] = len(texts) > 1
        return self._varied[word, is_path]

    def _is_free(self, name: str) -> bool:
        taken = keyword.iskeyword(name) or not name.isidentifier() or hasattr(builtins, name)
        flow = self.facts.flow
        # Nor one that differs from another in capitals only.
        return not taken and name not in self._mentions.small and name not in flow.definitions

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
        found = _Mentions(set(), {}, {}, {}, set(), set())
        for parsed in self.facts.parsed:
            if parsed is not None and parsed.tree is not None:
                bodies = (magic.body for magic in parsed.magics if magic.body is not None)
                for node in chain(parsed.nodes, *map(walk, bodies)):
                    _mention(node, found)
                for magic in parsed.magics:
                    touched = (*magic.reads, *magic.interpolates, *magic.binds)
                    found.names.update(magic_name.name for magic_name in touched)
        found.small.update(name.lower() for name in found.names)
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
            found.closed.update(map(id, walk(node)))
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
    """`RandomForestClassifier` and `max_depth` as one name; `Path` and `path` as `path`."""
    first = _WORD.sub("_", first).lower().strip("_")
    return first if f"_{first}".endswith(f"_{word}") else f"{first}_{word}"


def _subject(path: str) -> str:
    """What a path is about, for a name: `psds` of `/Users/ada/psds/`; empty if no name has it."""
    last = [part for part in re.split(r"[\\/]+", path) if part][-1:]
    word = re.sub(r"\W+", "_", last[0].partition(".")[0]).strip("_") if last else ""
    return word if word.isidentifier() and word.isascii() and len(word) <= _LONGEST_WORD else ""


def _with_rest(name: str, rest: str) -> str:
    """The code for a variable with a text after it."""
    if not rest:
        return name
    escaped = rest.replace("{", "{{").replace("}", "}}")
    return "f" + json.dumps(f"{{{name}}}{escaped}", ensure_ascii=False)
