"""How a read without a value is reported: shared by the rules on names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from nbprod.facts import Facts
from nbprod.fixing.late_import import is_late_import
from nbprod.flow.types import Definition, Failure
from nbprod.model import Certainty, Diagnostic, Fix, Label
from nbprod.model import Exception_ as ExceptionName
from nbprod.rule import unsafe
from nbprod.rules.missing_definitions import how_to_restore
from nbprod.rules.stubs import open_cell_above, stub_of

if TYPE_CHECKING:
    from nbprod.fixing.reorder import Reordering

__all__ = [
    "as_unfilled",
    "cascade_text",
    "chain_labels",
    "beside",
    "definition_labels",
    "failures_because",
    "listed",
    "mistakes",
    "reached",
    "failing_names",
    "is_left_to_write",
    "reordered",
    "tell",
]

_MOST_MISTAKES = 3
_MOST_LABELS = 20


def failures_because(facts: Facts, *reasons: str) -> Iterator[Failure]:
    """The certain failures, then the possible ones, that have one of these reasons."""
    for failure in (*facts.flow.failures, *facts.flow.possible):
        if failure.reason in reasons and not facts.is_parameters(failure.cell):
            yield failure


def mistakes(
    failures: Iterable[Failure],
    cause: Callable[[Failure], object],
    facts: Facts,
    *,
    by_line: bool = False,
    anywhere: Callable[[Failure], object] = lambda _: None,
) -> list[list[Failure]]:
    """The failures that one mistake explains, in groups.

    Those about one name are one; so are those of one cell and one cause, for a cell stops at the
    first; with ``by_line`` those of one line, whatever their causes; those of one cause that
    explains them ``anywhere`` in the notebook; and all of a notebook without any count, where there
    are many: it is no program that ran.
    """
    groups: dict[object, list[Failure]] = {}
    homes: dict[object, object] = {}
    for failure in failures:
        keys: list[tuple[object, ...]] = [
            (failure.certain, failure.name),
            (failure.certain, failure.cell, cause(failure)),
        ]
        if by_line:
            keys.append((failure.certain, failure.span.cell, "line", facts.line(failure.span)))
        if (wide := anywhere(failure)) is not None:
            keys.append((failure.certain, "anywhere", wide))
        home = next((homes[key] for key in keys if key in homes), keys[0])
        for key in keys:
            homes.setdefault(key, home)
        groups.setdefault(home, []).append(failure)
    certain = [group for group in groups.values() if group[0].certain]
    if len(certain) <= _MOST_MISTAKES or facts.execution.counts:
        return list(groups.values())
    possible = [group for group in groups.values() if not group[0].certain]
    return [[failure for group in certain for failure in group], *possible]


def reached(groups: list[list[Failure]], facts: Facts) -> list[list[Failure]]:
    """The groups without those to which no cell comes, since a statement above surely raises.

    They are reported with the failure that stops the cell, where it is in one of the groups; else
    another finding reports that failure. In each group the failures that a cell reaches are first.
    """
    stops = facts.shared(_stops)
    late = {failure for group in groups for failure in group if _is_late(failure, stops)}
    home = {failure: group for group in groups for failure in group}
    kept = [group for group in groups if not late.issuperset(group)]
    for group in groups:
        if late.issuperset(group):
            above = home.get(stops[group[0].cell][0])
            if above is not None and not late.issuperset(above):
                above.extend(group)
    return [sorted(group, key=lambda failure: failure in late) for group in kept]


def _is_late(failure: Failure, stops: dict[int, tuple[Failure, int]]) -> bool:
    return failure.cell in stops and failure.span.start >= stops[failure.cell][1]


def _stops(facts: Facts) -> dict[int, tuple[Failure, int]]:
    """The first failure that surely stops a cell, and where its statement ends, by cell."""
    first: dict[int, Failure] = {}
    for failure in facts.flow.failures:
        if failure.certain and failure.called and failure.span.cell == failure.cell:
            other = first.setdefault(failure.cell, failure)
            if failure.span < other.span:
                first[failure.cell] = failure
    stops: dict[int, tuple[Failure, int]] = {}
    for cell, failure in first.items():
        parsed = facts.parsed[cell]
        for statement in parsed.tree.body if parsed is not None and parsed.tree is not None else ():
            span = facts.span(cell, statement)
            if span.start <= failure.span.start < span.end:
                stops[cell] = (failure, span.end)
    return stops


def failing_names(group: list[Failure]) -> str:
    """The names that failures are about, as in a sentence."""
    return listed(list(dict.fromkeys(f"`{failure.name}`" for failure in group)))


def beside(
    others: Iterable[tuple[Failure, str | None]], what: str, alone: Callable[[Failure], str]
) -> tuple[Label, ...]:
    """The labels of other failures, with what helps against each.

    ``alone`` is the message of one of them by itself.
    """
    labels = [
        Label(
            failure.span,
            f"`{failure.name}` {what}" + (f": {help_}" if help_ else ""),
            again=alone(failure),
            symbol=failure.name,
        )
        for failure, help_ in others
    ]
    return tuple(labels[:_MOST_LABELS])


def tell(
    failure: Failure,
    facts: Facts,
    message: str,
    help_: str | None,
    *labels: Label,
    others: Iterable[Failure] = (),
) -> Diagnostic:
    """The diagnostic of a failure, with the calls that lead to it and what fails after it.

    ``others`` are reported with it: what fails after them is also named.
    """
    raised: ExceptionName | None = failure.exception if failure.certain and failure.called else None
    lines = [help_] if help_ else []
    told = (failure, *others)
    fallen = sorted({cell + 1 for failure in told for cell, _ in failure.cascade})
    if fallen:
        cells = ", ".join(str(cell) for cell in fallen[:6])
        more = "…" if len(fallen) > 6 else ""
        is_one = len(fallen) == 1
        lines.append(
            f"cell {cells} fails as a result" if is_one else f"cells {cells}{more} fail as a result"
        )
    return Diagnostic(
        failure.span,
        message,
        certainty=Certainty.CERTAIN if failure.certain else Certainty.POSSIBLE,
        symbol=failure.name,
        predicted_exception=raised,
        labels=(*chain_labels(failure, facts), *labels),
        help="; ".join(lines) or None,
    )


def as_unfilled(told: Diagnostic, failure: Failure, facts: Facts) -> Diagnostic:
    """What is said of a name that an exercise asks the reader to define: information, no fix."""
    function = stub_of(failure.read, facts)
    if function is None:
        return told
    return told._replace(
        help=f"write its definition in `{function}`, where a comment leaves it to do",
        fix=None,
        minor=True,
        depends=True,
        predicted_exception=None,
    )


def cascade_text(facts: Facts, index: int) -> str | None:
    """Which reads in other cells fail because this one binds nothing."""
    failure = facts.flow.cell_failures.get(index)
    if failure is None or not failure.cascade:
        return None
    own = facts.program.static_bindings()
    fallen = [(cell, name) for cell, name in failure.cascade if name not in own[cell]]
    if not fallen:
        return None
    places = ", ".join(f"`{name}` in cell {cell + 1}" for cell, name in fallen[:5])
    return f"cell cannot run, so these reads also fail: {places}"


def chain_labels(failure: Failure, facts: Facts) -> tuple[Label, ...]:
    """The calls on the way to the read, and the read itself when it is in a function."""
    if not failure.chain:
        return ()
    steps = [
        Label(step.span, f"calls `{step.function}`")
        for step in failure.chain[1:]
        if step.span != failure.span
    ]
    return (*steps, Label(failure.read, f"`{failure.name}` is loaded here"))


def definition_labels(definitions: tuple[Definition, ...], facts: Facts) -> tuple[Label, ...]:
    """Where a name is bound, at most three places."""
    unique = {
        definition.binding.span: definition
        for definition in definitions
        if not definition.is_unbound
    }
    return tuple(
        Label(span, f"`{definition.binding.name}` is defined here")
        for span, definition in sorted(unique.items())[:3]
    )


def reordered(failure: Failure, facts: Facts) -> Fix | None:
    """The fewest moves of cells that fix a failure, proven by following them.

    They fix the others with it, as far as an order can; the title names what stays undefined.
    """
    found = facts.shared(_Reordered)
    key = (failure.cell, failure.name)
    if found.reordering is None or key in found.reordering.failing or key in found.written:
        return None
    return unsafe(found.title, *found.reordering.moves)


def is_left_to_write(failure: Failure, facts: Facts) -> bool:
    """Whether an exercise asks its reader for what the read lacks: no cell below is meant."""
    if stub_of(failure.read, facts) is not None:
        return True
    return not facts.execution.counts and open_cell_above(failure.cell, facts) is not None


class _Reordered:
    """The one reordering of a notebook, and its title."""

    def __init__(self, facts: Facts) -> None:
        from nbprod.fixing.reorder import find_moves

        # What is in a comment above its reader is missing there, in whatever order.
        self.written = frozenset(
            (failure.cell, failure.name)
            for failure in facts.flow.failures
            if failure.reason == "later"
            and (
                how_to_restore(failure, facts)
                or is_left_to_write(failure, facts)
                # What an import binds is imported above: no cell moves for it.
                or is_late_import(failure, facts)
            )
        )
        self.reordering = find_moves(facts, self.written)
        self.title = _reorder_title(self.reordering) if self.reordering else ""


def _reorder_title(reordering: Reordering) -> str:
    """Say which cells move where, and which names may or will have no value even then."""
    order, moved = reordering.order, reordering.moved
    if len(moved) == 1:
        place = order.index(moved[0])
        if place + 1 == len(order) or order[place + 1] > moved[0]:
            where = f"below cell {order[place - 1] + 1}"
        else:
            where = f"above cell {order[place + 1] + 1}"
        title = f"Move cell {moved[0] + 1} {where}"
    else:
        title = f"Move cells {listed([str(cell + 1) for cell in sorted(moved)])} into running order"
    names = sorted({name for _, name in reordering.failing})
    doubtful = sorted(set(reordering.doubtful).difference(names))
    clauses = []
    if names:
        clauses.append(f"{_names(names)} {'stays' if len(names) == 1 else 'stay'} undefined")
    if doubtful:
        clauses.append(f"{_names(doubtful)} may stay undefined")
    return title + "".join(f"; {clause}" for clause in clauses)


def _names(names: list[str]) -> str:
    return listed([f"`{name}`" for name in names])


def listed(words: list[str]) -> str:
    """Join words as in a sentence: "5, 6 and 9"; over four, "5, 6, 9 and 3 more"."""
    if len(words) > 4:
        words = [*words[:3], f"{len(words) - 3} more"]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
