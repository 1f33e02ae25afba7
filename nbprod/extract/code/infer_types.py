"""Type hints for parameters and results, from the statements that bind them."""

from __future__ import annotations

import ast
from functools import cached_property

from nbprod.extract.code.literal_types import hint_of, joined_hints
from nbprod.facts import Facts
from nbprod.libraries.methods import FRAME_TO_FRAME
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.names.table import BindingSite, NameTable
from nbprod.refactor.liveness import Liveness
from nbprod.refactor.module_level import ModuleLevel
from nbprod.syntax.walk import walk

__all__ = ["Hints"]


class Hints:
    """The types of a notebook's names where all that binds them agrees."""

    def __init__(self, facts: Facts, names: NameTable, closure: ModuleLevel) -> None:
        self.facts = facts
        self.names = names
        self.closure = closure

    @cached_property
    def _imports(self) -> dict[str, str]:
        return {
            name: made[0].dotted
            for name, made in self.closure.imports.items()
            if made[0].name is not None or made[0].needs_alias or "." not in made[0].module
        }

    @cached_property
    def _shadowed(self) -> frozenset[str]:
        return frozenset(self.names.bindings) & BUILTIN_NAMES

    def of_parameter(self, name: str, live: Liveness) -> str:
        """The type that all bindings give a name which may reach a group."""
        bindings = self.names.bindings.get(name, [])
        reaching = {
            definition.cell for use in live.uses.get(name, ()) for definition in use.definitions
            if definition.cell not in live.cells
        }  # fmt: skip
        chosen = [site for site in bindings if site.cell in reaching] if reaching else bindings
        return self._of_bindings(chosen, name, 0) if not self._is_rebound_in(name, live) else "Any"

    def of_result(self, name: str, live: Liveness) -> str:
        """The type that the body gives a name."""
        own = [site for site in self.names.bindings.get(name, []) if site.cell in live.cells]
        return self._of_bindings(own, name, 0)

    def _is_rebound_in(self, name: str, live: Liveness) -> bool:
        """Whether the body gives a parameter a new value, perhaps of another type."""
        return name in live.bound and self.of_result(name, live) == "Any"

    def _of_bindings(self, bindings: list[BindingSite], name: str, depth: int) -> str:
        if not bindings:
            return "Any"
        found = [self._of_binding(site, name, depth) for site in bindings]
        if not any(found) and depth < 4:
            # All of them keep the type that the name had.
            every = self.names.bindings.get(name, [])
            found = [self._of_binding(site, name, depth + 1) for site in every]
        return joined_hints(text for text in found if text)

    def _of_binding(self, binding: BindingSite, name: str, depth: int) -> str:
        """The hint that one binding gives; empty when it keeps that of the others."""
        statement = binding.statement
        if isinstance(statement, ast.AnnAssign) and binding.is_plain:
            return self._annotation(statement.annotation)
        if not isinstance(statement, ast.Assign) or not binding.is_plain:
            return "Any"
        value = statement.value
        if depth < 4 and self._keeps(value, name):
            return ""
        if depth < 4 and isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            root = value.func.value
            if value.func.attr in FRAME_TO_FRAME and isinstance(root, ast.Name):
                hint = self._of_bindings(self.names.bindings.get(root.id, []), root.id, depth + 1)
                return hint if hint.endswith("DataFrame") else "Any"
        return hint_of(value, self._imports, self._shadowed)

    def _keeps(self, value: ast.expr, name: str) -> bool:
        return (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Attribute)
            and value.func.attr in FRAME_TO_FRAME
            and isinstance(value.func.value, ast.Name)
            and value.func.value.id == name
        )

    def _annotation(self, node: ast.expr) -> str:
        for part in walk(node):
            if isinstance(part, ast.Name) and not self._is_known(part.id):
                return "Any"
        return ast.unparse(node)

    def _is_known(self, name: str) -> bool:
        if name in self.closure.imports or name in self.closure.taken:
            return True
        return name in BUILTIN_NAMES and name not in self.names.bindings
