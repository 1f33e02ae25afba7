"""The pages of rules in `docs/reference/rules` are those that the rules' files give."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod.checking.registry import RuleFile, docs_of, rule_files
from nbprod.cli.rule_pages import INDEX, RUFF_RULES, page_name, rule_pages
from tests.command import run_nbprod

FOLDER = Path(__file__).parents[1] / "docs" / "reference" / "rules"
FILES = rule_files(False)
HINT = "run `nbprod dev rule-pages docs/reference/rules`"


def test_there_is_a_page_for_every_rule_and_for_nothing_else() -> None:
    pages = rule_pages(FILES)
    assert {path.name for path in FOLDER.iterdir()} == set(pages), HINT
    assert len(pages) == len(FILES) + 1


@pytest.mark.parametrize("name", [INDEX, *map(page_name, FILES)])
def test_generating_them_again_changes_nothing(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == rule_pages(FILES)[name], HINT


def test_the_command_writes_them(tmp_path: Path) -> None:
    assert run_nbprod(tmp_path, "dev", "rule-pages", "made").returncode == 0
    assert {path.name for path in (tmp_path / "made").iterdir()} == set(rule_pages(FILES))


def test_links_lead_to_files() -> None:
    for path in FOLDER.iterdir():
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert "://" in target or (FOLDER / target).exists(), (path.name, target)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.code)
def test_a_summary_is_a_short_sentence_about_what_is_reported(file: RuleFile) -> None:
    summary = docs_of(file).summary
    assert re.fullmatch(r"Reports [^\n]{5,71}\.", summary), summary


def test_rules_of_ruff_exist_and_options_are_on_their_pages() -> None:
    command = [sys.executable, "-m", "ruff", "rule", "--all", "--output-format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    known = {rule["code"] for rule in json.loads(done.stdout)}
    assert {code for codes in RUFF_RULES.values() for code in codes.split()} - known == set()
    assert set(RUFF_RULES) <= {file.name for file in FILES}
    pages = rule_pages(FILES)
    for name, key in (
        ("NBP801-long-cell", "max-cell-lines"),
        ("NBP811-long-notebook", "max-cells"),
        ("NBP813-long-lived-name", "max-lifetime"),
    ):
        assert f"[`{key}`](../configuration.md#keys)" in pages[f"{name}.md"]
    assert "## Options" not in pages["NBP101-use-before-definition.md"]
