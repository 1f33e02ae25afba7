"""Score the analysis against executed notebooks.

python -m tests.truth.score --count 400 --seed 0 [--show 10]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import nbprod
from nbprod.checking.engine import check_notebook
from nbprod.config.settings import Settings
from nbprod.facts import CheckOptions
from nbprod.fixing.apply import fix_bytes
from nbprod.model import Finding
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook

ROOT = Path(__file__).parents[2]
NAMES = ("NameError", "UnboundLocalError")
RULES = (
    "use-before-definition", "undefined-name", "use-after-deletion", "unbound-local",
    "harmful-execution-order", "unsafe-rerun",
)  # fmt: skip

_ORDER = ("harmful-execution-order", "use-before-definition")


class Score(NamedTuple):
    """Hits, false alarms, misses."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """The share of what is reported that is so."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """The share of what is so that is reported."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def add(self, said: bool, true: bool) -> Score:
        """One more case."""
        return Score(
            self.right + (said and true), self.wrong + (said and not true),
            self.missed + (true and not said),
        )  # fmt: skip

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f} recall {self.recall:.3f} "
            f"(right {self.right}, wrong {self.wrong}, missed {self.missed})"
        )


def labelled(first: int, count: int) -> list[dict[str, Any]]:
    """Run the notebooks of some seeds in a kernel of their own."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.truth.execute", str(first), str(count)]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "IPYTHONDIR": folder, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
    lines = [json.loads(line) for line in run.stdout.splitlines() if line.startswith('{"seed"')]
    assert len(lines) == count, (len(lines), run.stderr[-500:])
    return lines


def as_bytes(cells: list[str], counts: list[int | None]) -> bytes:
    """The notebook as a file."""
    body: list[Any] = [
        {
            "cell_type": "code", "id": f"cell-{index}", "metadata": {}, "outputs": [],
            "execution_count": count, "source": source.splitlines(keepends=True),
        }
        for index, (source, count) in enumerate(zip(cells, counts, strict=True))
    ]  # fmt: skip
    return json.dumps({"cells": body, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


class Scores:
    """The four scores, with the notebooks that went wrong."""

    def __init__(self) -> None:
        self.names = Score()
        self.order = Score()
        self.again = Score()
        self.fixable = self.solved = self.offered = self.works = 0
        self.disagreements: list[tuple[str, dict[str, Any], str]] = []

    def judge(self, truth: dict[str, Any]) -> None:
        """Compare what is said of one notebook with what happened."""
        data = as_bytes(truth["cells"], truth["counts"])
        findings = nbprod.check("made.ipynb", data, Settings(select=RULES))
        self._names(truth, findings)
        self._order(truth, findings)
        self._again(truth, findings)

    def _names(self, truth: dict[str, Any], findings: Any) -> None:
        failed = {int(cell): tuple(fault) for cell, fault in truth["failed"].items()}
        roots = set(failed)
        said: dict[int, str] = {}
        cascades: set[int] = set()
        for one in findings:
            if one.predicted_exception in NAMES and one.certainty.value == "certain":
                said[one.place.cell - 1] = one.symbol or ""
                for related in one.related:
                    if related.symbol is not None:
                        said.setdefault(related.place.cell - 1, related.symbol)
                if one.help and " as a result" in one.help:
                    cascades |= _cells_named(one.help)
        roots -= cascades
        for cell in range(len(truth["cells"])):
            if cell in cascades and cell not in said:
                continue
            correct = cell in failed
            self.names = self.names.add(cell in said, correct)
            if (cell in said) != correct:
                self._disagree(
                    "names", truth, f"cell {cell}: said {said.get(cell)}, {failed.get(cell)}"
                )

    def _order(self, truth: dict[str, Any], findings: Any) -> None:
        if truth["recorded_failed"]:
            return  # a recorded run that fails is no run that anybody had
        # A name that is read too early has this cause, too, and is one finding with it.
        said = any(finding.name in _ORDER for finding in findings)
        self.order = self.order.add(said, truth["harmful"])
        if said != truth["harmful"]:
            self._disagree("order", truth, f"said {said}")

    def _again(self, truth: dict[str, Any], findings: Any) -> None:
        places = [
            place
            for one in findings
            if one.name == "unsafe-rerun"
            for place in (one.place, *(related.place for related in one.related))
        ]
        said = {place.cell - 1 for place in places}
        for cell, safe in truth["safe"].items():
            unsafe = not safe
            self.again = self.again.add(int(cell) in said, unsafe)
            if (int(cell) in said) != unsafe:
                self._disagree("again", truth, f"cell {cell}: said {int(cell) in said}")

    def _disagree(self, what: str, truth: dict[str, Any], why: str) -> None:
        self.disagreements.append((what, truth, why))


def _cells_named(help_: str) -> set[int]:
    words = help_.partition(" as a result")[0].rpartition("cell")[2].rpartition(" fail")[0]
    return {
        int(word) - 1
        for word in words.replace("s ", " ").replace("…", "").split(", ")
        if word.strip().isdigit()
    }


def reorder_fixes(first: int, count: int) -> tuple[int, int, int]:
    """Shuffle notebooks that run; how many fail, were fixed whole, and run after it.

    A fix that names what stays undefined promises no run, and is not counted.
    """
    settings = Settings(select=RULES[:4]).selection()
    options = CheckOptions(effort=160)

    def check(notebook: Notebook) -> tuple[Finding, ...]:
        return check_notebook(notebook, settings, options)

    fixable = offered = works = 0
    spoiled = [one for one in labelled(first, count) if _is_fixable(one)]
    results = []
    for one in spoiled:
        fixable += 1
        data = as_bytes(one["cells"], [None] * len(one["cells"]))
        fixed = fix_bytes(data, "m.ipynb", check, unsafe=True)
        fails = any(one.stops_a_run for one in check(read_notebook(fixed.data, "m.ipynb")))
        if fixed.data != data and not fails:
            offered += 1
            results.append(["".join(cell["source"]) for cell in json.loads(fixed.data)["cells"]])
    for cells in results:
        works += _runs(cells)
    return fixable, offered, works


def _is_fixable(one: dict[str, Any]) -> bool:
    """It fails from the top with names only, and the recorded order runs it whole."""
    complete = all(count is not None for count in one["counts"])
    return bool(one["failed"]) and not one["recorded_failed"] and complete


def _runs(cells: list[str]) -> bool:
    """Whether cells run from the top, in a kernel of their own."""
    script = (
        "import json,sys,os,tempfile\n"
        "os.chdir(tempfile.mkdtemp())\n"
        "from tests.truth.execute import Kernel\n"
        "kernel=Kernel()\n"
        "sys.exit(any(kernel.run(c)[0] for c in json.loads(sys.stdin.read())))"
    )
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "IPYTHONDIR": folder, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script], input=json.dumps(cells), text=True,
            cwd=ROOT, env=environment, capture_output=True, check=False,
        )  # fmt: skip
    return run.returncode == 0


def score(first: int, count: int) -> Scores:
    """Score some seeds."""
    scores = Scores()
    for truth in labelled(first, count):
        scores.judge(truth)
    return scores


def report(scores: Scores, show: int) -> Iterator[str]:
    """The figures, and some of what went wrong."""
    yield f"certain name failures, per cell: {scores.names}"
    yield f"harmful order, per notebook:     {scores.order}"
    yield f"unsafe to run again, per cell:   {scores.again}"
    for what, truth, why in scores.disagreements[:show]:
        yield f"--- {what} seed {truth['seed']}: {why}"
        for index, (cell, count) in enumerate(zip(truth["cells"], truth["counts"], strict=True)):
            yield f"  [{index}] In[{count}]\n" + "\n".join(
                "      " + line for line in cell.split("\n")
            )


def main() -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--reorder", type=int, default=0, help="notebooks to reorder, too")
    options = parser.parse_args()
    for line in report(score(options.seed, options.count), options.show):
        print(line)
    if options.reorder:
        fixable, offered, works = reorder_fixes(options.seed, options.reorder)
        print(f"reorder: {fixable} fixable, {offered} offered, {works} of those run")


if __name__ == "__main__":
    main()
