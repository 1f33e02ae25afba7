"""Names that SymPy binds in the notebook: `var("x y z:3")`."""

from __future__ import annotations

import ast
from itertools import product

from nbprod.flow.interpreter.arguments import text_of
from nbprod.flow.interpreter.builtin_calls import Handler
from nbprod.flow.interpreter.machine import Machine
from nbprod.flow.interpreter.values import Arguments, Keywords, Value
from nbprod.patterns import lazy_pattern

__all__ = ["HANDLERS", "symbols_of"]

_RANGE = lazy_pattern(r"\(?([0-9]*:[0-9]+|[a-zA-Z]?:[a-zA-Z])\)?")
_MOST = 1000


def symbols_of(text: str) -> list[str] | None:
    """The names that SymPy reads in a text, ranges written out; None where it is no such text."""
    found: list[str] = []
    for word in text.replace(",", " ").split():
        parts = _RANGE.split(word)
        # Every second part is a range.
        choices = [_range(part) if place % 2 else [part] for place, part in enumerate(parts)]
        names = ["".join(name) for name, _ in zip(product(*choices), range(_MOST), strict=False)]
        if not all(name.isidentifier() for name in names):
            return None
        found += names
    return found


def _range(text: str) -> list[str]:
    """`2:5` counts from 2 to 4, `a:c` goes from a to c."""
    first, _, last = text.partition(":")
    if last.isdigit():
        return [str(number) for number in range(int(first or 0), min(int(last), _MOST))]
    from string import ascii_letters as letters

    return list(letters[letters.index(first or "a") : letters.index(last) + 1])


def _var(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    texts: list[str | None] = [text_of(value) for value in arguments[:1]]
    if texts == [None]:
        held = machine.contents(arguments[0])
        texts = [text_of(value) for value in held] if held is not None else [None]
    for text in texts:
        names = symbols_of(text) if text is not None else None
        for symbol in names or ():
            machine.bind_global(symbol, node, machine.allocate("any"))
        if names is None:
            machine.mark_opaque(node, "sympy.var")
    return machine.allocate("any")


def _session(
    machine: Machine, name: str, arguments: Arguments, keywords: Keywords, node: ast.AST
) -> Value:
    machine.mark_opaque(node, name.rpartition(".")[2])
    return machine.allocate("any")


HANDLERS: dict[str, Handler] = {
    "sympy.var": _var,
    "sympy.core.symbol.var": _var,
    "sympy.init_session": _session,
    "sympy.interactive.init_session": _session,
    "sympy.interactive.session.init_session": _session,
}
"""What to do at calls of SymPy that bind names, by dotted name."""
