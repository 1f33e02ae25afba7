"""Find what is repeated: maximal repeats over hashed statements.

All sources are written one after the other as numbers, with a number of its own between two of
them, and the suffixes are sorted; neighbours that start alike are repeats (Baker, "On finding
duplication and near-duplication in large software systems", WCRE 1995). A repeat is kept when it
cannot be made longer on either side, and when its names can be renamed one to one.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from nbprod.clones.copies import whole_copies
from nbprod.clones.types import ClonableStatement, CloneGroup, Copy, Fragment, Source, Variation
from nbprod.names.scopes import bound_names
from nbprod.syntax.walk import walk

__all__ = ["Found", "Limits", "find_clones", "is_large"]

# Suffixes are compared up to this many statements.
_LONGEST = 60
_MOST_GAP = 2
_ALIKE = 0.8


class Limits(NamedTuple):
    """What is too small to be reported: nodes of the trees, and statements unless one is a
    definition. What only gives a name to data does not count."""

    weight: int = 50
    statements: int = 3


# What may be a part of something with gaps.
_PARTS = Limits(weight=14, statements=2)


class Found(NamedTuple):
    """Groups of clones, the largest first, and files that are copies as a whole."""

    groups: tuple[CloneGroup, ...]
    copies: tuple[Copy, ...]


class _Repeat(NamedTuple):
    """Places (source, first statement) that are alike for some statements."""

    length: int
    places: tuple[tuple[int, int], ...]


def find_clones(sources: Sequence[Source], limits: Limits = Limits()) -> Found:
    """What is repeated in some cells and modules.

    Args:
        sources: the cells and modules; those of one path stand together.
        limits: what is too small.
    """
    copies = tuple(whole_copies(sources))
    left_out = {path for copy in copies for path in copy.paths[1:]}
    kept = [source for source in sources if source.path not in left_out]
    repeats = _once_each(_without_parts(_repeats(kept, _PARTS)), kept, limits)
    groups = [
        group for with_gap in _with_gaps(repeats) for group in _groups(with_gap, kept, limits)
    ]
    groups.sort(key=_order)
    return Found(tuple(_told_once(groups, limits)), copies)


def _order(group: CloneGroup) -> tuple[int, str, int, int]:
    """The largest first, then as they stand."""
    first = group.fragments[0]
    return (
        -group.weight * len(group.fragments),
        first.source.path,
        first.source.cell or 0,
        first.first_line,
    )


def _told_once(groups: Iterable[CloneGroup], limits: Limits) -> Iterator[CloneGroup]:
    """Groups, the largest first, without those that are little else than parts of larger ones.

    Such a group begins in the middle of what one function should do, or names some of its places.
    """
    told: set[tuple[int, int]] = set()
    for group in groups:
        own = [
            (fragment, [(id(fragment.source), at) in told for at in _places(fragment)])
            for fragment in group.fragments
        ]
        if any(_has_new(fragment, known, limits) for fragment, known in own):
            told |= {(id(fragment.source), at) for fragment, _ in own for at in _places(fragment)}
            yield group


def _places(fragment: Fragment) -> range:
    return range(fragment.start, fragment.end)


def _has_new(fragment: Fragment, known: Sequence[bool], limits: Limits) -> bool:
    """Whether neighbours among its statements that no other group has are worth a function."""
    statements = fragment.source.statements[fragment.start : fragment.end]
    runs = groupby(zip(known, statements, strict=True), key=lambda pair: pair[0])
    return any(
        not is_known and is_large([statement for _, statement in run], limits)
        for is_known, run in runs
    )


# --- repeats -------------------------------------------------------------------------------------


def _repeats(sources: Sequence[Source], limits: Limits) -> list[_Repeat]:
    """The maximal repeats that are large enough."""
    text: list[int] = []
    origin: list[tuple[int, int]] = []
    for number, source in enumerate(sources):
        for place, statement in enumerate(source.statements):
            text.append(statement.digest)
            origin.append((number, place))
        text.append(-1 - number)
        origin.append((number, len(source.statements)))
    once = {digest for digest, count in Counter(text).items() if count == 1}
    starts = [at for at, digest in enumerate(text) if digest not in once]
    starts.sort(key=lambda at: text[at : at + _LONGEST])
    common = [_common(text, a, b) for a, b in zip(starts, starts[1:], strict=False)]
    found = []
    for length, first, last in _intervals(common):
        places = starts[first : last + 1]
        before = {text[at - 1] if at else None for at in places}
        if len(before) == 1 and None not in before and min(before) >= 0:  # type: ignore[type-var,operator]
            continue
        number, place = origin[places[0]]
        own = sources[number].statements[place : place + length]
        if is_large(own, limits) and not _repeats_itself(text[starts[first] :][:length]):
            found.append(_Repeat(length, tuple(sorted(origin[at] for at in places))))
    return [fragment for repeat in found if (fragment := _apart(repeat)) is not None]


def _repeats_itself(digests: Sequence[int]) -> bool:
    """Whether some statements are several of the same: two of four places of half their length.

    One statement again and again stays, which is a matter of the rule.
    """
    length = len(digests)
    return (
        any(
            length % period == 0 and digests[period:] == digests[:-period]
            for period in range(2, length // 2 + 1)
        )
        and len(set(digests)) > 1
    )


def _common(text: Sequence[int], one: int, other: int) -> int:
    count = 0
    end = min(len(text) - max(one, other), _LONGEST)
    while count < end and text[one + count] == text[other + count]:
        count += 1
    return count


def _intervals(common: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Runs of suffixes that share a start: its length, the first and the last of them.

    The intervals of the array of common lengths, by a stack (Kasai et al. 2001).
    """
    stack: list[tuple[int, int]] = []
    for place, length in enumerate([*common, 0]):
        first = place
        while stack and stack[-1][0] > length:
            high, first = stack.pop()
            yield high, first, place
        if length and (not stack or stack[-1][0] < length):
            stack.append((length, first))


