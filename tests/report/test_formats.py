"""Every format is parsed back, whatever the texts hold, and tells the raw line and the cell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbprod.model import (
    Applicability,
    Certainty,
    FileResult,
    Finding,
    Fix,
    Place,
    RawEdit,
    RelatedPlace,
    Report,
    Severity,
)
from nbprod.report import FORMATS, renderer
from nbprod.report.escaping import escape_annotation, escape_xml
from nbprod.report.style import PLAIN

ODD = [
    "plain", "a 'quote' \"here\"", "line\nbreak\r\nand tab\t", "percent 100% :: , ; ] [ |",
    "]]> <b>&amp;</b> </script>", "umlaut ä 漢字 🙂", "lone \ud800 half",
    "nul \x00 bell \x07 esc \x1b[31m",
    "`back` ``ticks``", "##teamcity[x] ::error::x ##vso[task.complete]", "x" * 3000, "",
]  # fmt: skip
texts = st.one_of(st.sampled_from(ODD), st.text(max_size=60))


def place(cell: int | None = 3, line: int = 12) -> Place:
    return Place(cell, "id", 5, 2, 7, 2, 11, line, 9)


def finding(message: str = "plain", snippet: str = "print(x)", **changes: Any) -> Finding:
    found = {
        "code": "NBP101",
        "name": "use-before-definition",
        "severity": Severity.WARNING,
        "path": "a folder/n b.ipynb",
        "place": place(),
        "message": message,
        "certainty": Certainty.CERTAIN,
        "symbol": "x",
        "predicted_exception": None,
        "related": (RelatedPlace(place(line=20), message),),
        "help": message or None,
        "fix": Fix("Do it", (), Applicability.SAFE, raw=(RawEdit(12, 9, 12, 11, message),)),
        "fingerprint": "0123456789abcdef",
        "snippet": snippet,
        **changes,
    }
    return Finding(**found)


def report(*findings: Finding) -> Report:
    path = findings[0].path if findings else "clean.ipynb"
    return Report((FileResult(path, findings), FileResult("other.ipynb")), "0.1")


def rendered(form: str, *findings: Finding) -> str:
    text = "".join(renderer(form)(report(*findings), PLAIN))
    # As it is written to a file or a terminal.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _sarif(text: str) -> list[tuple[int, str]]:
    (run,) = json.loads(text)["runs"]
    return [
        (
            one["locations"][0]["physicalLocation"]["region"]["startLine"],
            one["message"]["text"],
        )
        for one in run["results"]
    ]


def _unescaped(text: str) -> str:
    for mark, char in (("%0A", "\n"), ("%0D", "\r"), ("%2C", ","), ("%3A", ":"), ("%25", "%")):
        text = text.replace(mark, char)
    return text


def _github(text: str) -> list[tuple[int, str]]:
    lines = text.rstrip("\n").split("\n")
    matches = [re.fullmatch(r"::warning [^\n]*?line=(\d+),[^\n]*?::(.*)", one) for one in lines]
    return [(int(one[1]), _unescaped(one[2])) for one in matches if one is not None]


def _azure(text: str) -> list[tuple[int, str]]:
    found = re.findall(r"##vso\[task\.logissue [^\]]*linenumber=(\d+);[^\]]*\]([^\n]*)\n", text)
    return [(int(line), _unescaped(message.replace("%AZP25", "%25"))) for line, message in found]


def _teamcity(text: str) -> list[tuple[int, str]]:
    found = re.findall(
        r"##teamcity\[inspection typeId='[^']*' message='((?:[^'|\n]|\|.)*)' .*? line='(\d+)'", text
    )

    def plain(escaped: str) -> str:
        units = re.sub(
            r"\|(0x[0-9a-f]{4}|.)",
            lambda one: (
                chr(int(one[1], 16)) if one[1].startswith("0x") and len(one[1]) > 2
                else {"n": "\n", "r": "\r"}.get(one[1], one[1])
            ),
            escaped,
        )  # fmt: skip
        return units.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")

    return [(int(line), plain(message)) for message, line in found]


def _xml(text: str, item: str, child: str | None, attribute: str) -> list[tuple[int, str]]:
    root = ElementTree.fromstring(text.encode())
    found = []
    for one in root.iter(item):
        holder = one if child is None else one.find(child)
        if holder is not None:
            found.append((int(one.attrib["line"]), holder.attrib[attribute]))
    return found


def _json_lines(text: str, read: Callable[[Any], tuple[int, str]]) -> list[tuple[int, str]]:
    return [read(json.loads(line)) for line in text.splitlines()]


def _reviewdog(one: Any) -> tuple[int, str]:
    return one["location"]["range"]["start"]["line"], one["message"]


PARSERS: dict[str, Callable[[str], list[tuple[int, str]]]] = {
    "json": lambda t: [(one["raw_line"], one["message"]) for one in json.loads(t)["findings"]],
    "json-lines": lambda t: _json_lines(t, lambda one: (one["raw_line"], one["message"])),
    "sarif": _sarif,
    "github": _github,
    "gitlab": lambda t: [
        (one["location"]["lines"]["begin"], one["description"]) for one in json.loads(t)
    ],
    "junit": lambda t: _xml(t, "testcase", "failure", "message"),
    "checkstyle": lambda t: _xml(t, "error", None, "message"),
    "rdjson": lambda t: [_reviewdog(one) for one in json.loads(t)["diagnostics"]],
    "rdjsonl": lambda t: _json_lines(t, _reviewdog),
    "azure": _azure,
    "teamcity": _teamcity,
}


def _comparable(text: str, form: str) -> str:
    if form in ("junit", "checkstyle"):
        text = escape_xml(text)
    if form in ("github", "azure"):
        text = _unescaped(escape_annotation(text).replace("%", "%25"))
    return text


@pytest.mark.parametrize("form", PARSERS)
@given(message=texts, snippet=texts)
def test_what_is_parsed_back_is_the_raw_line_and_the_message(
    form: str, message: str, snippet: str
) -> None:
    found = PARSERS[form](rendered(form, finding(message, snippet)))
    (line, text), *others = found
    assert (line, others) == (12, [])
    assert text.endswith(_comparable(message, form))
    if not form.startswith("json"):
        assert text.startswith("cell 3 In[5] line 2:7: ")


@pytest.mark.parametrize("form", sorted({*FORMATS} - {*PARSERS, "agent"}))
@given(message=texts, snippet=texts)
def test_formats_for_people_hold_the_place_whatever_the_texts(
    form: str, message: str, snippet: str
) -> None:
    text = rendered(form, finding(message, snippet))
    assert "NBP101" in text
    where = "(cell 3 In[5], line 2, column 7)" if form == "full" else "cell 3 In[5] line 2:7"
    assert where in text


@given(message=texts, snippet=texts)
def test_the_format_of_agents_is_one_object_a_line(message: str, snippet: str) -> None:
    found, numbers = (json.loads(line) for line in rendered("agent", finding(message)).splitlines())
    assert (found["cell"], found["line"], found["column"]) == (3, 2, 7)
    assert len(found["message"]) <= 3100 and numbers["findings"] == 1
    if message.isprintable() and len(message) < 300 and "#" not in message:
        assert found["message"].endswith(message.lstrip(": "))


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_without_findings(form: str) -> None:
    text = rendered(form)
    if form in PARSERS:
        assert PARSERS[form](text) == []


# What GitHub and the specification demand of what we write (SARIF 2.1.0, 3.13 to 3.28).
_LOCATION = {
    "type": "object",
    "required": ["physicalLocation"],
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "required": ["uri"],
                    "properties": {"uri": {"type": "string", "pattern": r"^[^ \\]+$"}},
                },
                "region": {
                    "type": "object",
                    "required": ["startLine", "startColumn"],
                    "properties": {
                        "startLine": {"type": "integer", "minimum": 1},
                        "startColumn": {"type": "integer", "minimum": 1},
                    },
                },
            },
        }
    },
}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "results", "invocations", "columnKind"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": [
                                "ruleId", "ruleIndex", "level", "message", "locations",
                                "partialFingerprints",
                            ],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "locations": {"type": "array", "minItems": 1, "items": _LOCATION},
                                "relatedLocations": {"type": "array", "items": _LOCATION},
                                "partialFingerprints": {
                                    "type": "object",
                                    "additionalProperties": {"type": "string"},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}  # fmt: skip


@given(message=texts, snippet=texts)
def test_sarif_is_what_servers_take(message: str, snippet: str) -> None:
    import jsonschema  # type: ignore[import-untyped]

    document = json.loads(rendered("sarif", finding(message, snippet)))
    jsonschema.validate(document, SARIF)
    (run,) = document["runs"]
    rule = run["tool"]["driver"]["rules"][run["results"][0]["ruleIndex"]]
    assert rule["id"] == "NBP101"
    assert "Restart the kernel" in rule["help"]["text"]


def test_github_gets_ten_of_a_level_and_the_rest_is_counted() -> None:
    many = [finding(f"number {number}", fingerprint=str(number)) for number in range(25)]
    errors = [finding("bad", severity=Severity.ERROR)]
    lines = rendered("github", *many, *errors).splitlines()
    assert len([line for line in lines if line.startswith("::warning")]) == 10
    assert lines[0].startswith("::error")
    assert "16 more" in lines[-1]


def test_gitlab_has_every_fingerprint_once() -> None:
    issues = json.loads(rendered("gitlab", finding(), finding(), finding(fingerprint="f" * 16)))
    assert len({issue["fingerprint"] for issue in issues}) == 3


def test_suggestions_are_edits_of_the_file() -> None:
    (one,) = json.loads(rendered("rdjson", finding("new")))["diagnostics"]
    assert one["suggestions"] == [
        {
            "range": {"start": {"line": 12, "column": 9}, "end": {"line": 12, "column": 11}},
            "text": "new",
        }
    ]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for key, value in attrs if key in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@given(message=texts, snippet=texts)
def test_a_page_is_whole_and_asks_nothing_of_the_network(message: str, snippet: str) -> None:
    plain = _Page()
    plain.feed(rendered("html", finding("plain", "x")))
    page = _Page()
    page.feed(rendered("html", finding(message, snippet)))
    assert page.links == []
    assert [tag for tag in page.tags if tag != "mark"] == [
        tag for tag in plain.tags if tag not in ("mark", *(["pre"] if not snippet else []))
    ] or not message


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "nbprod", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


def _book(folder: Path) -> None:
    cell: dict[str, Any] = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    cells = [{**cell, "source": "print(late)\n"}, {**cell, "source": "late = 1"}]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (folder / "n.ipynb").write_text(json.dumps(document, indent=1))


def test_several_outputs_of_one_run(tmp_path: Path) -> None:
    _book(tmp_path)
    outputs = ["full", "sarif:out/r.sarif", "junit:r.xml", "github-summary"]
    (tmp_path / "out").mkdir()
    (tmp_path / "summary.md").write_text("before\n")
    arguments = [word for form in outputs for word in ("--output", form)]
    done = run("check", *arguments, cwd=tmp_path, GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))
    assert done.returncode == 1, done.stderr
    assert "use-before-definition" in done.stdout
    assert _sarif((tmp_path / "out" / "r.sarif").read_text())[0][0] > 1
    assert (tmp_path / "r.xml").read_text().count("<failure") == 1
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("before\n<!-- nbprod -->")
    assert "```mermaid\nflowchart TD\n" in summary and 'c1["1: print(late)"]:::fails' in summary


@pytest.mark.parametrize(
    ("outputs", "word"),
    [(["full", "json"], "only one"), (["nope"], "sarif"), (["json:no/such/r.json"], "written")],
)
def test_an_output_that_cannot_be_is_one_message(
    outputs: list[str], word: str, tmp_path: Path
) -> None:
    _book(tmp_path)
    done = run("check", *[x for one in outputs for x in ("--output", one)], cwd=tmp_path)
    assert done.returncode == 2
    assert word in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
