"""Paths that no code reads, that the reader is asked to change, or that are for one machine."""

from __future__ import annotations

import ast

from nbprod.facts import Facts
from nbprod.patterns import lazy_pattern
from nbprod.syntax.names import mentioned_names

__all__ = ["is_for_one_machine", "is_to_be_changed", "is_unread"]

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
    r"|\byou(?:'d| would)? (?:want|wish|like|need)\b|\bof your choice\b"
)
# Nobody has these.
_PLACEHOLDER = lazy_pattern(
    r"(?i)[\\/]path[\\/]to[\\/]|<[\w ./-]+>|(?<![^\W_])your[-_ ]?(?:own|user|name|path"
    r"|folder|dir|file|data|project)|[\\/](?:Users|home)[\\/](?:you|me|user(?:[-_]?name)?|x{3,}|foo)[\\/]"
)
_IS_LINE_OF_BLOCK = lazy_pattern(r"\s*(?:#|[\w.]+\s*=\s*[rf]?[\"'][^\"']*[\"']\s*(?:#.*)?\Z)")
# What tells one machine, user or system from another.
_MACHINE = lazy_pattern(
    r"gethostname|getfqdn|getuser|getlogin|platform\.\w+\(|sys\.platform|os\.name|uname|\bCOMPUTERNAME"
    r"|\bHOST(?:NAME)?\b|[\"']USER(?:NAME)?[\"']"
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
    """Whether a literal is a placeholder, or the reader is asked to change it.

    A comment asks it at the literal or in the block of such lines above, or the note above does.
    """
    if isinstance(node, ast.Constant) and _PLACEHOLDER.search(str(node.value)):
        return True
    lines = facts.cell(cell).source.splitlines()
    at = node.lineno - 1
    near = [_COMMENT.search(lines[at])] if at < len(lines) else []
    while at > 0 and _IS_LINE_OF_BLOCK.match(lines[at - 1]):
        at -= 1
        near.append(_COMMENT.search(lines[at]))
    if any(comment is not None and _ASKS_HERE.search(comment[1]) for comment in near):
        return True
    above = facts.cell(cell - 1) if cell > 0 else None
    return above is not None and above.kind == "markdown" and bool(_ASKS.search(above.source))


def is_for_one_machine(node: ast.expr, cell: int, facts: Facts) -> bool:
    """Whether a literal is chosen by what the machine, its user or its system is called."""
    parsed = facts.parsed[cell]
    if parsed is None:
        return False
    for choice in parsed.live_nodes_of((ast.If, ast.IfExp, ast.Subscript, ast.Match)):
        place = facts.span(cell, choice)
        if not place.start <= facts.span(cell, node).start < place.end:
            continue
        asked = _asked_by(choice)
        if asked is not None and node is not asked and _tells_machine(asked, facts):
            return True
    return False


def _asked_by(choice: ast.AST) -> ast.expr | None:
    if isinstance(choice, (ast.If, ast.IfExp)):
        return choice.test
    if isinstance(choice, ast.Subscript):
        return choice.slice
    return choice.subject if isinstance(choice, ast.Match) else None


def _tells_machine(asked: ast.expr, facts: Facts) -> bool:
    """Whether an expression, or what made a variable in it, asks for the machine's name."""
    if _MACHINE.search(ast.unparse(asked)):
        return True
    values = (
        made.node.value
        for name in mentioned_names(asked)
        for made in facts.flow.definitions.get(name, ())
        if isinstance(made.node, ast.Assign)
    )
    return any(_MACHINE.search(ast.unparse(value)) for value in values)