def is_large(statements: Sequence[ClonableStatement], limits: Limits) -> bool:
    """Whether some statements are worth a function."""
    counted = [statement for statement in statements if statement.weight]
    if sum(statement.weight for statement in counted) < limits.weight:
        return False
    defines = any(
        isinstance(statement.node, (ast.FunctionDef, ast.ClassDef)) for statement in counted
    )
    return defines or len(counted) >= limits.statements


def _apart(repeat: _Repeat) -> _Repeat | None:
    """A repeat without places that overlap an earlier one."""
    places: list[tuple[int, int]] = []
    for number, place in repeat.places:
        if places and places[-1][0] == number and place < places[-1][1] + repeat.length:
            continue
        places.append((number, place))
    if len(places) < 2:
        return None
    return _Repeat(repeat.length, tuple(places))


def _without_parts(repeats: Iterable[_Repeat]) -> list[_Repeat]:
    """Repeats whose places are not all inside of a longer one with as many places."""
    kept: list[_Repeat] = []
    covered: dict[tuple[int, int], int] = {}
    for repeat in sorted(repeats, key=lambda repeat: (-repeat.length, -len(repeat.places))):
        inside = [covered.get(place, 0) for place in repeat.places]
        if min(inside) >= len(repeat.places):
            continue
        kept.append(repeat)
        for number, place in repeat.places:
            for offset in range(repeat.length):
                key = (number, place + offset)
                covered[key] = max(covered.get(key, 0), len(repeat.places))
    return kept


def _once_each(
    repeats: Iterable[_Repeat], sources: Sequence[Source], limits: Limits
) -> list[_Repeat]:
    """Repeats without those that only have statements of one that saves more.

    Forty statements that are alike repeat four in ten places, five in eight, ten in four. What is
    too small by itself stays: it may be a part of a repeat with gaps.
    """
    kept: list[_Repeat] = []
    owners: dict[tuple[int, int], set[int]] = {}
    for repeat in sorted(repeats, key=_saves, reverse=True):
        number, place = repeat.places[0]
        if not is_large(sources[number].statements[place : place + repeat.length], limits):
            kept.append(repeat)
            continue
        own = [
            (number, place + offset)
            for number, place in repeat.places
            for offset in range(repeat.length)
        ]
        shared = set(owners.get(own[0], ()))
        for statement in own:
            if not shared:
                break
            shared &= owners.get(statement, set())
        if not shared:
            for statement in own:
                owners.setdefault(statement, set()).add(len(kept))
            kept.append(repeat)
    return kept


def _saves(repeat: _Repeat) -> int:
    """How many statements go when one of the places is left."""
    return repeat.length * (len(repeat.places) - 1)


def _with_gaps(repeats: Sequence[_Repeat]) -> list[list[_Repeat]]:
    """Repeats in chains: those that follow each other in the same places with a small gap."""
    left = sorted(repeats, key=lambda repeat: (repeat.places, repeat.length))
    by_numbers: dict[tuple[int, ...], list[_Repeat]] = {}
    for repeat in left:
        by_numbers.setdefault(tuple(number for number, _ in repeat.places), []).append(repeat)
    chains: list[list[_Repeat]] = []
    for same in by_numbers.values():
        for repeat in same:
            last = chains[-1][-1] if chains and chains[-1][0] in same else None
            if last is not None and _follows(last, repeat):
                chains[-1].append(repeat)
            else:
                chains.append([repeat])
    return chains


def _follows(first: _Repeat, second: _Repeat) -> bool:
    gaps = [
        after - (before + first.length)
        for (_, before), (_, after) in zip(first.places, second.places, strict=True)
    ]
    return all(0 <= gap <= _MOST_GAP for gap in gaps) and any(gap > 0 for gap in gaps)


# --- groups --------------------------------------------------------------------------------------


