"""Hints at names inside of functions, where a type checker does not find their types by itself.

An empty list does not show what it will hold, and a number that begins as a whole one may become
another. What a run has shown is written at the first assignment. Where a function gives a name
another type later, the module asks the checker to allow that.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from nbprod.extract.code.literal_types import hint_of
from nbprod.names.scopes import iter_parameters
from nbprod.patterns import lazy_pattern
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = [
    "REBINDS",
    "RETURNS_ANY",
    "may_be_none",
    "names_of_none",
    "with_local_types",
]

REBINDS = "# mypy: allow-redefinition"
RETURNS_ANY = "# mypy: no-warn-return-any"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# They take nothing that may be None.
_NEED_VALUES = frozenset("len sum min max sorted range enumerate zip".split())
_OPTIONAL = frozenset("re.match re.search re.fullmatch shutil.which os.getenv".split())
_SCOPES = (*_FUNCTIONS, ast.ClassDef, ast.Lambda)
_MAKERS = frozenset("list dict set defaultdict deque Counter OrderedDict".split())
# By these a checker learns what an empty container holds.
_FILLING = frozenset(["append", "add", "extend", "update", "insert", "appendleft"])
# Types that a checker knows: what it cannot tell of a value is an error where one is promised.
_CHECKED = lazy_pattern(r"(?:np\.|matplotlib\.|(?:bool|bytes|dict|float|int|list|set|str|tuple)\b)")
_MADE_BY_NUMPY = frozenset("array arange asarray empty full linspace ones zeros".split())
_NAME = lazy_pattern(r"[^\W\d]\w*")
_SEVERAL = lazy_pattern(r"\b(?:Any|float)\b|\|")


class _Hint(NamedTuple):
    """A hint after a place in the text: line from 1, column in bytes."""

    line: int
    column: int
    text: str


def with_local_types(
    text: str,
    types: Mapping[str, Mapping[str, str]],
    imports: Mapping[str, str],
    shadowed: frozenset[str],
) -> str:
    """A module's text with the hints that its functions need inside.

    Args:
        text: the module.
        types: the types of the names that each function binds, of the attributes of classes, and
            under an empty name those of the module's constants.
        imports: the dotted names of what it imports, by name.
        shadowed: the builtins that it rebinds.
    """
    tree = ast.parse(text)
    found: list[_Hint] = []
    rebinds = returns_any = False
    has_libraries = any(
        name.partition(".")[0] not in sys.stdlib_module_names for name in imports.values()
    )
    found += _hints_of_constants(tree, types.get("", {}))
    for owner, node in _functions(tree):
        known = types.get(f"{owner}.{node.name}" if owner else node.name, {})
        bindings = _bindings(node)
        hints = [
            *_hints_of_names(bindings, known, node),
            *_hints_of_results(bindings, node, imports, shadowed),
        ]
        # A function that calls a value of its own `dict` cannot speak of the type there.
        own = {*bindings, *(argument.arg for argument in iter_parameters(node.args))}
        found += [hint for hint in hints if own.isdisjoint(_NAME.findall(hint.text))]
        found += _hints_of_attributes(node, types.get(owner, {})) if node.name == "__init__" else []
        rebinds = rebinds or any(
            _changes_type(values, imports, shadowed) for values in bindings.values()
        )
        rebinds = rebinds or _changes_argument(node, bindings, imports, shadowed)
        returns_any = returns_any or (
            has_libraries and _returns_any(node, bindings, imports, shadowed)
        )
    lines = text.encode("utf-8").split(b"\n")
    for hint in sorted({hint[:2]: hint for hint in found}.values(), reverse=True):
        line = lines[hint.line - 1]
        lines[hint.line - 1] = line[: hint.column] + hint.text.encode() + line[hint.column :]
    made = b"\n".join(lines).decode("utf-8")
    heads = [REBINDS] * rebinds + [RETURNS_ANY] * returns_any
    return "".join(f"{head}\n" for head in heads) + made


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The functions and the methods at the top of a module, with their classes."""
    for node in tree.body:
        if isinstance(node, _FUNCTIONS):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, _FUNCTIONS):
                    yield node.name, member


