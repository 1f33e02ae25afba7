"""Literals that are settings: those with names of their own, and those in calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.libraries.hyperparameters import HYPERPARAMETERS
from nbprod.libraries.spark_io import reads_by_spark
from nbprod.names.statements import StatementText
from nbprod.patterns import lazy_pattern
from nbprod.refactor.naming import identifier, unique
from nbprod.refactor.plan import Constant, Function
from nbprod.refactor.purity import is_immutable
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = [
    "InCalls",
    "class_name",
    "comment_on",
    "setting_of_statement",
    "with_meanings",
    "is_many",
    "parameter_names",
    "settings_in_calls",
]

# More than this are one parameter: a class of settings.
_MANY = 5
_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.JoinedStr)
_FILES = lazy_pattern(
    r"(?:read|to|load|save|open|from|write)(?:_\w+)?\Z|(?:gen|save|load)?(?:from)?txt\Z|imread\Z|"
    r"savefig\Z|listdir\Z|glob\Z|Path\Z"
)
_PATH = lazy_pattern(r"[\w.\-~:/\\ *]+\.\w{2,8}\Z|(?:[\w.\-~]*/)+[\w.\-*]*\Z|\w+://\S+\Z")


_FILE_NAME = lazy_pattern(r"[\w.\-~:/\\ ]+\.([A-Za-z]\w{1,7})")
_KINDS = {"xlsx": "Excel", "xls": "Excel", "txt": "text", "dat": "data", "parquet": "Parquet"}
_LONGEST_COMMENT = 100
_LONGEST_USE = 45


class InCalls(NamedTuple):
    """The settings found, and their names by the literals whose place they take."""

    settings: tuple[Constant, ...]
    names: dict[ast.AST, str]


def settings_in_calls(
    units: Iterable[StatementText], taken: Container[str], *, only_files: bool = False
) -> InCalls:
    """Hyperparameters and paths that stand as literals in calls.

    Args:
        units: the statements of a function to be.
        taken: names that the settings must not get.
        only_files: whether only the paths of files that are read are wanted.
    """
    found: dict[tuple[str, str], Constant] = {}
    names: dict[ast.AST, str] = {}
    for unit in units:
        for wanted, literal in _files_read(unit) if only_files else _literals(unit):
            text = ast.unparse(literal)
            setting = found.get((wanted, text))
            if setting is None:
                used = {constant.name for constant in found.values()}
                name = unique(wanted, _Either(taken, used))
                said = _on_file(literal)
                setting = found[wanted, text] = Constant(name, text, unit, said)
            names[literal] = setting.name
    return InCalls(tuple(found.values()), names)


class _Either:
    """Names of two collections."""

    def __init__(self, one: Container[str], other: Container[str]) -> None:
        self.one, self.other = one, other

    def __contains__(self, name: object) -> bool:
        return name in self.one or name in self.other


def _literals(unit: StatementText) -> Iterator[tuple[str, ast.expr]]:
    """What would be a setting in a statement: the name it wants and the literal."""
    for node in _run_at_once(unit.node):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg in HYPERPARAMETERS and _is_value(keyword.value):
                yield keyword.arg, keyword.value
        called = last_name(node.func)
        is_file = bool(_FILES.match(called)) or reads_by_spark(node.func)
        if node.args and is_file and isinstance(node.args[0], ast.Constant):
            value = node.args[0].value
            if isinstance(value, str) and _PATH.match(value):
                stem = identifier(re.split(r"[/\\]", value.rstrip("/\\"))[-1].partition(".")[0], 2)
                yield (f"{stem}_path" if stem else "path"), node.args[0]


def _files_read(unit: StatementText) -> Iterator[tuple[str, ast.expr]]:
    """The paths of files that a statement reads, with the names that they want."""
    for wanted, literal in _literals(unit):
        if _on_file(literal) and wanted.endswith("path"):
            calls = [part for part in walk(unit.node) if isinstance(part, ast.Call)]
            reads = [call for call in calls if call.args and call.args[0] is literal]
            if all(last_name(call.func).startswith(("read_", "load", "gen")) for call in reads):
                yield wanted, literal


def _on_file(literal: ast.expr) -> str:
    """A sentence on the path of a file, empty for another literal."""
    if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
        match = _FILE_NAME.fullmatch(literal.value)
        if match is not None:
            return f"Path of the {_KINDS.get(match[1].lower(), match[1].upper())} file."
    return ""


def _run_at_once(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement outside of functions, classes and f-strings, which may show the
    text of their expressions."""
    if isinstance(node, _LATER):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _run_at_once(child)


