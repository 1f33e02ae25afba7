"""What tools that restructure notebooks make of the same ones, run and compared.

    python -m tests.benchmarks.extraction FOLDER... --soorgeon PATH --nbmodular PYTHON

Each notebook that imports only what is installed here, runs by itself and leaves variables is given
to each tool in a copy of its folder. What comes of it is run too, and compared with the original:
every variable that both have in the end, and all that is printed. What differs between two runs of
the original is left out. A peer that is not there is skipped and said so; `peers` says how each is
used. Prints one JSON object for each notebook and tool, then a table and the failures by class.

* converted: the tool says that it is done, and what it wrote compiles;
* runs: the rewritten notebook, the pipeline of tasks or the pipeline function runs to its end;
* same: nothing that can be compared differs, and there is something to compare (figures and other
  displays count where a tool compares them itself, as ``nbprod extract --verify`` does);
* variables: those of the original that the result still has, as a share of all;
* runs of the original: what ``nbprod`` takes in all with its proof, in the time of processors that
  one run of the original in a kernel takes (the median of the notebooks).
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from nbprod.errors import ReadError
from nbprod.execution.compare import MatchedCells, compare_runs, without_unstable
from nbprod.execution.kernel import ExecutionError, run_job
from nbprod.execution.run import code_cells
from nbprod.notebook.read import read_notebook
from tests.benchmarks.peers import Made, Nbmodular, Peer, Soorgeon, as_one_cell
from tests.extract.survey import checked, extracted, may_run, notebooks

# Libraries seed themselves; the standard library's generator is seeded by the probe, which no
# peer's processes are.
_UNSEEDED = "__import__('random').seed()"
_WHOLE = [MatchedCells((0,), (0,))]


class Score(NamedTuple):
    """What one tool did with one notebook; ``why`` says what stopped it, ``checks`` what its tests
    and the linter say where the tool writes tests."""

    converted: bool
    runs: bool
    same: bool
    kept: int
    of: int
    why: str
    checks: str = ""
    cost: float = 0.0
    """In runs of the original."""


def seconds_spent() -> float:
    """The time of processors that this process and those that it has waited for took."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Extract:
    """``nbprod extract --all --verify`` itself, measured as the peers are."""

    name = "nbprod"

    def make(self, path: Path, seconds: int) -> Made:
        """Extract, then run the rewritten notebook."""
        began = seconds_spent()
        said = extracted(path.parent, path.name, seconds)
        spent = seconds_spent() - began
        if said["outcome"] != "same":
            why = f"{said['outcome']}: {said['said']}"
            return Made(said["outcome"] == "differs", None, why, spent=spent)
        made = path.with_name(f"{path.stem}_extracted.ipynb")
        result = run(made, seconds)
        checks = checked(path.parent).get("outcome", "pass")
        why = failure(result) or ""
        return Made(True, whole(result), why, proven=True, checks=checks, spent=spent)


def run(path: Path, seconds: int) -> dict[str, Any]:
    """Run a notebook where it is; the generators of random numbers start anywhere."""
    sources = code_cells(read_notebook(path.read_bytes(), str(path)))[1]
    job = {"cells": [_UNSEEDED, *sources], "cwd": str(path.parent), "path": [], "seconds": seconds}
    try:
        return run_job(job | {"path": [str(path.parent)]}, sys.executable)
    except ExecutionError as error:
        return {"failed": str(error)}


def failure(result: dict[str, Any]) -> str | None:
    """Why a run did not reach its end."""
    if "failed" in result:
        return str(result["failed"])
    errors = [one["error"] for one in result["cells"] if "error" in one]
    return f"{errors[0]['name']}: {errors[0]['text']}" if errors else None


def whole(result: dict[str, Any]) -> dict[str, Any] | None:
    """A run as one cell that printed everything, with the variables in the end."""
    if failure(result) is not None:
        return None
    printed = "".join(
        output["text"]
        for cell in result["cells"]
        for output in cell["outputs"]
        if output.get("stream") == "stdout"
    )
    # Modules, functions and classes are told by their names only.
    variables = {name: one for name, one in result["final"].items() if not _is_code(one)}
    return as_one_cell(printed, variables)


def _is_code(entry: dict[str, Any]) -> bool:
    value = entry.get("value")
    return isinstance(value, dict) and not value.keys().isdisjoint(["module", "callable"])


def score(old: dict[str, Any], again: dict[str, Any], made: Made) -> Score:
    """Compare what a tool made with two runs of the original."""
    total = len(old["final"])
    if made.result is None:
        return Score(made.converted, False, False, 0, total, made.why)
    new = made.result
    verdict = without_unstable(compare_runs(old, new, _WHOLE), compare_runs(old, again, _WHOLE))
    something = bool(verdict.compared or old["cells"][0]["outputs"] or made.proven)
    why = "; ".join(f"{one.what} differs" for one in verdict.differences[:4])
    why = why or ("" if something else "nothing is left to compare")
    same = something and not verdict.differences
    return Score(True, True, same, verdict.compared, total, why, made.checks)


