"""Cells that are near-equal: one function with parameters stands for all of them."""

from __future__ import annotations

import ast
import contextlib
import io
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import replace

from nbprod.extract.plan.cutting import MOST_PARAMETERS
from nbprod.facts import Facts
from nbprod.refactor.naming import words_of_identifier
from nbprod.refactor.plan import Constant, Function
from nbprod.report.wording import words_listed
from nbprod.syntax.walk import walk

__all__ = ["as_one_function"]

_MOST_DIFFERENCES = 3
# A function that is written anyway: two statements that are repeated are worth parameters.
_FEWEST_STATEMENTS = 2


def as_one_function(
    functions: Sequence[Function], literals: dict[ast.AST, str], facts: Facts
) -> tuple[Function, ...]:
    """The functions of a plan, those that do the same as an earlier one as calls of that.

    Args:
        functions: in document order.
        literals: gets the names of parameters that take the place of literals.
        facts: the notebook that their cells are in.
    """
    found: list[Function] = []
    for function in functions:
        same: tuple[int, _Match] | None = None
        for place, earlier in enumerate(found):
            if earlier.same_as is not None:
                continue
            match = _Match.of(earlier, function, literals)
            if match is not None and not _comments(function, facts) - _comments(earlier, facts):
                same = place, match
                break
        if same is None:
            found.append(function)
            continue
        place, match = same
        found[place] = match.generalized(literals, functions)
        given, settings = match.call()
        found.append(
            replace(
                function,
                same_as=found[place].cells[0],
                call=given,
                call_settings=settings,
            )  # fmt: skip
        )
    return tuple(found)


def _comments(function: Function, facts: Facts) -> set[str]:
    """The comments inside of a function; what is above its first statement stays above the call."""
    found = set()
    for unit in function.body:
        first = unit is function.body[0]
        source = facts.cell(unit.cell).source[unit.code if first else unit.start : unit.end]
        with contextlib.suppress(tokenize.TokenError, SyntaxError):
            for token in tokenize.generate_tokens(io.StringIO(source).readline):
                if token.type == tokenize.COMMENT:
                    found.add(token.string)
    return found


