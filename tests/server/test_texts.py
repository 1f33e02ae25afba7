"""Editors without cells: the JSON of a notebook, or a script with cells, edited as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nbprod.notebook.types import Cell
from tests.live.notebooks import file_of_cells
from tests.server.client import Client


class Text:
    """A text in the client."""

    def __init__(self, client: Client, path: Path, text: str, language: str) -> None:
        self.client, self.uri, self.text, self.version = client, path.as_uri(), text, 1
        document = {"uri": self.uri, "languageId": language, "version": 1, "text": text}
        client.notify("textDocument/didOpen", {"textDocument": document})

    def write(self, text: str) -> None:
        self.text = text
        self.version += 1
        document = {"uri": self.uri, "version": self.version}
        change = {"textDocument": document, "contentChanges": [{"text": text}]}
        self.client.notify("textDocument/didChange", change)

    def settle(self) -> list[dict[str, Any]]:
        versions, uri = self.client.versions, self.uri
        assert self.client.wait_for(lambda: versions.get(uri) == self.version)
        return self.client.diagnostics[uri]

    def wait_for_codes(self, *codes: str) -> None:
        def have() -> list[str]:
            return [found["code"] for found in self.client.diagnostics.get(self.uri, ())]

        self.client.wait_for(lambda: have() == list(codes))
        assert have() == list(codes)

    def under(self, place: dict[str, Any]) -> str:
        """The text of a range."""
        assert place["start"]["line"] == place["end"]["line"]
        line = self.text.split("\n")[place["start"]["line"]].encode("utf-16-le")
        units = line[2 * place["start"]["character"] : 2 * place["end"]["character"]]
        return str(units.decode("utf-16-le"))

    def request(self, what: str, line: int, character: int) -> Any:
        position = {"line": line, "character": character}
        where = {"textDocument": {"uri": self.uri}, "position": position}
        return self.client.request(f"textDocument/{what}", where)

    def actions(self) -> list[dict[str, Any]]:
        end = {"line": self.text.count("\n") + 1, "character": 0}
        place = {"start": {"line": 0, "character": 0}, "end": end}
        where = {"textDocument": {"uri": self.uri}, "range": place, "context": {"diagnostics": []}}
        found: list[dict[str, Any]] = self.client.request("textDocument/codeAction", where)
        return found

    def apply(self, action: dict[str, Any]) -> None:
        (change,) = action["edit"]["documentChanges"]
        assert change["textDocument"] == {"uri": self.uri, "version": self.version}
        (edit,) = change["edits"]
        lines = self.text.split("\n")
        offsets = []
        for position in (edit["range"]["start"], edit["range"]["end"]):
            above = sum(len(line) + 1 for line in lines[: position["line"]])
            units = "\n".join(lines[position["line"] :]).encode("utf-16-le")
            offsets.append(above + len(units[: 2 * position["character"]].decode("utf-16-le")))
        self.write(self.text[: offsets[0]] + edit["newText"] + self.text[offsets[1] :])


def notebook_json(*sources: str) -> str:
    cells = [Cell(0, "code", source, id=f"c{number}") for number, source in enumerate(sources)]
    document = json.loads(file_of_cells(cells))
    for cell in document["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def test_the_json_of_a_notebook_shows_findings_on_its_lines(tmp_path: Path) -> None:
    with Client(tmp_path, notebooks=False) as client:
        text = Text(
            client,
            tmp_path / "a.ipynb",
            notebook_json("x = 1\nprint('\U0001f600', later)", "later = 2"),
            "json",
        )
        (found,) = text.settle()
        assert found["code"] == "NBP101"
        assert text.under(found["range"]) == "later"
        assert text.under(found["relatedInformation"][0]["location"]["range"]) == "later"


def test_json_that_is_typed_is_passed_over_in_silence(tmp_path: Path) -> None:
    with Client(tmp_path, notebooks=False) as client:
        whole = notebook_json("print(later)")
        text = Text(client, tmp_path / "a.ipynb", whole, "json")
        text.wait_for_codes("NBP103")
        text.write(whole[:-10])
        text.wait_for_codes()
        text.write(whole)
        text.wait_for_codes("NBP103")


def test_a_python_file_without_cells_is_none_of_ours(tmp_path: Path) -> None:
    with Client(tmp_path, notebooks=False) as client:
        Text(client, tmp_path / "a.py", "print(later)\n", "python")
        script = Text(client, tmp_path / "b.py", "# %%\nprint(later)\n", "python")
        script.wait_for_codes("NBP103")
        assert set(client.diagnostics) == {script.uri}


def test_a_script_has_definitions_hovers_and_lenses(tmp_path: Path) -> None:
    with Client(tmp_path, notebooks=False) as client:
        text = Text(client, tmp_path / "a.py", "# %%\nrate = 1\n\n# %%\nprint(rate)\n", "python")
        text.settle()
        (place,) = text.request("definition", 4, 7)
        assert place["range"]["start"] == {"line": 1, "character": 0}
        assert "defined in cell 1" in text.request("hover", 4, 7)["contents"]["value"]
        assert text.request("hover", 0, 1) is None
        (lens,) = client.request("textDocument/codeLens", {"textDocument": {"uri": text.uri}})
        assert lens["range"]["start"]["line"] == 4
        assert lens["command"]["title"] == "reads rate from 1"


def test_a_fix_may_move_cells_of_a_text(tmp_path: Path) -> None:
    with Client(tmp_path, notebooks=False) as client:
        text = Text(
            client,
            tmp_path / "a.py",
            "# %%\nprint('\U0001f600', rate)\n\n# %%\nrate = 1\n",
            "python",
        )
        text.wait_for_codes("NBP101")
        text.apply(text.actions()[0])
        assert text.text.index("rate = 1") < text.text.index("print")
        text.wait_for_codes()


def test_suppressions_in_json_are_escaped(tmp_path: Path) -> None:
    with Client(tmp_path, notebooks=False) as client:
        text = Text(
            client, tmp_path / "a.ipynb", notebook_json('print("\U0001f600", later)\nx = 1'), "json"
        )
        text.wait_for_codes("NBP103")
        text.apply(text.actions()[-2])
        source = json.loads(text.text)["cells"][0]["source"]
        assert source == ['print("\U0001f600", later)  # noqa: NBP103\n', "x = 1"]
        text.wait_for_codes()
