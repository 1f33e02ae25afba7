"""The statements of a cell as pieces of text: what can be moved, with the comments it carries."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from nbprod.notebook.positions import LineIndex
from nbprod.patterns import lazy_pattern
from nbprod.syntax.installs import runs_manager
from nbprod.syntax.types import Magic, ParsedCell
from nbprod.syntax.walk import walk

__all__ = ["CellUnits", "Problem", "StatementText", "UnitKind", "is_future_or_star", "units_of"]

UnitKind = Literal["import", "definition", "loose", "magic"]

# Magics that set the session up: where in a cell they stand makes no difference.
_SETTINGS = frozenset(
    [
        "matplotlib",
        "config",
        "load_ext",
        "reload_ext",
        "autoreload",
        "pip",
        "conda",
        "mamba",
        "precision",
        "xmode",
        "aimport",
        "colors",
        "watermark",
    ]
)
_REST_OF_LINE = lazy_pattern(r"[ \t]*(?:;[ \t]*)?(?:#[^\r\n]*)?(?:\r\n|\r|\n|\Z)")
_KEPT_HEADERS = frozenset(["time", "capture"])


class Problem(NamedTuple):
    """Why a cell cannot be taken apart: an offset in its source, the reason, what to do."""

    offset: int
    reason: str
    advice: str


class StatementText(NamedTuple):
    """One top-level statement of a cell.

    ``start`` to ``end`` is its text with the comments above and after it, ``code`` where the
    statement itself starts, ``stop`` where it ends. ``nodes`` are its trees: the statement, and
    those of magics inside. ``cuts`` are stretches that do not belong to the Python (``%time``).
    ``margin`` is by how much the author has indented the whole cell. ``instead`` is Python that
    takes the place of the statement, for a shell line.
    """

    cell: int
    rank: int
    kind: UnitKind
    node: ast.stmt
    start: int
    code: int
    stop: int
    end: int
    nodes: tuple[ast.AST, ...]
    cuts: tuple[tuple[int, int], ...] = ()
    margin: int = 0
    is_setting: bool = False
    instead: str | None = None


class CellUnits(NamedTuple):
    """A cell taken apart. ``header`` is the text of its cell magic, ``shows``: its last statement
    is an expression whose value the cell shows."""

    units: tuple[StatementText, ...]
    header: str = ""
    must_keep_header: bool = False
    shows: bool = False
    problem: Problem | None = None


def units_of(parsed: ParsedCell, *, shell: bool = False) -> CellUnits:
    """Take a cell apart; what prevents it is in the result's ``problem``.

    With ``shell``, lines for the shell become calls of `subprocess`.
    """
    cell_problem = _cell_problem(parsed)
    if cell_problem is not None:
        return CellUnits((), problem=cell_problem)
    assert parsed.tree is not None
    index = LineIndex(parsed.cell.source)
    units: list[StatementText] = []
    at = _header_end(parsed)
    header = parsed.cell.source[:at].strip()
    standing = {(magic.lineno, magic.col_offset): magic for magic in parsed.magics if magic.lineno}
    body = parsed.tree.body
    for position, node in enumerate(body):
        following = body[position + 1] if position + 1 < len(body) else None
        made = list(_units(parsed, index, node, following, at, standing, len(units)))
        for unit in made:
            if isinstance(unit, Problem):
                called = _called(parsed, index, node, standing, at, len(units)) if shell else None
                if called is None:
                    return CellUnits((), problem=unit)
                unit = called
            units.append(unit)
            at = unit.end
    if units:
        units[-1] = units[-1]._replace(end=len(parsed.cell.source))
    shows = (
        bool(units)
        and isinstance(units[-1].node, ast.Expr)
        and units[-1].kind == "loose"
        and not parsed.suppressed_output
    )
    names = {magic.name for magic in parsed.magics if magic.kind == "cell"}
    return CellUnits(tuple(units), header, "capture" in names, shows)


def _cell_problem(parsed: ParsedCell) -> Problem | None:
    if parsed.tree is None:
        assert parsed.fault is not None
        return Problem(
            parsed.fault.start, f"does not parse: {parsed.fault.message}", "fix the cell first"
        )
    for magic in parsed.magics:
        if magic.kind == "cell" and (magic.name not in _KEPT_HEADERS or magic.scope != "shared"):
            return Problem(
                magic.start,
                f"`%%{magic.name}` has no counterpart in a module",
                "leave the cell in the notebook, or take the magic off",
            )
    if "raises-exception" in parsed.cell.tags:
        return Problem(0, "is tagged to raise an exception", "leave the cell in the notebook")
    return None


def _header_end(parsed: ParsedCell) -> int:
    """Where the lines of cell magics end."""
    ends = [magic.end for magic in parsed.magics if magic.kind == "cell"]
    if not ends:
        return 0
    rest = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)").match(parsed.cell.source, max(ends))
    return rest.end() if rest else max(ends)


def _units(
    parsed: ParsedCell,
    index: LineIndex,
    node: ast.stmt,
    following: ast.stmt | None,
    at: int,
    standing: dict[tuple[int, int], Magic],
    rank: int,
) -> Iterator[StatementText | Problem]:
    """The units of one statement: one, or those of the argument of a magic."""
    source = parsed.cell.source
    code = _start(index, source, node)
    magic = standing.get((node.lineno, node.col_offset)) if isinstance(node, ast.Expr) else None
    stop = magic.end if magic else _offset_of_end(index, node)
    end = _end(source, stop, _start(index, source, following) if following else None)
    margin = _margin(source, code)
    if margin is None:
        yield Problem(code, "is indented with text that is not Python", "remove the prompts")
        return
    if magic is None:
        yield from _plain(parsed, node, (at, code, stop, end), margin, rank)
    elif magic.body is not None and magic.scope == "shared":
        first = _start(index, source, magic.body.body[0])
        for place, inner in enumerate(magic.body.body):
            is_last = place == len(magic.body.body) - 1
            begin = at if place == 0 else _start(index, source, inner)
            finish = end if is_last else _offset_of_end(index, inner)
            start = _start(index, source, inner)
            cuts = ((magic.start, first),) if place == 0 else ()
            kind = _kind(inner)
            yield StatementText(
                parsed.cell.index, rank + place, kind, inner, begin, start,
                _offset_of_end(index, inner), finish, (inner,), cuts, 0,
            )  # fmt: skip
    elif magic.name in _SETTINGS or (magic.kind == "shell" and runs_manager(magic.text)):
        yield StatementText(
            parsed.cell.index, rank, "magic", node, at, code, stop, end, (), (), 0, True
        )
    else:
        yield Problem(
            magic.start,
            f"`{magic.text.splitlines()[0]}` has no counterpart in a module",
            "leave the cell in the notebook",
        )


def _called(
    parsed: ParsedCell,
    index: LineIndex,
    node: ast.stmt,
    standing: dict[tuple[int, int], Magic],
    at: int,
    rank: int,
) -> StatementText | None:
    """A shell line that is a whole statement, as a call; it shows what the line did."""
    magic = standing.get((node.lineno, node.col_offset)) if isinstance(node, ast.Expr) else None
    if magic is None or magic.kind != "shell" or magic.text.startswith("!!"):
        return None
    command = magic.text.lstrip("!").strip()
    text = interpolated(command)
    call = f"subprocess.run({text}, shell=True, capture_output=True, text=True, check=False)"
    instead = f'print({call}.stdout, end="")'
    try:
        tree = ast.parse(instead)
    except SyntaxError:
        return None
    for part in walk(tree):
        if hasattr(part, "lineno"):
            part.lineno = part.end_lineno = node.lineno  # type: ignore[attr-defined]
    code = _start(index, parsed.cell.source, node)
    return StatementText(
        parsed.cell.index, rank, "loose", tree.body[0], at, code, magic.end,
        _end(parsed.cell.source, magic.end, None), (tree.body[0],), instead=instead,
    )  # fmt: skip


_EXPANDED = lazy_pattern(r"\{\{|\}\}|\{([^{}]+)\}|\$\$|\$(\w+)")


def interpolated(command: str) -> str:
    """A shell command as a Python string: what IPython expands in it, as an f-string.

    ``{expression}`` and ``$name`` are expanded, ``$$`` is one dollar.
    """
    parts: list[str] = []
    at = 0
    expands = False
    for match in _EXPANDED.finditer(command):
        parts.append(_literal(command[at : match.start()]))
        at = match.end()
        inner = match[1] or (match[2] if (match[2] or "").isidentifier() else None)
        if inner is not None:
            expands = True
            parts.append("{" + inner.strip() + "}")
        elif match[0] == "$$":
            parts.append("$")
        else:
            parts.append(_literal(match[0][0] if match[0] in ("{{", "}}") else match[0]))
    parts.append(_literal(command[at:]))
    body = "".join(parts)
    if not expands:
        return repr(body.replace("{{", "{").replace("}}", "}"))
    quoted = repr(body)
    return "f" + quoted


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _plain(
    parsed: ParsedCell, node: ast.stmt, places: tuple[int, int, int, int], margin: int, rank: int
) -> Iterator[StatementText | Problem]:
    start, code, stop, end = places
    nodes: list[ast.AST] = [node]
    cuts: list[tuple[int, int]] = []
    for magic in parsed.magics:
        if not code <= magic.start < stop or magic.kind == "cell":
            continue
        if magic.body is None or magic.scope != "shared" or not magic.body.body:
            first = magic.text.splitlines()[0]
            yield Problem(
                magic.start, f"`{first}` inside a statement has no counterpart in a module",
                "leave the cell in the notebook",
            )  # fmt: skip
            return
        body = magic.body.body[0]
        cuts.append((magic.start, parsed.offset(body.lineno, body.col_offset)))
        nodes.append(magic.body)
    if cuts and not isinstance(node, (ast.If, ast.For, ast.While, ast.With, ast.Try)):
        yield Problem(cuts[0][0], "a magic's value is assigned", "leave the cell in the notebook")
        return
    yield StatementText(
        parsed.cell.index, rank, _kind(node), node, start, code, stop, end, tuple(nodes),
        tuple(cuts), margin,
    )  # fmt: skip


def _kind(node: ast.stmt) -> UnitKind:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return "import"
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return "definition"
    return "loose"


def _start(index: LineIndex, source: str, node: ast.stmt) -> int:
    """Where a statement starts, decorators included."""
    decorators = getattr(node, "decorator_list", None)
    if not decorators:
        return index.offset(node.lineno, node.col_offset)
    first = decorators[0]
    return source.rindex("@", 0, index.offset(first.lineno, first.col_offset))


def _offset_of_end(index: LineIndex, node: ast.stmt) -> int:
    return index.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)


def _end(source: str, stop: int, following: int | None) -> int:
    """Where the text of a statement ends: after its line, unless another one is on it."""
    rest = _REST_OF_LINE.match(source, stop)
    if rest is not None:
        return rest.end()
    if following is None:
        return len(source)
    return following


def _margin(source: str, code: int) -> int | None:
    """By how much a statement is indented, None when something else stands before it."""
    line = max(source.rfind("\n", 0, code), source.rfind("\r", 0, code)) + 1
    before = source[line:code]
    if not before.strip():
        return len(before)
    return 0 if ";" in before else None


def is_future_or_star(unit: StatementText) -> bool:
    """Whether a unit is an import that no other place can stand for."""
    node = unit.node
    return isinstance(node, ast.ImportFrom) and (
        node.module == "__future__" or any(alias.name == "*" for alias in node.names)
    )
