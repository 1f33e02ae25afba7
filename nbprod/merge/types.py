"""What a merge makes, and why it may make nothing."""

from __future__ import annotations

from typing import NamedTuple

from nbprod.refactor.plan import Import

__all__ = ["Argument", "CannotMerge", "Signature", "CallSite"]


class CannotMerge(Exception):
    """The places cannot become one function with their meaning kept; says why."""


class Argument(NamedTuple):
    """A parameter: its name in the function, and what each place gives for it.

    ``keyword``: it is given by name, as literals are.
    """

    name: str
    texts: tuple[str, ...]
    keyword: bool = False


class Signature(NamedTuple):
    """What all places need alike, in the names of the first: what is given, what comes back,
    what the code binds. ``imports`` are those that it needs in a module of its own."""

    parameters: tuple[str, ...]
    results: tuple[str, ...]
    bound: tuple[str, ...]
    imports: tuple[Import, ...] = ()


class CallSite(NamedTuple):
    """Where one place is in its notebook: the cell's index, the offsets of the statements in
    its source, and of the comments directly above them."""

    cell: int
    comments: int
    start: int
    end: int
