"""A notebook and what is asked, to the files that would be written. Reads and writes nothing."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

from nbprod.errors import InternalError, NbprodError
from nbprod.extract.code.annotate import add_annotations
from nbprod.extract.code.format import format_code
from nbprod.extract.code.noqa import add_noqa
from nbprod.extract.code.render import render_module
from nbprod.extract.code.rewrite import new_sources, rewritten
from nbprod.extract.code.use_logger import replace_prints
from nbprod.extract.plan.automatic import extracted_already, plan_what_can_be
from nbprod.extract.plan.planning import Planner, PlanOptions
from nbprod.facts import Facts
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.refactor.plan import CellLeft, Group, Plan, Refusal

__all__ = ["Extracted", "NothingToExtract", "Refused", "extract", "make_plan"]


class Refused(NbprodError):
    """The selection cannot be extracted with its meaning kept."""

    exit_code = 1

    def __init__(self, path: str, refusals: Sequence[Refusal], headline: str = "") -> None:
        lines = [f"{path}: {headline}"] if headline else []
        lines += [
            f"{path}: cell {refusal.cell + 1}, line {refusal.line}: "
            f"{refusal.reason}; {refusal.advice}"
            for refusal in refusals
        ]
        super().__init__("\n".join(lines))
        self.refusals = tuple(refusals)


class NothingToExtract(Refused):
    """No cell does anything that a module could do for it; ``kept`` are those that cannot go.

    That is no failure where ``is_done``: what can go is in the module already.
    """

    def __init__(
        self, path: str, why: str, kept: Sequence[CellLeft] = (), *, is_done: bool = False
    ) -> None:
        reasons = [
            Refusal(cell_left.cell, cell_left.line, cell_left.reason, "the cell stays")
            for cell_left in kept
        ]
        super().__init__(path, reasons, f"nothing to extract: {why}")
        self.exit_code = 0 if is_done else 1


class Extracted(NamedTuple):
    """The files that an extraction makes, before any is written."""

    plan: Plan
    module: str
    notebook: bytes
    sources: dict[int, str]


def make_plan(
    facts: Facts,
    groups: Sequence[Group] | None,
    cells: Sequence[int],
    options: PlanOptions = PlanOptions(),
    stay: Sequence[CellLeft] = (),
) -> Plan:
    """The plan for named groups, or for as much as can be of some cells when there are none.

    ``stay`` are cells that are not to go in the second case.

    Raises:
        Refused: something of a named group cannot be extracted.
        NothingToExtract: nothing at all can.
    """
    planner = Planner(facts, options)
    plan = planner.plan(groups) if groups is not None else plan_what_can_be(planner, cells, stay)
    if plan.refusals:
        raise Refused(facts.notebook.path, plan.refusals)
    if not plan.functions and not plan.taken:
        raise _nothing(planner, plan, is_all=groups is None)
    return plan


def _nothing(planner: Planner, plan: Plan, *, is_all: bool) -> NothingToExtract:
    """What to say where a plan is empty."""
    path = planner.facts.notebook.path
    if not is_all:
        return NothingToExtract(path, "the cells only import, install or set something up")
    if extracted_already(planner):
        return NothingToExtract(path, "what can go is extracted already", plan.kept, is_done=True)
    if not any(planner.names.statements(cell) for cell in planner.names.cells):
        return NothingToExtract(path, "it has no Python code", plan.kept)
    rest = "the other cells" if plan.kept else "its cells"
    why = f"{rest} only import, install or show something; --cells extracts what shows something"
    return NothingToExtract(path, why, plan.kept)


def extract(
    facts: Facts,
    data: bytes,
    plan: Plan,
    module: str,
    title: str = "",
    options: PlanOptions = PlanOptions(),
) -> Extracted:
    """The module and the notebook of a plan.

    Args:
        facts: the notebook.
        data: its bytes.
        plan: what goes where.
        module: the dotted name under which the notebook imports the module.
        title: what the notebook calls itself.
        options: with which the plan was made.

    Raises:
        InternalError: what was made does not compile.
    """
    planner = Planner(facts, options)
    imports = {import_.bound: import_.dotted for import_ in plan.imports}
    shadowed = BUILTIN_NAMES.intersection(planner.names.bindings)
    whole = add_annotations(render_module(plan, facts, title), imports, shadowed)
    text = add_noqa(format_code(replace_prints(whole) if plan.logs else whole, "module.py"))
    compiles(text, "the module")
    sources = new_sources(plan, facts, planner.names.cells, module)
    return Extracted(plan, text, rewritten(facts, data, sources), sources)


def compiles(text: str, what: str) -> None:
    """Make sure that a text is Python.

    Raises:
        InternalError: it is not, which is a fault of ours.
    """
    try:
        with warnings.catch_warnings():
            # What the author's code is warned about is no news.
            warnings.simplefilter("ignore")
            compile(text, what, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise InternalError(f"{what} does not compile: {error}") from None