def may_be_none(value: ast.expr | None) -> bool:
    """Whether an expression may give None by what a type checker knows of it."""
    if isinstance(value, ast.Constant):
        return value.value is None
    if isinstance(value, ast.IfExp):
        return may_be_none(value.body) or may_be_none(value.orelse)
    if not isinstance(value, ast.Call):
        return False
    called = ast.unparse(value.func)
    given = [*value.args[1:], *(keyword.value for keyword in value.keywords)]
    if called == "next" or called.endswith(".get"):
        return any(map(may_be_none, given)) or (called != "next" and not given)
    return called in _OPTIONAL or any(
        keyword.arg == "default" and may_be_none(keyword.value) for keyword in value.keywords
    )


def names_of_none(node: ast.AST) -> frozenset[str]:
    """The names that a function, or a list of statements, gives a value that may be None."""
    return frozenset(
        name
        for name, values in _bindings(node).items()
        if any(may_be_none(made.value) for made in values)
    )


def used_without_test(node: ast.AST) -> frozenset[str]:
    """The names that a function computes with and never compares, tests or binds: a type checker
    refuses those that may be None."""
    used: set[str] = set()
    tested: set[str] = set()
    for part in walk(node):
        if isinstance(part, ast.BinOp):
            used |= _names_among([part.left, part.right])
        elif isinstance(part, (ast.Attribute, ast.Subscript)):
            used |= _names_among([part.value])
        elif isinstance(part, ast.For):
            used |= _names_among([part.iter])
        elif isinstance(part, ast.Call) and ast.unparse(part.func) in _NEED_VALUES:
            used |= _names_among(part.args)
        elif isinstance(part, ast.Compare):
            tested |= _names_among([part.left, *part.comparators])
        elif isinstance(part, (ast.If, ast.While, ast.IfExp, ast.Assert)):
            tested |= _names_among([part.test])
        elif isinstance(part, ast.BoolOp):
            tested |= _names_among(part.values)
        elif isinstance(part, ast.UnaryOp):
            tested |= _names_among([part.operand])
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            tested.add(part.id)
    return frozenset(used - tested)


def _names_among(nodes: Iterable[ast.expr]) -> set[str]:
    return {node.id for node in nodes if isinstance(node, ast.Name)}


class _Value(NamedTuple):
    """What gives a name a value: the target, and the value where it is one expression."""

    target: ast.expr
    value: ast.expr | None
    is_plain: bool = False


def _bindings(node: ast.AST) -> dict[str, list[_Value]]:
    """What a function assigns to each name, in the order of the text."""
    found: dict[str, list[_Value]] = {}
    for statement in _own_statements(node):
        for made in _values(statement):
            if isinstance(made.target, ast.Name):
                found.setdefault(made.target.id, []).append(made)
    return found


def _own_statements(node: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt) and not isinstance(child, _SCOPES):
            yield child
        if not isinstance(child, _SCOPES):
            yield from _own_statements(child)


def _values(statement: ast.stmt) -> Iterator[_Value]:
    if isinstance(statement, ast.Assign):
        is_plain = len(statement.targets) == 1
        for target in statement.targets:
            yield from _parts(target, statement.value, is_plain=is_plain)
    elif isinstance(statement, ast.AugAssign):
        yield _Value(statement.target, statement.value)
    elif isinstance(statement, (ast.For, ast.AsyncFor)):
        counts = (
            isinstance(statement.iter, ast.Call) and ast.unparse(statement.iter.func) == "range"
        )
        value = ast.Constant(0) if counts else None
        yield from _parts(statement.target, value)


def _parts(target: ast.expr, value: ast.expr | None, *, is_plain: bool = False) -> Iterator[_Value]:
    """The single targets of an assignment, with their values where these stand opposite."""
    if not isinstance(target, (ast.Tuple, ast.List)):
        yield _Value(target, value, is_plain)
        return
    opposite: list[ast.expr | None] = [None] * len(target.elts)
    if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
        opposite = list(value.elts)
    for part, own in zip(target.elts, opposite, strict=True):
        yield from _parts(part, own)


