"""What the notebook's code does to its names through `get_ipython()`."""

from __future__ import annotations

import ast

from nbprod.flow import calls, libcalls
from nbprod.flow.machine import Machine
from nbprod.flow.values import Value, library
from nbprod.syntax.known import LINE_KNOWN

__all__ = ["HANDLERS"]

_SHELL = "IPython.shell"
# Line magics that bind names, or run code that does.
_BINDING = frozenset(
    ["run", "pylab", "store", "macro", "rerun", "recall", "rep", "reset", "reset_selective", "xdel",
     "load_ext", "reload_ext", "sc"]
)  # fmt: skip


def _get_ipython(
    machine: Machine,
    name: str,
    arguments: calls.Arguments,
    keywords: calls.Keywords,
    node: ast.AST,
) -> Value:
    return library(_SHELL)


def _magic(
    machine: Machine,
    name: str,
    arguments: calls.Arguments,
    keywords: calls.Keywords,
    node: ast.AST,
) -> Value:
    """``run_line_magic("run", "x.py")``, ``magic("run x.py")``."""
    text = libcalls.text_of(arguments[0]) if arguments else None
    word = text.split()[0].lstrip("%") if text and text.split() else None
    if word not in LINE_KNOWN or word in _BINDING:
        libcalls.mark_opaque(machine, node, f"%{word}" if word else "a magic")
    return machine.allocate("any")


def _run(
    machine: Machine,
    name: str,
    arguments: calls.Arguments,
    keywords: calls.Keywords,
    node: ast.AST,
) -> Value:
    """Code that is given as text, or a cell magic with its body."""
    libcalls.mark_opaque(machine, node, name.rpartition(".")[2])
    return machine.allocate("any")


def _push(
    machine: Machine,
    name: str,
    arguments: calls.Arguments,
    keywords: calls.Keywords,
    node: ast.AST,
) -> Value:
    return libcalls.call_namespace(machine, "update", arguments, (), node)


HANDLERS: dict[str, libcalls.Handler] = {
    "IPython.get_ipython": _get_ipython,
    "IPython.core.getipython.get_ipython": _get_ipython,
    **dict.fromkeys([f"{_SHELL}.run_line_magic", f"{_SHELL}.magic"], _magic),
    **dict.fromkeys(
        [
            f"{_SHELL}.{method}"
            for method in (
                "run_cell", "run_cell_async", "run_cell_magic", "run_code", "ex", "safe_execfile",
                "safe_execfile_ipy", "safe_run_module", "enable_pylab", "find_cell_magic",
            )
        ],
        _run,
    ),
    f"{_SHELL}.push": _push,
}  # fmt: skip
"""What to do at calls of the shell's methods, by dotted name."""