def _groups(
    chain: Sequence[_Repeat], sources: Sequence[Source], limits: Limits
) -> Iterator[CloneGroup]:
    """The fragments of a chain whose names fit one to one; the others are another matter."""
    last = chain[-1]
    fragments = [
        Fragment(sources[number], start, end + last.length)
        for (number, start), (_, end) in zip(chain[0].places, last.places, strict=True)
    ]
    first = fragments[0]
    own = first.source.statements[first.start : first.end]
    if not is_large(own, limits):
        return
    if len(chain) > 1:
        equal = sum(repeat.length for repeat in chain)
        longest = max(fragment.end - fragment.start for fragment in fragments)
        if equal >= _ALIKE * longest and all(_fits(repeat, sources) for repeat in chain):
            weight = sum(statement.weight for statement in own)
            parts = [_differences(_fragments(repeat, sources)) for repeat in chain]
            differing = tuple(dict.fromkeys(difference for part in parts for difference in part))
            yield CloneGroup(3, tuple(fragments), differing, _signature(first, differing), weight)
        return
    rest = fragments
    while len(rest) > 1:
        first = rest[0]
        fitting = [
            first,
            *(fragment for fragment in rest[1:] if _renames(first, fragment) is not None),
        ]
        rest = [fragment for fragment in rest[1:] if fragment not in fitting]
        if len(fitting) > 1:
            yield _group(fitting)


def _fragments(repeat: _Repeat, sources: Sequence[Source]) -> list[Fragment]:
    return [
        Fragment(sources[number], start, start + repeat.length) for number, start in repeat.places
    ]


def _fits(repeat: _Repeat, sources: Sequence[Source]) -> bool:
    """Whether the names of all places of a repeat go one to one."""
    first, *others = _fragments(repeat, sources)
    return all(_renames(first, fragment) is not None for fragment in others)


def _group(fragments: Sequence[Fragment]) -> CloneGroup:
    differences = _differences(fragments)
    kind: Literal[1, 2] = 2 if differences else 1
    first = fragments[0]
    weight = sum(statement.weight for statement in first.source.statements[first.start : first.end])
    return CloneGroup(kind, tuple(fragments), differences, _signature(first, differences), weight)


def _renames(first: Fragment, other: Fragment) -> dict[str, str] | None:
    """The names of the one by those of the other; None where they do not go one to one."""
    there: dict[str, str] = {}
    back: dict[str, str] = {}
    for child, two in _aligned(first, other):
        for mine, theirs in zip(_names(child), _names(two), strict=False):
            if there.setdefault(mine, theirs) != theirs or back.setdefault(theirs, mine) != mine:
                return None
    return there


def _aligned(first: Fragment, other: Fragment) -> Iterator[tuple[ast.AST, ast.AST]]:
    for statement, two in zip(first.nodes, other.nodes, strict=False):
        yield from zip(walk(statement), walk(two), strict=False)


def _names(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.arg):
        return (node.arg,)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return (node.name,)
    return ()


def _differences(fragments: Sequence[Fragment]) -> tuple[Variation, ...]:
    """Names and literals that are not the same everywhere, in order, each once."""
    first, *others = fragments
    found: dict[tuple[str, ...], Variation] = {}
    docstrings = {id(child) for node in first.nodes for child in _docstrings(node)}
    keywords = {
        id(part.value): part.arg
        for node in first.nodes
        for part in walk(node)
        if isinstance(part, ast.keyword)
    }
    columns = [list(_aligned(first, fragment)) for fragment in others]
    for row in zip(*columns, strict=False):
        mine = row[0][0]
        theirs = [pair[1] for pair in row]
        texts = (_text(mine), *(_text(their) for their in theirs))
        if texts[0] is None or len(set(texts)) == 1 or None in texts or id(mine) in docstrings:
            continue
        kind: Literal["name", "literal"] = "literal" if isinstance(mine, ast.Constant) else "name"
        said = tuple(str(text) for text in texts)
        found.setdefault(said, Variation(kind, said, keywords.get(id(mine))))
    return tuple(found.values())


def _docstrings(node: ast.AST) -> Iterator[ast.AST]:
    for part in walk(node):
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if isinstance(part.body[0], ast.Expr):
                yield part.body[0].value


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant):
        return repr(node.value)
    names = _names(node)
    return names[0] if names else None


def _bound(first: Fragment) -> list[str]:
    """The names that a fragment binds, in order."""
    found: dict[str, None] = {}
    for node in first.nodes:
        made = bound_names([node]).items()
        for name, _ in sorted(made, key=lambda one: getattr(one[1], "col_offset", 0)):
            found.setdefault(name)
    return list(found)


def _signature(first: Fragment, differences: Sequence[Variation]) -> str:
    """A function for all places: its parameters are what differs, its results what is bound."""
    definition = first.nodes[0]
    if len(first.nodes) == 1 and isinstance(definition, (ast.FunctionDef, ast.ClassDef)):
        return f"def {definition.name}(...)" if not differences else f"{definition.name}"
    bound = _bound(first)
    parameters: list[str] = []
    for number, difference in enumerate(differences, 1):
        if difference.kind == "name" and difference.texts[0] in bound:
            continue
        name = (
            difference.texts[0]
            if difference.kind == "name"
            else difference.argument or f"value_{number}"
        )
        if name not in parameters:
            parameters.append(name)
    results = bound
    made = f" -> {', '.join(results[:4])}{', …' if len(results) > 4 else ''}" if results else ""
    return f"def shared({', '.join(parameters)}){made}"