def _hints_of_names(
    bindings: Mapping[str, list[_Value]], known: Mapping[str, str], node: ast.AST
) -> Iterator[_Hint]:
    """The hints at the first assignments of containers that need one."""
    for name, values in bindings.items():
        first, hint = values[0], known.get(name, "Any")
        if not first.is_plain or first.value is None or hint == "Any":
            continue
        if not hint.startswith(f"{_kind(first.value)}["):
            continue
        is_open = _is_new(first.value) and bool(_SEVERAL.search(hint))
        if is_open or _is_mixed(first.value, hint) or _is_bare(first.value, name, node):
            yield _behind(first.target, hint)


def _hints_of_results(
    bindings: Mapping[str, list[_Value]],
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    imports: Mapping[str, str],
    shadowed: frozenset[str],
) -> Iterator[_Hint]:
    """The hint at a name that is returned, where a library without types gave its value."""
    hint = ast.unparse(node.returns).strip("'\"") if node.returns is not None else ""
    if not _CHECKED.match(hint) or "|" in hint or "Any" in hint:
        return
    returned = [part.value for part in _own_statements(node) if isinstance(part, ast.Return)]
    for name in {value.id for value in returned if isinstance(value, ast.Name)}:
        values = bindings.get(name, [])
        if len(values) == 1 and values[0].is_plain and values[0].value is not None:
            value = values[0].value
            if hint_of(value, imports, shadowed) == "Any" and not _is_new_array(value):
                yield _behind(values[0].target, hint)


def _returns_any(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    bindings: Mapping[str, list[_Value]],
    imports: Mapping[str, str],
    shadowed: frozenset[str],
) -> bool:
    """Whether a function that promises a type may return what a library gives no type of."""
    hint = ast.unparse(node.returns).strip("'\"") if node.returns is not None else ""
    if not _CHECKED.match(hint) or "Any" in hint:
        return False
    for part in _own_statements(node):
        value = part.value if isinstance(part, ast.Return) else None
        if value is None or isinstance(value, (ast.Tuple, ast.Constant)):
            continue
        values: list[ast.expr | None] = [value]
        if isinstance(value, ast.Name):
            made = bindings.get(value.id, [])
            # With one value it has a hint, but for a choice.
            values = [one.value for one in made] if len(made) > 1 or "|" in hint else []
        if any(given is None or _may_be_untyped(given, imports, shadowed) for given in values):
            return True
    return False


def _may_be_untyped(value: ast.expr, imports: Mapping[str, str], shadowed: frozenset[str]) -> bool:
    """Whether a library may give an expression no type: most of what is computed with arrays."""
    if isinstance(value, ast.Call):
        called = ast.unparse(value.func)
        is_builtin = hasattr(builtins, called) and called not in shadowed
        return not (is_builtin or _is_new_array(value))
    computed = isinstance(value, (ast.BinOp, ast.UnaryOp, ast.Subscript))
    return computed or hint_of(value, imports, shadowed) == "Any"


def _is_new_array(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and last_name(value.func) in _MADE_BY_NUMPY


def _hints_of_constants(tree: ast.Module, known: Mapping[str, str]) -> Iterator[_Hint]:
    """The hints at the empty containers of a module, which only its functions fill."""
    for node in tree.body:
        if not isinstance(node, ast.Assign) or len(node.targets) > 1:
            continue
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Name) and isinstance(value, (ast.List, ast.Dict)):
            if _is_empty(value):
                yield _behind(target, _of_empty(value, known.get(target.id, "Any")))


def _of_empty(value: ast.List | ast.Dict, hint: str) -> str:
    """The hint of an empty container, as far as it is known what it will hold."""
    kind = _kind(value)
    bare = {"list": "list[Any]", "dict": "dict[Any, Any]"}[kind]
    return hint if hint.startswith(f"{kind}[") else bare


def _behind(target: ast.expr, hint: str) -> _Hint:
    assert target.end_lineno is not None and target.end_col_offset is not None
    return _Hint(target.end_lineno, target.end_col_offset, f": {hint}")


