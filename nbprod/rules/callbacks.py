"""Functions that are passed to a library, which calls them with arguments of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.syntax.names import last_name

__all__ = ["callbacks_of", "passed_on", "registered"]

# What keeps a function and calls it later; classes do so as well: `FuncAnimation(figure, draw)`.
_KEEPING = frozenset(
    """
    add_callback add_done_callback add_job connect interact interact_manual interactive
    interactive_output
    mpl_connect observe on_changed on_click on_clicked on_event on_submit on_trait_change register
    register_forward_hook register_hook schedule set_callback signal subscribe
    """.split()
)
_DECORATORS = _KEEPING | {"callback", "capture", "event", "on"}


def passed_on(facts: Facts) -> frozenset[str]:
    """The names that are arguments of calls, also in lists, dictionaries and `partial(…)`."""
    return facts.shared(_passed_on)


def registered(facts: Facts) -> frozenset[str]:
    """The names that calls keep for later: of a class, or of a function that registers one."""
    return facts.shared(_registered)


def callbacks_of(facts: Facts) -> frozenset[str]:
    """The names that calls or decorators keep for later, whether or not cells call them as well."""
    return facts.shared(_callbacks_of)


def _callbacks_of(facts: Facts) -> frozenset[str]:
    given = {
        name
        for call in _calls(facts)
        if last_name(call.func)[:1].isupper() or last_name(call.func) in _KEEPING
        for name in _names_in(call)
    }
    decorated = {
        node.name
        for parsed in facts.parsed
        if parsed is not None
        for node in parsed.live_nodes_of(ast.FunctionDef)
        for mark in node.decorator_list
        if last_name(mark.func if isinstance(mark, ast.Call) else mark) in _DECORATORS
    }
    return frozenset(given | decorated)


def _passed_on(facts: Facts) -> frozenset[str]:
    return frozenset(name for call in _calls(facts) for name in _names_in(call))


def _registered(facts: Facts) -> frozenset[str]:
    called = {last_name(call.func) for call in _calls(facts)}
    return frozenset(
        name
        for call in _calls(facts)
        if last_name(call.func)[:1].isupper() or last_name(call.func) in _KEEPING
        for name in _names_in(call)
        if name not in called
    )


def _calls(facts: Facts) -> Iterator[ast.Call]:
    for parsed in facts.parsed:
        if parsed is not None:
            yield from parsed.live_nodes_of(ast.Call)


def _names_in(call: ast.Call) -> Iterator[str]:
    """The names among the arguments of a call."""
    waiting = [*call.args, *(keyword.value for keyword in call.keywords)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, ast.Name):
            yield value.id
        elif isinstance(value, (ast.List, ast.Tuple)):
            waiting += value.elts
        elif isinstance(value, ast.Dict):
            waiting += value.values
