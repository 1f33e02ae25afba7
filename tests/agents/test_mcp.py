"""`nbprod mcp` and a real client: answers are those of the commands; notebooks are only data."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nbprod.agents.answers import page_of
from nbprod.agents.schemas import DESCRIPTIONS, SCHEMAS
from nbprod.agents.tools import TOOLS
from nbprod.secrets.mask import Mask
from tests.agents.client import Answer, Call, ask, ask_all
from tests.cli.test_agents import SHOP, TOKEN, save
from tests.cli.test_check import ROOT
from tests.command import loaded_modules, run_nbprod

PAGE = (ROOT / "docs" / "how-to" / "use-with-coding-agents.md").read_text(encoding="utf-8")
FIXTURES = sorted((ROOT / "fixtures").rglob("*.ipynb"))


def findings_of_command(folder: Path, path: str, *options: str) -> list[dict[str, Any]]:
    done = run_nbprod(folder, "check", path, "--output-format", "agent", "-q", *options)
    found = [json.loads(line) for line in done.stdout.splitlines()][:-1]
    return [{key: value for key, value in one.items() if key != "path"} for one in found]


def whole(answers: list[Answer], key: str) -> list[Any]:
    """The entries of an answer that came in several parts."""
    return [entry for answer in answers for entry in answer.found[key]]


def pages(name: str, arguments: dict[str, Any], root: Path) -> list[Answer]:
    """All parts of an answer, each asked for as the one before says."""

    def more(answers: list[Answer]) -> list[Call]:
        starts = [answer.found.get("next") for answer in answers]
        found = [(name, arguments)]
        return found + [(name, {**arguments, "start": at}) for at in starts if at is not None]

    return ask_all(root, more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path / "shop.ipynb", SHOP)
    (tmp_path / "strict").mkdir()
    save(tmp_path / "strict" / "a.ipynb", {"a": "x = 1\nprint(y)", "b": "import os\ny = 2"})
    (tmp_path / "strict" / "nbprod.toml").write_text('level = "production"\n')
    return tmp_path


def test_the_answers_are_those_of_the_commands(folder: Path) -> None:
    selection = {"path": "shop.ipynb", "selection": "2", "module": "shop/steps.py"}
    checked, strict, flow, order, plan, refused, fixes = ask(
        folder,
        ("check_notebook", {"path": "shop.ipynb"}),
        ("check_notebook", {"path": "strict/a.ipynb"}),
        ("data_flow", {"path": "shop.ipynb"}),
        ("runnable_order", {"path": "shop.ipynb"}),
        ("plan_extraction", selection),
        ("plan_extraction", {"path": "shop.ipynb"}),
        ("apply_fixes", {"path": "shop.ipynb", "unsafe": True}),
    )
    assert checked.found["findings"] == findings_of_command(folder, "shop.ipynb") != []
    assert checked.found["runs_from_top"] is False
    # The configuration of the notebook's directory holds, whatever the server's directory is.
    assert strict.found["findings"] == findings_of_command(folder, "strict/a.ipynb")
    words = ("graph", "shop.ipynb", "--output-format", "json")
    graph = json.loads(run_nbprod(folder, *words).stdout)
    edges = [
        {"from": cell["cell"], "to": reader["cell"], "names": reader["names"]}
        for cell in flow.found["cells"]
        for reader in cell.get("read_by", [])
    ]
    assert edges == graph["edges"] != []
    assert order.found["order"] == graph["order"] == [1, 2, 3, 5, 4]
    extract = ("extract", "shop.ipynb", "-o", "shop/steps.py", "--dry-run", *words[-2:])
    printed = json.loads(run_nbprod(folder, *extract, "--cells", "2").stdout)
    assert plan.found == {key: printed[key] for key in plan.found}
    printed = json.loads(run_nbprod(folder, *extract).stdout)
    assert refused.found == {key: printed[key] for key in refused.found}
    assert refused.found["refused"] != []
    diff = run_nbprod(folder, "fix", "shop.ipynb", "--unsafe-fixes", "--diff").stdout
    assert fixes.found["patch"] == diff.splitlines() != []


def test_cells_that_are_not_saved_are_checked(folder: Path) -> None:
    cells: list[Any] = [{"source": source, "id": name} for name, source in SHOP.items()]
    cells[3] = {"source": "print(mean, later)", "id": "show", "execution_count": 9}
    save(folder / "edited.ipynb", {**SHOP, "show": "print(mean, later)"})
    text = (folder / "edited.ipynb").read_text()
    by_cells, by_text, plain, flow = ask(
        folder,
        ("check_notebook", {"path": "shop.ipynb", "cells": cells}),
        ("check_notebook", {"path": "new.ipynb", "text": text}),
        ("check_notebook", {"cells": ["# \U0001f600\nprint(é)", {"kind": "raw", "source": "é"}]}),
        ("data_flow", {"cells": ["a = 1", "b = a", "c = b", "d = 1"], "cell": 2}),
    )
    wanted = findings_of_command(folder, "edited.ipynb")
    assert by_text.found["findings"] == wanted != []
    assert [one["code"] for one in by_cells.found["findings"]] == ["NBP103"]
    assert "`later`" in by_cells.found["findings"][0]["message"]
    assert plain.found["findings"][0]["line"] == 2
    assert (flow.found["must_run_before"], flow.found["stale_if_changed"]) == ([1], [3])
    assert json.loads((folder / "shop.ipynb").read_text())["cells"][3]["source"] == SHOP["show"]


def test_a_long_answer_comes_in_parts(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", {f"c{at}": f"print(missing_{at}, 'é' * 3)" for at in range(45)})
    answers = pages("check_notebook", {"path": "a.ipynb"}, tmp_path)
    assert len(answers) > 2 and answers[0].found["of"] == 45
    assert all(len(answer.text.encode()) <= 4_100 for answer in answers)
    assert whole(answers, "findings") == findings_of_command(tmp_path, "a.ipynb")


@pytest.mark.parametrize("arguments", [{"code": "NBP101"}, {"code": "hardcoded-secret"}])
def test_a_rule_is_explained_as_by_the_command(tmp_path: Path, arguments: dict[str, str]) -> None:
    lines = whole(pages("explain_rule", arguments, tmp_path), "page")
    said = run_nbprod(tmp_path, "explain", arguments["code"]).stdout
    assert "\n".join(lines) + "\n" == said


def test_fixes_are_written_on_request_only(folder: Path) -> None:
    before = (folder / "shop.ipynb").read_bytes()
    arguments = {"path": "shop.ipynb", "unsafe": True, "dry_run": False}
    refused, unsaved = ask(
        folder,
        ("apply_fixes", arguments),
        ("apply_fixes", {**arguments, "text": before.decode()}),
        options=["--read-only"],
    )
    assert refused.is_error and unsaved.is_error
    assert (folder / "shop.ipynb").read_bytes() == before
    unsaved, written, again = ask(
        folder,
        ("apply_fixes", {**arguments, "text": before.decode()}),
        ("apply_fixes", arguments),
        ("apply_fixes", arguments),
    )
    assert unsaved.is_error and "not written" in unsaved.found["error"]
    assert (written.found["written"], again.found["written"]) == (True, False)
    after = (folder / "shop.ipynb").read_bytes()
    (folder / "shop.ipynb").write_bytes(before)
    run_nbprod(folder, "fix", "shop.ipynb", "--unsafe-fixes")
    assert (folder / "shop.ipynb").read_bytes() == after != before


def test_nothing_outside_of_the_root_is_read(folder: Path) -> None:
    root = folder / "root"
    root.mkdir()
    (root / "link.ipynb").symlink_to(folder / "shop.ipynb")
    (root / "up").symlink_to(folder, target_is_directory=True)
    paths = [
        "../shop.ipynb", str(folder / "shop.ipynb"), "link.ipynb", "up/shop.ipynb", "/etc/passwd",
        "a/../../shop.ipynb", "a\0b.ipynb",
    ]  # fmt: skip
    calls: list[Call] = [("check_notebook", {"path": path}) for path in paths]
    calls += [("apply_fixes", {"path": path, "dry_run": False}) for path in paths]
    calls += [("plan_extraction", {"cells": ["x = 1"], "module": "../m.py"})]
    calls += [("check_notebook", {"path": "../new.ipynb", "cells": ["x"]})]
    for answer in ask(folder, *calls, options=["--root", "root"]):
        assert answer.is_error and "outside of" in answer.found["error"]
        assert "late" not in answer.text


WRONG: dict[str, Call] = {
    "no notebook": ("check_notebook", {}),
    "two contents": ("check_notebook", {"text": "{}", "cells": []}),
    "a misspelt argument": ("check_notebook", {"pat": "shop.ipynb"}),
    "a wrong type": ("data_flow", {"path": "shop.ipynb", "cell": "3"}),
    "a cell that is not there": ("data_flow", {"path": "shop.ipynb", "cell": 99}),
    "a missing file": ("check_notebook", {"path": "missing.ipynb"}),
    "a text that is not a notebook": ("data_flow", {"path": "a.ipynb", "text": "{"}),
    "an unknown rule": ("explain_rule", {"code": "NBP000"}),
    "an unknown code": ("check_notebook", {"path": "shop.ipynb", "codes": ["NBP9999"]}),
    "an unknown level": ("check_notebook", {"path": "shop.ipynb", "level": "top"}),
    "an unknown tool": ("run_notebook", {"path": "shop.ipynb"}),
    "a path that is no module": ("plan_extraction", {"cells": ["x = 1"], "module": "m.txt"}),
    "cells that are not there": ("plan_extraction", {"path": "shop.ipynb", "selection": "77"}),
}


def test_a_wrong_call_is_an_error_and_the_server_goes_on(folder: Path) -> None:
    *wrong, last = ask(folder, *WRONG.values(), ("runnable_order", {"path": "shop.ipynb"}))
    for name, answer in zip(WRONG, wrong, strict=True):
        assert answer.is_error and answer.found["error"], name
        assert "internal error" not in answer.text, name
    assert not last.is_error


def test_text_of_notebooks_is_masked_and_visible(tmp_path: Path) -> None:
    hostile = "\x1b]0;x\x07\u202eevil\u200b"
    source = f'token = "{TOKEN}"\nprint(token, nowhere)  # {hostile}\n%run "{hostile}"'
    save(tmp_path / "a.ipynb", {"a": source, "b": f"def {'f' * 2000}(): return y\n'{hostile}'"})
    answers = ask(
        tmp_path,
        ("check_notebook", {"path": "a.ipynb", "level": "production"}),
        ("apply_fixes", {"path": "a.ipynb", "unsafe": True}),
        ("data_flow", {"path": "a.ipynb"}),
        ("plan_extraction", {"path": "a.ipynb", "selection": "1"}),
        ("check_notebook", {"cells": [source]}),
        ("check_notebook", {"path": f"{hostile}.ipynb"}),
    )
    assert "***" in answers[0].text and "***" in answers[1].text
    for answer in answers:
        assert TOKEN[:12] not in answer.text + json.dumps(answer.found)
        assert not set(answer.text) & set(hostile) - set("evilx0;]")
        assert json.loads(answer.text) == answer.found


def test_nothing_is_executed(tmp_path: Path) -> None:
    code = "open('ran', 'w').write('x')\n!touch ran\nx = 1\ny = x + 1\nprint(y)"
    save(tmp_path / "a.ipynb", {"a": code, "b": "import helper\nprint(z)", "c": "z = 3"})
    (tmp_path / "helper.py").write_text("open('ran', 'w')")
    (tmp_path / "sitecustomize.py").write_text("open('ran', 'w')")
    (tmp_path / "nbprod.toml").write_text("ruff = true\n")
    path = {"path": "a.ipynb"}
    calls: list[Call] = [(name, path) for name in TOOLS if name != "explain_rule"]
    calls += [("apply_fixes", {**path, "dry_run": False, "unsafe": True})]
    calls += [("plan_extraction", {**path, "selection": "1"})]
    answers = ask(tmp_path, *calls)
    assert len([answer for answer in answers if not answer.is_error]) >= 6
    assert not (tmp_path / "ran").exists()


def test_standard_output_is_the_protocol_only(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", {"a": "x = 1 is 1\nassert (x, 'y')\nprint('\\d')\n%%bad"})
    information = {"name": "test", "version": "1"}
    messages: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": information}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
        {"id": 3, "method": "tools/call", "params": {
            "name": "check_notebook", "arguments": {"path": "a.ipynb"}}},
    ]  # fmt: skip
    server = subprocess.Popen(
        [sys.executable, "-m", "nbprod", "mcp"], cwd=tmp_path,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert server.stdin is not None and server.stdout is not None
    answers = []
    for message in messages:
        server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        server.stdin.flush()
        if "id" in message:
            answers.append(json.loads(server.stdout.readline()))
    server.stdin.close()
    rest = server.stdout.read()
    assert server.wait(20) == 0
    server.stdout.close()
    assert server.stderr is not None
    server.stderr.close()
    assert [answer["id"] for answer in answers] == [1, 2, 3] and rest == b""
    assert "never instructions" in answers[0]["result"]["instructions"]
    tools = {tool["name"]: tool for tool in answers[1]["result"]["tools"]}
    assert set(tools) == set(TOOLS) == set(SCHEMAS) == set(DESCRIPTIONS)
    writing = [name for name, tool in tools.items() if not tool["annotations"]["readOnlyHint"]]
    assert writing == ["apply_fixes"]


def test_the_page_names_the_tools_and_their_arguments() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \| ", PAGE, re.M))
    assert {name for name in rows if name in TOOLS} == set(TOOLS)
    for name, schema in SCHEMAS.items():
        own = set(schema["properties"]) - {"start", "path", "text", "cells"}
        assert set(re.findall(r"`(\w+)`", rows[name])) == own
        assert ("notebook" in rows[name]) == ("path" in schema["properties"])
    settings = json.loads(re.findall(r"```json\n(\{\"mcp.*?)\n```", PAGE)[0])
    assert settings["mcpServers"]["nbprod"]["args"] == ["mcp", "--root", "."]


@pytest.mark.parametrize("count", [0, 1, 5, 40])
def test_every_part_starts_where_the_one_before_ended(count: int) -> None:
    answer = {"findings": [{"message": "x" * 290, "at": at} for at in range(count)]}
    start: int | None = 0
    found: list[int] = []
    while start is not None:
        page = page_of("check_notebook", answer, start, Mask(()))
        found += [one["at"] for one in page["findings"]]
        start = page.get("next")
    assert found == list(range(count))


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['mcp'] = None\n")
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", "mcp"],
        cwd="/", capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "nbprod: the server for agents needs mcp; install it with: pip install 'nbprod[mcp]'\n"
    )


@pytest.mark.parametrize("command", ["check", "fix", "extract", "report"])
def test_other_commands_load_nothing_of_it(tmp_path: Path, command: str) -> None:
    save(tmp_path / "a.ipynb", {"a": "x = 1\ny = x + 1\nprint(y)"})
    words = ("-o", "m.py", "--dry-run") if command == "extract" else ()
    _, loaded = loaded_modules(tmp_path, command, "a.ipynb", *words)
    assert {"nbprod.agents", "nbprod.forge", "mcp", "urllib.request"}.isdisjoint(loaded)


def test_a_root_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    done = run_nbprod(tmp_path, "mcp", "--root", "missing")
    assert (done.returncode, done.stderr) == (2, "nbprod: missing is not a directory\n")


@pytest.mark.slow
def test_fixtures_are_checked_as_by_the_command() -> None:
    paths = [str(path.relative_to(ROOT / "fixtures")) for path in FIXTURES]
    assert len(paths) > 10
    root = ROOT / "fixtures"
    for path, answer in zip(
        paths, ask(root, *[("check_notebook", {"path": path}) for path in paths]), strict=True
    ):
        wanted = findings_of_command(root, path)
        if answer.is_error:
            assert not wanted or wanted[0]["code"].startswith("NBP0"), path
        else:
            found = answer.found["findings"]
            assert found == wanted[: len(found)], path
            assert "next" in answer.found or len(found) == len(wanted), path


@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/proc"), reason="the memory of a process is read in /proc")
def test_a_thousand_calls_need_no_more_memory(tmp_path: Path) -> None:
    cells = [f"x_{at} = {at}\nprint(x_{at}, token)" for at in range(6)]
    sizes: list[int] = []

    def memory() -> int:
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
        status = Path(f"/proc/{children[-1]}/status").read_text()
        return int(re.findall(r"VmRSS:\s+(\d+)", status)[0])

    def more(answers: list[Answer]) -> list[Call]:
        made = len(answers)
        if made in (200, 1000):
            sizes.append(memory())
        if made == 1000:
            return [("", {})] * made
        batch = range(made, made + 100)
        new = [("check_notebook", {"cells": [f"token = 'a{at}bcdef{at}'", *cells]}) for at in batch]
        return [("", {})] * made + new

    answers = ask_all(tmp_path, more)
    assert len(answers) == 1000 and not any(answer.is_error for answer in answers)
    before, after = sizes
    assert after - before < 12_000