def _kind(value: ast.expr) -> str:
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).rpartition(".")[2]
    return {ast.List: "list", ast.Dict: "dict", ast.Set: "set"}.get(type(value), "?")


def _is_new(value: ast.expr) -> bool:
    """Whether a container begins empty: a checker believes what is put into it first."""
    if isinstance(value, ast.Call):
        return _kind(value) in _MAKERS and not value.args and not value.keywords
    return isinstance(value, (ast.List, ast.Dict)) and _is_empty(value)


def _is_mixed(value: ast.expr, hint: str) -> bool:
    """Whether what a container holds is of several types: a checker believes the first ones."""
    return isinstance(value, (ast.List, ast.Dict, ast.Set)) and bool(_SEVERAL.search(hint))


def _is_bare(value: ast.expr, name: str, node: ast.AST) -> bool:
    """Whether a container is made of which a checker does not see what it holds."""
    if isinstance(value, ast.Call):
        called = ast.unparse(value.func).rpartition(".")[2]
        is_empty = called in _MAKERS and not value.keywords
        return is_empty and (called == "defaultdict" or not value.args) and not _fills(name, node)
    if isinstance(value, (ast.List, ast.Set, ast.Dict)):
        items = value.values if isinstance(value, ast.Dict) else value.elts
        if not items:
            return not _fills(name, node)
        return any(isinstance(item, (ast.List, ast.Dict)) and _is_empty(item) for item in items)
    return False


def _is_empty(value: ast.List | ast.Dict) -> bool:
    return not (value.elts if isinstance(value, ast.List) else value.values)


def _fills(name: str, node: ast.AST) -> bool:
    """Whether a function puts something into a container in a way that a checker follows."""
    for part in walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            owner = part.func.value
            if isinstance(owner, ast.Subscript):
                owner = owner.value
            if part.func.attr in _FILLING and isinstance(owner, ast.Name) and owner.id == name:
                return True
        if isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store):
            if isinstance(part.value, ast.Name) and part.value.id == name:
                return True
    return False


def _hints_of_attributes(node: ast.AST, known: Mapping[str, str]) -> Iterator[_Hint]:
    """The hints at the attributes that a constructor leaves open."""
    seen: set[str] = set()
    for statement in _own_statements(node):
        for made in _values(statement):
            target, value = made.target, made.value
            if not (isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)):
                continue
            if target.value.id != "self" or target.attr in seen or not made.is_plain:
                continue
            seen.add(target.attr)
            hint = known.get(target.attr, "Any")
            if isinstance(value, ast.Constant) and value.value is None:
                # What is set later is read without a question whether it is there.
                yield _behind(target, "Any")
            elif isinstance(value, (ast.List, ast.Dict)) and _is_empty(value):
                yield _behind(target, _of_empty(value, hint))
            elif isinstance(value, ast.Constant) and type(value.value) is int and hint == "float":
                yield _behind(target, hint)


def _changes_argument(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    bindings: Mapping[str, list[_Value]],
    imports: Mapping[str, str],
    shadowed: frozenset[str],
) -> bool:
    """Whether a function gives one of its arguments a value of another type."""
    for argument in iter_parameters(node.args):
        hint = ast.unparse(argument.annotation) if argument.annotation is not None else "Any"
        for made in bindings.get(argument.arg, ()):
            if hint in ("Any", "object") or made.value is None:
                continue
            new = hint_of(made.value, imports, shadowed)
            if new != "Any" and new.partition("[")[0] != hint.partition("[")[0]:
                return True
    return False


def _changes_type(
    values: list[_Value], imports: Mapping[str, str], shadowed: frozenset[str]
) -> bool:
    """Whether a name gets values of several types, as far as the code tells."""
    if len(values) < 2:
        return False
    hints = {
        "Any" if made.value is None else hint_of(made.value, imports, shadowed) for made in values
    }
    plain = {hint.partition("[")[0] for hint in hints}
    known = {hint for hint in plain if hint != "Any" and "." not in hint}
    return bool(known) and len(plain) > 1
