"""`nbprod clean`: what goes, that all other bytes stay, and its use as a git filter."""

from __future__ import annotations

import copy
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbprod.fixing.clean import PASSING_METADATA, CleanOptions, clean
from nbprod.notebook.read import read_notebook
from tests.benchmarks.cleaning import joined, stripped
from tests.cli.test_check import ROOT, book, nbprod

PAGE = (ROOT / "docs" / "how-to" / "commit-without-outputs.md").read_text(encoding="utf-8")
STREAM = {"output_type": "stream", "name": "stdout", "text": ["3\n"]}
RESULT = {
    "output_type": "execute_result", "execution_count": 7, "metadata": {},
    "data": {"text/plain": "4"},
}  # fmt: skip


def cleaned(document: dict[str, Any], indent: int | None = 1, **wishes: Any) -> dict[str, Any]:
    """A document after cleaning, which has to be written as the file was."""
    data = json.dumps(document, indent=indent).encode()
    done = clean(read_notebook(data, "a.ipynb"), data, CleanOptions(**wishes)).data
    again = clean(read_notebook(done, "a.ipynb"), done, CleanOptions(**wishes))
    assert (again.data, *again[1:]) == (done, 0, 0, 0, 0)
    after: dict[str, Any] = json.loads(done)
    assert done.decode() == json.dumps(after, indent=indent)
    return after


