"""A cell after parsing: an `ast` tree whose offsets are those of the original source."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Literal, NamedTuple, TypeVar

from nbprod.notebook.types import Cell
from nbprod.syntax.walk import CHOICES, dead_parts, walk

__all__ = ["Magic", "MagicKind", "MagicName", "ParsedCell", "SyntaxFault", "SyntaxOptions"]

Node = TypeVar("Node", bound=ast.AST)

MagicKind = Literal["line", "cell", "shell", "help", "quote", "auto"]
"""``line`` %time …; ``cell`` %%time …; ``shell`` !ls and !!ls; ``help`` obj? and ?obj;
``quote`` the `,` `;` `/` prefixes; ``auto`` automagic and commands such as `ls` alone."""


class SyntaxOptions(NamedTuple):
    """Which magics nobody could know: names of cell magics whose body is Python, or is not.

    ``is_old_ipython``: the Python of the notebook has only IPythons below 9, which indent freely.
    """

    python_magics: frozenset[str] = frozenset()
    opaque_magics: frozenset[str] = frozenset()
    is_old_ipython: bool = False


class MagicName(NamedTuple):
    """A global that a magic touches, at code-point offsets of the cell's source."""

    name: str
    start: int
    end: int


class Magic(NamedTuple):
    """One piece of IPython syntax, of which the tree only holds a stand-in.

    ``start``/``end``: code-point offsets of the whole piece (a cell magic: its first line only).
    ``lineno``/``col_offset``: where the placeholder (the constant 0) is in the tree, as `ast`
    counts (lines from 1, columns in UTF-8 bytes); a cell magic has none (0, 0).
    ``text`` is the true text, ``name`` the magic's name without `%` (``""`` for shell, help).
    ``body`` is its argument as Python (``%time f(x)``) with positions in the cell's own
    coordinates, None when the argument is not Python. Of a cell magic it is None: a body that is
    Python (``%%time``) is the cell's own tree, which starts with the Python of the first line if
    there is any (``%%timeit setup()``).
    ``scope``: ``shared`` when the body runs in the notebook's namespace and its bindings stay,
    ``private`` when it reads the notebook's names but its bindings do not stay (``%timeit``),
    ``opaque`` when it is no Python of this kernel (``%%bash``).
    ``reads``: names that must exist, or the magic fails (``%store x``, ``%%R -i x``, `,f` calls).
    ``interpolates``: names in ``{expr}`` and ``$name`` which are left as text when unknown.
    ``binds``: names it binds in the notebook (``%%capture out``, ``%%sql r <<``, ``%store -r x``).
    ``opaque_names``: it may bind any names (``%run unknown.py``, ``%pylab``, ``%load_ext`` …).
    ``known``: whether nbprod or the configuration knows this magic.
    ``refusal``: why IPython refuses it wherever it runs, None when it need not.
    ``accepted_once``: only newer versions refuse it, and its cell has run in an older one.
    """

    kind: MagicKind
    name: str
    text: str
    start: int
    end: int
    lineno: int = 0
    col_offset: int = 0
    body: ast.Module | None = None
    scope: Literal["shared", "private", "opaque"] = "opaque"
    reads: tuple[MagicName, ...] = ()
    interpolates: tuple[MagicName, ...] = ()
    binds: tuple[MagicName, ...] = ()
    opaque_names: bool = False
    known: bool = True
    refusal: str | None = None
    accepted_once: bool = False


class SyntaxFault(NamedTuple):
    """Why a cell does not parse; ``start``/``end`` are code-point offsets of its source.

    ``needs`` is the Python version that could read it, as in ``(3, 12)``, when the fault is only
    that the running interpreter is older than the notebook's Python.
    """

    message: str
    start: int
    end: int
    needs: tuple[int, int] | None = None