class _Match:
    """Two functions whose statements are equal but for names and a few literals."""

    def __init__(self, first: Function, other: Function, literals: dict[ast.AST, str]) -> None:
        self.first, self.other, self.literals = first, other, literals
        self.names: dict[str, str] = {}
        self.given: dict[str, ast.Constant] = {}
        self.differences: list[tuple[ast.Constant, ast.Constant, str]] = []

    @classmethod
    def of(cls, first: Function, other: Function, literals: dict[ast.AST, str]) -> _Match | None:
        """The match of two functions, None where they do not do the same."""
        match = cls(first, other, literals)
        return match if match._fits() else None

    def _fits(self) -> bool:
        first, other = self.first, self.other
        if len(first.body) != len(other.body) or _kind(first) != _kind(other):
            return False
        nodes = [node for unit in first.body for node in unit.nodes]
        others = [node for unit in other.body for node in unit.nodes]
        if (
            sum(isinstance(part, ast.stmt) for node in nodes for part in walk(node))
            < _FEWEST_STATEMENTS
        ):
            return False
        if len(nodes) != len(others) or not all(map(self._equal, nodes, others)):
            return False
        if len(set(self.names.values())) != len(self.names):
            return False
        own = self._variables(first)
        if any(name != new for name, new in self.names.items() if name not in own):
            return False
        taken = [self.names.get(one.name, one.name) for one in first.parameters]
        if sorted(taken) != sorted(one.name for one in other.parameters):
            return False
        made = [self.names.get(one.name, one.name) for one in first.results]
        if made != [one.name for one in other.results]:
            return False
        settings = {
            self.names.get(one.name, one.name)
            for one in first.settings
            if one.name not in self.given
        }
        if settings != {one.name for one in other.settings}:
            return False
        new = self._new_settings()
        used = {part.id for node in nodes for part in walk(node) if isinstance(part, ast.Name)}
        used |= first.own_names
        if len({role for role, _ in new.values()}) < len(new):
            # Two differences of one kind have no names that distinguish them.
            return False
        if any(role in used for role, _ in new.values()):
            return False
        count = len(first.parameters) + len(first.settings) + len(new)
        return len(new) <= _MOST_DIFFERENCES and count <= MOST_PARAMETERS

    @staticmethod
    def _variables(function: Function) -> set[str]:
        found = {one.name for one in (*function.parameters, *function.results)}
        found |= {one.name for one in function.settings}
        for unit in function.body:
            for node in unit.nodes:
                for part in walk(node):
                    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                        found.add(part.id)
        return found

    def _equal(self, one: object, other: object, role: str = "") -> bool:
        """Whether two trees are equal but for names and literals, which are written down."""
        if type(one) is not type(other):
            return False
        if isinstance(one, ast.Name) and isinstance(other, ast.Name):
            return self.names.setdefault(one.id, other.id) == other.id
        if isinstance(one, ast.Constant) and isinstance(other, ast.Constant):
            if type(one.value) is not type(other.value):
                return False
            mine, theirs = self.literals.get(one), self.literals.get(other)
            if mine is not None and theirs is not None:
                # A setting already, in both of them.
                return self.names.setdefault(mine, theirs) == theirs
            if mine is not None:
                # The earlier one has a parameter for it: others have differed as well.
                return self.given.setdefault(mine, other).value == other.value
            if theirs is not None:
                return False
            if one.value != other.value:
                self.differences.append((one, other, role))
                return bool(role)
            return True
        if isinstance(one, (ast.JoinedStr, ast.FunctionDef, ast.ClassDef)):
            return isinstance(other, ast.AST) and ast.dump(one) == ast.dump(other)
        if isinstance(one, ast.AST):
            return all(
                self._equal(getattr(one, field, None), getattr(other, field, None), part)
                for field, part in _fields(one, role)
            )
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(
                self._equal(left, right, role) for left, right in zip(one, other, strict=True)
            )
        return one == other

    def _new_settings(self) -> dict[str, tuple[str, list[ast.Constant]]]:
        """The literals that differ, by both values: the name of their parameter, and themselves.

        What is the same in both places is one parameter, whatever it is used for there."""
        found: dict[str, tuple[str, list[ast.Constant]]] = {}
        for node, other, role in self.differences:
            values = f"{node.value!r} {other.value!r}"
            known, nodes = found.get(values, (role, []))
            best = min(known, role, key=lambda one: one in _TEXTS)
            found[values] = best, [*nodes, node]
        return found

    def _with_settings(self, literals: dict[ast.AST, str]) -> Function:
        """The earlier function with parameters for what differs, and a name for all of its uses."""
        settings = list(self.first.settings)
        for role, nodes in self._new_settings().values():
            settings.append(Constant(role, ast.unparse(nodes[0]), self.first.body[0]))
            literals.update(dict.fromkeys(nodes, role))
        return replace(self.first, settings=tuple(settings))

    def generalized(self, literals: dict[ast.AST, str], functions: Sequence[Function]) -> Function:
        """The earlier function as one for both places: with parameters and a name for them."""
        made = self._with_settings(literals)
        made = replace(made, renamed={**made.renamed, **self._general_settings()})
        name = self._general_name()
        is_told = any(f"`{one.name}=" in made.summary for one in made.settings)
        if name in {other.name for other in functions} - {made.name}:
            name = made.name
        if name == made.name and not is_told:
            return made
        given = words_listed([f"`{made.inner(setting.name)}`" for setting in made.settings])
        words = " ".join(name.split("_")).capitalize()
        return replace(made, name=name, summary=f"{words} for a given {given}.")

    def _general_name(self) -> str:
        """The earlier function's name without the words of what differs."""
        values = set()
        for node, other, _ in self.differences:
            values |= _words(node.value) - _words(other.value)
        for mine, theirs in self._settings_that_differ():
            values |= _words(mine) - _words(theirs)
        # Where nothing but names differs, the name of the first one is as good as any.
        for result in self.first.results if self.differences else ():
            values |= _words(result.name) - _words(self.names.get(result.name, result.name))
        words = self.first.name.split("_")
        left = [word for word in words if word not in values or word == words[0]]
        while len(left) > 1 and left[-1] in _JOINING:
            left.pop()
        if len(left) == 1 and values & set(words):
            left.append("model" if left[0] == "fit" else "data")
        return "_".join(left) if len(left) > 1 else self.first.name

    def _settings_that_differ(self) -> Iterator[tuple[str, str]]:
        """The texts of settings that both functions have, where they differ."""
        values = {one.name: one.text for one in self.other.settings}
        for setting in self.first.settings:
            text = values.get(self.names.get(setting.name, setting.name), setting.text)
            if text != setting.text:
                yield setting.text, text

    def _general_settings(self) -> dict[str, str]:
        """Names for paths that are not those of one file."""
        paths = [one.name for one in self.first.settings if one.name.endswith("_path")]
        nodes = [node for unit in self.first.body for node in unit.nodes]
        used = {part.id for node in nodes for part in walk(node) if isinstance(part, ast.Name)}
        is_free = len(paths) == 1 and "path" not in used | self.first.own_names
        return {paths[0]: "path"} if is_free and [*self._settings_that_differ()] else {}

    def call(self) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """The arguments and settings with which the earlier function does what the other does."""
        words = [self.names.get(one.name, one.name) for one in self.first.parameters]
        found: dict[object, tuple[str, str]] = {}
        values = {one.name: one.text for one in self.other.settings}
        for setting in self.first.settings:
            if setting.name in self.given:
                text = ast.unparse(self.given[setting.name])
            else:
                text = values[self.names.get(setting.name, setting.name)]
            if text != setting.text:
                found[setting.name] = setting.name, text
        others = {id(node): other for node, other, _ in self.differences}
        for role, nodes in self._new_settings().values():
            found[role] = role, ast.unparse(others[id(nodes[0])])
        return tuple(words), tuple(found.values())


