"""Hints and docstrings for the author's own definitions, where they have none.

A hint is what the code shows (a default, what is returned), else `Any`; a docstring is the comment
above, else the name in words. What is decorated by something unknown is left alone, and so is what
is passed to widgets: they read hints when they run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

import libcst as cst
from libcst.metadata import PositionProvider

from nbprod.extract.code.literal_types import hint_of, joined_hints
from nbprod.extract.code.local_types import may_be_none, names_of_none, used_without_test
from nbprod.patterns import lazy_pattern
from nbprod.refactor.evidence import IMPERATIVES
from nbprod.report.wording import words_listed
from nbprod.syntax.walk import walk

__all__ = ["add_annotations"]

_Function = (ast.FunctionDef, ast.AsyncFunctionDef)
_PLAIN_DECORATORS = frozenset(
    "staticmethod classmethod property cache lru_cache wraps contextmanager setter getter deleter"
    " abstractmethod cached_property total_ordering dataclass".split()
)
_WIDGETS = frozenset("interact interactive interact_manual interactive_output".split())
_WORDS = lazy_pattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_COMMENT = lazy_pattern(r"#\s*(?!noqa|type:|pylint|fmt|!)(\w.*)")
# What a type checker takes as given.
# More parameters than these make no sentence.
_MOST_NAMED = 3
_IMPLIED = {"__init__": "None", "__repr__": "str", "__str__": "str", "__len__": "int"}
_Definition = TypeVar("_Definition", cst.FunctionDef, cst.ClassDef)


def add_annotations(
    text: str,
    imports: Mapping[str, str],
    shadowed: frozenset[str],
    seen: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> str:
    """A module's text with complete hints and docstrings.

    Args:
        text: the module.
        imports: the dotted names of what it imports, by name.
        shadowed: the builtins that it rebinds.
        seen: the types that a run has shown, for some functions by the names of parameters, and
            ``return``.
    """
    tree = ast.parse(text)
    wrapper = cst.MetadataWrapper(cst.parse_module(text))
    return wrapper.visit(_Completer(tree, imports, shadowed, seen)).code


class _Completer(cst.CSTTransformer):
    """Adds what the definitions of a module lack; their comments stay on their lines."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(
        self,
        tree: ast.Module,
        imports: Mapping[str, str],
        shadowed: frozenset[str],
        seen: Mapping[str, Mapping[str, str]],
    ) -> None:
        super().__init__()
        self.seen = seen
        self.hints = _Hints(imports, shadowed)
        self.in_widgets = _handed_to_widgets(tree)
        self.nodes = {
            (node.name, node.lineno): node
            for node in walk(tree)
            if isinstance(node, (*_Function, ast.ClassDef))
        }
        self.methods = {
            id(member): node.name
            for node in walk(tree)
            if isinstance(node, ast.ClassDef)
            for member in node.body
        }
        # A hint is evaluated where it stands: a class that is defined there or below is quoted.
        self.lines_of_classes = {
            node.name: node.lineno for node in tree.body if isinstance(node, ast.ClassDef)
        }

    def leave_FunctionDef(  # noqa: N802 - the name is that of libcst
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """Complete a function."""
        node = self._node(original_node)
        if not isinstance(node, _Function) or not all(map(_is_plain, node.decorator_list)):
            return updated_node
        if node.name not in self.in_widgets:
            updated_node = self._hinted(node, updated_node)
        return self._documented(node, updated_node)

    def leave_ClassDef(  # noqa: N802 - the name is that of libcst
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef:
        """Complete a class."""
        node = self._node(original_node)
        return updated_node if node is None else self._documented(node, updated_node)

    def _node(
        self, tree: cst.FunctionDef | cst.ClassDef
    ) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None:
        line = self.get_metadata(PositionProvider, tree.name).start.line
        return self.nodes.get((tree.name.value, line))

    def _hinted(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, tree: cst.FunctionDef
    ) -> cst.FunctionDef:
        owner = self.methods.get(id(node), "")
        seen = self.seen.get(f"{owner}.{node.name}" if owner else node.name, {})
        own = dict(self.hints.of_parameters(node, in_class=bool(owner)))
        hints = {key: _with_default(hint, seen.get(key, "Any")) for key, hint in own.items()}
        needed = used_without_test(node)
        found = {
            key: self._quoted("Any" if hint.endswith("| None") and key in needed else hint, node)
            for key, hint in hints.items()
        }
        tree = tree.with_changes(params=tree.params.visit(_Parameters(found)))
        if tree.returns is None:
            hint = self.hints.of_return(node, in_class=bool(owner), seen=seen.get("return", "Any"))
            tree = tree.with_changes(returns=_annotation(self._quoted(hint, node)))
        return tree

    def _quoted(self, hint: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        """A hint as it can stand at a function."""
        later = [name for name, line in self.lines_of_classes.items() if line >= node.lineno]
        owner = self.methods.get(id(node))
        later += [owner] if owner else []
        is_early = any(re.search(rf"\b{re.escape(name)}\b", hint) for name in later)
        return f'"{hint}"' if is_early else hint

    def _documented(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
        tree: _Definition,
    ) -> _Definition:
        special = node.name.startswith("__") and node.name.endswith("__")
        in_class = id(node) in self.methods
        has_own = ast.get_docstring(node, clean=False) is not None
        if has_own or (node.name.startswith("_") and not (in_class and special)):
            return tree
        text = f'"""{_summary(node, tree, special=special)}"""'
        line = cst.SimpleStatementLine([cst.Expr(cst.SimpleString(text))])
        return tree.with_changes(body=_with_docstring(line, tree.body))


def _with_docstring(line: cst.SimpleStatementLine, suite: cst.BaseSuite) -> cst.IndentedBlock:
    """A suite whose first statement is a docstring."""
    if isinstance(suite, cst.IndentedBlock):
        return suite.with_changes(body=[line, *suite.body])
    assert isinstance(suite, cst.SimpleStatementSuite)
    return cst.IndentedBlock([line, *(cst.SimpleStatementLine([small]) for small in suite.body)])


def _with_default(of_default: str, seen: str) -> str:
    """The hint of a parameter from its default and from what it was called with."""
    if of_default == "Any":
        return seen
    if seen == "Any":
        return "Any" if of_default == "None" else of_default
    if {of_default, seen} <= {"int", "float"}:
        return of_default if of_default == seen else "float"
    options = seen.split(" | ")
    return seen if of_default in options else f"{seen} | {of_default}"


class _Parameters(cst.CSTTransformer):
    """Adds the hints of parameters, by name."""

    def __init__(self, hints: Mapping[str, str]) -> None:
        super().__init__()
        self.hints = hints

    def leave_Param(self, original_node: cst.Param, updated_node: cst.Param) -> cst.Param:  # noqa: N802 - as libcst
        """Add the hint of a parameter."""
        hint = self.hints.get(updated_node.name.value)
        if hint is None or updated_node.annotation is not None:
            return updated_node
        return updated_node.with_changes(
            annotation=_annotation(hint, before=""),
            equal=cst.AssignEqual() if updated_node.default else cst.MaybeSentinel.DEFAULT,
        )

    def visit_Lambda(self, node: cst.Lambda) -> bool:  # noqa: N802 - as libcst
        """A default may have parameters of its own, which take no hints."""
        return False


def _annotation(hint: str, before: str = " ") -> cst.Annotation:
    return cst.Annotation(
        annotation=cst.parse_expression(hint),
        whitespace_before_indicator=cst.SimpleWhitespace(before),
        whitespace_after_indicator=cst.SimpleWhitespace(" "),
    )


def _summary(node: ast.stmt, tree: cst.FunctionDef | cst.ClassDef, *, special: bool) -> str:
    """The comment above a definition, or its name in words."""
    name: str = node.name  # type: ignore[attr-defined]
    above = next((line.comment.value for line in reversed(tree.leading_lines) if line.comment), "")
    comment = _COMMENT.fullmatch(above)
    if comment is not None and len(comment[1]) < 70 and "\\" not in above and '"' not in above:
        words = comment[1].strip().rstrip(".:")
        return f"{words[:1].upper()}{words[1:]}."
    if name == "__init__":
        return "Initialize the object."
    if special:
        return f"Implement `{name}`."
    if isinstance(node, ast.ClassDef):
        methods = [member.name for member in node.body if isinstance(member, _Function)]
        public = [f"`{method}`" for method in methods if not method.startswith("_")][:3]
        words = " ".join(_WORDS.findall(name))
        return f"{words} with {', '.join(public)}." if public else f"{words} of the notebook."
    return _sentence(name, node)


def _sentence(name: str, node: ast.stmt) -> str:
    """An imperative sentence for a function: its own words, or a verb and its name."""
    words = [word.lower() for word in _WORDS.findall(name)] or [name]
    given = _given(node)
    if words[0] in IMPERATIVES:
        verb, rest = words[0].capitalize(), " ".join(words[1:])
        return f"{' '.join(filter(None, (verb, rest, given and f'with {given}')))}."
    gives = any(isinstance(part, ast.Return) and part.value for part in walk(node))
    if gives:
        return f"Return `{name}`{given and f' of {given}'}."
    return f"Do `{name}` once{given and f', with {given}'}."


def _given(node: ast.stmt) -> str:
    """The parameters of a function in words, where they are few."""
    if not isinstance(node, _Function):
        return ""
    arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    names = [f"`{part.arg}`" for part in arguments if part.arg not in ("self", "cls")]
    if not names or len(names) > _MOST_NAMED:
        return ""
    return words_listed(names)


class _Hints:
    """Hints for parameters and results, as far as the code shows them."""

    def __init__(self, imports: Mapping[str, str], shadowed: frozenset[str]) -> None:
        self.imports = imports
        self.shadowed = shadowed

    def of_parameters(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, *, in_class: bool
    ) -> Iterator[tuple[str, str]]:
        """The hint of each parameter that lacks one, by name."""
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        defaults += arguments.defaults
        pairs = [
            *zip(positional, defaults, strict=True),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        static = any(
            ast.unparse(expression) == "staticmethod" for expression in node.decorator_list
        )
        if in_class and positional and not static:
            pairs = pairs[1:]
        for argument, default in pairs:
            if argument.annotation is None:
                yield argument.arg, self._of_default(default)
        for rest in (arguments.vararg, arguments.kwarg):
            if rest is not None and rest.annotation is None:
                yield rest.arg, "Any"

    def _of_default(self, default: ast.expr | None) -> str:
        if isinstance(default, ast.Constant) and default.value is None:
            return "None"
        if default is None:
            return "Any"
        return hint_of(default, self.imports, self.shadowed)

    def of_return(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, *, in_class: bool, seen: str = "Any"
    ) -> str:
        """The hint of the result, of which calls have ``seen`` a part or all."""
        if in_class and node.name in _IMPLIED:
            return _IMPLIED[node.name]
        own = list(_own_parts(node))
        if any(isinstance(child, (ast.Yield, ast.YieldFrom)) for child in own):
            return seen
        values = [child.value for child in own if isinstance(child, ast.Return)]
        given = [
            expression
            for expression in values
            if expression is not None and not _is_none(expression)
        ]
        if not given:
            return "None"
        falls = may_fall_through(node.body)
        found = joined_hints(self._of_value(expression) for expression in given)
        hint = found if seen == "Any" else seen
        if hint == "Any" or falls:
            # A checker wants a `return` at the end of a function that gives something.
            return "Any"
        empty = names_of_none(node)
        is_optional = len(given) < len(values) or any(
            may_be_none(expression) or (isinstance(expression, ast.Name) and expression.id in empty)
            for expression in given
        )
        is_optional = is_optional and "None" not in hint.split(" | ")
        return f"{hint} | None" if is_optional else hint

    def _of_value(self, node: ast.expr) -> str:
        # A comparison of arrays gives an array.
        is_unknown = isinstance(node, ast.Compare)
        return "Any" if is_unknown else hint_of(node, self.imports, self.shadowed)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _handed_to_widgets(tree: ast.Module) -> frozenset[str]:
    found = set()
    for node in walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in _WIDGETS:
                found |= {
                    expression.id for expression in node.args if isinstance(expression, ast.Name)
                }
    return frozenset(found)


def _is_plain(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(called).rpartition(".")[2] in _PLAIN_DECORATORS


def _own_parts(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a function's body, nested functions left out."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*_Function, ast.Lambda, ast.ClassDef)):
            yield child
            yield from _own_parts(child)


def may_fall_through(body: Sequence[ast.stmt]) -> bool:
    """Whether a function may end without a return, as far as its last statement tells."""
    last = body[-1]
    if isinstance(last, (ast.Return, ast.Raise)):
        return False
    if isinstance(last, ast.If):
        return not last.orelse or may_fall_through(last.body) or may_fall_through(last.orelse)
    if isinstance(last, (ast.With, ast.AsyncWith)):
        return may_fall_through(last.body)
    if isinstance(last, ast.While):
        leaves = any(isinstance(part, ast.Break) for part in walk(last))
        return leaves or not (isinstance(last.test, ast.Constant) and bool(last.test.value))
    if isinstance(last, ast.Try):
        if last.finalbody and not may_fall_through(last.finalbody):
            return False
        ends = [last.orelse or last.body, *(handler.body for handler in last.handlers)]
        return any(may_fall_through(end) for end in ends)
    return True
