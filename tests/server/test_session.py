"""A scripted editor: it opens, types, moves, deletes, runs, saves and closes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nbprod.notebook.types import Cell
from tests.command import run_nbprod
from tests.live.notebooks import file_of_cells
from tests.server.client import Client, Notebook


def opened(client: Client, folder: Path, *texts: str, name: str = "a.ipynb") -> Notebook:
    cells = [("markdown" if text.startswith("#") else "python", text) for text in texts]
    return Notebook(client, (folder / name).as_uri(), cells)


def actions(client: Client, cell: dict[str, Any], **place: Any) -> list[dict[str, Any]]:
    end = {"line": cell["text"].count("\n"), "character": 1000}
    found: list[dict[str, Any]] = client.request(
        "textDocument/codeAction",
        {
            "textDocument": {"uri": cell["uri"]},
            "range": {"start": {"line": 0, "character": 0}, "end": end},
            "context": {"diagnostics": []},
        },
    )
    return found


def at(cell: dict[str, Any], line: int, character: int) -> dict[str, Any]:
    return {
        "textDocument": {"uri": cell["uri"]},
        "position": {"line": line, "character": character},
    }


def test_markdown_cells_count_and_an_emoji_takes_two_units(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, "# Title", "print('\U0001f600', later)", "later = 1")
        found = notebook.settle()
        cell = notebook.cells[1]
        (diagnostic,) = found[cell["uri"]]
        assert "cell 3" in diagnostic["message"]
        start, end = diagnostic["range"]["start"], diagnostic["range"]["end"]
        # In UTF-16 the emoji is two units: print('XX', later)
        assert (start["character"], end["character"]) == (12, 17)
        related = diagnostic["relatedInformation"][0]["location"]
        assert related["uri"] == notebook.cells[2]["uri"]
        assert diagnostic["source"] == "nbprod"


def test_the_units_are_those_that_the_client_offers(tmp_path: Path) -> None:
    general = {"positionEncodings": ["utf-32"]}
    with Client(tmp_path, general=general) as client:
        assert client.capabilities["positionEncoding"] == "utf-32"
        notebook = opened(client, tmp_path, "print('\U0001f600', later)")
        (diagnostic,) = notebook.settle()[notebook.cells[0]["uri"]]
        assert diagnostic["range"]["start"]["character"] == 11


def test_the_selector_takes_every_cell_of_jupyter_notebooks(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        sync = client.capabilities["notebookDocumentSync"]
        assert sync["notebookSelector"] == [{"notebook": {"notebookType": "jupyter-notebook"}}]
        assert sync["save"] is True
    with Client(tmp_path, notebooks=False) as client:
        assert "notebookDocumentSync" not in client.capabilities


def test_an_edit_of_one_cell_heals_another(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, "x = 1", "print(total)")
        notebook.wait_for_codes([], ["NBP103"])
        notebook.write(0, "total = 1")
        notebook.wait_for_codes([], [])
        notebook.edit(0, 0, 5, "t")
        notebook.wait_for_codes([], ["NBP103"])


def test_moves_deletions_and_new_cells(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, "print(a)", "# text", "a = 1")
        notebook.wait_for_codes(["NBP101"], [], [])
        notebook.move(2, 0)
        notebook.wait_for_codes([], [], [])
        gone = notebook.delete(0)
        notebook.wait_for_codes(["NBP103"], [])
        assert client.diagnostics[gone["uri"]] == []
        notebook.insert(0, "python", "a = 2")
        notebook.wait_for_codes([], [], [])


def test_a_cell_that_changes_its_language_is_cleared(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, "print(a)")
        notebook.wait_for_codes(["NBP103"])
        notebook.speak(0, "sql")
        notebook.wait_for_codes([])
        notebook.speak(0, "python")
        notebook.wait_for_codes(["NBP103"])


def test_a_text_that_is_only_closed_is_cleared(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, "print(a)")
        notebook.wait_for_codes(["NBP103"])
        cell = notebook.cells[0]
        notebook._change(
            {
                "structure": {
                    "array": {"start": 0, "deleteCount": 0, "cells": []},
                    "didClose": [{"uri": cell["uri"]}],
                }
            }
        )
        notebook.wait_for_codes([])
        # Requests for a text that was just closed are normal, and no errors.
        assert client.request("textDocument/hover", at(cell, 0, 7)) is None
        assert actions(client, cell) == []


def test_lenses_follow_the_counts(tmp_path: Path) -> None:
    refresh = {"codeLens": {"refreshSupport": True}}
    with Client(tmp_path, workspace=refresh) as client:
        notebook = opened(client, tmp_path, "a = 1", "print(a)")
        notebook.settle()

        def lens() -> str:
            params = {"textDocument": {"uri": notebook.cells[1]["uri"]}}
            found = client.request("textDocument/codeLens", params)
            return str(found[0]["command"]["title"]) if found else ""

        assert lens() == "reads a from 1"
        notebook.run(1, 1)
        notebook.run(0, 2)
        assert client.wait_for(lambda: lens() == "reads a from 1 · stale: cell 1 ran later", 20)
        notebook.run(1, 3)
        assert client.wait_for(lambda: lens() == "reads a from 1", 20)
        notebook.write(1, "print(a, a)")
        assert client.wait_for(lambda: lens().endswith("stale: edited since it ran"), 20)
        assert any(note["method"] == "workspace/codeLens/refresh" for note in client.notes)


def test_hover_definition_and_references_go_over_cells(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, "a = 1", "a = 2", "print(a, b)")
        notebook.settle()
        first, second, reader = notebook.cells
        text = client.request("textDocument/hover", at(reader, 0, 6))["contents"]["value"]
        assert "defined in cell 2" in text
        assert "also defined in cell 1" in text
        page = client.request("textDocument/hover", at(reader, 0, 9))["contents"]["value"]
        assert "NBP103" in page
        assert [
            found["uri"] for found in client.request("textDocument/definition", at(reader, 0, 6))
        ] == [second["uri"]]
        wanted = {**at(first, 0, 0), "context": {"includeDeclaration": True}}
        found = client.request("textDocument/references", wanted)
        assert [place["uri"] for place in found] == [cell["uri"] for cell in notebook.cells]


def apply(notebook: Notebook, edit: dict[str, Any]) -> None:
    """Make the edits of an action in the client, as an editor does."""
    for change in edit["documentChanges"]:
        document = change["textDocument"]
        index = next(
            number for number, cell in enumerate(notebook.cells) if cell["uri"] == document["uri"]
        )
        assert document["version"] == notebook.cells[index]["version"]
        for each in reversed(change["edits"]):
            lines = notebook.cells[index]["text"].split("\n")

            def offset(position: dict[str, int], lines: list[str] = lines) -> int:
                above = sum(len(line) + 1 for line in lines[: position["line"]])
                units = lines[position["line"]].encode("utf-16-le")[: 2 * position["character"]]
                return above + len(units.decode("utf-16-le"))

            place = each["range"]
            notebook.edit(index, offset(place["start"]), offset(place["end"]), each["newText"])


def test_a_fix_gives_the_cells_that_the_command_line_gives(tmp_path: Path) -> None:
    texts = (
        "import os\nimport pandas as pd",
        "# text",
        "print('\U0001f600'); frames = [pd.read_csv(name) for name in os.listdir('data')]\n"
        "print(pd.concat(frames))",
    )
    (tmp_path / "nbprod.toml").write_text('level = "production"\n')
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, *texts)
        notebook.settle()
        found = [
            (action, cell)
            for cell in notebook.cells
            for action in actions(client, cell)
            if not action["title"].startswith("Suppress")
        ]
        assert found
        for action, _ in found:
            safe = "may change behavior" not in action["title"]
            assert action["isPreferred"] is safe
        apply(notebook, found[0][0]["edit"])
        edited = [cell["text"] for cell in notebook.cells]
    cells = [
        Cell(0, "markdown" if text.startswith("#") else "code", text, id=f"c{number}")
        for number, text in enumerate(texts)
    ]
    (tmp_path / "a.ipynb").write_bytes(file_of_cells(cells))
    code = found[0][0]["diagnostics"][0]["code"]
    run_nbprod(tmp_path, "check", "a.ipynb", "--fix", "--unsafe-fixes", "--select", code)
    written = json.loads((tmp_path / "a.ipynb").read_text(encoding="utf-8"))["cells"]
    assert ["".join(cell["source"]) for cell in written] == edited
    assert edited != list(texts)


def test_a_suppression_silences_the_finding(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, "print('\U0001f600', a)\nprint(1)")
        notebook.wait_for_codes(["NBP103"])
        action, _ = actions(client, notebook.cells[0])
        assert action["title"] == "Suppress NBP103 on this line"
        apply(notebook, action["edit"])
        assert notebook.cells[0]["text"] == "print('\U0001f600', a)  # noqa: NBP103\nprint(1)"
        notebook.wait_for_codes([])


def test_a_suppression_may_be_for_the_whole_cell(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, "print(a)\nprint(1)", "%%time\nprint(c)")
        notebook.wait_for_codes(["NBP103"], ["NBP103"])
        titles = [action["title"] for action in actions(client, notebook.cells[1])]
        assert titles == ["Suppress NBP103 on this line"]
        action = actions(client, notebook.cells[0])[1]
        apply(notebook, action["edit"])
        assert notebook.cells[0]["text"].startswith("# nbprod: cell-ignore[NBP103]\nprint(a)")
        notebook.wait_for_codes([], ["NBP103"])


def test_a_move_is_offered_only_to_clients_that_can_make_it(tmp_path: Path) -> None:
    texts = ("print(a)", "a = 1")
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, *texts)
        notebook.settle()
        assert [action["title"] for action in actions(client, notebook.cells[0])] == [
            "Suppress NBP101 on this line",
            "Suppress NBP101 in this cell",
        ]
    with Client(tmp_path, experimental={"nbprodCellEdits": True}) as client:
        notebook = opened(client, tmp_path, *texts)
        notebook.settle()
        move = actions(client, notebook.cells[0])[0]
        client.request("workspace/executeCommand", move["command"])
        (sent,) = [note for note in client.notes if note["method"] == "nbprod/applyCellEdits"]
        first, second = (cell["uri"] for cell in notebook.cells)
        assert sent["params"]["order"] == [second, first]
        assert sent["params"]["texts"] == []


def test_the_configuration_of_the_folder_holds_and_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "nbprod.toml").write_text('ignore = ["NBP103"]\n')
    watch = {"didChangeWatchedFiles": {"dynamicRegistration": True}}
    with Client(tmp_path, workspace=watch) as client:
        notebook = opened(client, tmp_path, "print(a)")
        assert list(notebook.settle().values()) == [[]]
        assert any(note["method"] == "client/registerCapability" for note in client.notes)
        (tmp_path / "nbprod.toml").write_text("")
        client.notify("workspace/didChangeWatchedFiles", {"changes": []})
        notebook.wait_for_codes(["NBP103"])
        (tmp_path / "nbprod.toml").write_text("no such = [")
        client.notify("workspace/didChangeWatchedFiles", {"changes": []})
        assert client.wait_for(lambda: bool(problems(client)), 20)
        assert "invalid TOML" in problems(client)[0]


def test_baselined_findings_are_not_shown(tmp_path: Path) -> None:
    cells = [Cell(0, "code", "print(a)", id="c1"), Cell(1, "code", "x = 1", id="c2")]
    (tmp_path / "a.ipynb").write_bytes(file_of_cells(cells))
    run_nbprod(tmp_path, "baseline", "write", "a.ipynb")
    with Client(tmp_path) as client:
        document = {
            "uri": (tmp_path / "a.ipynb").as_uri(),
            "languageId": "json",
            "version": 1,
            "text": (tmp_path / "a.ipynb").read_text(encoding="utf-8"),
        }
        client.notify("textDocument/didOpen", {"textDocument": document})
        assert client.wait_for(lambda: document["uri"] in client.diagnostics, 20)
        assert client.diagnostics[str(document["uri"])] == []
        notebook = opened(client, tmp_path, "print(b)")
        notebook.wait_for_codes(["NBP103"])


def test_halves_of_emojis_and_odd_requests_end_nothing(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, "print(a, '\ud83d')", "x = 1")
        notebook.wait_for_codes(["NBP103"], [])
        cell = notebook.cells[0]
        assert client.request("textDocument/hover", at(cell, 99, 99)) is None
        assert client.request("textDocument/definition", at({"uri": "file:///none"}, 0, 0)) == []
        client.notify("notebookDocument/didChange", {
            "notebookDocument": {"uri": "file:///none", "version": 1}, "change": {},
        })  # fmt: skip
        client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///none"}})
        notebook.write(0, "a = 1")
        notebook.wait_for_codes([], [])


def problems(client: Client) -> list[str]:
    return [
        note["params"]["message"] for note in client.notes if note["method"] == "window/showMessage"
    ]


def test_outputs_come_from_the_saved_file_until_the_cell_changes(tmp_path: Path) -> None:
    error = {"output_type": "error", "ename": "ValueError", "evalue": "x", "traceback": []}
    cell = Cell(0, "code", "int(open('x').read())", id="c", execution_count=1, outputs=[error])
    (tmp_path / "a.ipynb").write_bytes(file_of_cells([cell]))
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, "int(open('x').read())")
        notebook.run(0, 1)
        notebook.wait_for_codes(["NBP112"])
        notebook.write(0, "int('xy')")
        notebook.wait_for_codes([])


def test_untitled_notebooks_are_checked_with_default_settings(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        notebook = Notebook(client, "untitled:Untitled-1.ipynb", [("python", "print(a)")])
        notebook.wait_for_codes(["NBP103"])


def test_closing_clears_and_opening_again_works(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, "print(a)")
        notebook.wait_for_codes(["NBP103"])
        closed = {
            "notebookDocument": {"uri": notebook.uri},
            "cellTextDocuments": [{"uri": notebook.cells[0]["uri"]}],
        }
        client.notify("notebookDocument/didClose", closed)
        notebook.wait_for_codes([])
        again = opened(client, tmp_path, "print(b)")
        again.wait_for_codes(["NBP103"])


def test_many_keystrokes_make_few_checks(tmp_path: Path) -> None:
    with Client(tmp_path, delay=300) as client:
        notebook = opened(client, tmp_path, "x = 1")
        notebook.settle()
        before = client.published
        for number in range(30):
            notebook.edit(0, 5, 5 + min(number, 1), str(number % 10))
        notebook.settle()
        assert client.published - before <= 3


def test_a_cell_that_is_typed_may_be_unparsable_for_a_while(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        notebook = opened(client, tmp_path, "x = 1", "print(x)")
        notebook.settle()
        notebook.write(0, "x = (")
        notebook.settle()
        assert notebook.codes()[0] == []
        assert client.wait_for(lambda: notebook.codes()[0] == ["NBP010"], 20)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("how", ["closed", "killed"])
def test_the_server_ends_with_its_client(tmp_path: Path, how: str) -> None:
    script = (
        "import json, subprocess, sys, time\n"
        "server = subprocess.Popen([sys.executable, '-m', 'nbprod', 'server'],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "import os\n"
        "data = json.dumps({'jsonrpc': '2.0', 'id': 1, 'method': 'initialize', 'params':"
        " {'processId': os.getpid(), 'rootUri': None, 'capabilities': {}}}).encode()\n"
        "server.stdin.write(b'Content-Length: %d\\r\\n\\r\\n' % len(data) + data)\n"
        "server.stdin.flush()\n"
        "server.stdout.readline()\n"
        "print(server.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    editor = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert editor.stdout is not None
    server = int(editor.stdout.readline())
    keeps = os.open(f"/proc/{server}/fd/0", os.O_RDONLY) if how == "killed" else None
    editor.send_signal(signal.SIGKILL)
    editor.wait()
    start = time.monotonic()
    try:
        while is_running(server) and time.monotonic() - start < 20:
            time.sleep(0.05)
        assert not is_running(server)
        assert time.monotonic() - start < 4
    finally:
        editor.stdout.close()
        if keeps is not None:
            os.close(keeps)


def is_running(process: int) -> bool:
    """Whether a process runs; one that has ended and that nobody waits for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
