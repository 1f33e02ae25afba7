"""The groups of a notebook's clones as edits of its cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nbprod.clones.find import Limits
from nbprod.clones.types import CloneGroup
from nbprod.facts import Facts
from nbprod.flow.library import BUILTIN_NAMES
from nbprod.merge.ground import Stretch, ground_of
from nbprod.merge.merging import Merged, merged, stretches_of
from nbprod.merge.types import CannotMerge, Site
from nbprod.model import Edit, Span

__all__ = ["Merges", "edits_of"]


class Merges:
    """The functions that a notebook's groups can become, by the number of the group.

    Of groups that overlap the one that takes the most code away comes first; the others are found
    again when it is gone. ``reasons`` say why a group becomes nothing.
    """

    def __init__(self, groups: Sequence[CloneGroup], facts: Facts, limits: Limits) -> None:
        self.facts = facts
        self.reasons: dict[int, str] = {}
        self.found: dict[int, Merged] = {}
        stretches: dict[int, list[Stretch]] = {}
        for number, group in enumerate(groups):
            try:
                stretches[number] = stretches_of(group, facts, limits)
            except CannotMerge as error:
                self.reasons[number] = str(error)
        if any("ast_node_interactivity" in cell.source for cell in facts.notebook.cells):
            self.reasons |= dict.fromkeys(stretches, "every expression of a cell shows its value")
        elif stretches:
            self._merge(stretches)

    def _merge(self, stretches: dict[int, list[Stretch]]) -> None:
        ground = ground_of(self.facts, (place.site for one in stretches.values() for place in one))
        taken = {*ground.names.bindings, *BUILTIN_NAMES}
        done: list[Site] = []
        for number, places in sorted(stretches.items(), key=lambda one: -_saved(one[1])):
            sites = [place.site for place in places]
            try:
                if any(_overlap(one, other) for one in sites for other in done):
                    raise CannotMerge("a larger group has some of the same code")
                made = merged(places, ground, taken)
            except CannotMerge as error:
                self.reasons[number] = str(error)
                continue
            taken.add(made.name)
            done += sites
            self.found[number] = made


def _saved(places: Sequence[Stretch]) -> int:
    """How much text goes when one of some places is left."""
    return sum(one.site.end - one.site.start for one in places[1:])


def _overlap(one: Site, other: Site) -> bool:
    return one.cell == other.cell and one.start < other.end and other.start < one.end


def edits_of(made: Merged, facts: Facts) -> Iterator[Edit]:
    """The edits that put the function above its first call, and the calls in their places."""
    first = facts.cell(made.calls[0][0].cell).source
    for number, (site, call) in enumerate(made.calls):
        source = facts.cell(site.cell).source
        lost = _lost_comments(source, site, first, made.calls[0][0]) if number else []
        text = "".join(f"{line}\n" for line in lost) + call
        if number:
            yield Edit(Span(site.cell, site.start, site.end), text)
            continue
        above = source[: site.comments]
        gap = "\n" * max(0, 3 - _line_breaks(above)) if above.strip() else ""
        comments = source[site.comments : site.start]
        definition = f"{gap}{made.text}\n\n\n{comments}"
        yield Edit(Span(site.cell, site.comments, site.end), definition + text)


def _line_breaks(text: str) -> int:
    """How many lines end behind the last one that is not blank."""
    return text[len(text.rstrip()) :].replace("\r\n", "\n").count("\n")


def _lost_comments(source: str, site: Site, first: str, kept: Site) -> list[str]:
    """The comments inside of a place that the function does not have."""
    there = set(_comments(first[kept.start : kept.end]))
    return [one for one in _comments(source[site.start : site.end]) if one not in there]


def _comments(text: str) -> list[str]:
    import io
    import tokenize

    try:
        tokens = [*tokenize.generate_tokens(io.StringIO(text).readline)]
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return []
    return [one.string for one in tokens if one.type == tokenize.COMMENT]
