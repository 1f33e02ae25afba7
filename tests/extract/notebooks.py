"""Small notebooks as text, extracted and run: both the original and what comes of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nbprod.extract.extraction import Extracted, extract, make_plan
from nbprod.extract.plan.planning import PlanOptions
from nbprod.extract.plan.select import all_cells, cells_of, named_groups, sections
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from nbprod.refactor.plan import CellGroup
from tests.flow.cells import sources_of

_TITLE = re.compile(r"^== (.*?) \[([^\]]*)\](?: refused: (.*))?$", re.MULTILINE)


class Case(NamedTuple):
    """A notebook, what to extract, and the text of the refusal that is expected, if any."""

    title: str
    selection: str
    refused: str | None
    cells: list[str]


def cases() -> list[Case]:
    """The table of `cases.txt`."""
    text = Path(__file__).with_name("cases.txt").read_text(encoding="utf-8")
    parts = _TITLE.split(text)[1:]
    return [
        Case(title, selection, refused, sources_of(body))
        for title, selection, refused, body in zip(*(parts[i::4] for i in range(4)), strict=True)
    ]


def as_bytes(cells: Sequence[str]) -> bytes:
    """An `.ipynb` file; cells that start with ``#md`` are markdown."""
    made: list[dict[str, Any]] = []
    for number, source in enumerate(cells):
        one: dict[str, Any] = {"id": f"cell-{number}", "metadata": {}}
        if source.startswith("#md"):
            one |= {"cell_type": "markdown", "source": source[3:].strip()}
        else:
            one |= {"cell_type": "code", "execution_count": None, "outputs": []}
            one["source"] = source.splitlines(keepends=True)
        made.append(one)
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    document = {
        "cells": made,
        "metadata": {"kernelspec": spec, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1).encode()


def extracted(
    cells: Sequence[str],
    selection: str,
    module: str = "made",
    options: PlanOptions = PlanOptions(),
) -> tuple[Extracted, Facts]:
    """Extract by a selection: ``all``, numbers of cells, or ``name=cells`` words."""
    data = as_bytes(cells)
    facts = Facts(read_notebook(data, "story.ipynb"))
    groups: list[CellGroup] | None
    if selection == "all":
        groups, chosen = None, all_cells(facts.notebook)
    elif "=" in selection:
        groups, chosen = named_groups(selection.split(", "), facts.notebook), ()
    else:
        found = sections(cells_of(selection, facts.notebook), facts.notebook)
        groups, chosen = [one._replace(is_asked=True) for one in found], ()
    plan = make_plan(facts, groups, chosen, options)
    return extract(facts, data, plan, module, "A story"), facts


def code_of(data: bytes) -> list[str]:
    """The sources of the code cells."""
    cells = read_notebook(data, "story.ipynb").cells
    return [cell.source for cell in cells if cell.kind == "code"]


def run_all(jobs: Sequence[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """Run jobs, each in a fresh process."""
    folder.mkdir(exist_ok=True)
    asked, answered = folder / "jobs.json", folder / "results.json"
    asked.write_text(json.dumps(list(jobs)), encoding="utf-8")
    environment = {**os.environ, "IPYTHONDIR": str(folder), "PYTHONHASHSEED": "0"}
    environment.pop("PYTHONPATH", None)
    subprocess.run(
        [sys.executable, "-m", "tests.extract.forked", str(asked), str(answered)],
        check=True, cwd=Path(__file__).parents[2], env=environment, timeout=600,
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(answered.read_text(encoding="utf-8"))
    return found


def job(cells: Sequence[str], folder: Path, module: str | None = None) -> dict[str, Any]:
    """A job in a folder of its own, with a module beside it when there is one."""
    folder.mkdir(parents=True)
    if module is not None:
        (folder / "made.py").write_text(module, encoding="utf-8")
    return {"cells": list(cells), "cwd": str(folder), "path": [], "seconds": 60}