def notebook(*cells: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def code(
    source: str = "x = 1", count: int | None = None, *outputs: dict[str, Any], **metadata: Any
) -> dict[str, Any]:
    return {
        "cell_type": "code", "execution_count": count, "id": f"c{len(source)}",
        "metadata": metadata, "outputs": list(outputs), "source": source.splitlines(True),
    }  # fmt: skip


FREE = st.dictionaries(st.sampled_from(["tags", "my", "collapsed", "scrolled"]), st.booleans())
CELLS = st.builds(
    lambda source, count, outputs, metadata: code(source, count, *outputs, **metadata),
    st.text(max_size=8), st.none() | st.integers(0, 9),
    st.lists(st.sampled_from([STREAM, RESULT]), max_size=2), FREE,
)  # fmt: skip


@given(st.lists(CELLS, max_size=4), FREE, st.sampled_from([None, 1, 4]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_only_outputs_counts_and_passing_metadata_go(
    cells: list[dict[str, Any]], metadata: dict[str, Any], indent: int | None, keep: bool
) -> None:
    document = notebook(*copy.deepcopy(cells), widgets={"a": [1, "}"]}, **metadata)
    expected = copy.deepcopy(document)
    del expected["metadata"]["widgets"]
    for cell in expected["cells"]:
        cell["execution_count"] = None
        cell["outputs"] = cell["outputs"] if keep else []
        for output in cell["outputs"]:
            if "execution_count" in output:
                output["execution_count"] = None
        for key in ("collapsed", "scrolled"):
            cell["metadata"].pop(key, None)
    assert cleaned(document, indent, keep_outputs=keep) == expected


READABLE = sorted(
    path
    for folder in ("examples", "extract", "notebooks", "pipeline")
    for path in (ROOT / "fixtures" / folder).rglob("*.ipynb")
)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.stem)
def test_what_nbstripout_removes_is_removed(path: Path) -> None:
    data = path.read_bytes()
    ours = json.loads(clean(read_notebook(data, path.name), data, CleanOptions()).data)
    assert joined(ours) == joined(stripped(data))


@pytest.mark.parametrize(
    ("cell", "stays"),
    [
        (code("a", 1, STREAM, tags=["keep-output"]), True),
        (code("a", 1, STREAM, keep_output=True), True),
        (code("a", 1, STREAM, init_cell=True), True),
        (code("a", 1, STREAM, init_cell=False), False),
        (code("a", 1, STREAM, tags=["keep"]), False),
    ],
)
def test_a_cell_can_keep_its_outputs(cell: dict[str, Any], stays: bool) -> None:
    after = cleaned(notebook(cell), keep_tags=("keep-output",))["cells"][0]
    assert (after["outputs"], after["execution_count"]) == ([STREAM] if stays else [], None)


def test_metadata_can_be_kept_and_dropped() -> None:
    cell = code("a", None, collapsed=True, mine={"deep": 1, "other": 2})
    after = cleaned(
        notebook(cell, kernelspec={"name": "x"}),
        drop_metadata=("cell.metadata.mine.deep", "metadata.kernelspec"),
        keep_metadata=("cell.metadata.collapsed",),
    )
    assert after["cells"][0]["metadata"] == {"collapsed": True, "mine": {"other": 2}}
    assert after["metadata"] == {}


def test_cells_without_content_go_on_request() -> None:
    cells = [code(""), code("x"), code(" \n"), code("", 1, STREAM), code("", tags=["here"])]
    assert [cell["source"] for cell in cleaned(notebook(*cells), drop_empty=True)["cells"]] == [
        ["x"], [],
    ]  # fmt: skip
    assert cleaned(notebook(code(""), code("")), drop_empty=True)["cells"] == []


def test_cells_that_repeat_the_one_above_go_on_request(tmp_path: Path) -> None:
    sources = ["n = 1", "n = 1", "n += 1", "n += 1", "n", "n = 1"]
    (tmp_path / "a.ipynb").write_bytes(book(*sources))
    done = nbprod("clean", "--drop-duplicates", cwd=tmp_path)
    assert done.stdout == "a.ipynb: removed 1 cell\n"
    after = json.loads((tmp_path / "a.ipynb").read_bytes())
    assert ["".join(cell["source"]) for cell in after["cells"]] == sources[1:]


def test_check_writes_nothing_and_the_command_writes_once(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(data := book("1", counts=[3]))
    found = nbprod("clean", "--check", cwd=tmp_path)
    assert (found.returncode, path.read_bytes()) == (1, data)
    assert found.stdout == "a.ipynb: would remove 1 execution count\n"
    assert nbprod("clean", cwd=tmp_path).returncode == 0
    assert path.read_bytes() == book("1")
    clean_already = nbprod("clean", "--check", cwd=tmp_path)
    assert (clean_already.returncode, clean_already.stdout) == (0, "")


def test_what_a_user_can_get_wrong_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(book("1", counts=[3]))
    (tmp_path / "broken.ipynb").write_text('{"cells": [')
    done = nbprod("clean", cwd=tmp_path)
    assert done.returncode == 4 and "broken.ipynb: " in done.stderr
    assert (tmp_path / "a.ipynb").read_bytes() == book("1")
    wrong = nbprod("clean", "--drop-metadata", "collapsed", cwd=tmp_path)
    assert wrong.returncode == 2 and "cell.metadata.KEY" in wrong.stderr
    assert nbprod("clean", "-", "--check", cwd=tmp_path, stdin=b"{}").returncode == 2
    assert nbprod("clean", "-", cwd=tmp_path, stdin=b"no json").returncode == 4


def test_the_configuration_says_what_stays(tmp_path: Path) -> None:
    (tmp_path / "nbprod.toml").write_text("clean-keep-counts = true\n")
    (tmp_path / "a.ipynb").write_bytes(book("1", counts=[3]))
    assert nbprod("clean", cwd=tmp_path).stdout == ""
    assert nbprod("clean", "--isolated", cwd=tmp_path).stdout != ""


def test_git_commits_what_the_filter_of_the_page_gives(tmp_path: Path) -> None:
    git = {
        **os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip

    def run(command: str) -> bytes:
        return subprocess.run(
            command, shell=True, cwd=tmp_path, env=git, check=True, capture_output=True
        ).stdout

    run("git init -q .")
    commands = re.findall(r"^\$ ((?:git|echo) .*)$", PAGE, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        run(command.replace('"nbprod ', f'"{shlex.quote(sys.executable)} -m nbprod '))
    name = "my notes'é.ipynb"
    (tmp_path / name).write_bytes(data := book("1", "2", counts=[3, 4]))
    run("git add -A && git commit -q -m all")
    assert run(f"git show HEAD:{shlex.quote(name)}") == book("1", "2")
    assert (tmp_path / name).read_bytes() == data
    assert run("git status --porcelain") == b""
    run("git clone -q . clone")
    assert (tmp_path / "clone" / name).read_bytes() == book("1", "2")


def test_the_page_shows_what_the_command_prints(tmp_path: Path) -> None:
    cells = [code("1", 1, RESULT), code("2", 2, STREAM, scrolled=True), code("3", 3)]
    (tmp_path / "analysis.ipynb").write_text(json.dumps(notebook(*cells)))
    done = nbprod("clean", cwd=tmp_path)
    assert f"$ nbprod clean\n{done.stdout}{done.stderr}```" in PAGE
    for key in PASSING_METADATA:
        assert f"`{key.rpartition('.')[2]}`" in PAGE
