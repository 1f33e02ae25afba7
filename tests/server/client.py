"""An editor for tests: the protocol by hand, over a process of its own.

Libraries of clients cannot read a selector of notebooks without cells, which real editors do.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["Client", "Notebook"]

_PATIENCE = 60.0
JSON = dict[str, Any]


class Client:
    """A process of the server and what it has said."""

    def __init__(
        self, folder: Path, *, notebooks: bool = True, delay: int = 10, **capabilities: Any
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nbprod", "server", "--delay", str(delay)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
        )  # fmt: skip
        self.diagnostics: dict[str, list[JSON]] = {}
        self.versions: dict[str, int | None] = {}
        self.notes: list[JSON] = []
        self.published = 0
        self._incoming: queue.Queue[JSON | None] = queue.Queue()
        self._count = 0
        threading.Thread(target=self._read, daemon=True).start()
        wanted: JSON = {
            "textDocument": {"publishDiagnostics": {"relatedInformation": True}},
            "workspace": {"workspaceEdit": {"documentChanges": True}},
            **capabilities,
        }
        if notebooks:
            wanted["notebookDocument"] = {"synchronization": {}}
        params = {"processId": os.getpid(), "rootUri": folder.as_uri(), "capabilities": wanted}
        self.capabilities = self.request("initialize", params)["capabilities"]
        self.notify("initialized", {})

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        assert self.process.stdin and self.process.stdout and self.process.stderr
        if self.process.poll() is None:
            self.request("shutdown", None)
            self.notify("exit", None)
            assert self.process.wait(_PATIENCE) == 0
        said = self.process.stderr.read().decode()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
        assert error is not None or "Traceback" not in said, said

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        try:
            while header := stream.readline():
                length = int(header.split(b":")[1])
                while stream.readline().strip():
                    pass
                self._incoming.put(json.loads(stream.read(length)))
        except ValueError:
            pass  # closed
        self._incoming.put(None)

    def send(self, message: JSON) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.process.stdin.flush()

    def notify(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    def request(self, method: str, params: Any) -> Any:
        self._count += 1
        number = self._count
        self.send({"id": number, "method": method, "params": params})
        while True:
            message = self._take(self._incoming.get(timeout=_PATIENCE))
            if "method" not in message and message.get("id") == number:
                assert "error" not in message, message
                return message["result"]

    def _take(self, message: JSON | None) -> JSON:
        assert message is not None, "the server has ended"
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            params = message["params"]
            self.published += 1
            self.diagnostics[params["uri"]] = params["diagnostics"]
            self.versions[params["uri"]] = params.get("version")
        elif method is not None and "id" in message:
            applied = {"applied": True} if method == "workspace/applyEdit" else None
            self.send({"id": message["id"], "result": applied})
            self.notes.append(message)
        elif method is not None:
            self.notes.append(message)
        return message

    def wait_for(self, condition: Callable[[], bool], seconds: float = _PATIENCE) -> bool:
        """Take in what is said until something is true; whether it became so."""
        end = time.monotonic() + seconds
        while not condition():
            left = end - time.monotonic()
            try:
                self._take(self._incoming.get(timeout=max(left, 0.001)))
            except queue.Empty:
                return condition()
        return True


class Notebook:
    """A notebook in the client, kept in step with the server."""

    def __init__(self, client: Client, uri: str, cells: list[tuple[str, str]]) -> None:
        self.client = client
        self.uri = uri
        self.version = 0
        self._made = 0
        self.cells: list[JSON] = []
        for kind, text in cells:
            self.cells.append(self._cell(kind, text))
        document = {
            "uri": uri, "notebookType": "jupyter-notebook", "version": 0,
            "cells": [self._reported(cell) for cell in self.cells],
        }  # fmt: skip
        client.notify(
            "notebookDocument/didOpen",
            {"notebookDocument": document, "cellTextDocuments": list(map(_item, self.cells))},
        )

    def _cell(self, language: str, text: str) -> JSON:
        self._made += 1
        uri = f"vscode-notebook-cell:{self.uri.partition(':')[2]}#c{self._made}"
        return {"uri": uri, "language": language, "text": text, "version": 1, "count": None}

    def _reported(self, cell: JSON) -> JSON:
        kind = 1 if cell["language"] == "markdown" else 2
        found: JSON = {"kind": kind, "document": cell["uri"]}
        if cell["count"] is not None:
            found["executionSummary"] = {"executionOrder": cell["count"]}
        return found

    def _change(self, cells: JSON) -> None:
        self.version += 1
        document = {"uri": self.uri, "version": self.version}
        self.client.notify(
            "notebookDocument/didChange",
            {"notebookDocument": document, "change": {"cells": cells}},
        )

    def edit(self, index: int, start: int, end: int, text: str) -> None:
        """Replace a stretch; offsets are code points."""
        cell = self.cells[index]
        old = cell["text"]
        place = {"start": _position(old, start), "end": _position(old, end)}
        cell["text"] = old[:start] + text + old[end:]
        cell["version"] += 1
        document = {"uri": cell["uri"], "version": cell["version"]}
        change = {"range": place, "text": text}
        self._change({"textContent": [{"document": document, "changes": [change]}]})

    def write(self, index: int, text: str) -> None:
        self.edit(index, 0, len(self.cells[index]["text"]), text)

    def insert(self, index: int, language: str, text: str) -> None:
        cell = self._cell(language, text)
        self.cells.insert(index, cell)
        array = {"start": index, "deleteCount": 0, "cells": [self._reported(cell)]}
        self._change({"structure": {"array": array, "didOpen": [_item(cell)]}})

    def delete(self, index: int) -> JSON:
        cell = self.cells.pop(index)
        array = {"start": index, "deleteCount": 1}
        closed = [{"uri": cell["uri"]}]
        self._change({"structure": {"array": array, "didClose": closed}})
        return cell

    def move(self, source: int, target: int) -> None:
        """Move a cell as editors report it: one splice, nothing opened or closed."""
        first, last = min(source, target), max(source, target)
        self.cells.insert(target, self.cells.pop(source))
        part = self.cells[first : last + 1]
        array = {
            "start": first, "deleteCount": len(part),
            "cells": [self._reported(cell) for cell in part],
        }  # fmt: skip
        self._change({"structure": {"array": array}})

    def speak(self, index: int, language: str) -> None:
        """Give a cell another language: its text is closed and opened again."""
        cell = self.cells[index]
        cell["language"] = language
        cell["version"] += 1
        array = {"start": index, "deleteCount": 1, "cells": [self._reported(cell)]}
        closed = [{"uri": cell["uri"]}]
        self._change({"structure": {"array": array, "didOpen": [_item(cell)], "didClose": closed}})

    def run(self, index: int, count: int | None) -> None:
        self.cells[index]["count"] = count
        self._change({"data": [self._reported(self.cells[index])]})

    def settle(self) -> dict[str, list[JSON]]:
        """Wait until all texts that are there now are checked; the diagnostics of each cell."""
        known = self.client.versions
        assert self.client.wait_for(
            lambda: all(known.get(cell["uri"]) == cell["version"] for cell in self.cells)
        )
        return {cell["uri"]: self.client.diagnostics[cell["uri"]] for cell in self.cells}

    def codes(self) -> list[list[str]]:
        """The codes in each cell as last published."""
        found = self.client.diagnostics
        return [[each["code"] for each in found.get(cell["uri"], ())] for cell in self.cells]

    def wait_for_codes(self, *expected: list[str]) -> None:
        """Wait until the cells have these codes."""
        self.client.wait_for(lambda: self.codes() == list(expected))
        assert self.codes() == list(expected)


def _item(cell: JSON) -> JSON:
    return {
        "uri": cell["uri"], "languageId": cell["language"], "version": cell["version"],
        "text": cell["text"],
    }  # fmt: skip


def _position(text: str, offset: int) -> JSON:
    """The position of an offset, in UTF-16 units."""
    before = text[:offset]
    line = before.count("\n")
    last = before.rpartition("\n")[2]
    return {"line": line, "character": len(last.encode("utf-16-le", "surrogatepass")) // 2}
