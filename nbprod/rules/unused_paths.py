"""Paths that no code reads, and those that the notebook asks its reader to change."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.patterns import lazy_pattern

__all__ = ["is_to_be_changed", "is_unread"]

_PLACE = r"(?:paths?|folders?|director(?:y|ies)|dirs?|locations?|file ?names?|filepaths?)"
_VERB = r"(?:adjust|adapt|change|edit|modify|replace|customi[sz]e|update|set|specify|enter|point)"
_YOURS = (
    rf"\b{_VERB}\b[^.\n]{{0,60}}\byour?\b|\byour (?:own )?(?:\w+ ){{0,2}}"
    rf"(?:{_PLACE}|files?|machine|computer|drive|system)\b"
    rf"|\b(?:adjust|adapt|change|edit|modify|replace|customi[sz]e|update)\b[^.\n]{{0,40}}\b{_PLACE}\b"
)
_ASKS = lazy_pattern(rf"(?i){_YOURS}")
_ASKS_HERE = lazy_pattern(
    rf"(?i){_YOURS}|\b(?:adjust|adapt|change|edit|modify|replace|customi[sz]e)"
    r" (?:this|it|here|me|accordingly|as needed|if needed)\b|\bchange_?me\b"
)
_COMMENT = lazy_pattern(r"#(.*)$")


def is_unread(node: ast.expr, cell: int, facts: Facts) -> bool:
    """Whether a literal only gets a name, which no code reads."""
    name = _name_given(node, cell, facts)
    if name is None:
        return False
    for parsed in facts.parsed:
        if parsed is None or name not in parsed.cell.source:
            continue
        if parsed.tree is None or any(name in magic.text for magic in parsed.magics):
            return False
        for other in parsed.live_nodes:
            if isinstance(other, ast.Name) and other.id == name:
                if not isinstance(other.ctx, ast.Store):
                    return False
            elif isinstance(other, ast.Constant) and other.value == name:
                return False
    return True


def _name_given(node: ast.expr, cell: int, facts: Facts) -> str | None:
    parsed = facts.parsed[cell]
    for statement in parsed.live_nodes_of(ast.Assign) if parsed is not None else ():
        if statement.value is node and len(statement.targets) == 1:
            target = statement.targets[0]
            return target.id if isinstance(target, ast.Name) else None
    return None


def is_to_be_changed(node: ast.expr, cell: int, facts: Facts) -> bool:
    """Whether a comment at a literal, or the note above its cell, asks the reader to change it."""
    lines = facts.cell(cell).source.splitlines()
    at = node.lineno - 1
    near = [_COMMENT.search(lines[at])] if at < len(lines) else []
    while at > 0 and lines[at - 1].lstrip().startswith("#"):
        at -= 1
        near.append(_COMMENT.search(lines[at]))
    if any(comment is not None and _ASKS_HERE.search(comment[1]) for comment in near):
        return True
    above = facts.cell(cell - 1) if cell > 0 else None
    return above is not None and above.kind == "markdown" and bool(_ASKS.search(above.source))
