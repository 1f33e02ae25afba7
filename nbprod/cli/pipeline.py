"""``nbprod pipeline``."""

from __future__ import annotations

import keyword
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from nbprod.cli.extract_reporting import print_refusal, require_dry_run
from nbprod.cli.output import print_json, print_line, print_lines
from nbprod.cli.pipeline_wishes import edited_settings, plan_wish, write_plan_file
from nbprod.cli.pipeline_writing import update_application, write_application, write_picture
from nbprod.cli.renamed import RenamedOptions
from nbprod.errors import UsageError

if TYPE_CHECKING:
    from nbprod.cli.pipeline_runs import MadePipeline
    from nbprod.facts import Facts
    from nbprod.pipeline.types import PipelinePlan

# Shorter ones are words of any code.
_SHORTEST_CREDENTIAL = 8
_EXAMPLES = """\b
Examples:
  nbprod pipeline churn.ipynb -o churn/ --dry-run    the tasks and why it is cut so
  nbprod pipeline churn.ipynb -o churn/              write the application
  nbprod pipeline churn.ipynb -o churn/ --verify     run both and write what holds
  nbprod pipeline churn.ipynb -o churn/ --task load=1-3 --task train=4-9
"""


@click.command("pipeline", cls=RenamedOptions.of(level="heading-level"), epilog=_EXAMPLES)
@click.argument("notebooks", metavar="NOTEBOOK...", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--output", required=True, metavar="DIRECTORY", help="Where to write it.")
@click.option("--name", metavar="NAME", help="Package; by default that of DIRECTORY.")
@click.option("--task", "tasks", multiple=True, metavar="NAME=3-7", help="These cells are a task.")
@click.option(
    "--heading-level",
    "level",
    type=click.IntRange(1, 6),
    help="Level of the headings that are tasks.",
)
@click.option("--max-tasks", default=9, show_default=True, type=click.IntRange(1, 99))
@click.option("--merge", multiple=True, metavar="A,B", help="Join these tasks.")
@click.option(
    "--keep-cut", multiple=True, metavar="A,B", help="Insist on this cut, or on that above a cell."
)
@click.option("--plan", "plan_file", metavar="FILE.toml", help="Write the plan; then read it back.")
@click.option("--picture", metavar="FILE", help="Draw the tasks into a .svg or .html file.")
@click.option("--dry-run", is_flag=True, help="Print the plan without writing.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Format of the plan of --dry-run.",
)
@click.option("--run", "runs", is_flag=True, help="Run the notebook: formats, schemas, profiles.")
@click.option("--verify", "verifies", is_flag=True, help="Run notebook and application; compare.")
@click.option(
    "--random",
    type=click.Choice(["carry", "seed"]),
    default="carry",
    show_default=True,
    help="Pass random states on, or seed each task.",
)
@click.option(
    "--models",
    type=click.Choice(["joblib", "skops"]),
    default="joblib",
    show_default=True,
    help="Format of estimators.",
)
@click.option(
    "--target",
    metavar="NAMES",
    help="What comes with it: airflow,docker,github,serve, or none.  [default: all]",
)
@click.option("--update", is_flag=True, help="Rewrite the files that were not edited since.")
@click.option("--force", is_flag=True, help="Overwrite files, even if verification fails.")
@click.option(
    "--allow-external-writes",
    is_flag=True,
    help="Run a notebook that writes outside its directory.",
)
@click.option("--python", metavar="PATH", help="Python that runs both and has their libraries.")
@click.option("--timeout", default=600, metavar="SECONDS", help="Time limit of each run.")
@click.option("--copy-limit", default=500, metavar="MB", help="Largest directory to copy.")
def command(notebooks: tuple[str, ...], output: str, **options: object) -> int:
    """Turn a notebook into an application of tasks that pass values through storage.

    Each task is a function in a module of its own, reads what it needs from storage and stores
    what others read. Settings have their defaults in conf/base.yaml. The application does not
    import nbprod. Nothing runs unless --run or --verify is given. Several notebooks become one
    application: a file that one writes and another reads also passes through storage.

    Exit codes: 0 done, 1 refused or different, 2 usage, 4 unreadable input or an internal error.
    """
    if options["output_format"] == "text":
        return _run(notebooks, output, options)
    from nbprod.extract.extraction import Refused

    require_dry_run(options)
    try:
        return _run(notebooks, output, options)
    except Refused as error:
        print_refusal(", ".join(notebooks), error)
        return error.exit_code


def _run(notebooks: Sequence[str], output: str, options: dict[str, object]) -> int:
    """Do what is asked for; the exit code."""
    from nbprod.refactor.external_writes import refuse_external_writes

    facts, data = _read_notebooks(notebooks)
    name = _package_name(output, options)
    if (options["runs"] or options["verifies"]) and not options["allow_external_writes"]:
        refuse_external_writes(facts)
    options["targets"] = _targets(options["target"])
    made = _made(facts, data, name, options)
    if options["output_format"] == "json":
        from nbprod.extract.plan.plan_object import PLAN_VERSION
        from nbprod.pipeline.plan_object import pipeline_object

        plan = pipeline_object(made.plan)
        found: dict[str, object] = {"version": PLAN_VERSION, "notebooks": list(notebooks), **plan}
        if made.proof is not None:
            found["verdict"] = {"same": not made.fails, "lines": list(made.proof)}
        print_json({**found, "files": sorted(made.files), "refused": []})
    elif options["dry_run"]:
        from nbprod.pipeline.explain import explained_pipeline

        print_lines(explained_pipeline(made.plan))
    if made.fails and not options["force"]:
        print_line("Nothing was written; use --force to write anyway.", err=True)
        return 1
    if options["picture"]:
        write_picture(made.plan, str(options["picture"]))
    if options["dry_run"]:
        return 0
    plan_file = options["plan_file"]
    if plan_file and not os.path.exists(str(plan_file)):
        words = " ".join(notebooks)
        again = f"nbprod pipeline {words} -o {output} --plan {plan_file}"
        write_plan_file(made.plan, str(plan_file), again)
        return 0
    return _write(made, output, options)


def _read_notebooks(paths: Sequence[str]) -> tuple[Facts, bytes]:
    """The notebook, or several as one."""
    if len(paths) == 1:
        return _read_notebook(paths[0])
    from nbprod.config.files import Configuration
    from nbprod.extract.extraction import refuse_broken
    from nbprod.pipeline.several import files_of_notebook, joined_notebooks, order_of_notebooks
    from nbprod.project.run import facts_of, get_notebook

    every = [_read_notebook(path)[0] for path in paths]
    for facts in every:
        refuse_broken(facts)
    order = order_of_notebooks([files_of_notebook(facts) for facts in every])
    path, data = joined_notebooks([every[number] for number in order])
    notebook, data = get_notebook(path, data)
    return facts_of(notebook, Configuration().for_path(paths[0])), data


def _read_notebook(path: str) -> tuple[Facts, bytes]:
    """A notebook, as a plain one where it is of a platform or has a session of Spark."""
    from nbprod.config.files import Configuration
    from nbprod.pipeline.platform_names import has_platform, plain_notebook
    from nbprod.pipeline.spark_session import with_session_function
    from nbprod.project.run import facts_of, get_notebook

    notebook, data = get_notebook(path)
    plain = f"{os.path.splitext(path)[0]}.ipynb"
    configured = Configuration().for_path(path)
    facts = facts_of(notebook, configured)
    if has_platform(facts):
        notebook, data = get_notebook(plain, plain_notebook(facts))
        facts = facts_of(notebook, configured)
    with_session = with_session_function(facts)
    if with_session is not None:
        notebook, data = get_notebook(plain, with_session)
        facts = facts_of(notebook, configured)
    return facts, data


def _package_name(output: str, options: dict[str, object]) -> str:
    given = options["name"] or os.path.basename(os.path.abspath(output)).replace("-", "_")
    name = str(given)
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(f"{name!r} is not a package name; choose one with --name")
    if name in sys.stdlib_module_names:
        raise UsageError(f"{name!r} is a module of Python; choose another one with --name")
    return name


def _targets(text: object) -> tuple[str, ...]:
    from nbprod.pipeline.types import TARGETS

    if text is None:
        return TARGETS
    wanted = [word.strip() for word in str(text).split(",") if word.strip()]
    if wanted == ["none"]:
        return ()
    for word in wanted:
        if word not in TARGETS:
            raise UsageError(f"unknown target {word!r} (choose from {', '.join(TARGETS)}, none)")
    return tuple(wanted)


def _made(facts: Facts, data: bytes, name: str, options: dict[str, object]) -> MadePipeline:
    from nbprod.cli.pipeline_runs import made_pipeline
    from nbprod.extract.extraction import refuse_broken, refused_for_credentials
    from nbprod.extract.plan.credentials import without_credentials

    refuse_broken(facts)
    safe = without_credentials(facts, data, set(range(len(facts.notebook.cells))))
    if safe.stay:
        raise refused_for_credentials(facts.notebook.path, safe.stay)
    wish = plan_wish(safe.facts, name, options)
    python, targets = str(options["python"] or sys.executable), options["targets"]
    assert isinstance(targets, tuple)

    def make(without: Mapping[int, str]) -> PipelinePlan:
        return wish.plan(safe.facts, name, without)

    environment = {**safe.environment, **make({}).looked_up}
    made = made_pipeline(make, lambda plan: _rendered(plan, python, targets), environment, options)
    settings = edited_settings(wish, made.plan)
    if settings != made.plan.settings:
        plan = replace(made.plan, settings=settings)
        made = made._replace(plan=plan, files=_rendered(plan, python, targets))
    _refuse_credentials(made, safe.facts.hidden)
    return made


def _rendered(plan: PipelinePlan, python: str, targets: Sequence[str]) -> dict[str, bytes]:
    """The files of an application, with the requirements of its code as they are installed."""
    from nbprod.extract.code.package import dependencies_of
    from nbprod.pipeline.delivery import files_of, modules_of
    from nbprod.pipeline.local_modules import local_modules, top_modules

    modules = modules_of(plan)
    needed, version = dependencies_of(modules.values(), plan.name, plan.facts, plan.plan, python)
    folder = os.path.dirname(os.path.abspath(plan.facts.notebook.path))
    beside = local_modules(folder, modules.values())
    if plan.name in top_modules(beside):
        raise UsageError(f"the notebook imports a module {plan.name!r}; choose another --name")
    return files_of(plan, modules, needed, version, targets=targets, beside=beside)


def _refuse_credentials(made: MadePipeline, hidden: frozenset[str]) -> None:
    """Refuse an application of which a file holds what the notebook binds as a credential."""
    values = [value.encode() for value in hidden if len(value) >= _SHORTEST_CREDENTIAL]
    for name, data in made.files.items():
        if any(value in data for value in values):
            raise UsageError(
                f"{name} would contain a secret of the notebook; remove it from the code first:"
                " nbprod check --select NBP3"
            )


def _write(made: MadePipeline, output: str, options: dict[str, object]) -> int:
    folder = os.path.abspath(output)
    if options["update"]:
        return update_application(made.files, folder)
    written = write_application(made.files, folder, force=bool(options["force"]))
    count = len(made.plan.tasks)
    where = os.path.relpath(folder)
    print_line(f"wrote {where}: {count} {'task' if count == 1 else 'tasks'}, {len(written)} files")
    if made.plan.looked_up:
        names = ", ".join(sorted(made.plan.looked_up))
        print_line(f"Set {names} in the environment: settings read secrets from there.")
    print_line(f"Run it: cd {where} && python run.py pipeline")
    return 0
