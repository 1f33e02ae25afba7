"""Keys that are read too early, for the rules that report them."""

from __future__ import annotations

from collections.abc import Iterator

from nbprod.facts import Facts
from nbprod.flow.known_keys import EarlyKey, early_keys
from nbprod.model import Diagnostic
from nbprod.rules.intended_errors import as_intended, is_intended

__all__ = ["early_reads", "keys_set_later"]


def early_reads(facts: Facts) -> tuple[EarlyKey, ...]:
    """The reads of keys that are not there, found once for each notebook."""
    return facts.shared(_early_reads)


def _early_reads(facts: Facts) -> tuple[EarlyKey, ...]:
    if not facts.mentions(("{", "dict(")):
        return ()
    failing = facts.flow.cell_failures
    return tuple(
        read for read in early_keys(facts.parsed, facts.qualified) if read.cell not in failing
    )


def keys_set_later(facts: Facts) -> Iterator[Diagnostic]:
    """A diagnostic for each key that is read above the cell that sets it."""
    for read in early_reads(facts):
        if read.later is not None:
            where = "this cell" if read.later == read.cell else f"cell {read.later + 1}"
            place = facts.span(read.cell, read.node)
            told = Diagnostic(
                place,
                f"`{read.name}[{read.key!r}]` is read before {where} sets it: KeyError",
                symbol=read.name,
                help=f"move the assignment in cell {read.later + 1} above this line",
            )
            is_shown = is_intended("KeyError", read.key, place, facts)
            yield as_intended(told) if is_shown else told
