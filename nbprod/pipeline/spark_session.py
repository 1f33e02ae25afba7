"""A notebook with a session of Spark as one in which a function makes the session.

A session cannot be stored, and each process has one of its own: what a notebook binds once to
`SparkSession.….getOrCreate()` becomes the function `spark_session`, which tasks call. Lines stay
where they are. Pure.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from nbprod.facts import Facts
from nbprod.pipeline.several import notebook_bytes, plain_cells
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import walk

__all__ = ["SESSION", "with_session_function"]

SESSION, _CONTEXT = "spark_session", "spark_context"
_SENTENCES = {
    SESSION: "Return the session of Spark in this process.",
    _CONTEXT: "Return the context of Spark in this process.",
}


class _Edit(NamedTuple):
    start: int
    stop: int
    text: str


def with_session_function(facts: Facts) -> bytes | None:
    """The notebook with functions for its session and its context of Spark.

    Args:
        facts: the notebook.

    Returns:
        None where it binds no session, or also binds its name to something else.
    """
    made = _made(facts)
    if SESSION not in made.values():
        return None
    sources = [cell.source for cell in facts.notebook.cells]
    for number, parsed in enumerate(facts.parsed):
        if parsed is not None:
            for edit in sorted(_edits(parsed, made), reverse=True):
                text = sources[number]
                sources[number] = text[: edit.start] + edit.text + text[edit.stop :]
    cells = plain_cells(facts)
    return notebook_bytes([{**cell, "source": sources[n]} for n, cell in enumerate(cells)])


def _made(facts: Facts) -> dict[str, str]:
    """The names that are bound to a session or its context and nothing else: their functions."""
    found: dict[str, str] = {}
    bound: dict[str, int] = {}
    for parsed in facts.parsed:
        for part in parsed.nodes if parsed is not None else ():
            for name in _bound(part):
                bound[name] = bound.get(name, 0) + 1
    for parsed in facts.parsed:
        for node in parsed.live_nodes if parsed is not None else ():
            kind = _kind(node, found)
            if kind is not None:
                assert isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
                found[node.targets[0].id] = kind
    if {SESSION, _CONTEXT} & set(bound):
        return {}
    return {name: kind for name, kind in found.items() if bound[name] == 1}


def _bound(part: ast.AST) -> Iterator[str]:
    if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
        yield part.id
    elif isinstance(part, ast.arg):
        yield part.arg
    elif isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield part.name
    elif isinstance(part, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in part.names)


def _kind(node: ast.AST, sessions: dict[str, str]) -> str | None:
    """Which function a statement at the top of a cell becomes."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or node.col_offset:
        return None
    value = node.value
    if not isinstance(node.targets[0], ast.Name):
        return None
    if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
        of_session = sessions.get(value.value.id) == SESSION
        return _CONTEXT if of_session and value.attr == "sparkContext" else None
    is_made = isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)
    return SESSION if is_made and _session_class(value) is not None else None


def _session_class(value: ast.expr) -> str | None:
    """The class of a chain of calls `SparkSession.builder.….getOrCreate()`, as it is written."""
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute)):
        return None
    inner: ast.expr = value.func
    if value.func.attr != "getOrCreate":
        return None
    while isinstance(inner, (ast.Call, ast.Attribute)):
        if isinstance(inner, ast.Attribute) and inner.attr == "builder":
            text = ast.unparse(inner.value)
            return text if text.rpartition(".")[2] == "SparkSession" else None
        inner = inner.func if isinstance(inner, ast.Call) else inner.value
    return None


def _edits(parsed: ParsedCell, made: dict[str, str]) -> Iterator[_Edit]:
    stopped: set[int] = set()
    for node in parsed.live_nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            kind = made.get(node.targets[0].id)
            if kind is not None:
                yield _definition(parsed, node, kind)
        elif _stops(node, made):
            # The process of a task ends by itself; what it stores needs the session.
            stopped |= {id(part) for part in walk(node)}
            yield _Edit(*_span(parsed, node), "")
    for name in parsed.nodes_of(ast.Name):
        if isinstance(name.ctx, ast.Load) and name.id in made and id(name) not in stopped:
            yield _Edit(*_span(parsed, name), f"{made[name.id]}()")


def _definition(parsed: ParsedCell, node: ast.Assign, kind: str) -> _Edit:
    """The head of a function in place of `spark =`."""
    target = node.targets[0]
    start, stop = _span(parsed, target)
    stop = parsed.cell.source.index("=", stop) + 1
    returned = _session_class(node.value) if kind == SESSION else None
    hint = f" -> {returned}" if returned else ""
    return _Edit(start, stop, f'def {kind}(){hint}: """{_SENTENCES[kind]}"""; return')


def _stops(node: ast.AST, made: dict[str, str]) -> bool:
    """Whether a statement is `spark.stop()`."""
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    func = node.value.func
    is_stop = isinstance(func, ast.Attribute) and func.attr == "stop" and node.col_offset == 0
    return is_stop and isinstance(func.value, ast.Name) and func.value.id in made  # type: ignore[attr-defined]


def _span(parsed: ParsedCell, node: ast.AST) -> tuple[int, int]:
    assert isinstance(node, (ast.expr, ast.stmt))
    end = parsed.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
    return parsed.offset(node.lineno, node.col_offset), end