def _kind(function: Function) -> tuple[bool, bool, bool, int]:
    return (
        function.returned is None, bool(function.figure), bool(function.shown_names),
        len(function.shown),
    )  # fmt: skip


def _words(value: object) -> set[str]:
    return set(words_of_identifier(str(value).replace(" ", "_")))


# Words at the end of a name that join it to what follows.
_JOINING = frozenset("by of for per and with in on at vs".split())


def _fields(node: ast.AST, role: str) -> Iterator[tuple[str, str]]:
    """The fields of a node, each with the name that a literal there would have as a parameter."""
    for field in node._fields:
        if field == "ctx":
            continue
        if isinstance(node, ast.keyword):
            yield field, (node.arg or "") if field == "value" else role
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            yield field, _ROLES.get(called, "") if field == "args" else ""
        elif isinstance(node, ast.Subscript):
            yield field, "column" if field == "slice" and _is_column(node.slice) else ""
        else:
            yield field, "" if isinstance(node, ast.stmt) else role


def _is_column(node: ast.expr) -> bool:
    parts = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    return all(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in parts)


# What only labels a drawing.
_TEXTS = frozenset(["title", "xlabel", "ylabel", "label"])
# What the literals in some calls are.
_ROLES = {
    "groupby": "by", "sort_values": "by", "value_counts": "column", "drop": "column",
    "title": "title", "set_title": "title", "suptitle": "title", "xlabel": "xlabel",
    "ylabel": "ylabel", "set_xlabel": "xlabel", "set_ylabel": "ylabel",
}  # fmt: skip
