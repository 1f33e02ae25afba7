"""Every rule's own examples: each announces exactly the findings that the rule makes."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from nbprod.checking.engine import CheckOptions, check_notebook  # type: ignore[attr-defined]
from nbprod.checking.registry import (
    RuleFile,
    _declared_level,
    docs_of,
    level_of,
    load_rule,
    rule_files,
    select,
)
from nbprod.checking.rule_page import rule_page
from nbprod.fixing.rule_examples import findings_of_example, fix_problems
from nbprod.rule import Level
from nbprod.testing import Example, parse_docs, parse_example

# A message that says what to do itself, and the end of a sentence within one.
ADVICE = re.compile(r"; (?:delete|save|restart|run|use|mend|write|make|choose|clear|install)\b")
SENTENCE = re.compile(r"[.!?] [A-Z]")
LONGEST = 240
LEVELS: tuple[Level, ...] = ("explore", "shared", "production")


def at_most(level: Level, other: Level) -> bool:
    return LEVELS.index(level) <= LEVELS.index(other)


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


@pytest.mark.parametrize("case", cases("Flagged"), ids=identifier)
def test_a_finding_says_in_a_sentence_or_two_what_is_wrong_and_what_to_do(
    case: tuple[RuleFile, str, int, str],
) -> None:
    file, _, _, text = case
    example = parse_example(text)
    options = CheckOptions(declared=lambda: example.declared)
    for finding in check_notebook(example.notebook, select((file.code,)), options):
        told = f"{finding.message}: {finding.help or ''}"
        assert finding.help or finding.fix or ADVICE.search(finding.message), told
        assert "\n" not in told
        assert len(finding.message) <= LONGEST and len(SENTENCE.findall(finding.message)) <= 1, told


@pytest.mark.parametrize("case", cases("Flagged", "Clean"), ids=identifier)
def test_examples_announce_exactly_what_is_found(case: tuple[RuleFile, str, int, str]) -> None:
    file, section, _, text = case
    example = parse_example(text)
    announced = {mark for mark in example.expected if mark.code == file.code}
    assert findings_of_example(file, example) == announced
    assert bool(announced) == (section == "Flagged")
    assert example.notebook.cells


def test_every_rule_is_documented_and_has_examples() -> None:
    assert len(rule_files()) > 25
    for file in rule_files():
        docs = parse_docs(path_of(file))
        assert docs.summary.endswith("."), file.code
        # Files that cannot be read, or only by a newer Python, make no example.
        if file.code > "NBP011" and file.name != "file-too-large":
            assert docs.examples.get("Flagged") and docs.examples.get("Clean"), file.code


def test_codes_and_names_are_unique() -> None:
    files = rule_files()
    assert len({file.code for file in files}) == len({file.name for file in files}) == len(files)


def test_fixes_give_the_fixed_example_and_then_rest() -> None:
    fixable = [file for file in rule_files() if docs_of(file).fixes]
    assert len(fixable) > 15
    assert [problem for file in fixable for problem in fix_problems(file)] == []


def test_a_file_never_tells_a_higher_level_than_its_rule_has() -> None:
    """Else the rule would be left out where it is to run."""
    told = {file: _declared_level(file) for file in rule_files()}
    assert {"explore", "shared", "production", None} >= set(told.values()) > {"explore", None}
    for file, level in told.items():
        own = level_of(load_rule(file))
        assert level is None if own is None else level and at_most(level, own), file.code


@pytest.mark.parametrize("level", ["explore", "shared", "production"])
def test_the_rules_of_a_level_are_those_that_say_so(level: Level) -> None:
    expected = set()
    for file in rule_files():
        own = level_of(load_rule(file))
        if own is not None and at_most(own, level):
            expected.add(file.code)
    assert {rule.code for rule in select(level=level).rules} == expected


@pytest.mark.parametrize("file", rule_files(), ids=lambda file: file.code)
def test_a_rule_reports_at_the_level_that_its_page_names_and_not_below(file: RuleFile) -> None:
    examples = [parse_example(text) for text in docs_of(file).examples.get("Flagged", ())]
    level = level_of(load_rule(file))
    assert (f"from level {level} on" if level else "only when it is selected") in rule_page(file)
    for other in LEVELS if examples else ():
        reports = level is not None and at_most(level, other)
        found = [file.code in _codes(example, other, _family(file)) for example in examples]
        assert any(found) if reports else not any(found), other


def _family(file: RuleFile) -> list[str]:
    """The other rules whose findings on its line have those of a rule beside them."""
    family = load_rule(file).family
    others = [other for other in rule_files() if other.code != file.code]
    return [other.code for other in others if family and load_rule(other).family == family]


def _codes(example: Example, level: Level, ignored: list[str]) -> set[str]:
    options = CheckOptions(declared=lambda: example.declared)
    found = check_notebook(example.notebook, select(level=level, ignored=ignored), options)
    return {finding.code for finding in found}
