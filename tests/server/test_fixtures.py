"""Every notebook of the fixtures, broken ones included, opened as text."""

from __future__ import annotations

from pathlib import Path

from nbprod.config.settings import Settings
from nbprod.project.run import check_bytes
from tests.server.client import Client

FIXTURES = Path(__file__).parents[2] / "fixtures"
_HELD_BACK = "NBP010"


def test_all_fixtures_open_as_text(tmp_path: Path) -> None:
    expected: dict[str, list[str]] = {}
    with Client(tmp_path, notebooks=False) as client:
        for number, path in enumerate(sorted(FIXTURES.rglob("*.ipynb"))):
            text = path.read_bytes().decode("utf-8", "replace")
            uri = (tmp_path / f"{number}.ipynb").as_uri()
            found = check_bytes(text.encode(), f"{number}.ipynb", Settings(merges=False))
            # What is no notebook is passed over: it may be one that is typed.
            expected[uri] = [] if found.unreadable else [each.code for each in found.findings]
            document = {"uri": uri, "languageId": "json", "version": 1, "text": text}
            client.notify("textDocument/didOpen", {"textDocument": document})

        def shown() -> dict[str, list[str]]:
            return {
                uri: [each["code"] for each in client.diagnostics.get(uri, ())] for uri in expected
            }

        client.wait_for(lambda: shown() == expected, 30)
        assert shown() == expected
    assert sum(map(bool, expected.values())) > 2
