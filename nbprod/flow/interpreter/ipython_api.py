"""What the notebook's code does to its names through `get_ipython()`."""

from __future__ import annotations

import ast

from nbprod.flow.interpreter.arguments import text_of
from nbprod.flow.interpreter.builtin_calls import Handler
from nbprod.flow.interpreter.dynamic_names import call_namespace
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.magics import run_effects
from nbprod.flow.interpreter.values import Arguments, Keywords, Value, library
from nbprod.libraries.modules import SHELL
from nbprod.syntax.magics import describe_line_magic

__all__ = ["HANDLERS"]


def _get_ipython(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return library(SHELL)


def _magic(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """``run_line_magic("run", "x.py")``, ``magic("run x.py")``: as the magic itself."""
    words = [text_of(value) for value in arguments[:2]]
    if not words or not isinstance(node, ast.expr) or None in words:
        machine.mark_opaque(node, "a magic")
        return machine.allocate("any")
    magic = describe_line_magic("%" + " ".join(word or "" for word in words).lstrip("%"), 0)
    for magic_name in magic.binds:
        machine.bind_global(magic_name.name, node, machine.allocate("any"))
    run_effects(machine, magic, node)
    return machine.allocate("any")


def _run(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    """Code that is given as text, or a cell magic with its body."""
    machine.mark_opaque(node, name.rpartition(".")[2])
    return machine.allocate("any")


def _push(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    return call_namespace(machine, "update", arguments, (), node)


_RUNNING = ("run_cell", "run_cell_async", "run_cell_magic", "run_code", "ex", "safe_execfile",
    "safe_execfile_ipy", "safe_run_module", "enable_pylab")  # fmt: skip
HANDLERS: dict[str, Handler] = {
    "IPython.get_ipython": _get_ipython,
    "IPython.core.getipython.get_ipython": _get_ipython,
    f"{SHELL}.run_line_magic": _magic,
    f"{SHELL}.magic": _magic,
    f"{SHELL}.push": _push,
    **{f"{SHELL}.{method}": _run for method in _RUNNING},
}
"""What to do at calls of the shell's methods, by dotted name."""
