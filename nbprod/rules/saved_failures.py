"""What a saved error is of: a failure in a cell before, or code that the cell no longer has."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from nbprod.facts import Facts
from nbprod.notebook.types import Cell
from nbprod.patterns import lazy_pattern
from nbprod.syntax.walk import walk

__all__ = [
    "cause_of",
    "failing_line",
    "is_of_display",
    "has_consequences",
    "is_of_other_code",
    "lost_names",
    "saved_error",
    "saved_message",
    "traceback_of",
    "undefined_name",
]

_COLORS = lazy_pattern(r"\x1b\[[\d;]*m")
_ARROW = lazy_pattern(r"(?m)^-+> *(\d+)\b")
# The head of a frame of a traceback that is a cell, as the versions of IPython write it.
_FRAME = lazy_pattern(
    r"(?m)^(?:<ipython-input-[^>\n]*>|(?:Cell |Input )?In *\[\d+\]"
    r"|(?:~|/|[A-Z]:)?[^\s,]*ipykernel_\d+[/\\]\d+\.py)[^\n]*\n"
)
# Frames of code that a magic has compiled, which show no source.
_UNSHOWN = lazy_pattern(r"<(?:timed (?:exec|eval)|decorator-gen-\d*|magic-timeit)\b")
_IN_FUNCTION = lazy_pattern(r"\bin (?!<(?:module|cell line))(?! *\[)[\w<]")
_IN_CELL = lazy_pattern(r"<ipython-input-|(?:Cell |Input )?\bIn *\[\d+\]|ipykernel_\d+[/\\]")
# What shows results and figures once a cell has run.
_DISPLAYS = lazy_pattern(
    r"post_execute|post_run_cell|flush_figures|backend_inline|IPython[/\\]core[/\\](?:formatters"
    r"|displayhook|pylabtools)|display_formatter"
)
_FAILING = lazy_pattern(r"(?m)^-+> *\d+ ?(.*)$")
# The line that a SyntaxError shows, below the place in the cell.
_UNPARSED = lazy_pattern(
    r"(?m)^ *(?:File )?\"?(?:<ipython-input-|(?:Cell |Input )?In *\[\d+\]|(?:/|[A-Z]:).*ipykernel)"
    r"[^\n]*\n([^\n]+)\n"
)
_MISSING = lazy_pattern(
    r"name '(\w+)' is not defined|.*local variable '(\w+)' (?:referenced before|where it is not)"
)


def cause_of(cell: Cell, facts: Facts) -> int | None:
    """The first of the failed cells that led to a saved NameError; None: it is no consequence."""
    return facts.shared(_causes).get(cell.index)


def has_consequences(cell: Cell, facts: Facts) -> bool:
    """Whether other cells were saved with a NameError because this one failed."""
    return cell.index in facts.shared(_causes).values()


def _causes(facts: Facts) -> dict[int, int]:
    failed = [cell for cell in facts.notebook.cells if cell.is_python and saved_error(cell)]
    lost = {cell.index: lost_names(cell, facts) for cell in failed}
    found: dict[int, int] = {}
    for cell in failed:
        error = saved_error(cell) or {}
        kind = str(error.get("ename") or "")
        name = undefined_name(kind, saved_message(kind, error))
        for other in reversed([one for one in failed if one.index < cell.index]):
            if name in lost[other.index]:
                found[cell.index] = found.get(other.index, other.index)
                break
    return found


def saved_error(cell: Cell) -> dict[str, object] | None:
    """The error that a cell was saved with, as an output has it."""
    return next(
        (dict(output) for output in cell.outputs if output.get("output_type") == "error"), None
    )


def saved_message(error: str, output: Mapping[str, object]) -> str:
    """The first line of an error's message; where Colab saved `ignored`, that of the traceback."""
    line = str(output.get("evalue") or "").strip().split("\n")[0].strip()
    if line != "ignored":
        return line
    traceback = output.get("traceback")
    last = str(traceback[-1]) if isinstance(traceback, list) and traceback else ""
    shown = re.search(rf"^{re.escape(error)}: (.+)$", _COLORS.sub("", last), re.MULTILINE)
    return shown[1].strip() if shown else ""


def is_of_display(cell: Cell) -> bool:
    """Whether a saved error was raised below no line of the cell: its result was being shown."""
    text = traceback_of(cell)
    return _DISPLAYS.search(text) is not None and _IN_CELL.search(text) is None


def undefined_name(error: object, message: str) -> str | None:
    """The name that a saved NameError is about."""
    match = _MISSING.match(message) if error in ("NameError", "UnboundLocalError") else None
    return match[1] or match[2] if match else None


def lost_names(cell: Cell, facts: Facts) -> frozenset[str]:
    """The names that a failed cell binds where it did not come to."""
    bound = facts.program.static_bindings()[cell.index]
    line = _failing_line(cell)
    parsed = facts.parsed[cell.index]
    # A call of several lines fails before what it gives is bound on the first of them.
    ends = {
        id(target): statement.end_lineno or line
        for statement in (parsed.live_nodes_of(ast.Assign) if parsed is not None else ())
        for target in walk(statement)
    }
    return frozenset(
        name
        for name, node in bound.items()
        if ends.get(id(node), getattr(node, "end_lineno", line)) >= line
    )


def _failing_line(cell: Cell) -> int:
    """The line of a cell where its saved error was raised; the first if that is not saved."""
    text = traceback_of(cell)
    has_frames = _FRAME.search(text) or _UNSHOWN.search(text)
    arrow = _ARROW.search(_own_frame(text) if has_frames else text)
    return int(arrow[1]) if arrow else 1


def traceback_of(cell: Cell) -> str:
    """The text of the traceback of a cell's saved error, without its colors."""
    traceback = (saved_error(cell) or {}).get("traceback")
    text = "\n".join(map(str, traceback)) if isinstance(traceback, list) else ""
    return _COLORS.sub("", text)


def _own_frame(text: str) -> str:
    """The source that a traceback shows of the cell itself; empty where it shows none.

    `%%time` compiles the cell anew, so that its frame has no source; frames of functions are of
    the cells that define them.
    """
    head = _FRAME.search(text)
    if head is None:
        return ""
    if _UNSHOWN.search(text, 0, head.start()) or _IN_FUNCTION.search(head[0]):
        return ""
    return str([*_FRAME.split(text)[1:2], ""][0])


def failing_line(cell: Cell) -> str:
    """The code at which a cell failed, as its traceback shows it; empty where it does not."""
    shown = _FAILING.search(_own_frame(traceback_of(cell)))
    return shown[1].strip() if shown else ""


def is_of_other_code(cell: Cell) -> bool:
    """Whether the line that raised a saved error is not in the cell any more."""
    error = saved_error(cell) or {}
    text = traceback_of(cell)
    if error.get("ename") in ("SyntaxError", "IndentationError", "TabError"):
        shown = _UNPARSED.search(text)
    else:
        # The first frame is the cell's; one of a magic shows the code as an argument.
        shown = _FAILING.search(_own_frame(text))
    line = " ".join(shown[1].split()) if shown else ""
    # A line that has been commented out since is not in it, either.
    kept = [part for part in cell.source.splitlines() if not part.lstrip().startswith("#")]
    return (
        bool(line) and "get_ipython()" not in line and line not in " ".join(" ".join(kept).split())
    )
