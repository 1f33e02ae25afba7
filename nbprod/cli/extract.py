"""``nbprod extract``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from nbprod.cli.extract_choices import with_answers, with_plan_file
from nbprod.cli.extract_reporting import (
    print_refusal,
    report_tests,
    require_dry_run,
    say_doubts,
    show_changes,
    show_plan_object,
)
from nbprod.cli.output import print_line
from nbprod.cli.terminal import stage
from nbprod.disk.places import project_roots
from nbprod.errors import UsageError

if TYPE_CHECKING:
    from nbprod.execution.run import OriginalRuns
    from nbprod.extract.delivery import DeliveryRequest, ExtractionDelivery
    from nbprod.extract.plan.planning import PlanOptions
    from nbprod.extract.proof import Proof
    from nbprod.facts import Facts
    from nbprod.refactor.plan import CellGroup, CellLeft

_EXAMPLES = """\b
Examples:
  nbprod extract analysis.ipynb -o shop/clean.py --cells 3,5-7 --dry-run
  nbprod extract analysis.ipynb -o shop/steps.py --function clean=3-5 --function train=6-9
  nbprod extract analysis.ipynb -o src/shop/all.py --all --run --verify --in-place
"""


@click.command("extract", epilog=_EXAMPLES)
@click.argument("notebook", type=click.Path())
@click.option("-o", "--output", required=True, metavar="MODULE.py", help="Module to write.")
@click.option("--cells", multiple=True, metavar="3,5-7", help="Cells to extract, counted from 1.")
@click.option("--tag", multiple=True, help="Cells with this tag.")
@click.option("--heading", multiple=True, help="Cells below this heading.")
@click.option("--name", multiple=True, help="Cells that compute this function, class or variable.")
@click.option(
    "--function", multiple=True, metavar="NAME=3-5", help="Extract these cells as this function."
)
@click.option("--all", "everything", is_flag=True, help="Every extractable cell (the default).")
@click.option("--parameters", is_flag=True, help="Turn literals into keyword parameters.")
@click.option("--docstrings", type=click.Choice(["numpy", "google"]), default="numpy")
@click.option("--logging", "logs", is_flag=True, help="Replace prints by logging.")
@click.option("--shell", is_flag=True, help="Turn shell lines into subprocess calls.")
@click.option("--plan", "plan_file", metavar="PLAN.toml", help="Write the plan; then read it back.")
@click.option("--interactive", is_flag=True, help="Confirm each function.")
@click.option("--import-name", metavar="a.b", help="Name to import the module by.")
@click.option("--notebook-out", metavar="PATH", help="File for the rewritten notebook.")
@click.option("--in-place", is_flag=True, help="Rewrite the notebook in place.")
@click.option("--app", is_flag=True, help="Write a program: python -m PACKAGE.")
@click.option("--package", is_flag=True, help="Create an installable package below src.")
@click.option(
    "--min-coverage", "least_coverage", type=click.IntRange(0, 100), metavar="PERCENT",
    help="Refuse when the tests run less of the module.",
)  # fmt: skip
@click.option(
    "--faults",
    type=click.IntRange(0),
    metavar="N",
    help="Mutants to try the tests with (up to 20 by default).",
)
@click.option("--keep-going", is_flag=True, help="Extract from a notebook with broken cells.")
@click.option("--no-tests", is_flag=True, help="Write no tests.")
@click.option("--dry-run", is_flag=True, help="Print the plan and all changes without writing.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Format of the plan of --dry-run.",
)
@click.option("--diff", is_flag=True, help="Print all changes without writing.")
@click.option("--force", is_flag=True, help="Overwrite files, even if verification fails.")
@click.option("--run", "runs", is_flag=True, help="Run the notebook and record test values.")
@click.option("--verify", "verifies", is_flag=True, help="Run both notebooks and compare them.")
@click.option(
    "--allow-external-writes", is_flag=True, help="Run a notebook that writes outside its project."
)
@click.option("--python", metavar="PATH", help="Python that runs the notebooks.")
@click.option("--timeout", default=600, metavar="SECONDS", help="Time limit of each run.")
@click.option(
    "--copy-limit", default=500, metavar="MB", help="Largest directory to copy for a run."
)
def command(notebook: str, **options: object) -> int:
    """Turn cells into a module of functions with tests, and the notebook into its caller.

    Without a selection, every extractable cell is extracted; the reason is printed for each cell
    that stays. Cells that --cells, --tag, --heading, --name or --function select are extracted as
    a whole or not at all. Nothing runs unless --run or --verify is given.

    Exit codes: 0 done or nothing to extract, 1 refused or results differ, 2 usage, 4 unreadable
    input or an internal error.
    """
    if options["output_format"] == "text":
        return _run(notebook, options)
    from nbprod.extract.extraction import Refused

    require_dry_run(options)
    try:
        return _run(notebook, options)
    except Refused as error:
        print_refusal(notebook, error)
        return error.exit_code


def _run(notebook: str, options: dict[str, object]) -> int:
    """Do what is asked for; the exit code."""
    from nbprod.extract.extraction import NothingToExtract, refuse_broken, refused_for_credentials
    from nbprod.extract.plan.credentials import without_credentials
    from nbprod.extract.plan.select import all_cells
    from nbprod.extract.proof import Proof
    from nbprod.extract.selected import BROKEN_ADVICE
    from nbprod.extract.wish import ExtractionWish
    from nbprod.refactor.external_writes import refuse_external_writes
    from nbprod.refactor.run_folder import reach_of_run

    facts, data = _read(notebook)
    order = _order(notebook, options)
    if options["in_place"]:
        order = order._replace(original=data)
    groups = _groups(facts, options)
    cells = all_cells(facts.notebook)
    if not cells:
        raise NothingToExtract(notebook, "it has no Python cells")
    chosen = {cell for group in groups for cell in group.cells} if groups else set(cells)
    if options["least_coverage"] is not None and (not options["runs"] or options["no_tests"]):
        raise UsageError("--min-coverage needs tests that run; add --run, remove --no-tests")
    if groups is None and not options["keep_going"]:
        refuse_broken(facts, BROKEN_ADVICE)
    if (options["runs"] or options["verifies"]) and not options["allow_external_writes"]:
        refuse_external_writes(facts, reach_of_run(facts))
    safe = without_credentials(facts, data, chosen)
    if groups is not None and safe.stay:
        raise refused_for_credentials(notebook, safe.stay)
    runs = _runs_of(safe.facts, order, options, safe.environment)
    order = order._replace(run=runs if options["runs"] else None, looked_up=tuple(safe.environment))
    proof = Proof(safe.facts, runs) if options["verifies"] else None
    order = order._replace(begun=proof.begin if proof is not None else None)
    planning = _plan_options(order, options)
    wish = ExtractionWish(safe.facts, safe.data, groups, cells, order, planning)
    if options["plan_file"]:
        command_line = f"nbprod extract {notebook} -o {options['output']}"
        path = str(options["plan_file"])
        planned = with_plan_file(wish, path, safe.stay, f"{command_line} --plan {path}")
        if planned is None:
            return 0
        wish = planned
    if options["interactive"]:
        wish = with_answers(wish, safe.stay)

    def extracted(stay: Sequence[CellLeft] = ()) -> ExtractionDelivery:
        return wish.delivered((*safe.stay, *stay))

    if proof is not None:
        is_all = groups is None and wish.chosen is None
        return _write_proven(proof, extracted, is_all, options)
    return _finish(extracted(), safe.facts, notebook, runs, options)


def _finish(
    delivery: ExtractionDelivery,
    facts: Facts,
    notebook: str,
    runs: OriginalRuns,
    options: dict[str, object],
) -> int:
    """Show or write what an extraction gives that no run has proven."""
    if not options["runs"]:
        say_doubts(delivery, notebook, runs.options.python)
    if options["output_format"] == "json":
        show_plan_object(facts, delivery)
        return 0
    if options["dry_run"] or options["diff"]:
        show_changes(facts, delivery, with_plan=bool(options["dry_run"]))
        return 0
    _refuse_to_overwrite(delivery, options)
    report_tests(delivery, delivery.trial, runs, options)
    return _write(delivery, options)


def _order(notebook: str, options: dict[str, object]) -> DeliveryRequest:
    from nbprod.extract.delivery import DeliveryRequest
    from nbprod.extract.plan.targets import target_of

    output = str(options["output"])
    if options["package"] and not output.replace(os.sep, "/").startswith("src/"):
        output = os.path.join("src", output)
    target = target_of(output, os.getcwd(), _text(options["import_name"]))
    if options["app"] and not target.packages:
        raise UsageError(f"{output}: a program needs a package: -o NAME/module.py")
    if options["package"] and not target.packages:
        raise UsageError(f"{output}: a package needs a directory: -o NAME/module.py")
    return DeliveryRequest(
        target, _notebook_path(notebook, options), tests=not options["no_tests"],
        extend=not options["force"], package=bool(options["package"]), app=bool(options["app"]),
    )  # fmt: skip


def _plan_options(order: DeliveryRequest, options: dict[str, object]) -> PlanOptions:
    from nbprod.environment.declared import declared_by_file
    from nbprod.extract.plan.planning import PlanOptions

    return PlanOptions(
        parameters=bool(options["parameters"] or options["app"]),
        style="google" if options["docstrings"] == "google" else "numpy",
        logs=bool(options["logs"]),
        shell=bool(options["shell"]),
        package=order.package,
        declared=declared_by_file(os.path.join(order.target.project, "pyproject.toml")),
    )


def _read(path: str) -> tuple[Facts, bytes]:
    from nbprod.config.files import Configuration
    from nbprod.project.run import facts_of, get_notebook

    notebook, data = get_notebook(path)
    return facts_of(notebook, Configuration().for_path(path)), data


def _groups(facts: Facts, options: dict[str, object]) -> list[CellGroup] | None:
    """The groups that are asked for; None for all that can go."""
    from nbprod.extract.plan.select import (
        cells_of,
        headed_cells,
        named_groups,
        sections,
        tagged_cells,
    )
    from nbprod.extract.plan.slicing import providers_of

    notebook = facts.notebook
    chosen: set[int] = set()
    for text in _words(options["cells"]):
        chosen |= set(cells_of(text, notebook))
    for text in _words(options["tag"]):
        chosen |= set(tagged_cells(text, notebook))
    for text in _words(options["heading"]):
        chosen |= set(headed_cells(text, notebook))
    for text in _words(options["name"]):
        chosen |= set(providers_of(text, facts))
    named = named_groups(_words(options["function"]), notebook)
    if options["everything"] and (chosen or named):
        raise UsageError("--all cannot be combined with other selections")
    twice = chosen.intersection(cell for group in named for cell in group.cells)
    if twice:
        raise UsageError(f"cell {min(twice) + 1} is selected twice")
    if not chosen and not named:
        return None
    rest = [group._replace(is_asked=True) for group in sections(chosen, notebook)]
    return sorted([*named, *rest], key=lambda group: group.cells)


def _words(value: object) -> Sequence[str]:
    assert isinstance(value, tuple)
    return value


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _runs_of(
    facts: Facts,
    order: DeliveryRequest,
    options: dict[str, object],
    environment: Mapping[str, str],
) -> OriginalRuns:
    """Runs of the original, none of which has been started."""
    from nbprod.execution.forking import ForkServers
    from nbprod.execution.run import OriginalRuns, RunOptions, Side, code_cells
    from nbprod.extract.delivery import run_place_of

    python = _text(options["python"]) or sys.executable
    seconds, limit = options["timeout"], options["copy_limit"]
    assert isinstance(seconds, int) and isinstance(limit, int)
    forks = ForkServers(python)
    click.get_current_context().call_on_close(forks.close)
    run = RunOptions(python, seconds, limit, tuple(environment.items()), report=stage, forks=forks)
    sources = code_cells(facts.notebook)[1]
    return OriginalRuns(Side(sources, {}), run_place_of(facts, order.target), run)


def _notebook_path(notebook: str, options: dict[str, object]) -> str:
    if options["in_place"]:
        if options["notebook_out"]:
            raise UsageError("--in-place and --notebook-out cannot be combined")
        return os.path.abspath(notebook)
    given = _text(options["notebook_out"])
    if given is not None:
        return os.path.abspath(given)
    stem, suffix = os.path.splitext(notebook)
    return os.path.abspath(f"{stem}_extracted{suffix}")


def _refuse_to_overwrite(delivery: ExtractionDelivery, options: dict[str, object]) -> None:
    """Refuse if a file is there that is neither extended nor asked to be rewritten."""
    from nbprod.project.write_all import existing

    if options["force"]:
        return
    own = [delivery.target.path, delivery.notebook if options["in_place"] else ""]
    there = [path for path in existing(delivery.files) if path not in own]
    if there:
        names = ", ".join(os.path.relpath(path) for path in there)
        raise UsageError(f"{names} already exists; use --force to overwrite")


def _write_proven(
    proof: Proof,
    extracted: Callable[..., ExtractionDelivery],
    is_all: bool,
    options: dict[str, object],
) -> int:
    """Write what was shown to do the same: with ``is_all`` the largest part that does."""
    from nbprod.cli.verify import print_verdict
    from nbprod.execution.run import code_cells
    from nbprod.extract.proof import deliver_what_holds

    facts = proof.facts
    first = extracted()
    shows = bool(options["dry_run"] or options["diff"])
    if not shows:
        _refuse_to_overwrite(first, options)
    if is_all:
        proven = deliver_what_holds(lambda stay: extracted(stay) if stay else first, proof)
    else:
        proven = proof.of(first)
    cells = code_cells(facts.notebook)[0]
    if options["output_format"] == "json":
        show_plan_object(facts, proven.delivery, (proven.verdict, cells))
        return int(bool(proven.verdict.differences))
    if shows:
        show_changes(facts, proven.delivery, with_plan=bool(options["dry_run"]))
    print_verdict(proven.verdict, cells)
    if proven.verdict.differences and not options["force"]:
        print_line("Nothing was written; use --force to write anyway.", err=True)
        return 1
    report_tests(proven.delivery, proven.tests, proof.runs, options)
    return 0 if shows else _write(proven.delivery, options)


def _write(delivery: ExtractionDelivery, options: dict[str, object]) -> int:
    from nbprod.project.write_all import write_all

    is_named = options["in_place"] or options["notebook_out"]
    changed = write_all(
        delivery.files,
        read=delivery.read,
        force=bool(options["force"]),
        within=project_roots((delivery.target.project, os.path.dirname(delivery.notebook))),
        named=(delivery.target.path, *([delivery.notebook] if is_named else ())),
    )
    for kept in delivery.extracted.plan.kept:
        print_line(f"Kept cell {kept.cell + 1} (line {kept.line}): {kept.reason}", err=True)
    for note in delivery.extracted.plan.notes:
        print_line(f"note: {note}", err=True)
    for path in changed:
        print_line(f"wrote {os.path.relpath(path)}")
    if delivery.looked_up:
        names = ", ".join(delivery.looked_up)
        print_line(f"Set {names} in the environment: the result reads secrets from there.")
    if not changed:
        print_line("Nothing to write: everything is up to date.")
    root = os.path.relpath(delivery.target.root, os.path.dirname(delivery.notebook))
    if changed and root != os.curdir:
        print_line(
            f"The notebook imports `{delivery.target.module}` from the directory"
            f" {os.path.relpath(delivery.target.root)}: install the package there, or start the"
            " kernel with that directory on PYTHONPATH."
        )
    return 0
