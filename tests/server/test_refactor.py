"""What changes more than one finding: all fixes, extraction of cells, and the commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nbprod.notebook.types import Cell
from tests.cli.test_check import ROOT
from tests.command import run_nbprod
from tests.live.notebooks import file_of_cells
from tests.server.client import Client, Notebook
from tests.server.test_session import apply, opened

CREATES: dict[str, Any] = {
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create"]},
    }
}
TEXTS = (
    "prices = [3, 4, 8]",
    "total = 0\nfor price in prices:\n    total += price / 1.19\nmean = total / len(prices)",
    "# Notes",
    "print(round(mean, 2))",
)
FIXABLE = (
    "import os\n!pip install pandas",
    "x = 1",
    "print('\U0001f600', 'é')\n!pip install -q seaborn\n!pip3 install numpy",
)


def saved(folder: Path, *texts: str) -> Path:
    cells = [
        Cell(at, "markdown" if text.startswith("#") else "code", text, id=f"c{at}")
        for at, text in enumerate(texts)
    ]
    path = folder / "shop.ipynb"
    path.write_text(json.dumps(json.loads(file_of_cells(cells)), indent=1))
    return path


def asked(client: Client, uri: str, *kinds: str, line: int = 0, end: int = 0) -> list[Any]:
    place = {"start": {"line": line, "character": 0}, "end": {"line": end, "character": 0}}
    context: dict[str, Any] = {"diagnostics": [], **({"only": list(kinds)} if kinds else {})}
    params = {"textDocument": {"uri": uri}, "range": place, "context": context}
    found: list[Any] = client.request("textDocument/codeAction", params)
    return found


def sent_edit(client: Client, action: Any) -> dict[str, Any]:
    client.request("workspace/executeCommand", action["command"])
    sent = [note for note in client.notes if note["method"] == "workspace/applyEdit"]
    assert len(sent) == 1
    edit: dict[str, Any] = sent[0]["params"]["edit"]
    return edit


def files_of(edit: dict[str, Any]) -> dict[str, str]:
    """The new files of an edit, by name."""
    created = [each["uri"] for each in edit["documentChanges"] if each.get("kind") == "create"]
    return {
        Path(each["textDocument"]["uri"]).name: each["edits"][0]["newText"]
        for each in edit["documentChanges"]
        if "textDocument" in each and each["textDocument"]["uri"] in created
    }


def test_a_cell_is_extracted_as_by_the_command(tmp_path: Path) -> None:
    saved(tmp_path, *TEXTS)
    with Client(tmp_path, **CREATES) as client:
        notebook = opened(client, tmp_path, *TEXTS, name="shop.ipynb")
        notebook.settle()
        (action,) = asked(client, notebook.cells[1]["uri"], "refactor")
        assert action["title"] == "Extract cell 2 to shop_steps.py"
        assert action["kind"] == "refactor.extract" and "edit" not in action
        edit = sent_edit(client, action)
        assert not (tmp_path / "shop_steps.py").exists()
        changes = [each for each in edit["documentChanges"] if "textDocument" in each]
        own = [each for each in changes if each["textDocument"]["uri"].startswith("vscode-")]
        apply(notebook, {"documentChanges": own})
        after = [cell["text"] for cell in notebook.cells]
        notebook.settle()
    words = ("extract", "shop.ipynb", "-o", "shop_steps.py", "--cells", "2", "--in-place")
    assert run_nbprod(tmp_path, *words).returncode == 0
    files = files_of(edit)
    assert files["shop_steps.py"] == (tmp_path / "shop_steps.py").read_text()
    assert files["test_shop_steps.py"] == (tmp_path / "tests" / "test_shop_steps.py").read_text()
    written = json.loads((tmp_path / "shop.ipynb").read_text())["cells"]
    assert [source for source in after if source] == [
        text for cell in written if (text := "".join(cell["source"]))
    ]
    assert after[1] != TEXTS[1] and "shop_steps" in after[1]


def test_selected_cells_of_json_are_extracted(tmp_path: Path) -> None:
    path = saved(tmp_path, *TEXTS)
    text = path.read_text()
    with Client(tmp_path, notebooks=False, **CREATES) as client:
        item = {"uri": path.as_uri(), "languageId": "json", "version": 1, "text": text}
        client.notify("textDocument/didOpen", {"textDocument": item})
        client.wait_for(lambda: path.as_uri() in client.diagnostics)
        numbers = [at for at, line in enumerate(text.splitlines()) if "price" in line]
        (action,) = asked(
            client, path.as_uri(), "refactor.extract", line=numbers[0], end=numbers[-1]
        )
        edit = sent_edit(client, action)
        assert "shop_steps.py" in files_of(edit)


def test_a_module_that_is_there_is_extended(tmp_path: Path) -> None:
    saved(tmp_path, *TEXTS)
    (tmp_path / "shop_steps.py").write_text("def kept():\n    return 1\n")
    with Client(tmp_path, **CREATES) as client:
        notebook = opened(client, tmp_path, *TEXTS, name="shop.ipynb")
        notebook.settle()
        (action,) = asked(client, notebook.cells[1]["uri"], "refactor")
        edit = sent_edit(client, action)
        uri = (tmp_path / "shop_steps.py").as_uri()
        (change,) = [
            each for each in edit["documentChanges"]
            if each.get("textDocument", {}).get("uri") == uri
        ]  # fmt: skip
        assert not any(each.get("uri") == uri for each in edit["documentChanges"])
        text = change["edits"][0]["newText"]
        assert "def kept()" in text and "def " in text.replace("def kept", "")
        assert change["edits"][0]["range"]["end"]["line"] >= 2


REFUSED = {
    "an import": (("import os", "print(os)"), 0, "only import"),
    "a name that is not there": (("print(nowhere)", "x = 1"), 0, "nowhere"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_a_message(tmp_path: Path, name: str) -> None:
    texts, at, said = REFUSED[name]
    saved(tmp_path, *texts)
    with Client(tmp_path, **CREATES) as client:
        notebook = opened(client, tmp_path, *texts, name="shop.ipynb")
        notebook.settle()
        (action,) = asked(client, notebook.cells[at]["uri"], "refactor")
        client.request("workspace/executeCommand", action["command"])
        shown = [
            note["params"]["message"]
            for note in client.notes
            if note["method"] == "window/showMessage"
        ]
        assert len(shown) == 1 and said in shown[0]
        assert not [note for note in client.notes if note["method"] == "workspace/applyEdit"]


def test_extraction_is_offered_for_code_of_files_to_editors_that_create_files(
    tmp_path: Path,
) -> None:
    with Client(tmp_path, **CREATES) as client:
        notebook = opened(client, tmp_path, *TEXTS, name="shop.ipynb")
        notebook.settle()
        assert asked(client, notebook.cells[2]["uri"], "refactor") == []
        assert asked(client, notebook.cells[1]["uri"], "quickfix") == []
        untitled = Notebook(client, "untitled:Untitled-1.ipynb", [("python", "x = 1")])
        untitled.settle()
        assert asked(client, untitled.cells[0]["uri"], "refactor") == []
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, *TEXTS, name="shop.ipynb")
        notebook.settle()
        assert asked(client, notebook.cells[1]["uri"], "refactor") == []
        words = {"uri": notebook.cells[1]["uri"], "cells": [2]}
        command = {"command": "nbprod.extractCells", "arguments": [words]}
        client.request("workspace/executeCommand", command)
        message = client.notes[-1]["params"]["message"]
        assert "nbprod extract" in message


@pytest.mark.parametrize("kind", ["source.fixAll", "notebook.source.fixAll.nbprod"])
def test_all_safe_fixes_are_those_of_fix(tmp_path: Path, kind: str) -> None:
    saved(tmp_path, *FIXABLE)
    (tmp_path / "nbprod.toml").write_text('select = ["NBP503"]\n')
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, *FIXABLE, name="shop.ipynb")
        notebook.settle()
        assert not [
            action
            for action in asked(client, notebook.cells[1]["uri"])
            if "fixAll" in str(action["kind"])
        ]
        for cell in list(notebook.cells):
            notebook.settle()
            for action in asked(client, cell["uri"], kind):
                uris = {each["textDocument"]["uri"] for each in action["edit"]["documentChanges"]}
                assert kind.startswith("notebook.") or uris == {cell["uri"]}
                apply(notebook, action["edit"])
        after = [cell["text"] for cell in notebook.cells]
    run_nbprod(tmp_path, "fix", "shop.ipynb")
    written = json.loads((tmp_path / "shop.ipynb").read_text())["cells"]
    assert after == ["".join(cell["source"]) for cell in written]
    assert after != list(FIXABLE)


def test_all_safe_fixes_of_a_text(tmp_path: Path) -> None:
    (tmp_path / "nbprod.toml").write_text('select = ["NBP503"]\n')
    path = saved(tmp_path, *FIXABLE)
    text = path.read_text()
    with Client(tmp_path, notebooks=False) as client:
        item = {"uri": path.as_uri(), "languageId": "json", "version": 1, "text": text}
        client.notify("textDocument/didOpen", {"textDocument": item})
        client.wait_for(lambda: path.as_uri() in client.diagnostics)
        (action,) = asked(client, path.as_uri(), "source.fixAll.nbprod")
        (change,) = action["edit"]["documentChanges"]
        (edit,) = change["edits"]
        start, end = edit["range"]["start"], edit["range"]["end"]
        lines = text.splitlines(keepends=True)

        def offset(position: dict[str, int]) -> int:
            line = lines[position["line"]].encode("utf-16-le")[: 2 * position["character"]]
            return sum(map(len, lines[: position["line"]])) + len(line.decode("utf-16-le"))

        after = text[: offset(start)] + edit["newText"] + text[offset(end) :]
    run_nbprod(tmp_path, "fix", "shop.ipynb")
    assert after == path.read_text() != text


def test_commands_answer(tmp_path: Path) -> None:
    texts = ("print(late)", "late = 1", "x = []\nx.append(1)", "x.append(2)")
    saved(tmp_path, *texts)
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, *texts, name="shop.ipynb")
        notebook.settle()

        def called(name: str, uri: str = notebook.uri) -> Any:
            words = {"command": f"nbprod.{name}", "arguments": [{"uri": uri}]}
            return client.request("workspace/executeCommand", words)

        graph = run_nbprod(tmp_path, "graph", "shop.ipynb", "--output-format", "json").stdout
        assert called("runnableOrder") == json.loads(graph)["order"] == [2, 1, 3, 4]
        assert called("runnableOrder", notebook.cells[0]["uri"]) == [2, 1, 3, 4]
        assert called("graph").startswith("flowchart TD")
        states = {row["cell"]: row["states"] for row in called("readiness")}
        assert states[1] == ["fails"] and "unsafe-to-rerun" in states[4]
        assert called("graph", "file:///nothing.ipynb") is None
        offered = client.capabilities["executeCommandProvider"]["commands"]
        assert {"nbprod.graph", "nbprod.extractCells", "nbprod.readiness"} <= set(offered)
        page = (ROOT / "docs" / "how-to" / "use-in-editors.md").read_text(encoding="utf-8")
        assert all(f"`{name}`" in page for name in offered)


NEOVIM = shutil.which("nvim")
LUA = r"""
local result = os.getenv("NBPROD_RESULT")
local function write(found)
  local file = io.open(result, "w")
  file:write(vim.fn.json_encode(found))
  file:close()
  vim.cmd("qa!")
