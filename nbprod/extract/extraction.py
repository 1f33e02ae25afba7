"""A notebook and what is asked, to the files that would be written. Reads and writes nothing."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

from nbprod.errors import InternalError, NbprodError
from nbprod.extract.code.annotate import add_annotations
from nbprod.extract.code.format import format_code
from nbprod.extract.code.local_types import with_local_types
from nbprod.extract.code.noqa import add_noqa
from nbprod.extract.code.render import render_module
from nbprod.extract.code.rewrite import new_sources, rewritten
from nbprod.extract.code.use_logger import replace_prints
from nbprod.extract.plan.automatic import extracted_already, plan_of_pieces, plan_what_can_be
from nbprod.extract.plan.planning import Planner, PlanOptions
from nbprod.facts import Facts
from nbprod.libraries.modules import BUILTIN_NAMES
from nbprod.refactor.pieces import CutNotebook
from nbprod.refactor.plan import CellGroup, CellLeft, Plan, Refusal

__all__ = [
    "Extracted",
    "NothingToExtract",
    "Refused",
    "broken_cells",
    "extract",
    "make_plan",
    "refuse_broken",
    "refused_for_credentials",
]


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
    """No cell does anything that is worth a function; ``kept`` are those that cannot be extracted.

    That is an answer, not a failure, unless the cells were asked for by name (``is_asked``).
    """

    def __init__(
        self, path: str, why: str, kept: Sequence[CellLeft] = (), *, is_asked: bool = False
    ) -> None:
        reasons = [
            Refusal(cell_left.cell, cell_left.line, cell_left.reason, "the cell stays")
            for cell_left in kept
        ]
        super().__init__(path, reasons, f"nothing to extract: {why}")
        self.exit_code = 1 if is_asked else 0


def broken_cells(facts: Facts) -> list[Refusal]:
    """The cells that do not parse or that certainly read a name without a value."""
    found = []
    for parsed in facts.parsed:
        if parsed is not None and parsed.fault is not None:
            cell = parsed.cell.index
            line = facts.index(cell).position(parsed.fault.start)[0]
            reason = f"does not parse: {parsed.fault.message}"
            found.append(Refusal(cell, line, reason, "fix the cell first"))
    for failure in facts.flow.failures:
        tags = facts.cell(failure.cell).tags
        if failure.certain and failure.reason != "syntax" and "raises-exception" not in tags:
            reason = f"`{failure.name}` has no value here"
            found.append(
                Refusal(failure.cell, facts.line(failure.span), reason, "see `nbprod check`")
            )
    return sorted(found)


def refuse_broken(facts: Facts, advice: str = "") -> None:
    """Refuse a notebook that certainly fails when it is run top to bottom.

    Raises:
        Refused: it does; the message ends with the advice.
    """
    broken = broken_cells(facts)
    if broken:
        headline = f"the notebook fails when it is run top to bottom{advice}"
        raise Refused(facts.notebook.path, broken, headline)


def refused_for_credentials(path: str, stay: Sequence[CellLeft]) -> Refused:
    """Why chosen cells are not extracted whose credentials cannot be looked up elsewhere."""
    advice = "see `nbprod check --select NBP3`"
    reasons = [Refusal(left.cell, left.line, left.reason, advice) for left in stay]
    return Refused(path, reasons)


class Extracted(NamedTuple):
    """The files that an extraction makes, before any is written."""

    plan: Plan
    module: str
    notebook: bytes
    sources: dict[int, str]


def make_plan(
    facts: Facts,
    groups: Sequence[CellGroup] | None,
    cells: Sequence[int],
    options: PlanOptions = PlanOptions(),
    stay: Sequence[CellLeft] = (),
    cut: CutNotebook | None = None,
) -> Plan:
    """The plan for named groups, or for as much as can be of some cells when there are none.

    ``stay`` are cells that are not to go in the second case. ``cut`` is the notebook that the
    groups are counted in, where it was cut for them.

    Raises:
        Refused: something of a named group cannot be extracted.
        NothingToExtract: nothing at all can.
    """
    planner = Planner(facts, options)
    if groups is None:
        plan = plan_what_can_be(planner, cells, stay)
    elif cut is not None:
        plan = plan_of_pieces(cut, groups, options)
    else:
        plan = planner.plan(groups)
    if plan.refusals:
        raise Refused(facts.notebook.path, plan.refusals)
    if not plan.functions and not plan.taken:
        raise _nothing(planner, plan, is_all=groups is None)
    return plan


def _nothing(planner: Planner, plan: Plan, *, is_all: bool) -> NothingToExtract:
    """What to say where a plan is empty."""
    path = planner.facts.notebook.path
    if not is_all:
        why = "the cells only import, install or set something up"
        return NothingToExtract(path, why, is_asked=True)
    if extracted_already(planner):
        return NothingToExtract(path, "what can go is extracted already", plan.kept)
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
    ground = plan.cut.facts if plan.cut is not None else facts
    planner = Planner(ground, options)
    imports = {import_.bound: import_.dotted for import_ in plan.imports}
    shadowed = BUILTIN_NAMES.intersection(planner.names.bindings)
    rendered = render_module(plan, ground, title)
    hinted = add_annotations(rendered, imports, shadowed, plan.definition_types)
    local = {
        function.name: {variable.name: variable.hint for variable in function.results}
        for function in plan.own_functions
    }
    known = {
        name: {**plan.local_types.get(name, {}), **local.get(name, {})}
        for name in (*plan.local_types, *local)
    }
    whole = with_local_types(hinted, known, imports, shadowed)
    text = add_noqa(format_code(replace_prints(whole) if plan.logs else whole, "module.py"))
    compiles(text, "the module")
    sources = new_sources(plan, ground, planner.names.cells, module)
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
