"""What the data-flow analysis of a notebook yields; the public vocabulary of `nbprod.flow`.

Cells are indices over all cells from 0. A *binding* is a place in the source that gives a name a
value; a *definition* is such a place as executed by some cell (a function that rebinds a global
does so in the cell that calls it).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from nbprod.model import Span

__all__ = [
    "Binding",
    "BindingKind",
    "CallStep",
    "CellFlow",
    "Definition",
    "Failure",
    "FailureReason",
    "FunctionFlow",
    "Mutation",
    "SelfDependence",
    "Use",
]

BindingKind = Literal[
    "assignment",
    "augmented",
    "import",
    "star-import",
    "function",
    "class",
    "parameter",
    "loop",
    "comprehension",
    "with",
    "except",
    "pattern",
    "walrus",
    "deletion",
    "magic",
    "type-alias",
    "dynamic",
    "mutation",
    "unbound",
]


class _Placed:
    """Something that has a place; few are ever asked for, so they are worked out then."""

    __slots__ = ("_place", "_span")

    def __init__(self, place: Span | Callable[[], Span]) -> None:
        self._place = place
        self._span: Span | None = None

    @property
    def span(self) -> Span:
        """Where it stands."""
        if self._span is None:
            self._span = self._place() if callable(self._place) else self._place
        return self._span


class Binding(_Placed):
    """A place that binds, deletes or mutates ``name``.

    ``scope`` is 0 for the notebook's namespace, else the identity of a function or class.
    ``detail`` says how: the method of a mutation, the module of an import, the key of a store.
    """

    __slots__ = ("detail", "kind", "name", "scope")

    def __init__(
        self,
        name: str,
        place: Span | Callable[[], Span],
        kind: BindingKind,
        scope: int = 0,
        detail: str = "",
    ) -> None:
        super().__init__(place)
        self.name = name
        self.kind = kind
        self.scope = scope
        self.detail = detail


class Definition:
    """A binding as executed by ``cell``; one object for each pair, compared by identity.

    ``after`` is the failure in the same cell after which it stands, if any: a run that stops
    there never makes it. ``is_unbound``: it stands for the absence of a value (never bound, or
    deleted). ``node`` is the statement or expression that makes it.
    """

    __slots__ = ("after", "binding", "cell", "is_unbound", "node")

    def __init__(
        self,
        binding: Binding,
        cell: int,
        after: Failure | None = None,
        node: ast.AST | None = None,
    ) -> None:
        self.binding = binding
        self.cell = cell
        self.after = after
        self.node = node
        self.is_unbound = binding.kind in ("unbound", "deletion")

    def __repr__(self) -> str:
        return f"<{self.binding.kind} {self.binding.name} in cell {self.cell + 1}>"


class CallStep(_Placed):
    """One call on the way from a cell to a read: the call's place and what it calls."""

    __slots__ = ("function",)

    def __init__(self, place: Span | Callable[[], Span], function: str) -> None:
        super().__init__(place)
        self.function = function


class Use(_Placed):
    """A read of ``name`` (or of the state of its object) as executed by ``cell``.

    ``definitions`` are the reaching definitions, ``mutations`` the last changes of the object
    that may be seen. ``mandatory``: the read happens whenever the cell runs to its end.
    ``chain``: the calls that lead to it, outermost first; empty in the cell's own code.
    """

    __slots__ = ("cell", "chain", "definitions", "mandatory", "mutations", "name")

    def __init__(
        self,
        name: str,
        place: Span | Callable[[], Span],
        cell: int,
        definitions: frozenset[Definition],
        mutations: frozenset[Definition],
        mandatory: bool,
        chain: tuple[CallStep, ...] = (),
    ) -> None:
        super().__init__(place)
        self.name = name
        self.cell = cell
        self.definitions = definitions
        self.mutations = mutations
        self.mandatory = mandatory
        self.chain = chain


FailureReason = Literal["later", "nowhere", "deleted", "skipped", "syntax", "refused", "local"]