end
local deadline = vim.loop.now() + 60000
local timer = vim.loop.new_timer()
timer:start(100, 100, vim.schedule_wrap(function()
  local found = vim.diagnostic.get(0)
  if #found > 0 then
    local rows = {}
    for _, one in ipairs(found) do
      table.insert(rows, {line = one.lnum + 1, column = one.col + 1, code = one.code,
                          message = one.message, source = one.source})
    end
    write(rows)
  elseif vim.loop.now() > deadline then
    write({})
  end
end))
"""
# What `vim.lsp.config` and `vim.lsp.enable` do since Neovim 0.11.
OLDER = """
local id = vim.lsp.start_client({name = "nbprod", cmd = {"nbprod", "server"}})
vim.lsp.buf_attach_client(0, id)
"""


@pytest.mark.slow
@pytest.mark.skipif(NEOVIM is None, reason="Neovim (nvim) is not installed")
@pytest.mark.parametrize("form", ["ipynb", "py"])
def test_neovim_shows_a_finding_on_its_line(tmp_path: Path, form: str) -> None:
    assert NEOVIM is not None
    path = tmp_path / f"shop.{form}"
    if form == "ipynb":
        texts = ("x = 1", "# \U0001f600", "print(x, nowhere)")
        document = json.loads(saved(tmp_path, *texts).read_text())
        path.write_text(json.dumps(document, indent=1))
    else:
        path.write_text("# %%\nx = 1\n# %%\nprint(x, nowhere)\n")
    said = subprocess.run([NEOVIM, "--version"], capture_output=True, text=True, check=True).stdout
    minor = int(said.split("\n")[0].split(".")[1])
    settings = OLDER
    if minor >= 11:
        page = (ROOT / "docs" / "how-to" / "use-in-editors.md").read_text(encoding="utf-8")
        settings = page.partition("```lua\n")[2].partition("```")[0]
    (tmp_path / "init.lua").write_text(settings if minor >= 11 else "")
    (tmp_path / "test.lua").write_text((settings if minor < 11 else "") + LUA)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "nbprod").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nbprod "$@"\n')
    (programs / "nbprod").chmod(0o755)
    result = tmp_path / "result.json"
    subprocess.run(
        [NEOVIM, "--headless", "-i", "NONE", "-n", "-u", "init.lua", path.name,
         "-c", "luafile test.lua"],
        cwd=tmp_path, check=True, timeout=120, capture_output=True, stdin=subprocess.DEVNULL,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "NBPROD_RESULT": str(result),
             "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    (row,) = json.loads(result.read_text())
    assert (row["code"], row["source"]) == ("NBP103", "nbprod")
    line = path.read_text().splitlines()[row["line"] - 1]
    assert "nowhere" in line and line[row["column"] - 1 :].startswith("nowhere")
