"""No format lets a name, a message or a source do more than be shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbprod.model import Applicability, Fix, RelatedPlace
from nbprod.report import FORMATS
from nbprod.report.escaping import (
    escape_annotation,
    escape_line,
    escape_markdown,
    escape_text,
    escape_xml,
    markdown_code,
    markdown_name,
    visible_snippet,
)
from tests.report.hostile import TEXTS, controls, dangers, followed
from tests.report.test_formats import finding, place, rendered

pieces = st.lists(
    st.one_of(st.sampled_from(TEXTS), st.text(max_size=6), st.sampled_from("`|<>\\[]()!@#*_\n"))
)
hostile = pieces.map("".join)


def hostile_finding(text: str) -> Any:
    line = text.split("\n")[0]
    return finding(
        text, line, path=text.replace("\ud800", "") + ".ipynb", name=text, help=text,
        place=place()._replace(cell_id=text),
        related=(RelatedPlace(place(line=20), text),),
        fix=Fix(text, (), Applicability.SAFE),
    )  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_holds_hostile_texts(form: str, text: str) -> None:
    shown = rendered(form, hostile_finding(text))
    assert (controls if form == "html" else dangers)(shown) == []
    if form == "markdown":
        assert followed(shown) == []
    elif form in ("junit", "checkstyle"):
        ElementTree.fromstring(shown.encode())
    elif form in ("json", "sarif", "gitlab", "rdjson"):
        json.loads(shown)
    elif form != "html":
        plain = rendered(form, hostile_finding("plain"))
        assert shown.count("\n") == plain.count("\n")


@given(hostile)
def test_a_line_is_one_line_and_no_command(text: str) -> None:
    shown = escape_line(text)
    assert dangers(shown) == [] and "\n" not in shown
    assert not shown.lstrip().startswith("::")
    frame = visible_snippet(text)
    assert dangers(f"1 | {frame}") == [] and "\n" not in frame
    assert len(frame) == len(text)


@given(hostile)
def test_text_keeps_its_lines_only(text: str) -> None:
    shown = escape_text(text)
    assert dangers(shown) == []
    assert shown.count("\n") == text.count("\n")
    assert not any(line.lstrip().startswith("::") for line in shown.split("\n"))


@given(hostile)
def test_annotations_and_xml(text: str) -> None:
    shown = escape_annotation(text).replace("\r", "%0D").replace("\n", "%0A")
    assert dangers(f"::warning::{shown}") == []
    element = ElementTree.Element("a", {"b": escape_xml(text)})
    element.text = escape_xml(text)
    ElementTree.fromstring(ElementTree.tostring(element))


@given(hostile)
def test_markdown_is_text_and_code(text: str) -> None:
    for shown in (escape_markdown(text), markdown_code(text), markdown_name(text)):
        assert "\n" not in shown and dangers(f"* {shown}") == []
        assert followed(f"<!-- nbprod -->\n## Title\n\n* item {shown}\n") == []
        assert followed(f"<!-- nbprod -->\n\n| a | b |\n|---|---|\n| {shown} | x |\n") == []
    html = f"<!-- nbprod -->\n<details><summary>{markdown_name(text)}</summary>\n\ntext\n"
    assert followed(html) == []


def test_plain_texts_stay_readable() -> None:
    assert escape_line("`a` in cell 3: naïve 漢字 🙂 50 %") == "`a` in cell 3: naïve 漢字 🙂 50 %"
    assert escape_markdown("`x` is used before cell 3") == "`x` is used before cell 3"


def book(text: str) -> str:
    output = {"output_type": "error", "ename": "E", "evalue": text, "traceback": []}
    source = f"a = 1\nopen('/home/u/a{text}')\nprint(nowhere)"
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [output]}
    cells = [{**cell, "source": source, "id": text}, {**cell, "source": "1/0", "id": "b"}]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def nbprod(folder: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", *arguments], cwd=folder, capture_output=True,
        check=False, env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode in (0, 1, 2), done.stderr
    return (done.stdout + done.stderr).decode("utf-8", "surrogateescape")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for text in TEXTS:
        name = text.replace("/", "").replace("\0", "").replace("\ud800", "")
        (tmp_path / f"{name}.ipynb").write_text(book(text))
    return tmp_path


def test_check_of_hostile_files(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    out = tmp_path_factory.mktemp("out")
    outputs = [word for form in FORMATS for word in ("--output", f"{form}:{out / form}")]
    said = nbprod(folder, "check", "--isolated", "--no-cache", "--select", "ALL", *outputs)
    assert dangers(said) == []
    for form in FORMATS:
        shown = (out / form).read_bytes().decode()
        assert "NBP103" in shown, form
        assert (controls if form == "html" else dangers)(shown) == [], form
    assert followed((out / "markdown").read_text()) == []


def test_review_of_hostile_files(folder: Path) -> None:
    page, text = folder / "page.html", folder / "text.md"
    nbprod(folder, "report", "--isolated", "--html", str(page), "--markdown", str(text))
    assert dangers(text.read_bytes().decode()) == []
    assert set(followed(text.read_text())) <= {f"{len(TEXTS)} of h3"}
    assert controls(page.read_bytes().decode()) == []
