"""What is written out in a notebook: constants, and what libraries make of them alone."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.rules.fitting_values import statement_of
from nbprod.syntax.names import last_name, mentioned_names, root_of
from nbprod.syntax.walk import walk

__all__ = ["WrittenOut"]

_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_DISPLAYS = (ast.List, ast.Tuple, ast.Set, ast.Dict)
_FORMS = (
    ast.Constant, ast.UnaryOp, ast.BinOp, ast.Compare, ast.BoolOp, ast.Subscript, ast.Slice,
    ast.Attribute, ast.Call, ast.keyword, ast.Name, ast.Starred, ast.JoinedStr, ast.FormattedValue,
    ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop, *_DISPLAYS,
)  # fmt: skip
# What makes a value of its arguments alone.
_MAKERS = frozenset(
    """
    int float complex str bytes bytearray bool list tuple set frozenset dict range len sum abs round
    min max sorted reversed zip enumerate iter slice Counter deque OrderedDict defaultdict Fraction
    Decimal date datetime timedelta array asarray arange linspace ones zeros full eye identity
    matrix Matrix tensor constant Variable Series DataFrame Index MultiIndex Categorical date_range
    to_datetime Timestamp search match fullmatch compile Symbol symbols random rand randn randint
    """.split()
)
# Calls that bring something in from outside the notebook.
_READING = (
    "open", "read", "load", "fetch", "get", "download", "urlopen", "imread", "input", "connect",
    "request", "run", "exec", "eval", "now", "today", "scan", "post", "sql", "query",
)  # fmt: skip


# Room for what is to come.
_ROOM = frozenset("zeros ones empty full zeros_like ones_like empty_like".split())


class WrittenOut:
    """Which values of a notebook are constants, or made of constants alone."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._names: dict[str, bool] = {}
        self._holding: dict[str, bool] = {}

    def is_so(self, node: ast.AST, any_call: bool = False) -> bool:
        """Whether all that code uses is written out.

        Calls make values of their arguments; with ``any_call`` those of code that is not known do.
        """
        return self._is_plain(node, any_call) and all(map(self._is_name, mentioned_names(node)))

    def holds_values(self, value: ast.expr | None) -> bool:
        """Whether a value is written out and holds something: empty ones are to be filled."""
        if value is None or not self.is_so(value):
            return False
        if isinstance(value, ast.Name):
            return self._name_holds(value.id)
        if isinstance(value, ast.Call):
            if last_name(value.func) in _ROOM:
                return False
            owner = value.func.value if isinstance(value.func, ast.Attribute) else None
            given = (*value.args, *(keyword.value for keyword in value.keywords))
            parts = (owner, *given) if owner is not None else given
            return any(self.holds_values(part) for part in parts)
        if isinstance(value, _DISPLAYS):
            return bool(value.values if isinstance(value, ast.Dict) else value.elts)
        return not isinstance(value, ast.Constant) or value.value not in (None, "")

    def _name_holds(self, name: str) -> bool:
        """Whether a name is given a value that holds something, looked up once."""
        known = self._holding.get(name)
        if known is None:
            # A name that is made of itself holds what else it is made of.
            self._holding[name] = False
            known = any(map(self.holds_values, self._values(name)))
            self._holding[name] = known
        return known

    def _values(self, name: str) -> Iterator[ast.expr]:
        for made in self._facts.flow.definitions.get(name, ()):
            node = statement_of(made, self._facts)
            if isinstance(node, _ASSIGNMENTS) and node.value is not None:
                yield node.value

    def _is_name(self, name: str) -> bool:
        """Whether a name is written out, with all that it is made of."""
        known = self._names.get(name)
        if known is None:
            seen, left, known = {name}, [name], True
            while left and known:
                part = left.pop()
                if part in self._names:
                    known = self._names[part]
                    continue
                values = self._defining(part)
                known = values is not None and all(self._is_plain(value) for value in values)
                new = {read for value in values or () for read in mentioned_names(value)} - seen
                seen |= new
                left += new
            # All that a written-out name is made of is written out as well.
            self._names.update(dict.fromkeys(seen if known else (name,), known))
        return known

    def _defining(self, name: str) -> list[ast.expr] | None:
        """The expressions that a name is assigned; None where it is bound in another way."""
        definitions = self._facts.flow.definitions.get(name, ())
        if not definitions and not hasattr(builtins, name):
            return None
        values = []
        for made in definitions:
            if made.is_unbound or made.binding.kind in ("mutation", "import"):
                continue
            node = statement_of(made, self._facts)
            if not isinstance(node, _ASSIGNMENTS):
                return None
            if node.value is not None:
                values.append(node.value)
        return values

    def _is_plain(self, node: ast.AST, any_call: bool = False) -> bool:
        """Whether code has no other forms than those of plain values, and reads nothing in."""
        return all(
            isinstance(part, _FORMS)
            and not (isinstance(part, ast.Call) and not self._makes(part, any_call))
            for part in walk(node)
        )

    def _makes(self, call: ast.Call, any_call: bool) -> bool:
        name = last_name(call.func)
        if not name or any(name == word or name.startswith(f"{word}_") for word in _READING):
            return False
        if name in _MAKERS or _is_of_numbers(call, name):
            return True
        if any_call and not self._is_own(call.func):
            return True
        # A method of a value, not a function of a module; calls before it are judged themselves.
        root, _ = root_of(call.func)
        return isinstance(call.func, ast.Attribute) and root not in self._facts.imported

    def _is_own(self, function: ast.expr) -> bool:
        """Whether it is a name that the notebook binds itself, not by an import."""
        return (
            isinstance(function, ast.Name)
            and function.id in self._facts.flow.definitions
            and function.id not in self._facts.imported
        )


def _is_of_numbers(call: ast.Call, name: str) -> bool:
    """Whether it is an object of a class, made of literal numbers: `Point([1, 2])`."""
    values = [part.value for part in walk(call) if isinstance(part, ast.Constant)]
    return name[:1].isupper() and bool(values) and {type(value) for value in values} <= {int, float}
