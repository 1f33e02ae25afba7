"""The part of the JupyterLab extension that runs in the server, without a server or a browser."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nbprod.config.settings import Settings
from nbprod.errors import NbprodError, UsageError
from nbprod.extract.extraction import Refused
from nbprod.project.run import check_bytes
from nbprod_lab.answers import Answers
from nbprod_lab.open_notebooks import BadRequest, OutOfStep, StateRequest
from tests.editors.notebooks import rule_notebooks
from tests.live.notebooks import (
    file_of_cells,
    findings_of_file,
    random_step,
    start_cells,
)

Cells = list[dict[str, Any]]
ROOT = Path(__file__).parents[2]
CHURN = json.loads((ROOT / "fixtures" / "examples" / "churn.ipynb").read_bytes())
EXAMPLES = list(rule_notebooks())


def code(key: str, source: str, count: int | None = None) -> dict[str, Any]:
    return {
        "cell_type": "code", "id": key, "source": source, "execution_count": count,
        "metadata": {}, "outputs": [],
    }  # fmt: skip


class Front:
    """A front end: it sends what has changed, and keeps what it was sent."""

    def __init__(self, folder: Path, name: str = "work.ipynb", *, is_saved: bool = True) -> None:
        self.folder, self.name = folder, name
        (folder / name).write_text("{}") if is_saved else None
        self.answers = Answers(self._file_of, str(folder))
        self.version = 0
        self.sent: dict[str, Any] = {}
        self.order: list[str] = []
        self.marks: dict[str, Any] = {}
        self.rest: dict[str, Any] = {}
        self.size = 0

    def _file_of(self, path: str) -> str | None:
        found = self.folder / path
        return str(found) if found.is_file() else None

    def ask(self, request: str, cells: Cells, **more: Any) -> dict[str, Any]:
        order = [cell["id"] for cell in cells]
        body: dict[str, Any] = {"key": "k", "path": self.name, "base": self.version, **more}
        body["cells"] = {cell["id"]: cell for cell in cells if self.sent.get(cell["id"]) != cell}
        if self.version == 0:
            body.setdefault("metadata", {"language_info": {"name": "python"}})
        if order != self.order:
            body["order"] = order
        answer = self.answers.answer(request, json.loads(json.dumps(body)))
        self.version, self.order = answer["version"], order
        self.sent = {cell["id"]: json.loads(json.dumps(cell)) for cell in cells}
        self.size = len(json.dumps(answer))
        if request == "check":
            self.marks = {key: self.marks.get(key) for key in order}
            self.marks.update(answer["cells"])
            self.rest.update(answer)
        return answer

    def found(self) -> list[tuple[str, int, int, int]]:
        """The findings that are shown: code, cell, line, column."""
        return sorted(
            (finding["code"], cell, finding["line"], finding["column"])
            for cell, key in enumerate(self.order, 1)
            for finding in (self.marks.get(key) or {"findings": []})["findings"]
        )

    def notes(self, key: str) -> list[str]:
        return [note["state"] for note in (self.marks.get(key) or {"notes": []})["notes"]]


def made(cells: Cells, target: list[dict[str, Any]]) -> Cells:
    """The cells of a target, as the front end makes them."""
    there = {cell["id"]: cell for cell in cells}
    found = []
    for entry in target:
        if "cell" in entry:
            found.append({**entry["cell"], "source": "".join(entry["cell"]["source"])})
        else:
            found.append(there[entry["id"]] | {k: v for k, v in entry.items() if k != "id"})
    return found


@pytest.fixture
def front(tmp_path: Path) -> Front:
    return Front(tmp_path)


SHOP = [
    code("a", "import random", 1),
    code("b", "print(total)", 4),
    code("c", "prices = [1, 2]\ntotal = sum(prices)", 3),
    code("d", "total += 1", 5),
]


def test_marks_are_states_and_findings(front: Front) -> None:
    front.ask("check", SHOP)
    assert front.notes("b") == ["fails", "out-of-order"] or "fails" in front.notes("b")
    assert "unsafe-to-rerun" in front.notes("d")
    assert ("NBP101", 2, 1, 7) in front.found()
    assert front.rest["verdict"] == {"state": "fails", "text": "fails at cell 2", "cell": "b"}
    assert ["c", "d", ["total"]] in front.rest["edges"]


def saved(front: Front, content: dict[str, Any]) -> list[tuple[str, int, int, int]]:
    """What `nbprod check` finds in a notebook that is saved where the front end has it."""
    path = front.folder / front.name
    path.write_text(json.dumps(content, indent=1))
    result = check_bytes(path.read_bytes(), str(path), Settings(merges=False, level="production"))
    return sorted(
        (one.code, one.place.cell or 0, one.place.line, one.place.column) for one in result.findings
    )


def test_findings_equal_those_of_the_command_line(tmp_path: Path) -> None:
    seen: set[str] = set()
    for example in EXAMPLES:
        front = Front(tmp_path)
        front.ask(
            "check",
            example.content["cells"],
            metadata=example.content["metadata"],
            level="production",
        )
        general = [(one["code"], 0, one["line"], one["column"]) for one in front.rest["general"]]
        expected = saved(front, example.content)
        assert sorted([*front.found(), *general]) == expected, example.name
        seen.update(code for code, *_ in expected)
    assert len(seen) > 50


def test_after_each_of_many_steps_marks_equal_a_whole_check(front: Front) -> None:
    luck = random.Random(11)
    cells = start_cells()
    for number in range(150):
        cells = random_step(cells, luck, number)
        front.ask("check", json.loads(file_of_cells(cells))["cells"])
        expected = findings_of_file(cells)
        assert front.found() == sorted(
            (one.code, one.place.cell, one.place.line, one.place.column)
            for one in expected
            if one.place.cell is not None
        )


def test_columns_are_those_of_a_browser(front: Front) -> None:
    front.ask("check", [code("a", "x = '\U0001f600é'; print(missing)", 1)])
    (finding,) = (one for one in front.marks["a"]["findings"] if one["code"] == "NBP103")
    start = len("x = '\U0001f600é'; print(".encode("utf-16-le")) // 2
    assert finding["range"] == [0, start, 0, start + len("missing")]
    assert finding["column"] == start


def test_only_what_changed_is_answered(front: Front) -> None:
    cells = [code(f"c{at}", f"x{at} = undefined{at}", at + 1) for at in range(300)]
    whole = front.ask("check", cells)
    assert len(whole["cells"]) == 300
    first = front.size
    cells[7] = code("c7", "x7 = 1", 8)
    assert front.ask("check", cells)["cells"] == {"c7": None}
    assert front.size < first / 50
    assert front.ask("check", cells)["cells"] == {}


def test_edited_cells_are_stale_until_they_run(front: Front) -> None:
    cells = [code("a", "x = 1", 1), code("b", "y = x", 2)]
    front.ask("check", cells, edited=["a"])
    assert front.notes("a") == ["stale"]
    cells[0] = code("a", "x = 1", 3)
    front.ask("check", cells)
    assert (front.notes("a"), front.notes("b")) == ([], ["stale"])


def test_one_fix_and_all_fixes(front: Front) -> None:
    cells = [{**cell, "source": "".join(cell["source"])} for cell in CHURN["cells"]]
    front.ask("check", cells)
    fixable = [
        finding
        for mark in front.marks.values() if mark
        for finding in mark["findings"] if finding["fix"]
    ]  # fmt: skip
    assert fixable
    for finding in fixable:
        answer = front.ask("fix", cells, finding=finding["key"])
        assert answer["titles"] == [finding["fix"]["title"]]
        after = made(cells, answer["target"])
        assert after != cells
        other = Front(front.folder)
        other.ask("check", after)
        assert finding["key"] not in [
            one["key"] for mark in other.marks.values() if mark for one in mark["findings"]
        ]
    answer = front.ask("fix", cells, unsafe=True)
    assert answer["titles"]
    with pytest.raises(UsageError, match="not there any more"):
        front.ask("fix", cells, finding=["NBP101", "", None, 1, 1])


def test_an_order_that_runs(front: Front) -> None:
    answer = front.ask("order", SHOP)
    assert [entry["id"] for entry in answer["target"]] == ["a", "c", "b", "d"]
    after = made(SHOP, answer["target"])
    front.ask("check", after)
    assert front.rest["verdict"]["state"] != "fails"
    assert front.ask("order", after)["target"] is None


@pytest.mark.parametrize(
    ("names", "missing"), [("x", []), ("nowhere", ["nowhere"])], ids=["runs", "stays"]
)
def test_an_order_says_what_it_cannot_do(front: Front, names: str, missing: list[str]) -> None:
    cells = [code("a", f"print(y, {names})", 3), code("b", "y = 1", 1), code("c", "x = 1", 2)]
    answer = front.ask("order", cells)
    if answer["target"] is None:
        assert missing and answer["fails"]
    else:
        assert answer["undefined"] == missing


ANALYSIS = [
    code("a", "rows = [3, 1, 2]", 1),
    code("b", "ordered = sorted(rows)\nlargest = ordered[-1]", 2),
    code("c", "share = [one / largest for one in ordered]", 3),
    code("d", "print(share)", 4),
]


def test_two_cells_are_extracted_and_the_notebook_runs(front: Front) -> None:
    front.ask("check", ANALYSIS)
    plan = front.ask("extract", ANALYSIS, selected=["b", "c"], module="steps.py")
    assert not (front.folder / "steps.py").exists()
    assert any("rows" in line for line in plan["plan"])
    answer = front.ask("extract", ANALYSIS, selected=["b", "c"], module="steps.py", write=True)
    assert (front.folder / "steps.py").read_text() == answer["module"]
    assert set(answer["files"]) == {
        str(path.relative_to(front.folder)) for path in front.folder.rglob("*.py")
    }
    after = made(ANALYSIS, answer["target"])
    assert [cell["id"] for cell in after][0] == "a"
    program = "\n".join(cell["source"] for cell in after)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=front.folder, capture_output=True, text=True
    )
    assert done.stdout.strip() == str([x / 3 for x in (1, 2, 3)]), done.stderr
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-o", "addopts="],
        cwd=front.folder, capture_output=True, text=True,
    )  # fmt: skip
    assert tests.returncode == 0, tests.stdout


@pytest.mark.parametrize("module", ["../out.py", "/tmp/nbprod_out.py", "a/../../out.py"])
def test_a_module_is_written_below_the_directory_that_is_served(front: Front, module: str) -> None:
    with pytest.raises(UsageError, match="outside"):
        front.ask("extract", ANALYSIS, selected=["b"], module=module, write=True)
    assert [path.name for path in front.folder.iterdir()] == ["work.ipynb"]


def test_refusals_say_why(front: Front, tmp_path: Path) -> None:
    cells = [*ANALYSIS, code("e", "!ls", 5)]
    with pytest.raises(Refused, match="cell 5"):
        front.ask("extract", cells, selected=["e"], module="steps.py")
    with pytest.raises(UsageError, match="select"):
        Front(tmp_path).ask("extract", cells, selected=[], module="steps.py")
    with pytest.raises(UsageError, match=r"\.py"):
        Front(tmp_path).ask("extract", cells, selected=["b"], module="steps")
    unsaved = Front(tmp_path, "new.ipynb", is_saved=False)
    assert "version" in unsaved.ask("check", cells)
    with pytest.raises(UsageError, match="save the notebook"):
        unsaved.ask("extract", cells, selected=["b"], module="steps.py")


def test_files_that_are_there_are_kept(front: Front) -> None:
    (front.folder / "tests").mkdir()
    front.ask("extract", ANALYSIS, selected=["b"], module="steps.py", write=True)
    before = {path: path.read_bytes() for path in front.folder.rglob("*.py")}
    other = [code("z", "rows = [9]"), code("y", "doubled = [one * 2 for one in rows]")]
    again = Front(front.folder)
    again.ask("extract", other, selected=["y"], module="steps.py", write=True)
    text = (front.folder / "steps.py").read_text()
    assert "largest" in text and "doubled" in text
    assert all(path.exists() for path in before)


def test_the_settings_of_the_directory_hold_and_a_level_goes_before_them(front: Front) -> None:
    (front.folder / "nbprod.toml").write_text('ignore = ["NBP103"]\n')
    cells = [code("a", "print(missing)\ntotal = 0\n" + "total += 1\n" * 80, 1)]
    front.ask("check", cells)
    assert front.found() == []
    (front.folder / "nbprod.toml").write_text("select = 3\n")
    assert "select" in front.ask("check", cells)["problem"]
    (front.folder / "nbprod.toml").unlink()
    front.ask("check", cells)
    shared = front.found()
    front.ask("check", cells, level="production")
    assert len(front.found()) > len(shared) > 0


def test_a_front_end_that_is_out_of_step_sends_all(front: Front) -> None:
    front.ask("check", SHOP)
    front.version += 1
    with pytest.raises(OutOfStep):
        front.ask("check", SHOP)
    front.version, front.sent, front.order = 0, {}, []
    front.ask("check", SHOP)
    assert ("NBP101", 2, 1, 7) in front.found()
    front.answers.answer("close", {"key": "k", "path": "", "base": 0})
    with pytest.raises(OutOfStep):
        front.ask("check", SHOP)


@pytest.mark.parametrize(
    "given",
    [
        None, [], {}, {"key": "k"}, {"key": 1, "path": "", "base": 0},
        {"key": "k", "path": "", "base": "0"}, {"key": "k", "path": "", "base": 0, "order": "ab"},
        {"key": "k", "path": "", "base": 0, "order": [1]},
        {"key": "k", "path": "", "base": 0, "cells": {"a": 1}, "order": ["a"]},
        {"key": "k", "path": "", "base": 0, "order": ["a", "a"], "cells": {"a": {}}},
        {"key": "k", "path": "", "base": 0, "order": ["gone"]},
    ],
)  # fmt: skip
def test_what_no_front_end_sends_is_refused(given: Any, front: Front) -> None:
    for name in ("check", "fix", "order", "extract"):
        with pytest.raises(NbprodError):
            front.answers.answer(name, given)


@pytest.mark.parametrize(
    "cell",
    [
        {}, {"cell_type": "code"}, {"cell_type": 3, "source": None}, {"source": {"a": 1}},
        {"cell_type": "code", "source": "\ud800", "outputs": "none"},
        {"cell_type": "code", "source": "x", "execution_count": "many", "metadata": []},
    ],
)  # fmt: skip
def test_odd_cells_are_no_fault_of_ours(cell: dict[str, Any], front: Front) -> None:
    body = {"key": "k", "path": "", "base": 0, "cells": {"a": cell}, "order": ["a"]}
    assert front.answers.answer("check", body)["version"] == 1


def test_too_many_open_notebooks_are_dropped(front: Front) -> None:
    cell = code("a", "x = 1")
    for number in range(70):
        body = {"key": f"k{number}", "path": "", "base": 0, "cells": {"a": cell}, "order": ["a"]}
        front.answers.answer("check", body)
    with pytest.raises(OutOfStep):
        front.answers.answer("check", {"key": "k0", "path": "", "base": 1})
    assert front.answers.answer("check", {"key": "k69", "path": "", "base": 1})["version"] == 2


def test_a_request_is_read_field_by_field() -> None:
    request = StateRequest.of({"key": "k", "path": "p", "base": 2, "level": None, "other": 1})
    assert request == StateRequest("k", "p", 2)
    with pytest.raises(BadRequest, match="level"):
        StateRequest.of({"key": "k", "path": "p", "base": 2, "level": 3})


def test_another_language_is_not_checked(front: Front) -> None:
    cells = [code("a", "x <- 3", 1)]
    front.ask("check", cells, metadata={"kernelspec": {"language": "R", "name": "ir"}})
    assert front.rest["verdict"]["state"] == "unknown"
    assert front.found() == []
