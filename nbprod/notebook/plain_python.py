"""Whether a text is Python as it stands, without the syntax of IPython."""

from __future__ import annotations

import ast
import warnings

__all__ = ["tree_of"]


def tree_of(text: str) -> ast.Module | None:
    """The tree of a text, None if it does not parse; what the parser warns of is not shown."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