class ParsedCell:
    """A Python code cell, parsed.

    ``masked`` has the length and the line breaks of ``cell.source``, so positions of ``tree`` are
    positions of the source. ``tree`` is None when ``fault`` is set, and an empty module for an
    opaque cell (``%%bash``). ``magics`` are in order of position; ``cell_magic`` is the last
    ``%%`` of the first lines (also in ``magics``), or None.
    ``suppressed_output`` is true when the last statement ends in a semicolon.
    """

    def __init__(
        self,
        cell: Cell,
        masked: str,
        tree: ast.Module | None,
        magics: tuple[Magic, ...] = (),
        cell_magic: Magic | None = None,
        fault: SyntaxFault | None = None,
        suppressed_output: bool = False,
    ) -> None:
        self.cell = cell
        self.masked = masked
        self.tree = tree
        self.magics = magics
        self.cell_magic = cell_magic
        self.fault = fault
        self.suppressed_output = suppressed_output

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree, those above before those below; walked once for all who ask."""
        return tuple(walk(self.tree)) if self.tree is not None else ()

    @cached_property
    def live_nodes(self) -> tuple[ast.AST, ...]:
        """The nodes without those that never run, as below `if False:`."""
        nodes, places = self.nodes, self._all_places
        choices = [nodes[place] for kind in CHOICES for place in places.get(kind, ())]
        dead = [part for node in choices for part in dead_parts(node)]
        if not dead:
            return nodes
        skipped = {id(node) for part in dead for node in walk(part)}
        return tuple(node for node in nodes if id(node) not in skipped)

    @cached_property
    def _all_places(self) -> Mapping[type[ast.AST], list[int]]:
        """For each class the places of its nodes among all of them."""
        return _places_by_class(self.nodes)

    @cached_property
    def _places(self) -> Mapping[type[ast.AST], list[int]]:
        """For each class the places of its nodes among the live ones."""
        live = self.live_nodes
        return self._all_places if live is self.nodes else _places_by_class(live)

    def live_nodes_of(self, kinds: type[Node] | tuple[type[Node], ...]) -> list[Node]:
        """The live nodes of some classes, in the order of `live_nodes`, found without a walk."""
        return _picked(self.live_nodes, self._places, kinds)

    def nodes_of(self, kinds: type[Node] | tuple[type[Node], ...]) -> list[Node]:
        """The nodes of some classes, those that never run included, in the order of `nodes`."""
        return _picked(self.nodes, self._all_places, kinds)

    @cached_property
    def _inside(self) -> dict[tuple[type[ast.AST], ...], frozenset[int]]:
        return {}

    def inside(self, *kinds: type[ast.AST]) -> frozenset[int]:
        """The identities of all nodes in, or that are, nodes of some classes."""
        if kinds not in self._inside:
            found: set[int] = set()
            for node in self.nodes:
                # One inside of another is found with it, which comes first.
                if isinstance(node, kinds) and id(node) not in found:
                    found.update(map(id, walk(node)))
            self._inside[kinds] = frozenset(found)
        return self._inside[kinds]

    def offset(self, lineno: int, col_offset: int) -> int:
        """Code-point offset in the source of an `ast` position (line from 1, UTF-8 column)."""
        from nbprod.notebook.positions import offset_of

        return offset_of(self.cell.source, lineno, col_offset)


def _picked(
    nodes: Sequence[ast.AST],
    by_class: Mapping[type[ast.AST], list[int]],
    kinds: type[Node] | tuple[type[Node], ...],
) -> list[Node]:
    held = [places for kind, places in by_class.items() if issubclass(kind, kinds)]
    places = held[0] if len(held) == 1 else sorted(chain.from_iterable(held))
    return [nodes[place] for place in places]  # type: ignore[misc]


def _places_by_class(nodes: Sequence[ast.AST]) -> Mapping[type[ast.AST], list[int]]:
    found: defaultdict[type[ast.AST], list[int]] = defaultdict(list)
    for place, kind in enumerate(map(type, nodes)):
        found[kind].append(place)
    return found
