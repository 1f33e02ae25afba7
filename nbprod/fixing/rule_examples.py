"""A rule's examples against the rule: what the tests of every rule ask."""

from __future__ import annotations

import json
from collections.abc import Iterator

from nbprod.checking.engine import check_notebook
from nbprod.checking.registry import RuleFile, Selection, docs_of, load_rule
from nbprod.facts import CheckOptions
from nbprod.fixing.apply import fix_bytes
from nbprod.model import Finding
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.testing import Example, Expected, parse_example

__all__ = ["example_problems", "findings_of_example", "fix_problems", "ipynb_of"]


def findings_of_example(file: RuleFile, example: Example) -> set[Expected]:
    """Return what a rule finds in an example, in the form in which examples announce it."""
    selection = _alone(file)
    options = CheckOptions(declared=lambda: example.declared)
    return {_expected(finding) for finding in check_notebook(example.notebook, selection, options)}


def example_problems(file: RuleFile) -> list[str]:
    """Return how the examples of a rule differ from what the rule finds and fixes.

    Raises:
        ValueError: the docstring of the rule is not as it should be.
    """
    return [*_finding_problems(file), *fix_problems(file)]


def _finding_problems(file: RuleFile) -> Iterator[str]:
    examples = docs_of(file).examples
    for section in ("Flagged", "Clean"):
        if not examples.get(section):
            yield f"{file.code}: no example in the section {section}"
        for number, text in enumerate(examples.get(section, ()), 1):
            example = parse_example(text)
            announced = {mark for mark in example.expected if mark.code == file.code}
            found = findings_of_example(file, example)
            where = f"{file.code}: {section} example {number}"
            for mark in sorted(announced - found):
                yield f"{where}: no finding in cell {mark.cell}, line {mark.line}"
            for mark in sorted(found - announced):
                yield f"{where}: unexpected finding in cell {mark.cell}, line {mark.line}"
            if section == "Flagged" and not announced:
                yield f"{where}: no line is marked with `#! {file.code}`"


def fix_problems(file: RuleFile) -> list[str]:
    """Return how the Fixed examples differ from what the fixes of the Flagged ones give."""
    examples = docs_of(file).examples
    problems = []
    pairs = zip(examples.get("Flagged", ()), examples.get("Fixed", ()), strict=False)
    for number, (flagged, fixed) in enumerate(pairs, 1):

        def check(notebook: Notebook) -> tuple[Finding, ...]:
            return check_notebook(notebook, _alone(file))

        wanted = parse_example(fixed).notebook.cells
        once = fix_bytes(ipynb_of(parse_example(flagged)), "example.ipynb", check, unsafe=True).data
        got = read_notebook(once, "example.ipynb").cells
        where = f"{file.code}: Fixed example {number}"
        if [(cell.source, cell.execution_count) for cell in got] != [
            (cell.source, cell.execution_count) for cell in wanted
        ]:
            problems.append(f"{where}: the fix gives {[cell.source for cell in got]}")
        if fix_bytes(once, "example.ipynb", check, unsafe=True).data != once:
            problems.append(f"{where}: a second run changes it again")
    return problems


def ipynb_of(example: Example) -> bytes:
    """Return an example as the bytes of an `.ipynb` file."""
    cells = []
    for cell in example.notebook.cells:
        content: dict[str, object] = {
            "cell_type": cell.kind,
            "id": f"c{cell.index}",
            "metadata": {"tags": list(cell.tags)},
            "source": cell.source.splitlines(keepends=True),
        }
        if cell.kind == "code":
            content |= {"execution_count": cell.execution_count, "outputs": list(cell.outputs)}
        cells.append(content)
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def _alone(file: RuleFile) -> Selection:
    return Selection((load_rule(file),), frozenset((file.code,)))


def _expected(finding: Finding) -> Expected:
    place = finding.place
    certain = finding.certainty.value == "certain"
    return Expected(place.cell or 0, place.line, finding.code, certain)
