"""Where the texts of a notebook's literals are used: the same one, or one that goes on from it."""

from __future__ import annotations

import ast
from typing import NamedTuple

from nbprod.facts import Facts

__all__ = ["TextUse", "TextUses"]

_SEPARATORS = ("/", "\\")


class TextUse(NamedTuple):
    """A literal: what it has after a path, and the variable that a line of the cell gives it."""

    cell: int
    node: ast.Constant
    rest: str = ""
    name: str | None = None


class TextUses:
    """The texts of all literals, taken down once for a notebook."""

    def __init__(self, facts: Facts) -> None:
        self._texts: dict[str, list[TextUse]] = {}
        self._magics: list[str] = []
        for parsed in facts.parsed:
            if parsed is None:
                continue
            self._magics += [magic.text for magic in parsed.magics]
            if parsed.tree is None:
                self._magics.append(parsed.cell.source)
                continue
            named = {
                id(line.value): line.targets[0].id
                for line in parsed.tree.body
                if isinstance(line, ast.Assign) and len(line.targets) == 1
                if isinstance(line.targets[0], ast.Name)
            }
            for node in parsed.nodes:
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    use = TextUse(parsed.cell.index, node, "", named.get(id(node)))
                    self._texts.setdefault(node.value, []).append(use)

    def below(self, path: str) -> list[TextUse] | None:
        """The literals that are a path or below it; None if others name it that are no Python."""
        folder = path.rstrip("/\\")
        if any(folder in text for text in self._magics):
            return None
        found = list(self._texts.get(path, ()))
        for text, uses in self._texts.items():
            if text != path and (text + "/").startswith((f"{folder}/", f"{folder}\\")):
                rest = text[len(path) :] if text.startswith(path) else None
                if rest is None or (path == folder and not rest.startswith(_SEPARATORS)):
                    return None
                found += [use._replace(rest=rest) for use in uses]
        return found
