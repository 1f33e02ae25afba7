"""IPython as the judge: what it makes of a cell, and what running the cell leaves behind."""

from __future__ import annotations

import ast
import gc
import io
import re
import warnings
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from typing import Any

from nbprod.notebook.types import Cell
from nbprod.syntax.parse import parse_cell
from nbprod.syntax.types import ParsedCell

_BREAKS = re.compile(r"[\r\n]")
_BLANKS_AT_BREAKS = re.compile(r"[ \t]*\n[ \t]*")


def ours(source: str) -> ParsedCell:
    """Our reading of a cell, with what must hold of any cell checked."""
    parsed = parse_cell(Cell(0, "code", source))
    masked = parsed.masked
    assert len(masked) == len(source)
    assert [match.start() for match in _BREAKS.finditer(masked)] == [
        match.start() for match in _BREAKS.finditer(source)
    ]
    assert (parsed.tree is None) == (parsed.fault is not None)
    if parsed.fault is not None:
        assert 0 <= parsed.fault.start <= parsed.fault.end <= len(source)
    for magic in parsed.magics:
        assert source[magic.start : magic.end] == magic.text
        for name in (*magic.reads, *magic.binds, *magic.interpolates):
            assert source[name.start : name.end] == name.name
    return parsed


def theirs(source: str) -> ast.Module | None:
    """IPython's tree of a cell; None if it does not parse, or a statement does not compile."""
    from IPython.core.inputtransformer2 import TransformerManager

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            manager = TransformerManager()  # type: ignore[no-untyped-call]
            tree = ast.parse(manager.transform_cell(source))
            for statement in tree.body:
                module = ast.Module(body=[statement], type_ignores=[])
                compile(module, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)
        except (SyntaxError, ValueError):
            return None
    return tree


def dumped(node: ast.AST) -> str:
    """A statement as text; the indentation within strings is IPython's to take away."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            part.value = _BLANKS_AT_BREAKS.sub("\n", part.value)
    return ast.dump(node)


def plain_statements(parsed: ParsedCell) -> list[str]:
    """The statements that hold no magic, as text."""
    assert parsed.tree is not None
    places = {(magic.lineno, magic.col_offset) for magic in parsed.magics}
    return [
        dumped(statement)
        for statement in parsed.tree.body
        if not any(
            isinstance(node, ast.Constant) and (node.lineno, node.col_offset) in places
            for node in ast.walk(statement)
        )
    ]


def body_given_to(tree: ast.Module) -> tuple[str, str] | None:
    """Name and body of the cell magic that IPython calls, if the cell is one."""
    match tree.body:
        case [
            ast.Expr(ast.Call(ast.Attribute(attr="run_cell_magic"), [ast.Constant(name), _, last]))
        ] if isinstance(last, ast.Constant):
            return str(name), str(last.value)
    return None


def compare(source: str, *, judged: str | None = None) -> None:
    """Assert that we read a cell as IPython does; ``judged`` is what it does with the body."""
    parsed = ours(source)
    wanted = theirs(source if judged is None else judged)
    assert (parsed.tree is not None) == (wanted is not None), parsed.fault
    if wanted is None or any(magic.kind == "quote" for magic in parsed.magics):
        return  # for a quoted call IPython writes the call, we a stand-in that says what is called
    mine = plain_statements(parsed)
    its = [dumped(statement) for statement in wanted.body]
    assert mine == [text for text in its if "get_ipython" not in text]


@cache
def shell() -> Any:
    """One IPython without history, for the tests that run cells."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    return InteractiveShell.instance(config=config)


def fresh_shell() -> Any:
    """The shell with an empty namespace.

    Its reset collects garbage; what other tests have left is not looked through each time.
    """
    gc.freeze()
    shell().reset(new_session=True)
    gc.unfreeze()
    return shell()


def bound_by_running(source: str) -> set[str]:
    """The variables that a cell really leaves in a fresh namespace."""
    fresh_shell()
    before = set(shell().user_ns)
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        result = shell().run_cell(source)
    assert result.success, source
    return {name for name in set(shell().user_ns) - before if not name.startswith("_")}
