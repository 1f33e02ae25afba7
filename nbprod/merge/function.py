"""A group of clones within a notebook to a function and its calls, or why not."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from nbprod.clones.find import Limits, is_large
from nbprod.clones.types import ClonableStatement, CloneGroup
from nbprod.facts import Facts
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.merge.anti_unify import Unified, unify
from nbprod.merge.naming import (
    UNNAMED,
    common_words,
    drawing_name,
    name_of_figure,
    name_of_steps,
)
from nbprod.merge.signature import Occurrence, needs_of
from nbprod.merge.split import SplitNotebook, StatementRange, stretch_of
from nbprod.merge.text import Draft, call_text, function_text, require_same_code
from nbprod.merge.types import Argument, CallSite, CannotMerge, Signature
from nbprod.names.scopes import bound_names
from nbprod.names.statements import StatementText
from nbprod.names.table import NameTable
from nbprod.patterns import lazy_pattern
from nbprod.refactor.display import draws
from nbprod.refactor.naming import identifier, unique
from nbprod.refactor.plan import Import
from nbprod.syntax.names import mentioned_names
from nbprod.syntax.walk import walk

__all__ = ["Merged", "ReplacementCall", "merge_function", "stretches_of"]

# A function with more parameters than this does not help a reader.
_MOST_PARAMETERS = 8
_MOST_LITERALS = 5
_MOST_RESULTS = 6
_TOO_MANY = "the function would have more parameters than are of use"
_DRAWN = frozenset(["_", "ax", "fig", "axes"])
_AXES = frozenset(["ax", "axes", "fig"])
_TELLING = lazy_pattern(r"[^\W\d_]+ ")


class ReplacementCall(NamedTuple):
    """A call that stands for a place. ``given`` are the names that it hands over, ``lost`` those
    that the notebook has no longer from here."""

    ground: SplitNotebook
    site: CallSite
    text: str
    given: frozenset[str]
    lost: frozenset[str]


class Merged(NamedTuple):
    """The function and its calls; ``imports`` are what it needs in a module of its own."""

    name: str
    text: str
    calls: tuple[ReplacementCall, ...]
    imports: tuple[Import, ...] = ()


def stretches_of(
    group: CloneGroup, facts: Mapping[str, Facts], limits: Limits
) -> list[StatementRange]:
    """The places of a group that may become one function, as stretches of the notebooks' cells.

    That is the largest run of statements which all places have and which defines nothing. What it
    starts from stays in the cells, ``path = "sales.csv"``, as does a last statement that shows
    its value in some cell.

    Raises:
        CannotMerge: there is no such run, or it is too small.
    """
    whole = [
        fragment.source.statements[fragment.start : fragment.end] for fragment in group.fragments
    ]
    statements = _alike(whole, limits)
    while _starts_from_other_literals(statements) and is_large(statements[0][1:], limits):
        statements = [sequence[1:] for sequence in statements]
    places = _stretches(group, statements, facts)
    if any(statement_range.shows for statement_range in places):
        statements = [sequence[:-1] for sequence in statements]
        if not is_large(statements[0], limits):
            raise CannotMerge("too little is left without what the cells show")
        places = _stretches(group, statements, facts)
    return places


def _starts_from_other_literals(places: Sequence[Sequence[ClonableStatement]]) -> bool:
    """Whether the first statement of each place gives a name to data of its own."""
    values = set()
    for sequence in places:
        node = sequence[0].node
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            return False
        try:
            values.add(repr(ast.literal_eval(node.value)))
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return False
    return len(values) > 1


def _alike(
    places: Sequence[Sequence[ClonableStatement]], limits: Limits
) -> list[Sequence[ClonableStatement]]:
    """The heaviest run of statements of the first place that all the others also have."""
    first, *others = places
    best: list[Sequence[ClonableStatement]] = []
    weight = limits.weight - 1
    reason = "too little is the same in all places"
    for start in range(len(first)):
        total = 0
        for end in range(start + 1, len(first) + 1):
            found = _hazard(first[end - 1].node)
            if found is not None:
                reason = found
                break
            total += first[end - 1].weight
            run = first[start:end]
            if total <= weight or not is_large(run, limits):
                continue
            there = [_within(run, start, sequence) for sequence in others]
            if any(sequence is None for sequence in there):
                break
            weight, best = total, [run, *(sequence for sequence in there if sequence is not None)]
    if not best:
        raise CannotMerge(reason)
    return best


def _within(
    run: Sequence[ClonableStatement], start: int, place: Sequence[ClonableStatement]
) -> Sequence[ClonableStatement] | None:
    """Where a run is in another place: as far from its start, else the first."""
    wanted = [statement.digest for statement in run]
    for at in (start, *range(len(place) - len(run) + 1)):
        found = place[at : at + len(run)]
        if [statement.digest for statement in found] == wanted:
            return found
    return None


def _stretches(
    group: CloneGroup, statements: Sequence[Sequence[ClonableStatement]], facts: Mapping[str, Facts]
) -> list[StatementRange]:
    return [
        stretch_of(
            facts[fragment.source.path],
            (fragment.source.cell or 1) - 1,
            [each.node for each in own],
        )
        for fragment, own in zip(group.fragments, statements, strict=True)
    ]


def _hazard(node: ast.stmt) -> str | None:
    """What a statement does that a function cannot do for the notebook."""
    for part in walk(node):
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return f"defines `{part.name}`"
        if isinstance(part, (ast.Import, ast.ImportFrom)):
            return "imports something"
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Del):
            return f"deletes `{part.id}`"
    return None


def merge_function(
    stretches: Sequence[tuple[SplitNotebook, StatementRange]],
    taken: Container[str],
    *,
    module: bool = False,
) -> Merged:
    """The function for some stretches, with the calls.

    Args:
        stretches: what is alike, each with its notebook, which is cut around it (and others).
        taken: names that the function must not have.
        module: it will be in a module and has to be given all that is the notebook's.

    Raises:
        CannotMerge: it would not do what the places do.
    """
    ground, first = stretches[0]
    units = [own.units(statement_range.site) for own, statement_range in stretches]
    unified = unify([[statement.node for statement in own] for own in units])
    places = [
        Occurrence(own, statement_range.site, names)
        for (own, statement_range), names in zip(stretches, unified.names, strict=True)
    ]
    if not module and len(_given(units[0], unified, ground.names)) > _MOST_PARAMETERS:
        raise CannotMerge(_TOO_MANY)
    needs = needs_of(places, module=module)
    texts = _literal_texts(unified, units, places)
    arguments = _arguments(unified, needs, texts, ground)
    literals = sum(argument.keyword for argument in arguments)
    if len(arguments) > _MOST_PARAMETERS or literals > _MOST_LITERALS:
        raise CannotMerge(_TOO_MANY)
    if len(needs.results) > _MOST_RESULTS:
        raise CannotMerge("the function would have more results than are of use")
    renamed = {
        mine: argument.name
        for mine, argument in zip(needs.parameters, arguments, strict=False)
        if mine != argument.name
    }
    by_texts = {argument.texts: argument.name for argument in arguments if argument.keyword}
    holes = tuple((hole, by_texts[text]) for hole, text in zip(unified.holes, texts, strict=True))
    draft = Draft(units[0], ground.facts, renamed, holes)
    name = _name(first, needs, ground, taken, unified.names)
    inside = [renamed.get(result, result) for result in needs.results]
    text = function_text(draft, name, [argument.name for argument in arguments], inside)
    back = [
        {renamed.get(mine, mine): theirs for mine, theirs in name.items()} for name in unified.names
    ]
    require_same_code(
        text, arguments, back, [statement_range.nodes for _, statement_range in stretches]
    )
    calls = tuple(
        _call(name, arguments, number, needs, place) for number, place in enumerate(places)
    )
    return Merged(name, text, calls, needs.imports)


def _given(units: Sequence[StatementText], unified: Unified, table: NameTable) -> set[str]:
    """The names that the first place reads only and that are others elsewhere: all parameters."""
    bound = bound_names([unit.node for unit in units])
    read = {name.id for unit in units for name in table.loads_of(unit.node)} - bound.keys()
    first, *others = unified.names
    return {name for name in read & first.keys() if any(own[name] != name for own in others)}


def _call(
    name: str, arguments: Sequence[Argument], number: int, needs: Signature, place: Occurrence
) -> ReplacementCall:
    given = [
        f"{argument.name}={argument.texts[number]}" if argument.keyword else argument.texts[number]
        for argument in arguments
    ]
    bound = [place.names[result] for result in needs.results]
    return ReplacementCall(
        place.ground,
        place.site,
        call_text(name, given, bound),
        frozenset(argument.texts[number] for argument in arguments if not argument.keyword),
        frozenset(place.names[text] for text in needs.bound) - set(bound),
    )


# --- parameters ----------------------------------------------------------------------------------


def _arguments(
    unified: Unified, needs: Signature, literals: Sequence[tuple[str, ...]], ground: SplitNotebook
) -> list[Argument]:
    """The parameters: names first, then the literals that differ, each set of them once."""
    used = {*unified.names[0], *BUILTIN_NAMES}
    found: list[Argument] = []
    for mine in needs.parameters:
        texts = tuple(names[mine] for names in unified.names)
        same = len(set(texts)) == 1
        name = mine if same else _parameter_name(mine, texts, ground, used)
        used.add(name)
        found.append(Argument(name, texts))
    seen: set[tuple[str, ...]] = set()
    for hole, texts in zip(unified.holes, literals, strict=True):
        if texts not in seen:
            seen.add(texts)
            hint = identifier(hole.hint) or "value"
            is_taken = hint in unified.names[0] and hint != "value"
            name = unique(f"{hint}_value" if is_taken else hint, used)
            used.add(name)
            found.append(Argument(name, texts, keyword=True))
    return found


def _literal_texts(
    unified: Unified, units: Sequence[Sequence[StatementText]], places: Sequence[Occurrence]
) -> list[tuple[str, ...]]:
    """The text in each place for each literal that differs.

    Equal values are one text, however they are written, so that they are one parameter.
    """
    cells: dict[int, int] = {}
    inside: set[int] = set()
    for own in units:
        for unit in own:
            for part in walk(unit.node):
                if isinstance(part, ast.Constant):
                    cells[id(part)] = unit.cell
                elif isinstance(part, ast.JoinedStr):
                    inside |= {id(child) for child in walk(part)}
    written: dict[tuple[str, ...], tuple[str, ...]] = {}
    found = []
    for hole in unified.holes:
        values = tuple(repr(constant.value) for constant in hole.nodes)
        if values not in written:
            written[values] = tuple(
                repr(node.value)
                if id(node) in inside
                else _source_of(node, cells[id(node)], place.ground.facts)
                for node, place in zip(hole.nodes, places, strict=True)
            )
        found.append(written[values])
    return found


def _source_of(node: ast.AST, cell: int, facts: Facts) -> str:
    return facts.text(facts.span(cell, node))


def _parameter_name(
    mine: str, texts: Sequence[str], ground: SplitNotebook, used: Container[str]
) -> str:
    """What a name is called in the function: what the names of the places have in common."""
    common = common_words(texts)
    if common and common not in used and not keyword.iskeyword(common):
        return common
    bindings = ground.names.bindings.get(mine, ())
    is_data = bool(bindings) and not any(
        isinstance(site.statement, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))
        for site in bindings
    )
    if is_data:
        return mine
    return unique("factory" if mine[:1].isupper() else "function", used)


# --- the function's name -------------------------------------------------------------------------


def _name(
    first: StatementRange,
    needs: Signature,
    ground: SplitNotebook,
    taken: Container[str],
    names: Sequence[Mapping[str, str]],
) -> str:
    comment = _comment(first.site, ground.whole)
    imported = ground.whole.imported
    drawing = [
        draws(statement, imported) or bool(_AXES & mentioned_names(statement))
        for statement in first.nodes
    ]
    draw = any(drawing)
    short = len(comment) < 60
    telling = [result for result in needs.results if result not in _DRAWN]
    choices = [
        drawing_name(identifier(comment), is_drawing=_mostly(drawing)) if short else "",
        # What a figure is made of on the way may be read later, and is not what the code is for.
        name_of_figure(first.nodes) if draw and (not telling or _mostly(drawing)) else "",
        name_of_steps(first.nodes, telling, names),
        name_of_figure(first.nodes) if draw else "",
    ]
    found = next((name for name in choices if name and name not in taken), None)
    return found or unique(next(filter(None, choices), UNNAMED), taken)


def _mostly(answers: Sequence[bool]) -> bool:
    return 2 * sum(answers) >= len(answers)


def _comment(site: CallSite, facts: Facts) -> str:
    lines = facts.cell(site.cell).source[site.comments : site.start].strip().splitlines()
    text = lines[0].strip().lstrip("#").strip() if lines else ""
    return text if _TELLING.match(text) and not _is_code(text) else ""


def _is_code(text: str) -> bool:
    """Whether a comment is a statement that somebody has put away."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return not all(
        isinstance(statement, ast.Expr) and isinstance(statement.value, (ast.Name, ast.Constant))
        for statement in tree.body
    )