def measure(path: Path, tools: Sequence[Peer], seconds: int) -> dict[str, Score] | None:
    """What each tool makes of one notebook; None when it does not run or leaves nothing."""
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        began = seconds_spent()
        old = whole(run(_copy(path, Path(folder) / "original"), seconds))
        once = seconds_spent() - began
        if old is None or not old["final"]:
            return None
        made = {
            tool.name: tool.make(_copy(path, Path(folder) / tool.name), seconds) for tool in tools
        }
        # As late as the others: what tells the time of day differs.
        again = whole(run(_copy(path, Path(folder) / "again"), seconds))
        if again is None:
            return None
        return {
            name: score(old, again, one)._replace(cost=round(one.spent / once, 2))
            for name, one in made.items()
        }


def _copy(path: Path, place: Path) -> Path:
    """A notebook in a copy of its folder, for the kernel that every tool has."""
    shutil.copytree(path.parent, place, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    copy = place / path.name
    document = json.loads(copy.read_bytes())
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    document.setdefault("metadata", {})["kernelspec"] = spec
    copy.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return copy


def table(scores: dict[str, list[Score]]) -> Iterable[str]:
    """The sums, a line for each tool."""
    heads = "tool | tried | converted | runs | same values | variables compared"
    yield f"{heads} | runs of the original"
    yield "-----|-------|-----------|------|-------------|-------------------|--------------------"
    for name, found in scores.items():
        kept, of = (sum(getattr(one, key) for one in found) for key in ("kept", "of"))
        share = f"{100 * kept / of:.0f} %" if of else "-"
        sums = [sum(getattr(one, key) for one in found) for key in ("converted", "runs", "same")]
        costs = [one.cost for one in found if one.cost]
        cost = f"{median(costs):.1f}" if costs else "-"
        yield " | ".join([name, str(len(found)), *map(str, sums), share, cost])


def classes(scores: Iterable[Score]) -> list[tuple[str, int]]:
    """The reasons of what failed, without what is said of one notebook only."""
    found: collections.Counter[str] = collections.Counter()
    for one in scores:
        if not one.same:
            stage = "runs, but" if one.runs else "does not run:" if one.converted else "refused:"
            first = one.why.strip().splitlines()[-1] if one.why.strip() else "no reason given"
            found[f"{stage} {'values differ' if one.runs and one.kept else first[:100]}"] += 1
    return found.most_common()


def tools_of(options: argparse.Namespace) -> list[Peer]:
    """The tools that are here; what is not is said."""
    found: list[Peer] = [Extract()]
    soorgeon = options.soorgeon or shutil.which("soorgeon")
    if soorgeon:
        found.append(Soorgeon(soorgeon))
        if options.single_task:
            found.append(Soorgeon(soorgeon, single_task=True))
    else:
        print("soorgeon is not here: skipped (--soorgeon PATH)", file=sys.stderr)
    if options.nbmodular:
        found.append(Nbmodular(options.nbmodular))
    else:
        print("nbmodular is not here: skipped (--nbmodular PYTHON)", file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", help="notebooks and folders of them")
    parser.add_argument("--soorgeon", metavar="PATH", help="the command, with ploomber beside it")
    parser.add_argument("--single-task", action="store_true", help="soorgeon's advice, too")
    parser.add_argument("--nbmodular", metavar="PYTHON", help="a Python that has nbmodular")
    parser.add_argument("--seconds", type=int, default=60, help="for each run of a notebook")
    parser.add_argument("--most", type=int, default=60, help="how many notebooks to measure")
    options = parser.parse_args()
    tools = tools_of(options)
    scores: dict[str, list[Score]] = {tool.name: [] for tool in tools}
    measured = 0
    for path in notebooks(options.paths):
        if measured == options.most:
            break
        found = _measured(path, tools, options.seconds)
        if found is None:
            continue
        measured += 1
        for name, one in found.items():
            scores[name].append(one)
            print(json.dumps({"notebook": str(path), "tool": name, **one._asdict()}), flush=True)
    print("\n".join(table(scores)))
    for name, ones in scores.items():
        print(f"\n{name}")
        checks = collections.Counter(one.checks for one in ones if one.checks)
        if checks:
            print("  tests and linter:", ", ".join(f"{n} {what}" for what, n in checks.items()))
        for reason, count in classes(ones):
            print(f"  {count} {reason}")


def _measured(path: Path, tools: Sequence[Peer], seconds: int) -> dict[str, Score] | None:
    try:
        return measure(path, tools, seconds) if may_run(path) else None
    except (ReadError, json.JSONDecodeError):
        return None


if __name__ == "__main__":
    main()
