"""Hints and docstrings for the author's own definitions, where they have none.

A hint is what the code shows (a default, what is returned), else `Any`; a docstring is the comment
above, else the name in words. What is decorated by something unknown is left alone, and so is what
is handed to widgets: they read hints when they run.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nbprod.extract.code.literal_types import hint_of, joined_hints
from nbprod.notebook.positions import LineIndex

__all__ = ["add_annotations"]

_Function = (ast.FunctionDef, ast.AsyncFunctionDef)
_PLAIN_DECORATORS = frozenset(
    "staticmethod classmethod property cache lru_cache wraps contextmanager setter getter deleter"
    " abstractmethod cached_property total_ordering dataclass".split()
)
_WIDGETS = frozenset("interact interactive interact_manual interactive_output".split())
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_COMMENT = re.compile(r"#\s*(?!noqa|type:|pylint|fmt|!)(\w.*)")
# What a type checker takes as given.
_IMPLIED = {"__init__": "None", "__repr__": "str", "__str__": "str", "__len__": "int"}


class _Edit(NamedTuple):
    """A piece of text to put in at an offset."""

    offset: int
    text: str


def add_annotations(text: str, imports: Mapping[str, str], shadowed: frozenset[str]) -> str:
    """A module's text with complete hints and docstrings.

    Args:
        text: the module.
        imports: the dotted names of what it imports, by name.
        shadowed: the builtins that it rebinds.
    """
    tree = ast.parse(text)
    writer = _Writer(text, tree, imports, shadowed)
    edits = sorted(writer.edits(tree.body, in_class=False))
    for edit in reversed(edits):
        text = text[: edit.offset] + edit.text + text[edit.offset :]
    return text


class _Writer:
    """Finds what the definitions of a module lack."""

    def __init__(
        self, text: str, tree: ast.Module, imports: Mapping[str, str], shadowed: frozenset[str]
    ) -> None:
        self.text = text
        self.imports = imports
        self.shadowed = shadowed
        self.index = LineIndex(text)
        self.colons = _colons(text)
        self.in_widgets = _handed_to_widgets(tree)

    def edits(self, body: Sequence[ast.stmt], *, in_class: bool) -> Iterator[_Edit]:
        """What to put into some statements and those inside of them."""
        for node in body:
            if isinstance(node, ast.ClassDef):
                yield from self._docstring(node, in_class)
                yield from self.edits(node.body, in_class=True)
            elif isinstance(node, _Function):
                if all(_is_plain(expression) for expression in node.decorator_list):
                    if node.name not in self.in_widgets:
                        yield from self._hints(node, in_class)
                    yield from self._docstring(node, in_class)
                yield from self.edits(node.body, in_class=False)
            else:
                for field in ("body", "orelse", "finalbody"):
                    yield from self.edits(getattr(node, field, ()), in_class=in_class)

    # --- hints --------------------------------------------------------------------------------

    def _hints(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, in_class: bool
    ) -> Iterator[_Edit]:
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
                yield self._behind(argument, f": {self._of_default(default)}")
        for rest in (arguments.vararg, arguments.kwarg):
            if rest is not None and rest.annotation is None:
                yield self._behind(rest, ": Any")
        if node.returns is None:
            colon = self.colons.get(node.lineno)
            if colon is not None:
                offset = self.index.starts[colon[0] - 1] + colon[1]
                yield _Edit(offset, f" -> {self._of_return(node, in_class)}")

    def _behind(self, argument: ast.arg, text: str) -> _Edit:
        line, column = argument.end_lineno or 0, argument.end_col_offset or 0
        return _Edit(self.index.offset(line, column), text)

    def _of_default(self, default: ast.expr | None) -> str:
        if default is None or not isinstance(default, ast.Constant):
            return "Any"
        return hint_of(default, self.imports, self.shadowed)

    def _of_return(self, node: ast.FunctionDef | ast.AsyncFunctionDef, in_class: bool) -> str:
        if in_class and node.name in _IMPLIED:
            return _IMPLIED[node.name]
        own = list(_own_parts(node))
        if any(isinstance(child, (ast.Yield, ast.YieldFrom)) for child in own):
            return "Any"
        values = [child.value for child in own if isinstance(child, ast.Return)]
        given = [expression for expression in values if expression is not None]
        if not given:
            return "None"
        if len(given) < len(values) or _may_fall_through(node.body):
            return "Any"
        return joined_hints(self._of_value(expression) for expression in given)

    def _of_value(self, node: ast.expr) -> str:
        if isinstance(node, (ast.Constant, ast.JoinedStr, ast.Compare)):
            hint = hint_of(node, self.imports, self.shadowed)
            return "Any" if isinstance(node, ast.Compare) else hint
        return "Any"

    # --- docstrings ---------------------------------------------------------------------------

    def _docstring(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, in_class: bool
    ) -> Iterator[_Edit]:
        name = node.name
        special = name.startswith("__") and name.endswith("__")
        if ast.get_docstring(node, clean=False) is not None or (
            name.startswith("_") and not (in_class and special)
        ):
            return
        first = node.body[0]
        line = first.lineno
        decorators = getattr(first, "decorator_list", None)
        if decorators:
            line = decorators[0].lineno
            column = self.text.index("@", self.index.starts[line - 1]) - self.index.starts[line - 1]
            offset = self.index.starts[line - 1] + column
        else:
            offset = self.index.offset(line, first.col_offset)
            column = offset - self.index.starts[line - 1]
        said = f'"""{self._summary(node, special)}"""'
        before = self.text[self.index.starts[line - 1] : offset]
        yield _Edit(offset, f"{said}\n{before}" if not before.strip() else f"{said}; ")

    def _summary(self, node: ast.stmt, special: bool) -> str:
        name: str = node.name  # type: ignore[attr-defined]
        decorators = getattr(node, "decorator_list", None)
        first = decorators[0].lineno if decorators else node.lineno
        above = self.text.split("\n")[first - 2].strip() if first > 1 else ""
        comment = _COMMENT.fullmatch(above)
        if comment is not None and len(comment[1]) < 70 and "\\" not in above and '"' not in above:
            words = comment[1].strip().rstrip(".:")
            return f"{words[:1].upper()}{words[1:]}."
        if name == "__init__":
            return "Set the object up."
        if special:
            return f"Give Python its `{name}`."
        words = " ".join(_WORDS.findall(name)).lower() or name
        return f"{words[:1].upper()}{words[1:]}."


def _colons(text: str) -> dict[int, tuple[int, int]]:
    """For each line with ``def``, where the colon stands that ends the head: line and column."""
    found: dict[int, tuple[int, int]] = {}
    line: int | None = None
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if line is None:
            if token.type == tokenize.NAME and token.string == "def":
                line, depth = token.start[0], 0
        elif token.type == tokenize.OP:
            if token.string in "([{":
                depth += 1
            elif token.string in ")]}":
                depth -= 1
            elif token.string == ":" and depth == 0:
                found[line] = token.start
                line = None
    return found


def _handed_to_widgets(tree: ast.Module) -> frozenset[str]:
    found = set()
    for node in ast.walk(tree):
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


def _may_fall_through(body: Sequence[ast.stmt]) -> bool:
    """Whether a function may end without a return, as far as its last statement tells."""
    last = body[-1]
    if isinstance(last, (ast.Return, ast.Raise)):
        return False
    if isinstance(last, ast.If):
        return not last.orelse or _may_fall_through(last.body) or _may_fall_through(last.orelse)
    if isinstance(last, (ast.With, ast.AsyncWith)):
        return _may_fall_through(last.body)
    return True
