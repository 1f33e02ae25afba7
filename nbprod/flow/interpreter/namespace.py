"""Names: where they are held, reading and binding them, and reads that meet no value."""

from __future__ import annotations

import ast
from collections.abc import Hashable

from nbprod.flow.abridge import abridge
from nbprod.flow.interpreter.frames import Catch, Dead
from nbprod.flow.interpreter.recorder import Recorder, first_of, in_order
from nbprod.flow.interpreter.state import ABSENT, StateEntry
from nbprod.flow.interpreter.values import ANY, Value, constant, join_values, library
from nbprod.flow.types import BindingKind, Definition, Failure
from nbprod.libraries.modules import (
    ANNOTATION_NAMES,
    BUILTIN_NAMES,
    CLASS_BODY_NAMES,
    HISTORY_NAMES,
    KERNEL_NAMES,
)
from nbprod.model import Span

__all__ = ["OPAQUE", "Namespace"]

OPAQUE = ("opaque",)
"""The key whose definitions are the places that may have bound any name."""


class Namespace(Recorder):
    """Reads and binds the notebook's names and those of the frames in progress."""

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
                bound = [old for old in old.definitions if not old.is_unbound]
                definitions = abridge(definitions.union(bound))
        self.env.set(key, StateEntry(definitions, value))
        if isinstance(key, str):
            self.made.setdefault(name, {})[definition] = None

    def assume(self, name: str, start: int, end: int, how: str) -> None:
        """Text of the cell's source that is no Python may bind a name that nothing has bound.

        Code below a failure has not: where that is all, this may have bound the name.
        """
        entry = self.env.get(name)
        if entry is None or all(made.after is not None for made in entry.definitions):
            node = self.program.places.stand_in(self.source_cell, name, start, end)
            self.bind(name, node, ANY, "dynamic", how)

    def unbind(self, name: str, node: ast.AST, kind: BindingKind = "deletion") -> None:
        """Take a name away, as ``del`` and the end of ``except … as`` do."""
        key = self.store_key(name)
        definitions = frozenset((self.definition(node, name, kind),))
        if self.failed is not None:
            old = self.env.entries.get(key, ABSENT)
            self.env.set(key, StateEntry(abridge(definitions | old.definitions), old.value))
        else:
            self.env.set(key, StateEntry(definitions))

    def is_bound(self, name: str) -> bool | None:
        """Whether a notebook name is bound now; None when that is not sure."""
        entry = self.env.entries.get(name)
        if entry is None:
            return None if OPAQUE in self.env.entries else False
        unbound = sum(definition.is_unbound for definition in entry.definitions)
        if unbound == len(entry.definitions):
            return None if OPAQUE in self.env.entries else False
        return None if unbound else True

    def bind_global(self, name: str | None, node: ast.AST, value: Value) -> None:
        """Do ``globals()[name] = value``; a name that is not known may be any."""
        if name is None:
            self.mark_opaque(node, "globals()")
            return
        definition = self.definition(node, name, "dynamic", "globals()")
        self.env.set(name, StateEntry(frozenset((definition,)), value))
        self.made.setdefault(name, {})[definition] = None

    def unbind_global(self, name: str, node: ast.AST) -> None:
        """Do ``del globals()[name]``."""
        definition = self.definition(node, name, "deletion", "globals()")
        self.env.set(name, StateEntry(frozenset((definition,))))

    def mark_opaque(self, node: ast.AST, how: str) -> None:
        """From here on any name may be bound."""
        definition = self.definition(node, "", "dynamic", how)
        old = self.env.entries.get(OPAQUE)
        definitions = frozenset((definition,)) | (old.definitions if old else frozenset())
        self.env.set(OPAQUE, StateEntry(abridge(definitions)))

    # --- failures ---

    def _absent(
        self, name: str, node: ast.AST, key: Hashable, entry: StateEntry | None = None
    ) -> Value:
        """A read of a name that no path binds, unless it is a builtin."""
        if isinstance(key, str):
            if name == "__name__" and OPAQUE not in self.env.entries:
                # A cell is no module that is imported.
                return constant("__main__")
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
            if self._is_given_by_python(name):
                return ANY
        catch = self.catcher("NameError" if isinstance(key, str) else "UnboundLocalError")
        if catch is not None:
            self.throw(catch)
        self._fail(name, node, key, entry or ABSENT, certain=True)
        return ANY

    def _is_given_by_python(self, name: str) -> bool:
        """Whether Python binds a name here that no code does."""
        frame = self.frame
        if name in ANNOTATION_NAMES:
            return self.annotates
        if name in CLASS_BODY_NAMES:
            return frame is not None and frame.kind == "class"
        if name != "__class__":
            return False
        below = False
        while frame is not None and not (below and frame.kind == "class"):
            below = below or frame.kind != "class"
            frame = frame.closure
        return frame is not None

    def _fail(
        self, name: str, node: ast.AST, key: Hashable, entry: StateEntry, *, certain: bool
    ) -> None:
        """Record a read that fails, or may; below a refused magic nothing is read."""
        if self.cell in self.cell_failures:
            return
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
            dynamic=_dynamic_source(opaque) if opaque else None,
            called=not self.uncalled,
        )
        failure.elsewhere = in_order(
            definition for definition in entry.definitions if not definition.is_unbound
        )
        record[self.cell, name] = failure
        if sure and self.failed is None:
            self.failed = failure

    def _cascade(self, name: str, node: ast.AST, definitions: frozenset[Definition]) -> None:
        """A read of a name that only code after a failure would have bound."""
        roots = [
            definition.after
            for definition in definitions
            # What this cell binds below a read that fails is bound when that read is made good.
            if definition.after is not None and definition.cell != self.cell
        ]
        if not roots:
            return
        root = roots[0]
        if len(roots) > 1:
            # What a cell that does not parse would bind is of that cell, whatever fails above it.
            # A set has no order of its own, and one read may fail in several cells.
            whole = [*map(id, self.cell_failures.values())]
            root = min(
                roots, key=lambda failure: (id(failure) not in whole, failure.read, failure.cell)
            )
        if root.cell == self.cell:
            return
        catch = self.catcher("NameError")
        if catch is not None:
            self.throw(catch)
        if not self.uncalled:
            root.cascade.setdefault((self.cell, name))
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

    def doubt_output(self) -> None:
        """What the cell prints is not known for sure, nor its result."""
        self.printed.setdefault(self.cell, []).append(None)

    def raise_(self, exception: str | None) -> None:
        """End the path with an exception of that name (None: not known which)."""
        if self.maybe:
            self.doubt_output()
        for catch in reversed(self.catches):
            verdict = catch.catches(exception)
            if verdict is not False:
                catch.throws.append(self.env.delta(catch.mark))
                if verdict and self.maybe == catch.maybe and self.failed is None:
                    catch.sure = True
                if verdict:
                    break
        raise Dead


def _dynamic_source(opaque: StateEntry) -> Definition | None:
    """What may have bound any name: a magic rather than a star import, which binds fewer."""
    magics = [
        definition for definition in opaque.definitions if definition.binding.detail.startswith("%")
    ]
    return first_of(magics or opaque.definitions)
