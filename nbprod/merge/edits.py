"""Groups of clones as functions and as edits of the notebooks' cells."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from nbprod.clones.find import Limits
from nbprod.clones.types import CloneGroup
from nbprod.facts import Facts
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.merge.function import Merged, ReplacementCall, merge_function, stretches_of
from nbprod.merge.split import SplitNotebook, StatementRange, ground_of
from nbprod.merge.types import CallSite, CannotMerge
from nbprod.model import Edit, Span

__all__ = ["Merges", "edits_of", "merges_of"]

_Places = Sequence[tuple[SplitNotebook, StatementRange]]


class Merges(NamedTuple):
    """The functions that groups can become by the number of the group, and why others cannot."""

    found: dict[int, Merged]
    reasons: dict[int, str]


def merges_of(
    groups: Sequence[CloneGroup],
    facts: Mapping[str, Facts],
    limits: Limits,
    taken: frozenset[str] = frozenset(),
    *,
    module: bool = False,
) -> Merges:
    """The functions that can be made of some groups at once.

    Of groups that overlap, the one that takes the most code away comes first; the others are found
    again when it is gone.

    Args:
        groups: what is repeated.
        facts: the notebooks by path.
        limits: what is too small.
        taken: names that no function must have, besides the notebooks' own.
        module: the functions will be in a module.
    """
    reasons: dict[int, str] = {}
    stretches: dict[int, list[tuple[str, StatementRange]]] = {}
    for number, group in enumerate(groups):
        paths = [fragment.source.path for fragment in group.fragments]
        try:
            if any(facts[path].shared(_shows_each_expression) for path in paths):
                raise CannotMerge("every expression of a cell shows its value")
            places = stretches_of(group, facts, limits)
            stretches[number] = list(zip(paths, places, strict=True))
        except CannotMerge as error:
            reasons[number] = str(error)
    sites: dict[str, list[CallSite]] = {}
    for own in stretches.values():
        for path, statement_range in own:
            sites.setdefault(path, []).append(statement_range.site)
    grounds = {path: ground_of(facts[path], own) for path, own in sites.items()}
    names = {*taken, *BUILTIN_NAMES}.union(
        *(split_notebook.names.bindings for split_notebook in grounds.values())
    )
    found: dict[int, Merged] = {}
    for number, own in sorted(stretches.items(), key=lambda item: -_saved(item[1])):
        try:
            pairs = [(grounds[path], statement_range) for path, statement_range in own]
            _refuse_overlaps(pairs, found.values())
            made = merge_function(pairs, names, module=module)
            _refuse_dependent(made, found.values())
        except CannotMerge as error:
            reasons[number] = str(error)
            continue
        names.add(made.name)
        found[number] = made
    return Merges(found, reasons)


def _shows_each_expression(facts: Facts) -> bool:
    """Whether IPython is set to show more than the last expression of a cell."""
    return any("ast_node_interactivity" in cell.source for cell in facts.notebook.cells)


def _saved(places: Sequence[tuple[str, StatementRange]]) -> int:
    """How much text goes when one of some places is left."""
    return sum(
        statement_range.site.end - statement_range.site.start for _, statement_range in places[1:]
    )


def _refuse_overlaps(places: _Places, before: Iterable[Merged]) -> None:
    for other in (call for made in before for call in made.calls):
        for ground, statement_range in places:
            if ground is other.ground and _overlap(statement_range.site, other.site):
                raise CannotMerge("a larger group has some of the same code")


def _overlap(site: CallSite, other: CallSite) -> bool:
    return site.cell == other.cell and site.start < other.end and other.start < site.end


def _refuse_dependent(made: Merged, before: Iterable[Merged]) -> None:
    """What one function leaves to itself, a call of another one cannot hand over."""
    for other in (call for each in before for call in each.calls):
        for call in made.calls:
            if call.ground is other.ground and (call.given & other.lost or other.given & call.lost):
                raise CannotMerge("another group has to come first")


def edits_of(made: Merged, module: str | None = None) -> Iterator[tuple[Facts, Edit]]:
    """The edits that put the calls in their places, each with its notebook.

    Above a notebook's first call stands the function, or its import from a ``module``.
    """
    kept = _text_of(made.calls[0])
    seen: list[SplitNotebook] = []
    for call in made.calls:
        site, whole = call.site, call.ground.whole
        source = whole.cell(site.cell).source
        lost = _lost_comments(_text_of(call), kept)
        text = "".join(f"{line}\n" for line in lost) + call.text
        if any(split_notebook is call.ground for split_notebook in seen):
            yield whole, Edit(Span(site.cell, site.start, site.end), text)
            continue
        seen.append(call.ground)
        head = _head(made, module, source[: site.comments])
        comments = source[site.comments : site.start]
        yield whole, Edit(Span(site.cell, site.comments, site.end), head + comments + text)


def _head(made: Merged, module: str | None, above: str) -> str:
    if module is not None:
        return f"from {module} import {made.name}\n\n"
    gap = "\n" * max(0, 3 - _line_breaks(above)) if above.strip() else ""
    return f"{gap}{made.text}\n\n\n"


def _text_of(call: ReplacementCall) -> str:
    return call.ground.whole.cell(call.site.cell).source[call.site.start : call.site.end]


def _line_breaks(text: str) -> int:
    """How many lines end after the last one that is not blank."""
    return text[len(text.rstrip()) :].replace("\r\n", "\n").count("\n")


def _lost_comments(text: str, kept: str) -> list[str]:
    """The comments inside of a place that the function does not have."""
    there = set(_comments(kept))
    return [comment for comment in _comments(text) if comment not in there]


def _comments(text: str) -> list[str]:
    try:
        tokens = [*tokenize.generate_tokens(io.StringIO(text).readline)]
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return []
    return [token_info.string for token_info in tokens if token_info.type == tokenize.COMMENT]
