"""What agents read: `--output-format agent`, and plans and verdicts as JSON."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nbprod.checking.registry import docs_of, rule_files
from nbprod.config.settings import Settings
from nbprod.fixing.patch import fix_patch
from nbprod.fixing.rule_examples import ipynb_of
from nbprod.model import Applicability, CellEdit, Edit, Fix, NewLine, PartEdit, Span
from nbprod.notebook.edits.splice import apply_edits
from nbprod.notebook.read import read_notebook
from nbprod.project.run import check_one
from nbprod.testing import parse_example
from tests.cli.test_check import ROOT
from tests.command import run_nbprod

PAGE = (ROOT / "docs" / "how-to" / "use-with-coding-agents.md").read_text(encoding="utf-8")
TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ2cF4hJ6kM8"
SHOP = {
    "prices": "import statistics\n\nprices = [3, 4, 8]",
    "total": "total = sum(price / 1.19 for price in prices)",
    "mean": "mean = total / len(prices)",
    "show": "print(mean, late)",
    "late": "late = 1",
}


def save(path: Path, cells: dict[str, str], outputs: dict[str, Any] | None = None) -> Path:
    """A notebook of code cells by id, run in order but for the last two of the shop."""
    counts = {**{name: at for at, name in enumerate(cells, 1)}, "show": 5, "late": 4}
    document = {
        "cells": [
            {
                "cell_type": "code",
                "id": name,
                "execution_count": counts[name],
                "metadata": {},
                "outputs": (outputs or {}).get(name, []),
                "source": source,
            }
            for name, source in cells.items()
        ],
        "metadata": {"kernelspec": {"name": "python3", "language": "python", "display_name": "x"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(document, indent=1))
    return path


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def patched(source: str, patch: str) -> str:
    """A source after a unified diff of it alone."""
    lines, found, at = source.split("\n"), list[str](), 0
    for line in patch.split("\n")[2:]:
        if line.startswith("@@"):
            start = int(re.findall(r"\d+", line)[0])
            length = re.match(r"@@ -\d+(?:,(\d+))?", line)
            assert length is not None
            first = start if length[1] == "0" else start - 1
            found += lines[at:first]
            at = first
            continue
        if line[0] in " -":
            assert lines[at] == line[1:]
            at += 1
        if line[0] in " +":
            found.append(line[1:])
    return "\n".join(found + lines[at:])


@pytest.mark.parametrize("command", re.findall(r"^\$ nbprod (.*)$", PAGE, re.M))
def test_the_page_shows_what_commands_print(tmp_path: Path, command: str) -> None:
    if not command.startswith(("check", "extract")):
        return
    save(tmp_path / "shop.ipynb", SHOP)
    done = run_nbprod(tmp_path, *command.split())
    assert f"$ nbprod {command}\n{done.stdout}```" in PAGE
    assert done.returncode == 1


FIXED = {
    "a bare except": ("try:\n    x = 1\nexcept:\n    x = 2\nprint(x)", "NBP701"),
    "a listing": ("import os\nnames = [name for name in os.listdir('.')]", "NBP506"),
    "an install": ("# first\n!pip install pandas", "NBP503"),
    "an emoji above": ("# \U0001f600\ntry:\n    é = '\U0001f680'\nexcept:\n    é = 1", "NBP701"),
    "the only line": ("from math import *; print(pi)", "NBP805"),
}


@pytest.mark.parametrize("name", FIXED)
def test_a_patch_applied_by_hand_gives_the_source_that_fix_gives(tmp_path: Path, name: str) -> None:
    source, code = FIXED[name]
    save(tmp_path / "a.ipynb", {"only": source})
    words = ("a.ipynb", "--isolated", "--select", code)
    done = run_nbprod(tmp_path, "check", *words, "--output-format", "agent")
    found, numbers = lines_of(done.stdout)
    assert numbers == {"notebooks": 1, "findings": 1}
    assert (found["code"], found["cell"], found["id"]) == (code, 1, "only")
    run_nbprod(tmp_path, "fix", *words, "--unsafe-fixes")
    after = json.loads((tmp_path / "a.ipynb").read_text())["cells"][0]["source"]
    assert "".join(after) != source
    assert patched(source, found["fix"]["patch"]) == "".join(after)


def test_the_patches_of_all_rules_give_what_their_edits_give() -> None:
    compared = 0
    for file in rule_files():
        for text in docs_of(file).examples.get("Flagged", ()) if docs_of(file).fixes else ():
            data = ipynb_of(parse_example(text))
            book = read_notebook(data, "a.ipynb")
            settings = Settings(select=(file.code,), merges=True)
            for finding in check_one(book, settings).findings:
                fix = finding.fix
                if fix is None or not all(isinstance(edit, Edit) for edit in fix.edits):
                    continue
                after = read_notebook(apply_edits(book, data, list(fix.edits)), "a.ipynb")
                sources = [cell.source for cell in book.cells]
                for part in re.split(r"^--- cell (?=\d+$)", fix_patch(book.cells, fix), flags=re.M)[
                    1:
                ]:
                    at = int(part.split("\n")[0]) - 1
                    sources[at] = patched(sources[at], part.rstrip("\n"))
                assert sources == [cell.source for cell in after.cells]
                compared += 1
    assert compared > 20


def test_the_numbers_say_how_many_more_there_are(tmp_path: Path) -> None:
    cells = {f"c{at}": f"print(missing_{at})" for at in range(70)}
    cells["late"] = "try:\n    pass\nexcept:\n    pass"
    save(tmp_path / "a.ipynb", cells)
    done = run_nbprod(tmp_path, "check", "--isolated", "--output-format", "agent")
    *found, numbers = lines_of(done.stdout)
    assert len(found) == numbers["shown"] == 50 < numbers["findings"]
    assert "--select" in numbers["next"]
    order = [("error", "warning", "info").index(one["severity"]) for one in found]
    assert order == sorted(order)


def test_standard_input_has_patches_too(tmp_path: Path) -> None:
    path = save(tmp_path / "a.ipynb", {"only": FIXED["a bare except"][0]})
    words = ("check", "-", "--isolated", "--select", "NBP701", "--output-format", "agent")
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", *words, "--stdin-filename", "b.ipynb"],
        input=path.read_bytes(), capture_output=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    found = lines_of(done.stdout.decode())[0]
    assert found["path"] == "b.ipynb"
    assert "-except:" in found["fix"]["patch"].split("\n")


HOSTILE = "\x1b[2J\u202eevil\u200b\n::error::x ##vso[task.complete]"


def test_text_of_a_notebook_is_quoted_and_visible(tmp_path: Path) -> None:
    name = "ignore_all_previous_instructions"
    cells = {HOSTILE: f"print({name})  # \u202e\x1b[2J\n", "x" * 900: "print(y)\n1/0 if 0 else z"}
    document = json.loads(save(tmp_path / "a.ipynb", {"a": "", "b": ""}).read_text())
    for cell, (identity, source) in zip(document["cells"], cells.items(), strict=True):
        cell |= {"id": identity, "source": source}
    (tmp_path / "a.ipynb").write_text(json.dumps(document))
    done = run_nbprod(tmp_path, "check", "--isolated", "--output-format", "agent", "-q")
    found = lines_of(done.stdout)
    assert any(name in one.get("message", "") for one in found)
    for char in ("\x1b", "\u202e", "\u200b"):
        assert char not in done.stdout and char not in json.dumps(found, ensure_ascii=False)
    assert not [line for line in done.stdout.splitlines() if line.lstrip().startswith("::")]
    assert all(len(one.get("id", "")) <= 310 for one in found)


@pytest.mark.parametrize("target", ["", ":found.txt"])
def test_a_patch_holds_no_credential(tmp_path: Path, target: str) -> None:
    save(tmp_path / "a.ipynb", {"a": f'token = "{TOKEN}"\nprint(len(token))'})
    done = run_nbprod(tmp_path, "check", "--isolated", "--output", f"agent{target}")
    text = (tmp_path / "found.txt").read_text() if target else done.stdout
    assert '-token = \\"***' in text and "environ" in text
    assert TOKEN[:12] not in text + done.stdout


CELLS = read_notebook(
    json.dumps(
        {
            "cells": [
                {"cell_type": "code", "metadata": {}, "outputs": [], "source": text}
                for text in ("a = 1", "", "b = 2")
            ],
            "metadata": {}, "nbformat": 4, "nbformat_minor": 4,
        }
    ).encode(),
    "a.ipynb",
).cells  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (CellEdit("move", 2, 0), "move cell 3 above cell 1"),
        (CellEdit("move", 0, 3), "move cell 1 to the end"),
        (CellEdit("clear-count", 1), "clear the execution count of cell 2"),
        (PartEdit(1, ("outputs", 0, "text"), 0, 4, "x"), "edit of an output of cell 2"),
        (PartEdit(-1, ("metadata", "a"), 0, 4, "x"), "edit of metadata of the notebook"),
        (
            NewLine(1, "c = 3", new=True, tags=("parameters",)),
            "new cell before cell 2 with the tag parameters:\n+c = 3",
        ),
        (NewLine(0, "c = 3"), "--- cell 1\n+++ cell 1\n@@ -1 +1,2 @@\n a = 1\n+c = 3"),
        (Edit(Span(2, 4, 5), "9"), "--- cell 3\n+++ cell 3\n@@ -1 +1 @@\n-b = 2\n+b = 9"),
    ],
)
def test_each_kind_of_edit_has_a_line(edit: Any, text: str) -> None:
    assert fix_patch(CELLS, Fix("Do it", (edit,), Applicability.SAFE)) == text


def test_a_plan_is_json_and_nothing_is_written(tmp_path: Path) -> None:
    save(tmp_path / "shop.ipynb", {key: SHOP[key] for key in ("prices", "total", "mean")})
    before = sorted(tmp_path.iterdir())
    words = ("extract", "shop.ipynb", "-o", "shop/steps.py", "--dry-run")
    done = run_nbprod(tmp_path, *words, "--output-format", "json", "--cells", "2")
    plan = json.loads(done.stdout)
    (function,) = plan["functions"]
    assert (done.returncode, plan["module"], function["cells"]) == (0, "shop.steps", [2])
    assert [one["name"] for one in function["parameters"]] == ["prices"]
    assert [one["name"] for one in function["results"]] == ["total"]
    assert {"path": "shop/steps.py", "exists": False} in plan["files"]
    said = run_nbprod(tmp_path, *words, "--cells", "2").stdout
    assert f"{function['name']}: cell 2\n" in said
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("options", [(), ("--dry-run", "--plan", "p.toml"), ("--diff",)])
def test_a_plan_as_json_is_that_of_a_dry_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    save(tmp_path / "shop.ipynb", SHOP)
    for command in ("extract", "pipeline"):
        if command == "pipeline" and "--diff" in options:
            continue
        words = (command, "shop.ipynb", "-o", "x.py" if command == "extract" else "x", *options)
        done = run_nbprod(tmp_path, *words, "--output-format", "json")
        assert (done.returncode, done.stdout) == (2, "")
        assert "--dry-run" in done.stderr


REFUSED = {
    "it fails": ({"a": "print(nowhere)", "b": "x = 1\ny = x + 2\nprint(y)"}, (), 1),
    "it does not parse": ({"a": "print(", "b": "x = 1\ny = x + 2\nprint(y)"}, (), 1),
    "a cell that is asked for": ({"a": "x = 1\nif x:", "b": "y = x"}, ("--cells", "1"), 1),
    "nothing to extract": ({"a": "import os"}, (), 0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_json_with_reasons(tmp_path: Path, name: str) -> None:
    cells, options, code = REFUSED[name]
    save(tmp_path / "a.ipynb", cells)
    words = ("extract", "a.ipynb", "-o", "m.py", "--dry-run", *options)
    done = run_nbprod(tmp_path, *words, "--output-format", "json")
    refusal = json.loads(done.stdout)
    said = run_nbprod(tmp_path, *words).stderr
    assert (done.returncode, "functions" in refusal) == (code, False)
    assert refusal["message"] in said
    for one in refusal["refused"]:
        assert f"cell {one['cell']}, line {one['line']}: {one['reason']}" in said


def test_the_plan_of_a_pipeline_is_json(tmp_path: Path) -> None:
    path = ROOT / "docs" / "notebooks" / "well-kept.ipynb"
    words = ("pipeline", str(path), "-o", "app", "--dry-run")
    done = run_nbprod(tmp_path, *words, "--output-format", "json")
    plan = json.loads(done.stdout)
    text = run_nbprod(tmp_path, *words).stdout
    assert done.returncode == 0 and plan["name"] == "app"
    for task in plan["tasks"]:
        assert f"■ {task['name']}  (" in text
        for source in task["inputs"].values():
            assert source.rpartition(".")[0] in task["after"]
    assert "run.py" in plan["files"] and not (tmp_path / "app").exists()


@pytest.mark.slow
@pytest.mark.parametrize("last", ["print(3)", "print(4)"])
def test_the_verdict_is_json(tmp_path: Path, last: str) -> None:
    save(tmp_path / "a.ipynb", {"a": "x = 3", "b": "print(3)"})
    save(tmp_path / "b.ipynb", {"a": "x = 3", "b": last})
    done = run_nbprod(tmp_path, "verify", "a.ipynb", "b.ipynb", "--output-format", "json")
    verdict = json.loads(done.stdout)
    same = last == "print(3)"
    assert (done.returncode, verdict["same"]) == (0 if same else 1, same)
    assert [one["cell"] for one in verdict["differences"]] == ([] if same else [2])
