"""What a person decides of an extraction: in a plan's file, or asked function by function."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from nbprod.cli.output import print_line, print_text
from nbprod.disk.places import project_roots
from nbprod.errors import UsageError

if TYPE_CHECKING:
    from nbprod.extract.plan.choices import Choices, UnitChoice
    from nbprod.extract.wish import ExtractionWish
    from nbprod.refactor.plan import CellLeft, Plan

__all__ = ["with_answers", "with_plan_file"]

_HELP = "y extract, n skip, r rename, m merge with the one above, a all the rest, b back, q quit"


def _choices(wish: ExtractionWish, stay: Sequence[CellLeft]) -> tuple[Choices, Plan]:
    """The statements of the notebook, and the plan that nbprod would make of them."""
    from nbprod.extract.plan.choices import Choices
    from nbprod.extract.plan.planning import Planner

    options = wish.plan._replace(module=wish.order.target.module)
    choices = Choices(Planner(wish.facts, options), wish.cells, stay)
    return choices, wish.planned(stay, options)


def with_plan_file(
    wish: ExtractionWish, path: str, stay: Sequence[CellLeft], command: str
) -> ExtractionWish | None:
    """Write the plan to a file that is not there; else take what it says.

    Args:
        wish: what is asked for besides.
        path: the file.
        stay: cells that cannot be extracted.
        command: what to run again.

    Returns:
        The wish with the edits of the file; None where the file was written.

    Raises:
        UsageError: the file cannot be read, or says something that cannot be.
    """
    from nbprod.extract.plan.choices import Choices
    from nbprod.extract.plan.plan_edits import PlanEdits
    from nbprod.extract.plan.planning import Planner
    from nbprod.project.write_all import bytes_there

    there = bytes_there(path)
    if there is None:
        _write_plan(wish, path, stay, command)
        return None
    try:
        text = there.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8") from None
    options = wish.plan._replace(module=wish.order.target.module)
    edits = PlanEdits(path, text, Choices(Planner(wish.facts, options), wish.cells, stay))
    return wish._replace(chosen=edits.plan, order=wish.order._replace(edits=edits))


def _write_plan(wish: ExtractionWish, path: str, stay: Sequence[CellLeft], command: str) -> None:
    from nbprod.extract.delivery import with_recorded_types
    from nbprod.extract.plan.plan_text import plan_text
    from nbprod.project.write_all import write_all

    choices, plan = _choices(wish, stay)
    if wish.order.run is not None:
        plan = with_recorded_types(plan, wish.facts, wish.order.run)[0]
    facts = plan.cut.facts if plan.cut is not None else wish.facts
    module = os.path.relpath(wish.order.target.path)
    text = plan_text(plan, choices, facts, command, module)
    roots = project_roots((os.path.dirname(os.path.abspath(path)),))
    write_all({path: text.encode()}, read={}, force=False, within=roots, named=(path,))
    print_line(f"wrote {path}: {len(plan.functions)} functions")
    print_line("Edit it, then run the same command again to extract.")


def with_answers(wish: ExtractionWish, stay: Sequence[CellLeft]) -> ExtractionWish:
    """Ask for each function what is to become of it.

    Raises:
        UsageError: nothing is wanted.
    """
    from nbprod.extract.extraction import Refused

    choices, plan = _choices(wish, stay)
    questions = _Questions(choices, plan)
    units = questions.answered()
    if not units:
        raise UsageError("nothing selected, nothing written")

    def chosen() -> Plan:
        made = choices.plan_of(units)
        if made.refusals:
            raise Refused(wish.facts.notebook.path, made.refusals)
        return made

    return wish._replace(chosen=chosen)


class _Questions:
    """Goes through the functions of a plan and asks for each."""

    def __init__(self, choices: Choices, plan: Plan) -> None:
        self.choices = choices
        self.units = choices.of_plan(plan)
        self.wanted: dict[int, UnitChoice] = {}
        """The units that are taken, by their places in the list; one that is skipped has none."""
        self.history: list[dict[int, UnitChoice]] = []

    def answered(self) -> list[UnitChoice]:
        """The units that are wanted in the end."""
        place = 0
        while place < len(self.units):
            self._show(place)
            answer = click.prompt(
                "Extract? (y, n, r, m, a, b, q, ?)", default="y", show_default=True
            )
            key, _, rest = answer.strip().partition(" ")
            place = self._next(place, key.lower(), rest.strip())
        return [self.wanted[place] for place in sorted(self.wanted)]

    def _show(self, place: int) -> None:
        from nbprod.extract.plan.explain import explained_function

        plan = self.choices.plan_of([self.units[place]])
        print_line(f"[{place + 1} of {len(self.units)}]")
        facts = plan.cut.facts if plan.cut is not None else self.choices.planner.facts
        for function in plan.functions:
            print_text("".join(f"{line}\n" for line in explained_function(function, facts)))

    def _next(self, place: int, key: str, rest: str) -> int:
        """Do what was answered; the place of the next question."""
        unit = self.units[place]
        if key == "b":
            if self.history:
                self.wanted = self.history.pop()
            return max(place - 1, 0)
        before = dict(self.wanted)
        if key in ("y", "yes"):
            self.wanted[place] = unit
        elif key in ("n", "no"):
            self.wanted.pop(place, None)
        elif key == "r":
            name = rest or click.prompt("Name")
            problem = self._name_problem(name, place)
            if problem is not None:
                print_line(problem)
                return place
            self.wanted[place] = unit._replace(name=name)
            print_line(f"renamed to {name}")
        elif key == "m":
            if not self._merge(place):
                return place
        elif key == "a":
            self.wanted |= dict(enumerate(self.units[place:], place))
            return len(self.units)
        elif key == "q":
            raise click.Abort
        else:
            print_line(_HELP)
            return place
        self.history.append(before)
        return place + 1

    def _name_problem(self, name: str, place: int) -> str | None:
        others = [unit.name for at, unit in self.wanted.items() if at != place]
        others += [unit.name for unit in self.units[place + 1 :]]
        return self.choices.name_problem(name, [one for one in others if one is not None])

    def _merge(self, place: int) -> bool:
        """Join a unit with the one above it; False, and said why, where that cannot be."""
        above = max((at for at in self.wanted if at < place), default=None)
        if above is None:
            print_line("No function above can be merged with it.")
            return False
        joined = self.choices.joined(self.wanted[above], self.units[place])
        problem = self.choices.problem(joined)
        if problem is None:
            refusals = self.choices.plan_of([joined]).refusals
            if refusals:
                problem = (refusals[0].cell, refusals[0].line, refusals[0].reason)
        if problem is not None:
            cell, line, reason = problem
            print_line(f"They cannot be one function: cell {cell + 1}, line {line}: {reason}.")
            return False
        self.wanted[above] = joined
        print_line(f"merged with {joined.name}")
        return True
