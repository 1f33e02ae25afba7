"""What `nbprod extract` prints: the plan, the changes, the tests; for people and for programs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nbprod.cli.output import print_json, print_line, print_lines
from nbprod.errors import UsageError

if TYPE_CHECKING:
    from nbprod.execution.compare import Verdict
    from nbprod.execution.run import OriginalRuns
    from nbprod.extract.delivery import ExtractionDelivery
    from nbprod.extract.extraction import Refused
    from nbprod.extract.suite.trial import Trial
    from nbprod.facts import Facts

__all__ = [
    "print_refusal",
    "report_tests",
    "require_dry_run",
    "say_doubts",
    "show_changes",
    "show_plan_object",
]

_FAULTS = 20


def say_doubts(delivery: ExtractionDelivery, notebook: str, python: str) -> None:
    """What nobody has seen in a run, as far as it can be known without one."""
    from nbprod.extract.code.checking import doubts

    text = delivery.files[delivery.target.path].decode("utf-8")
    folders = [delivery.target.root, os.path.dirname(os.path.abspath(notebook))]
    for doubt in doubts(text, folders, python):
        print_line(f"warning: {doubt}", err=True)


def show_changes(facts: Facts, delivery: ExtractionDelivery, *, with_plan: bool) -> None:
    """Print what would be written as differences, with the plan above them on request."""
    from nbprod.extract.plan.explain import differences, explained

    if with_plan:
        plan = delivery.extracted.plan
        for line in explained(plan, plan.cut.facts if plan.cut is not None else facts):
            print_line(line)
        print_line()
    before = {}
    for path in delivery.scripts():
        if os.path.exists(path):
            before[os.path.relpath(path)] = _lines(path)
    after = {os.path.relpath(path): lines for path, lines in delivery.scripts().items()}
    print_lines(differences(before, after))


def _lines(path: str) -> list[str]:
    from nbprod.fixing.patch import script_of
    from nbprod.notebook.read import read_notebook
    from nbprod.project.write_all import bytes_there

    data = bytes_there(path) or b""
    if path.endswith(".py"):
        return data.decode("utf-8", "replace").splitlines(keepends=True)
    return script_of(read_notebook(data, path))


def require_dry_run(options: Mapping[str, object]) -> None:
    """Refuse to print a plan as JSON among the lines of something else.

    Raises:
        UsageError: something would be written or asked.
    """
    if not options["dry_run"] or options.get("interactive") or options["plan_file"]:
        raise UsageError(
            "--output-format json prints the plan of --dry-run, without --interactive and --plan"
        )


def show_plan_object(
    facts: Facts,
    delivery: ExtractionDelivery,
    proven: tuple[Verdict, Sequence[int]] | None = None,
) -> None:
    """Print the plan as JSON, with the verdict of a proof and the cells that it counts."""
    from nbprod.execution.verdict_object import verdict_object
    from nbprod.extract.plan.plan_object import PLAN_VERSION, plan_object

    files = [
        {"path": os.path.relpath(path), "exists": os.path.exists(path)} for path in delivery.files
    ]
    document: dict[str, object] = {
        "version": PLAN_VERSION,
        "notebook": facts.notebook.path,
        "module": delivery.target.module,
        **plan_object(delivery.extracted.plan, facts),
        "files": files,
        "environment": list(delivery.looked_up),
        "refused": [],
    }
    if proven is not None:
        document["verdict"] = verdict_object(*proven)
    print_json(document)


def print_refusal(notebook: str, error: Refused) -> None:
    """Print as JSON why nothing can be extracted."""
    from nbprod.extract.plan.plan_object import PLAN_VERSION, refusal_objects

    print_json(
        {
            "version": PLAN_VERSION,
            "notebook": notebook,
            "message": str(error).split("\n")[0],
            "refused": refusal_objects(error.refusals),
        }
    )


def report_tests(
    delivery: ExtractionDelivery,
    trial: Trial | None,
    runs: OriginalRuns,
    options: dict[str, object],
) -> None:
    """Print how many tests passed and what they are worth.

    Raises:
        WeakTests: they run less of the module than was asked for.
    """
    from nbprod.extract.suite.strength import WeakTests, strength_of

    least, faults = options["least_coverage"], options["faults"]
    assert isinstance(faults, (int, type(None))) and (least is None or isinstance(least, int))
    if trial is not None:
        print_line(str(trial))
    if trial is None or trial.failed:
        return
    strength = strength_of(
        delivery.files, delivery.target, runs.options, trial,
        _FAULTS if faults is None else faults, delivery.folders,
        run=runs.seconds if faults is None else None,
    )  # fmt: skip
    print_line(str(strength))
    if least is not None and strength.percent < least:
        raise WeakTests(strength, least)
