"""The machine that runs a notebook abstractly: names, objects, calls in progress, the record.

The machine knows how to read, bind, delete and mutate; `expressions`, `statements`, `calls` and
`magics` say what each piece of Python does with it. It follows Python's order of execution, calls
included, and never runs the notebook's code.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from typing import Any

from nbprod.flow.interpreter.state import ABSENT, Delta, Entry, State, join_entries
from nbprod.flow.interpreter.values import ANY, Value, constant, join_values, library
from nbprod.flow.program import Program
from nbprod.flow.types import Binding, BindingKind, CallStep, Definition, Failure
from nbprod.libraries.modules import BUILTIN_NAMES, HISTORY_NAMES, KERNEL_NAMES, STRONG_MUTATORS
from nbprod.model import Span
from nbprod.names.scopes import Scope

__all__ = ["OPAQUE", "Catch", "Dead", "Exposure", "Frame", "Loop", "Machine", "Read"]

OPAQUE = ("opaque",)
"""The key whose definitions are the places that may have bound any name."""

MAX_CALL_DEPTH = 24


def first_of(definitions: Iterable[Definition]) -> Definition | None:
    """The first on the page: sets of definitions have no order of their own."""
    return min(definitions, key=lambda definition: definition.binding.span, default=None)


class Dead(Exception):
    """The path that was being followed ends here; its state is kept where it is wanted."""


class Frame:
    """A namespace in progress. ``kind``: ``function``, ``class`` or ``comprehension``.

    A generator's frame holds what it yields with the state at each ``yield``; ``is_partial``: its
    consumer may stop there, and ``relaxed`` is how much that has added to `Machine.maybe`.
    """

    __slots__ = (
        "closure",
        "function",
        "identity",
        "is_captured",
        "is_partial",
        "kind",
        "mark",
        "relaxed",
        "returns",
        "scope",
        "yields",
    )

    def __init__(self, identity: int, kind: str, scope: Scope, closure: Frame | None) -> None:
        self.identity = identity
        self.kind = kind
        self.scope = scope
        self.closure = closure
        self.function: Any = None
        self.is_captured = False
        self.mark = 0
        self.returns: list[tuple[Delta, Value]] = []
        self.yields: list[tuple[Delta, Value]] = []
        self.is_partial = False
        self.relaxed = 0


class Loop:
    """A loop in progress, with the states at its ``break`` and ``continue`` statements."""

    __slots__ = ("breaks", "continues", "mark")

    def __init__(self, mark: int) -> None:
        self.mark = mark
        self.breaks: list[Delta] = []
        self.continues: list[Delta] = []


class Catch:
    """A ``try`` in progress: which exceptions it catches, and the states that were thrown.

    ``sure`` is true when one of the throws happens on every path.
    """

    __slots__ = ("catches", "mark", "maybe", "sure", "throws")

    def __init__(self, mark: int, maybe: int, catches: Callable[[str | None], bool | None]) -> None:
        self.mark = mark
        self.maybe = maybe
        self.catches = catches
        self.throws: list[Delta] = []
        self.sure = False


class Read:
    """The record of one place that reads, as executed by one cell; it grows while the run goes.

    ``source`` is the cell whose code it is, or that of a string or file that runs.
    """

    __slots__ = (
        "chain", "definitions", "mandatory", "mutations", "name", "node", "source", "value",
    )  # fmt: skip

    def __init__(self, name: str, node: ast.AST, source: int, chain: tuple[CallStep, ...]) -> None:
        self.name = name
        self.node = node
        self.source = source
        self.chain = chain
        self.definitions: frozenset[Definition] = frozenset()
        self.mutations: frozenset[Definition] = frozenset()
        self.mandatory = False
        self.value: Value | None = None


class Exposure:
    """A read of something that was there before the cell: what a second run may find changed.

    ``call`` is the outermost call on the way to it, if it is in a function.
    """

    __slots__ = (
        "call", "definitions", "how", "key", "mandatory", "name", "node", "source", "value",
    )  # fmt: skip

    def __init__(
        self, key: Hashable, name: str, node: ast.AST, source: int, seen: frozenset[Definition]
    ) -> None:
        self.key = key
        self.name = name
        self.node = node
        self.source = source
        self.call: CallStep | None = None
        self.value: Value | None = None
        self.definitions = seen
        self.how = ""
        self.mandatory = True


class _Perhaps:
    """What a `with` block does may or may not happen; a class, for there are many such blocks."""

    __slots__ = ("machine",)

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def __enter__(self) -> None:
        self.machine.maybe += 1

    def __exit__(self, *_: object) -> None:
        self.machine.maybe -= 1


class Machine:
    """Runs cells in the order it is given them and records what they read, bind and change."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.env = State()
        self.cell = -1
        self.source_cell = -1
        self.frame: Frame | None = None
        self.loops: list[Loop] = []
        self.catches: list[Catch] = []
        self.maybe = 0
        self.failed: Failure | None = None
        self.chain: tuple[CallStep, ...] = ()
        self.active: list[tuple[Any, int]] = []
        """The definitions of the functions in progress, each with the mark of its beginning."""
        self.stops = False
        self.statement: ast.stmt | None = None
        self.lazy_annotations = program.options.lazy_annotations
        self.files: dict[str, str] = {}
        self.born: dict[Hashable, int] = {}
        self.shown: dict[int, Value] = {}
        self.printed: dict[int, list[str | None]] = {}
        self.history_reads: dict[tuple[int, str], tuple[int, ast.AST]] = {}
        self.unresolved_stars: dict[tuple[int, int], tuple[str, Span]] = {}
        self.interpolations: dict[tuple[int, int], tuple[str, Span, bool | None]] = {}
        self.syntax_failures: dict[int, Failure] = {}
        self.uncalled = False
        self.steps = 0
        self.second_turns = 0
        self.followed: dict[tuple[int, int, bool], int] = {}
        self.effects: dict[int, set[Hashable]] = {}
        """What calls of a function (by its scope) have changed outside their own frames."""
        self.incomplete = False
        self._counter = 0
        self.reads: defaultdict[int, dict[int, Read]] = defaultdict(dict)
        self.exposures: defaultdict[int, dict[tuple[Hashable, int], Exposure]] = defaultdict(dict)
        self.failures: dict[tuple[int, str], Failure] = {}
        self.possible: dict[tuple[int, str], Failure] = {}
        self.made: dict[str, dict[Definition, None]] = {}
        self.mutations: dict[int, dict[int, tuple[Any, ...]]] = {}
        self.calls: dict[int, dict[int, None]] = {}
        self.functions: dict[int, Any] = {}
        # Where each stands: the cell whose source has it, which another one may call.
        self.builtin_reads: dict[int, dict[str, tuple[int, ast.AST]]] = {}

    def twin(self) -> Machine:
        """A machine on the same state with a record of its own, for a run that is taken back."""
        twin = Machine(self.program)
        twin.env = self.env
        twin.files = dict(self.files)
        twin.lazy_annotations = self.lazy_annotations
        twin._counter = self._counter
        return twin

    # --- identities and certainty -------------------------------------------------------------

    def fresh(self) -> int:
        """A new identity for a frame or an object."""
        self._counter += 1
        return self._counter

    @property
    def mandatory(self) -> bool:
        """Whether what happens now happens on every path of the cell."""
        return self.maybe == 0 and self.failed is None and not self.uncalled

    def capture(self) -> Frame | None:
        """The frame to close over; it and those around it have to stay."""
        frame = self.frame
        while frame is not None and not frame.is_captured:
            frame.is_captured = True
            frame = frame.closure
        return self.frame

    def perhaps(self) -> _Perhaps:
        """What is done inside may or may not happen."""
        return _Perhaps(self)

    def span(self, node: ast.AST) -> Span:
        """The place of a node of the source that is being read."""
        return self.program.places.span(self.source_cell, node)

    def definition(
        self,
        node: ast.AST,
        name: str,
        kind: BindingKind,
        detail: str = "",
        span: Span | None = None,
    ) -> Definition:
        """The definition that ``node`` makes in the cell that runs now."""
        key = (id(node), name, kind, self.cell, id(self.failed))
        found = self.program.definitions.get(key)
        if found is None:
            place = span or partial(self.program.places.span, self.source_cell, node)
            scope = self.frame.scope.identity if self.frame else 0
            binding = Binding(name, place, kind, scope, detail)
            found = Definition(binding, self.cell, self.failed, self.statement or node)
            self.program.definitions[key] = found
        return found

    def static_definition(self, cell: int, name: str, node: ast.AST) -> Definition:
        """The definition that a piece of code would make, had it run."""
        binding = Binding(name, self.program.places.span(cell, node), "assignment")
        return Definition(binding, cell, None, node)

    # --- names --------------------------------------------------------------------------------

    def key_of(self, name: str) -> Hashable:
        """The key under which a name is held where the machine stands now."""
        frame = self.frame
        own = True
        while frame is not None:
            if own or frame.kind != "class":
                scope = frame.scope
                if name in scope.global_names:
                    return name
                if name in scope.local_names:
                    key = (frame.identity, name)
                    if frame.kind != "class" or key in self.env.entries:
                        return key
                own = own and frame.kind == "class"
            own = False
            frame = frame.closure
        return name

    def store_key(self, name: str) -> Hashable:
        """The key that binding a name writes."""
        frame = self.frame
        while frame is not None and frame.kind == "comprehension":
            if name in frame.scope.local_names:
                return (frame.identity, name)
            frame = frame.closure
        if frame is None or name in frame.scope.global_names:
            return name
        if name in frame.scope.nonlocal_names:
            return self.key_of(name)
        return (frame.identity, name)

    def read(self, name: str, node: ast.AST) -> Value:
        """Read a name as an expression does; records the use, or the failure."""
        key = name if self.frame is None else self.key_of(name)
        entry = self.env.entries.get(key)
        if entry is None:
            return self._absent(name, node, key)
        is_own = isinstance(key, str)
        unbound = assumed = 0
        definitions = entry.definitions
        for definition in definitions:
            if definition.is_unbound:
                unbound += 1
            elif definition.after is not None:
                assumed += 1
        if not is_own and not unbound and not assumed:
            return entry.value
        if unbound == len(definitions):
            return self._absent(name, node, key, entry)
        if is_own:
            read = self.use(name, node, definitions, name)
            known = read.value
            read.value = entry.value if known is None else join_values(known, entry.value)
        if unbound + assumed == len(definitions):
            self._cascade(name, node, definitions)
        elif unbound and not (is_own and name in BUILTIN_NAMES):
            self._fail(name, node, key, entry, certain=False)
        return entry.value

    def use(
        self, name: str, node: ast.AST, definitions: frozenset[Definition], key: Hashable
    ) -> Read:
        """Record that ``node`` reads ``definitions`` in the cell that runs."""
        reads = self.reads[self.cell]
        read = reads.get(id(node))
        if read is None:
            read = reads[id(node)] = Read(name, node, self.source_cell, self.chain)
            read.definitions = definitions
        elif not definitions <= read.definitions:
            read.definitions |= definitions
        if self.maybe == 0 and self.failed is None:
            read.mandatory = True
        if definitions:
            self.expose(key, name, node, definitions)
        return read

    def expose(
        self, key: Hashable, name: str, node: ast.AST, seen: frozenset[Definition], how: str = ""
    ) -> None:
        """Note a read of something older than the cell, for the question of a second run."""
        cell = self.cell
        if not isinstance(key, str) and self.born.get(key[1]) == cell:  # type: ignore[index]
            return
        for definition in seen:
            if definition.cell != cell:
                break
        else:
            if seen:
                return
        exposures = self.exposures[cell]
        if (key, id(node)) not in exposures:
            exposure = Exposure(key, name, node, self.source_cell, seen)
            exposure.call = self.chain[0] if self.chain else None
            entry = self.env.entries.get(key)
            exposure.value = entry.value if entry is not None else None
            exposure.how = how
            exposure.mandatory = self.mandatory
            exposures[key, id(node)] = exposure

    def excuse(self, name: str, node: ast.AST) -> None:
        """``del`` needs the name to exist and does not look at its value."""
        exposure = self.exposures.get(self.cell, {}).get((self.key_of(name), id(node)))
        if exposure is not None:
            exposure.how = "del"

    def bind(
        self,
        name: str,
        node: ast.AST,
        value: Value,
        kind: BindingKind = "assignment",
        detail: str = "",
        span: Span | None = None,
    ) -> None:
        """Give a name a value."""
        key = self.store_key(name)
        definition = self.definition(node, name, kind, detail, span)
        definitions = frozenset((definition,))
        if self.failed is not None:
            old = self.env.entries.get(key)
            if old is not None:
                definitions |= {
                    definition for definition in old.definitions if not definition.is_unbound
                }
        self.env.set(key, Entry(definitions, value))
        if isinstance(key, str):
            self.made.setdefault(name, {})[definition] = None

    def assume(self, name: str, start: int, end: int, how: str) -> None:
        """Text of the cell's source that is no Python may bind a name that nothing has bound."""
        if self.env.get(name) is None:
            node = self.program.places.stand_in(self.source_cell, name, start, end)
            self.bind(name, node, ANY, "dynamic", how)

    def unbind(self, name: str, node: ast.AST, kind: BindingKind = "deletion") -> None:
        """Take a name away, as ``del`` and the end of ``except … as`` do."""
        key = self.store_key(name)
        definitions = frozenset((self.definition(node, name, kind),))
        if self.failed is not None:
            old = self.env.entries.get(key, ABSENT)
            self.env.set(key, Entry(definitions | old.definitions, old.value))
        else:
            self.env.set(key, Entry(definitions))

    def is_bound(self, name: str) -> bool | None:
        """Whether a notebook name is bound now; None when that is not sure."""
        entry = self.env.entries.get(name)
        if entry is None:
            return None if OPAQUE in self.env.entries else False
        unbound = sum(definition.is_unbound for definition in entry.definitions)
        if unbound == len(entry.definitions):
            return None if OPAQUE in self.env.entries else False
        return None if unbound else True

    # --- failures -----------------------------------------------------------------------------

    def _absent(self, name: str, node: ast.AST, key: Hashable, entry: Entry | None = None) -> Value:
        """A read of a name that no path binds, unless it is a builtin."""
        if isinstance(key, str):
            if name in BUILTIN_NAMES:
                place = (self.source_cell, node)
                self.builtin_reads.setdefault(self.cell, {}).setdefault(name, place)
                return library("builtins." + name)
            if name == "get_ipython":
                return library("IPython.get_ipython")
            if name in KERNEL_NAMES or name in self.program.injected:
                if name in HISTORY_NAMES or name[1:2].isdigit() or name[:2] == "_i":
                    place = (self.source_cell, node)
                    self.history_reads.setdefault((self.cell, name), place)
                return ANY
        catch = self.catcher("NameError" if isinstance(key, str) else "UnboundLocalError")
        if catch is not None:
            self.throw(catch)
        self._fail(name, node, key, entry or ABSENT, certain=True)
        return ANY

    def _fail(
        self, name: str, node: ast.AST, key: Hashable, entry: Entry, *, certain: bool
    ) -> None:
        """Record a read that fails, or may."""
        local = not isinstance(key, str)
        if not certain and self.catcher("NameError") is not None:
            return
        opaque = None if local else self.env.entries.get(OPAQUE)
        sure = certain and opaque is None and (self.maybe == 0) and not self.uncalled
        record = self.failures if sure else self.possible
        if (self.cell, name) in record or (not sure and (self.cell, name) in self.failures):
            return
        read = self.span(node)
        own = local and self.frame is not None and key == (self.frame.identity, name)
        failure = Failure(
            "UnboundLocalError" if own else "NameError",
            name,
            self.cell,
            self.chain[0].span if self.chain and not self.uncalled else read,
            read,
            sure or (self.uncalled and own and certain and self.maybe == 0),
            () if self.uncalled else self.chain,
            reason="local" if local else "nowhere",
            deletion=first_of(
                definition
                for definition in entry.definitions
                if definition.binding.kind == "deletion"
            ),
            dynamic=first_of(opaque.definitions) if opaque else None,
            called=not self.uncalled,
        )
        failure.elsewhere = tuple(
            definition for definition in entry.definitions if not definition.is_unbound
        )
        record[self.cell, name] = failure
        if sure and self.failed is None:
            self.failed = failure

    def _cascade(self, name: str, node: ast.AST, definitions: frozenset[Definition]) -> None:
        """A read of a name that only code after a failure would have bound."""
        roots = [definition.after for definition in definitions if definition.after is not None]
        root = roots[0] if len(roots) == 1 else min(roots, key=lambda failure: failure.read)
        if root.cell == self.cell:
            return
        catch = self.catcher("NameError")
        if catch is not None:
            self.throw(catch)
        if (self.cell, name) not in root.cascade and not self.uncalled:
            root.cascade.append((self.cell, name))
        if self.failed is None and self.maybe == 0 and not self.uncalled:
            self.failed = root

    def catcher(self, exception: str | None) -> Catch | None:
        """The innermost ``try`` in progress that surely catches an exception of that name."""
        for catch in reversed(self.catches):
            if catch.catches(exception):
                return catch
        return None

    def throw(self, catch: Catch | None) -> None:
        """End the path with an exception that ``catch`` receives (None: nobody)."""
        if catch is not None:
            catch.throws.append(self.env.delta(catch.mark))
            if self.maybe == catch.maybe and self.failed is None:
                catch.sure = True
        raise Dead

    def raise_(self, exception: str | None) -> None:
        """End the path with an exception of that name (None: not known which)."""
        for catch in reversed(self.catches):
            verdict = catch.catches(exception)
            if verdict is not False:
                catch.throws.append(self.env.delta(catch.mark))
                if verdict and self.maybe == catch.maybe and self.failed is None:
                    catch.sure = True
                if verdict:
                    break
        raise Dead

    # --- objects ------------------------------------------------------------------------------

    def allocate(
        self,
        kind: str,
        data: Any = None,
        contents: tuple[Value, ...] | None = None,
        element: Value = ANY,
    ) -> Value:
        """A new object, with its elements when they are known, or one that stands for each."""
        identity = self.fresh()
        self.born[identity] = self.cell
        if contents is not None or element is not ANY:
            self.env.set(("object", identity), Entry(frozenset(), element, contents))
        return Value(kind, data, frozenset((identity,)))

    def contents(self, value: Value) -> tuple[Value, ...] | None:
        """The elements of a container in order, None when they are not known."""
        if value.kind == "const" and isinstance(value.data[1], (str, tuple, bytes)):
            return tuple(constant(item) for item in value.data[1][:64])
        if len(value.objects) != 1 or value.kind == "union":
            return None
        (identity,) = value.objects
        entry = self.env.entries.get(("object", identity))
        return entry.contents if entry else None

    def element(self, value: Value) -> Value:
        """What stands for any element of a container."""
        held = self.contents(value)
        if held:
            joined = held[0]
            for one in held[1:]:
                joined = join_values(joined, one)
            return joined
        if value.kind != "union" and len(value.objects) == 1:
            (identity,) = value.objects
            entry = self.env.entries.get(("object", identity))
            if entry is not None and entry.value is not ANY:
                return entry.value
        return Value("any", None, frozenset(), value.objects | value.parts)

    def observe(self, value: Value, name: str, node: ast.AST, part: str | None = None) -> None:
        """Record that ``node`` looks at the state of an object (or at one part of it)."""
        for identity in value.objects or value.parts:
            if (
                self.born.get(identity) == self.cell
                and ("object", identity) not in self.env.entries
            ):
                # Made by this cell and never changed: nothing can be seen of it yet.
                if ("parts", identity) not in self.env.entries:
                    continue
            for key in self.state_keys(identity, part):
                entry = self.env.entries.get(key)
                if entry is None:
                    self.expose(key, name, node, ABSENT.definitions)
                    continue
                if entry.definitions:
                    read = self.reads[self.cell].get(id(node))
                    if read is None:
                        read = self.use(name, node, frozenset(), key)
                    read.mutations |= entry.definitions
                self.expose(key, name, node, entry.definitions or ABSENT.definitions)

    def state_keys(self, identity: int, part: str | None) -> list[Hashable]:
        """The heap keys that hold the state of an object, or of one part and what covers it."""
        keys: list[Hashable] = [("object", identity)]
        if part is None:
            known = self.env.entries.get(("parts", identity))
            if known is not None and known.contents:
                keys.extend(("object", identity, value.data) for value in known.contents)
        else:
            keys.append(("object", identity, part))
        return keys

    def mutate(
        self,
        value: Value,
        name: str,
        node: ast.AST,
        how: str,
        *,
        part: str | None = None,
        definite: bool = True,
        chained: bool = False,
        wipes: bool = False,
        stored: Value = ANY,
        contents: tuple[Value, ...] | None = None,
    ) -> None:
        """Change an object in place, or one part of it.

        ``chained``: the new state depends on the old one (`append`), so the change is a read too.
        ``wipes``: nothing of the old state is left (`clear`), as if the object were made now.
        """
        identities = value.objects if value.objects else value.parts
        if not identities:
            return
        # An element that surely changes is a change of what holds it.
        inside = not value.objects and len(value.parts) == 1 and how in STRONG_MUTATORS
        certain = definite and (bool(value.objects) or inside)
        self.record_mutation(name, node, how, certain)
        definition = self.definition(node, name, "mutation", how)
        strong = len(identities) == 1 and certain
        for identity in identities:
            if not certain:
                continue
            key = ("object", identity) if part is None else ("object", identity, part)
            old = self.env.entries.get(key)
            if chained:
                self._chain(key, old, name, node, how)
            definitions = frozenset((definition,))
            if old is not None and (not strong or self.failed is not None):
                definitions |= old.definitions
            if part is not None:
                self.note_part(identity, part)
            else:
                self._forget_parts(identity)
                stored = ANY
            entry = Entry(definitions, stored, contents if strong else None)
            if len(identities) > 1 and part is not None:
                # It is one of several objects that this is done to.
                entry = join_entries(old or ABSENT, entry)
            self.env.set(key, entry)
            if wipes and strong and self.mandatory:
                self.born[identity] = self.cell
            root = ("object", identity)
            if (
                part is not None
                and (held := self.env.entries.get(root))
                and held.contents is not None
            ):
                self.env.set(root, Entry(held.definitions, held.value, contents))

    def _forget_parts(self, identity: int) -> None:
        """Any part of an object may have been changed: none of their values is known."""
        known = self.env.entries.get(("parts", identity))
        for part in known.contents if known and known.contents else ():
            key = ("object", identity, part.data)
            entry = self.env.entries.get(key)
            if entry is not None and entry.value is not ANY:
                self.env.set(key, Entry(entry.definitions))

    def forget_effects(self, function: int) -> None:
        """Code that is not followed may have given another value to all that it ever changed."""
        for key in self.effects.get(function, ()):
            entry = self.env.entries.get(key)
            if entry is not None and (entry.value.kind == "const" or entry.contents is not None):
                value = ANY if entry.value.kind == "const" else entry.value
                self.env.set(key, Entry(entry.definitions, value))

    def _chain(self, key: Hashable, old: Entry | None, name: str, node: ast.AST, how: str) -> None:
        seen = old.definitions if old and old.definitions else ABSENT.definitions
        if old is not None and old.definitions:
            read = self.reads[self.cell].get(id(node)) or self.use(name, node, frozenset(), key)
            read.mutations |= old.definitions
        self.expose(key, name, node, seen, how)

    def note_part(self, identity: int, part: str) -> None:
        """Remember that an object has a part whose state is held apart."""
        key = ("parts", identity)
        known = self.env.entries.get(key)
        parts = known.contents if known and known.contents else ()
        if all(value.data != part for value in parts):
            self.env.set(key, Entry(frozenset(), ANY, (*parts, library(part))))

    def forget_contents(self, value: Value) -> None:
        """Code that is not followed had the object: what is known of its insides is void."""
        for identity in value.objects:
            key = ("object", identity)
            entry = self.env.entries.get(key)
            if entry is not None and (entry.contents is not None or entry.value is not ANY):
                self.env.set(key, Entry(entry.definitions))
            known = self.env.entries.get(("parts", identity))
            for part in known.contents if known and known.contents else ():
                inner = self.env.entries.get((*key, part.data))
                if inner is not None and inner.value.kind == "const":
                    self.env.set((*key, part.data), Entry(inner.definitions))

    def record_mutation(self, name: str, node: ast.AST, how: str, definite: bool) -> None:
        """Note that ``node`` changes the object behind ``name``."""
        scope = 0
        is_global = True
        if self.frame is not None:
            scope = self.frame.scope.identity
            is_global = bool(name) and isinstance(self.key_of(name), str)
        self.mutations.setdefault(self.cell, {})[id(node)] = (
            name,
            self.span(node),
            how,
            scope,
            definite,
            is_global,
        )

    def touch(self, resource: str, node: ast.AST, how: str, *, resets: bool = False) -> None:
        """Use something outside the notebook's names: a generator of random numbers, a file."""
        key = ("resource", resource)
        old = self.env.entries.get(key)
        if not resets:
            self._chain(key, old, resource, node, how)
        definition = self.definition(node, resource, "mutation", how)
        self.env.set(key, Entry(frozenset((definition,))))

    def look(self, resource: str, node: ast.AST) -> None:
        """Depend on something outside that other cells may have changed."""
        entry = self.env.entries.get(("resource", resource))
        if entry is not None:
            read = self.reads[self.cell].get(id(node)) or self.use(
                resource, node, frozenset(), ("resource", resource)
            )
            read.mutations |= entry.definitions