class Failure:
    """A read that meets no value.

    ``span`` is where the reader meets it (the outermost call, or the read itself), ``read`` the
    read. ``certain``: a top-to-bottom run raises ``exception`` there; else it may.
    ``reason``: ``later`` (bound only by a later cell), ``nowhere``, ``deleted``, ``skipped``
    (bound only by code that does not run), ``syntax`` (bound by a cell that does not parse),
    ``refused`` (bound after a magic that IPython refuses),
    ``local`` (UnboundLocalError). ``elsewhere`` are the bindings of the name that exist,
    ``deletion`` the deletion. ``cascade`` are the reads in other cells that fail because of this.
    ``called`` is false for a function that no cell calls.
    """

    __slots__ = (
        "called", "cascade", "cell", "certain", "chain", "deletion", "dynamic", "elsewhere",
        "exception", "name", "read", "reason", "span",
    )  # fmt: skip

    def __init__(
        self,
        exception: Literal["NameError", "UnboundLocalError"],
        name: str,
        cell: int,
        span: Span,
        read: Span,
        certain: bool,
        chain: tuple[CallStep, ...] = (),
        reason: FailureReason = "nowhere",
        deletion: Definition | None = None,
        dynamic: Definition | None = None,
        called: bool = True,
    ) -> None:
        self.exception = exception
        self.name = name
        self.cell = cell
        self.span = span
        self.read = read
        self.certain = certain
        self.chain = chain
        self.reason = reason
        self.elsewhere: tuple[Definition, ...] = ()
        self.deletion = deletion
        self.dynamic = dynamic
        self.called = called
        self.cascade: dict[tuple[int, str], None] = {}


class Mutation(NamedTuple):
    """A change of an object in place, as executed by ``cell``.

    ``name`` is the variable it is done through, ``how`` the method or ``[]=``; ``scope`` the
    function whose code does it (0: a cell's own code). ``definite``: known to mutate, not just
    able to. ``roots``: the notebook names that hold the object.
    """

    name: str
    span: Span
    cell: int
    how: str
    scope: int
    definite: bool
    is_global: bool


class SelfDependence(NamedTuple):
    """Why a cell gives a different result when it is run again.

    ``kind``: ``rebinds`` (`x = f(x)`), ``augments``, ``mutates``, ``adds`` (a column with the old
    index, no more), ``deletes`` (an element),
    ``consumes``, ``draws``, ``appends`` (to a file), and those of which a second run raises:
    ``fails`` (what it removes is gone), ``removes`` (a file), ``shadows`` (a builtin).
    """

    kind: str
    name: str
    span: Span
    how: str
    certain: bool

    @property
    def is_loud(self) -> bool:
        """Whether a second run raises, so that nobody overlooks it."""
        return self.kind in ("fails", "removes", "shadows")


class FunctionFlow(NamedTuple):
    """One function, lambda or method of the notebook.

    ``identity`` is its scope. ``reads`` are the free names it reads that are not its own, with
    their places; ``writes`` the names it declares ``global`` and binds. ``calls`` are the cells
    that run it (empty: never called).
    """

    identity: int
    name: str
    span: Span
    cell: int
    parameters: tuple[str, ...]
    local_names: frozenset[str]
    reads: Mapping[str, tuple[Span, ...]]
    writes: Mapping[str, tuple[Span, ...]]
    calls: tuple[int, ...]


class CellFlow(NamedTuple):
    """What one cell does in the order that was followed.

    ``uses``: reads of values that were there before the cell ran, one for each place.
    ``definitions``: what the cell leaves bound (by name). ``mutations``: objects that it changes.
    ``again``: why it is not safe to run twice, empty when it is. ``stops``: true when the cell
    certainly raises before its end.
    """

    cell: int
    uses: tuple[Use, ...]
    definitions: Mapping[str, Definition]
    mutations: tuple[Mutation, ...]
    again: tuple[SelfDependence, ...]
    stops: bool