def _is_value(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is not None and not isinstance(node.value, bool)
    return is_immutable(node)


def is_many(function: Function) -> bool:
    """Whether a function's settings are one parameter, of a class of their own."""
    return len(function.settings) > _MANY


def class_name(function: Function) -> str:
    """The name of that class."""
    return "".join(word.capitalize() for word in function.name.split("_")) + "Settings"


def parameter_names(function: Function) -> Sequence[str]:
    """The names of the parameters that settings make."""
    return ["settings"] if is_many(function) else [constant.name for constant in function.settings]


def setting_of_statement(unit: StatementText, facts: Facts) -> Constant | None:
    """The setting that a statement makes, which gives a literal to a name; the comment beside or
    above it is its meaning."""
    node = unit.node
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
        return None
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    if not isinstance(target, ast.Name):
        return None
    return Constant(target.id, ast.unparse(node.value), unit, _sentence(comment_on(unit, facts)))


def comment_on(unit: StatementText, facts: Facts) -> str:
    """The comment after a statement, else the lines of comment above it."""
    source = facts.cell(unit.cell).source
    rest = source[unit.stop :].splitlines()[:1]
    behind = rest[0].strip() if rest else ""
    if behind.startswith("#"):
        return behind.lstrip("# ")
    cells = facts.notebook.cells[unit.cell : unit.cell + 2]
    if len(cells) > 1 and cells[0].number == cells[1].number:
        # It is about the whole cell, of which this is the first piece.
        return ""
    lines = [line.strip() for line in source[unit.start : unit.code].splitlines()]
    return " ".join(line.lstrip("# ") for line in lines if line.startswith("#"))


def _sentence(comment: str) -> str:
    text = " ".join(comment.split())
    if not text or len(text) > _LONGEST_COMMENT or not text[0].isalnum() or "\\" in text:
        return ""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def with_meanings(settings: Sequence[Constant], nodes: Sequence[ast.AST]) -> tuple[Constant, ...]:
    """Settings with a meaning each: their comment, else what the statements of a function use them
    for."""
    return tuple(
        one if one.meaning else one._replace(meaning=_of_value(one) or _use_of(one.name, nodes))
        for one in settings
    )


def _of_value(setting: Constant) -> str:
    """A sentence on a setting from its name and its literal."""
    literal = ast.parse(setting.text, mode="eval").body
    said = _on_file(literal)
    if said:
        return said
    words = setting.name.lower().split("_")
    if words[0] in ("n", "num") and len(words) > 1:
        return f"Number of {' '.join(words[1:])}."
    if words[-1] in ("seed", "state") and len(words) < 3:
        return "Seed of the random numbers."
    if isinstance(literal, ast.Constant) and isinstance(literal.value, float):
        return "Between 0 and 1." if 0 < literal.value < 1 else ""
    return ""


def _use_of(name: str, nodes: Sequence[ast.AST]) -> str:
    """A sentence on the first use of a name."""
    for node in nodes:
        for part in walk(node):
            if isinstance(part, ast.Call):
                said = _in_call(name, part)
                if said:
                    return said
            elif isinstance(part, ast.Compare) and len(part.comparators) == 1:
                sides = [part.left, part.comparators[0]]
                if _is_name(sides[1], name) or _is_name(sides[0], name):
                    other = ast.unparse(sides[0] if _is_name(sides[1], name) else sides[1])
                    if len(other) < _LONGEST_USE and "`" not in other:
                        return f"Limit of `{other}`."
            elif isinstance(part, ast.BinOp) and (
                _is_name(part.left, name) or _is_name(part.right, name)
            ):
                text = ast.unparse(part)
                if len(text) < _LONGEST_USE and "`" not in text:
                    return f"Part of `{text}`."
    return ""


def _in_call(name: str, call: ast.Call) -> str:
    called = last_name(call.func)
    for keyword in call.keywords:
        if keyword.arg and _is_name(keyword.value, name):
            return f"Passed to `{called}` as `{keyword.arg}`."
    if called == "range" and any(
        isinstance(part, ast.expr) and _is_name(part, name) for part in walk(call)
    ):
        return "Number of rounds."
    if any(_is_name(argument, name) for argument in call.args) and called:
        if _FILES.match(called):
            return "Path of the file."
        if "rng" in called or "seed" in called:
            return "Seed of the random numbers."
        return f"Passed to `{called}`."
    return ""


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
