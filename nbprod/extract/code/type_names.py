"""Hints in the names that a module has or can import, from the types of values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from nbprod.refactor.plan import Import

__all__ = ["ObservedTypes"]

_PLAIN = frozenset(["int", "float", "str", "bool", "bytes", "complex", "bytearray", "range"])
_GENERIC = {
    "list": "list[Any]",
    "dict": "dict[Any, Any]",
    "set": "set[Any]",
    "frozenset": "frozenset[Any]",
    "tuple": "tuple[Any, ...]",
    "NoneType": "None",
    "type": "type",
    "slice": "slice",
}
# Classes of which a hint has to say what they hold, with what they are when nobody has seen it.
_HELD = {
    "collections.Counter": "[Any]",
    "collections.deque": "[Any]",
    "collections.defaultdict": "[Any, Any]",
    "collections.OrderedDict": "[Any, Any]",
    "re.Match": "[str]",
    "re.Pattern": "[str]",
}
_FLOATS = frozenset(["numpy.float64"])
_SHORT = {"pandas": "pd", "numpy": "np"}
# What a program says for a class that is another one on each system, or that has no name.
_SAID = {
    "pathlib.PosixPath": "pathlib.Path",
    "pathlib.WindowsPath": "pathlib.Path",
    "builtins.function": "collections.abc.Callable",
    "builtins.generator": "collections.abc.Iterator",
    "builtins.map": "collections.abc.Iterator",
    "builtins.filter": "collections.abc.Iterator",
    "builtins.zip": "collections.abc.Iterator",
    "builtins.enumerate": "collections.abc.Iterator",
    "builtins.module": "types.ModuleType",
    "_io.TextIOWrapper": "io.TextIOWrapper",
}
_ARGUMENTS = {"Callable": "[..., Any]", "Iterator": "[Any]"}


class ObservedTypes:
    """Turns shapes, as `execution.shapes` has them, into hints.

    Args:
        imports: the imports of the notebook, by name.
        own: the names of its classes and functions that the module has.
        names: all names that it uses: an import for a hint takes none of them.
    """

    def __init__(
        self,
        imports: Mapping[str, Import],
        own: Collection[str],
        names: Collection[str] = frozenset(),
    ) -> None:
        self.imports = imports
        self.own = own
        self.names = names
        self.needed: list[Import] = []

    def of_shapes(self, shapes: Mapping[str, Sequence[Any]]) -> dict[str, str]:
        """The hints of shapes by name, without those that say nothing."""
        hints = {key: self.of_shape(shape) for key, shape in shapes.items()}
        return {key: hint for key, hint in hints.items() if hint not in ("Any", "None")}

    def of_all(self, shapes: Sequence[Sequence[Any]]) -> str:
        """The hint that several shapes of one variable have in common."""
        hints = dict.fromkeys(self.of_shape(shape) for shape in shapes)
        full = [hint for hint in hints if hint not in ("list[Any]", "dict[Any, Any]", "set[Any]")]
        hints = dict.fromkeys(full or hints)
        if set(hints) == {"int", "float"}:
            return "float"
        return next(iter(hints)) if len(hints) == 1 else "Any"

    def iterator(self, hint: str) -> str:
        """The hint of what yields values."""
        return self._of_class("collections.abc.Iterator").replace("[Any]", f"[{hint}]")

    def of_shape(self, shape: Sequence[Any]) -> str:
        """The hint of a type and what it holds."""
        if not shape:
            return "Any"
        kind, inner = shape[0], [self.of_shape(part) for part in shape[1:]]
        if kind == "|":
            return "Any" if "Any" in inner else " | ".join(dict.fromkeys(inner))
        module, _, name = kind.rpartition(".")
        if module == "builtins" and kind not in _SAID:
            if name == "tuple" and len(inner) == 1:
                # Functions that give as many as there are dimensions say so to a checker.
                return f"tuple[{inner[0]}, ...]"
            if inner:
                return f"{name}[{', '.join(inner)}]"
            return name if name in _PLAIN else _GENERIC.get(name, "Any")
        if kind in _FLOATS:
            return "float"
        hint = self._of_class(_SAID.get(kind, kind))
        if hint == "Any" or kind not in _HELD:
            return hint
        return f"{hint}[{', '.join(inner)}]" if inner else hint + _HELD[kind]

    def _of_class(self, kind: str) -> str:
        package, _, name = kind.rpartition(".")
        if package == "__main__":
            return name if name in self.own else "Any"
        if name.startswith("_") or "<" in kind or "._" in package or package.startswith("_"):
            # What a library keeps to itself may not be there under that name.
            return "Any"
        behind = _ARGUMENTS.get(name, "") if package == "collections.abc" else ""
        for bound, made in self.imports.items():
            if made.name == name and made.module.partition(".")[0] == package.partition(".")[0]:
                self.needed.append(made)
                return bound + behind
            if made.module == package and made.name is None:
                if made.needs_alias or bound == package:
                    self.needed.append(made)
                    return f"{bound}.{name}{behind}"
        short = _SHORT.get(package)
        if short is not None and short not in self.imports:
            self.needed.append(Import(package, None, short, -1, needs_alias=True))
            return f"{short}.{name}"
        if name in self.imports or name in self.own or name in self.names:
            return "Any"
        self.needed.append(Import(package, name, name, -1, needs_alias=False))
        return name + behind
