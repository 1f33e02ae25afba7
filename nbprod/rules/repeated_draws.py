"""Whether a draw is repeated, so that a constant seed in the call would make all of them the same.

A bootstrap, a repeated split and a simulation draw again in each pass of a loop. They need one
generator that is made above the loop.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbprod.syntax.names import last_name, mentioned_names
from nbprod.syntax.walk import walk

__all__ = ["Loop", "is_repeated"]

Loop = ast.For | ast.AsyncFor | ast.While
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_COUNTED = frozenset(["range", "trange", "count", "arange", "repeat"])
_SEEDS = frozenset(["random_state", "seed"])


def is_repeated(
    call: ast.Call, statement: ast.stmt, loops: tuple[Loop, ...], is_compared: bool
) -> bool:
    """Whether a call draws again from the same, in a loop or a comprehension around it.

    Where the call reads what the loop changes, as `KMeans(k)` in a loop over `k`, each pass draws
    for something else and a constant is right.

    Args:
        call: the draw.
        statement: the statement with the call.
        loops: the loops around the statement.
        is_compared: whether the call makes a split or a model. A loop over models or settings
            compares them on one split: only a loop that counts repeats it.
    """
    read = mentioned_names(call)
    for loop in loops:
        if isinstance(loop, ast.While):
            return True
        changed = _changed(loop)
        if not read & changed:
            settles = is_compared and (not _counts(loop.iter) or _sets_models(loop, changed))
            if not settles:
                return True
    return any(
        not read & _stored(generator.target) and not (is_compared and not _counts(generator.iter))
        for generator in _generators_around(call, statement)
    )


def _stored(target: ast.AST) -> set[str]:
    return {
        part.id
        for part in walk(target)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }


def _changed(loop: ast.For | ast.AsyncFor) -> set[str]:
    """The target of a loop, with the names that its body computes from it."""
    changed = _stored(loop.target)
    for part in (part for statement in loop.body for part in walk(statement)):
        if isinstance(part, (ast.For, ast.AsyncFor)) and mentioned_names(part.iter) & changed:
            changed |= _stored(part.target)
        elif isinstance(part, ast.Assign) and mentioned_names(part.value) & changed:
            changed.update(*map(_stored, part.targets))
    return changed


def _counts(iterated: ast.expr) -> bool:
    """Whether a loop counts its passes: over `range(1000)`, but not over `range(len(models))`."""
    calls = [part for part in walk(iterated) if isinstance(part, ast.Call)]
    names = {last_name(call.func) for call in calls}
    return bool(names & _COUNTED) and "len" not in names


def _sets_models(loop: ast.For | ast.AsyncFor, changed: set[str]) -> bool:
    """Whether the body gives a class what the loop changes: `KNeighborsClassifier(k)`."""
    return any(
        isinstance(part, ast.Call)
        and last_name(part.func)[:1].isupper()
        and any(
            mentioned_names(value) & changed
            for value in (
                *part.args,
                *(keyword.value for keyword in part.keywords if keyword.arg not in _SEEDS),
            )
        )
        for statement in loop.body
        for part in walk(statement)
    )


def _generators_around(call: ast.Call, statement: ast.stmt) -> Iterator[ast.comprehension]:
    """The `for` parts of the comprehensions that evaluate a call once for each value."""
    for node in walk(statement):
        if isinstance(node, _COMPREHENSIONS):
            first, *more = node.generators
            inside = [
                part for part in walk(node) if part is call and not _has_node(first.iter, call)
            ]
            if inside:
                yield first
                yield from (one for one in more if not _has_node(one.iter, call))


def _has_node(tree: ast.AST, node: ast.AST) -> bool:
    return any(part is node for part in walk(tree))
