"""Every rule's own examples: each announces exactly the findings that the rule makes."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from nbprod.checking.engine import check_notebook
from nbprod.checking.registry import RuleFile, Selection, _told_level, load_rule, rule_files, select
from nbprod.facts import CheckOptions
from nbprod.rule import Level
from nbprod.testing import Expected, parse_docs, parse_example


def path_of(file: RuleFile) -> Path:
    module = importlib.import_module(file.module)
    assert module.__file__ is not None
    return Path(module.__file__)


def cases(*sections: str) -> list[tuple[RuleFile, str, int, str]]:
    found = []
    for file in rule_files():
        docs = parse_docs(path_of(file))
        for section in sections:
            for number, text in enumerate(docs.examples.get(section, ())):
                found.append((file, section, number, text))
    return found


def identifier(case: tuple[RuleFile, str, int, str]) -> str:
    return f"{case[0].code}-{case[1]}-{case[2]}"


@pytest.mark.parametrize("case", cases("Flagged", "Clean", "Fixed"), ids=identifier)
def test_examples_announce_exactly_what_is_found(case: tuple[RuleFile, str, int, str]) -> None:
    file, section, _, text = case
    example = parse_example(text)
    announced = {one for one in example.expected if one.code == file.code}
    selection = Selection((load_rule(file),), frozenset((file.code,)))
    found = {
        Expected(one.place.cell or 0, one.place.line, one.code, one.certainty.value == "certain")
        for one in check_notebook(
            example.notebook, selection, CheckOptions(declared=example.declared)
        )
    }
    if section != "Fixed":
        assert found == announced
        assert bool(announced) == (section == "Flagged")
    assert example.notebook.cells


def test_every_rule_is_documented_and_has_examples() -> None:
    assert len(rule_files()) > 25
    for file in rule_files():
        docs = parse_docs(path_of(file))
        assert docs.summary.endswith("."), file.code
        if file.code > "NBP011":
            assert docs.examples.get("Flagged") and docs.examples.get("Clean"), file.code


def test_codes_and_names_are_unique() -> None:
    files = rule_files()
    assert len({file.code for file in files}) == len({file.name for file in files}) == len(files)


def fix_cases() -> list[tuple[RuleFile, int, str, str]]:
    found = []
    for file in rule_files():
        examples = parse_docs(path_of(file)).examples
        flagged, fixed = examples.get("Flagged", ()), examples.get("Fixed", ())
        found += [(file, number, flagged[number], text) for number, text in enumerate(fixed)]
    return found


def ipynb_of(text: str) -> bytes:
    import json

    cells = [
        {
            "cell_type": cell.kind,
            "id": f"c{cell.index}",
            "metadata": {"tags": list(cell.tags)},
            "source": cell.source.splitlines(keepends=True),
            **(
                {"execution_count": cell.execution_count, "outputs": list(cell.outputs)}
                if cell.kind == "code"
                else {}
            ),
        }
        for cell in parse_example(text).notebook.cells
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.mark.parametrize("case", fix_cases(), ids=lambda case: f"{case[0].code}-{case[1]}")
def test_fixes_give_the_fixed_example_and_then_rest(case: tuple[RuleFile, int, str, str]) -> None:
    from nbprod.fixing.apply import fix_bytes
    from nbprod.notebook.read import read_notebook

    file, _, flagged, fixed = case
    selection = Selection((load_rule(file),), frozenset((file.code,)))
    outcome = fix_bytes(
        ipynb_of(flagged), "example.ipynb", lambda nb: check_notebook(nb, selection), unsafe=True
    )
    wanted = parse_example(fixed).notebook.cells
    got = read_notebook(outcome.data, "example.ipynb").cells
    assert [cell.source for cell in got] == [cell.source for cell in wanted]
    assert [cell.execution_count for cell in got] == [cell.execution_count for cell in wanted]
    again = fix_bytes(
        outcome.data, "example.ipynb", lambda nb: check_notebook(nb, selection), unsafe=True
    )
    assert again.data == outcome.data


def test_a_file_never_tells_a_higher_level_than_its_rule_has() -> None:
    """Else the rule would be left out where it is to run."""
    levels = ("explore", "shared", "production")
    told = {file: _told_level(file) for file in rule_files()}
    assert "production" in told.values() and "explore" in told.values()
    for file, level in told.items():
        assert levels.index(level) <= levels.index(load_rule(file).level), file.code


@pytest.mark.parametrize("level", ["explore", "shared", "production"])
def test_the_rules_of_a_level_are_those_that_say_so(level: Level) -> None:
    levels = ("explore", "shared", "production")
    expected = {
        file.code
        for file in rule_files()
        if levels.index(load_rule(file).level) <= levels.index(level)
    }
    assert {rule.code for rule in select(level=level).rules} == expected
