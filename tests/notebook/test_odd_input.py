"""Input that is wrong or strange: one clear finding, or a normal run; never an exception."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nbprod.config.settings import Settings
from nbprod.errors import ReadError
from nbprod.notebook.read import read_notebook
from nbprod.project.run import check_bytes, check_paths

CELL = {"cell_type": "code", "metadata": {}, "outputs": [], "source": "print(nope)"}


def notebook(**changes: Any) -> bytes:
    document = {"cells": [CELL], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps({**document, **changes}).encode()


REFUSED = [
    ("empty", b"", "empty-file"),
    ("blank", b" \n\n", "empty-file"),
    ("truncated", notebook()[:40], "invalid-json"),
    ("truncated in a string", b'{"cells": [{"source": "abc', "invalid-json"),
    ("not json", b"hello", "invalid-json"),
    ("python", b"x = 1\n", "invalid-json"),
    ("conflict", b'{\n<<<<<<< HEAD\n"a": 1\n=======\n>>>>>>> b\n}', "merge-conflict"),
    ("lfs", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "lfs-pointer"),
    ("latin", b'{"cells": "\xe9"}', "not-utf8"),
    ("array", b"[1, 2]", "not-a-notebook"),
    ("other json", b'{"name": "x"}', "not-a-notebook"),
    ("cells is a number", b'{"cells": 3, "nbformat": 4}', "not-a-notebook"),
    ("future", notebook(nbformat=7), "unsupported-nbformat"),
    ("deep", b"[" * 100_000, "invalid-json"),
]


@pytest.mark.parametrize(
    ("data", "kind"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_what_is_no_notebook_is_one_finding_of_its_own_code(data: bytes, kind: str) -> None:
    with pytest.raises(ReadError) as caught:
        read_notebook(data, "x.ipynb")
    assert caught.value.kind == kind
    result = check_bytes(data, "x.ipynb")
    assert [finding.name for finding in result.findings] == [kind]
    assert result.unreadable


BROKEN = [
    ("blank.ipynb", "empty-file", 1, 1),
    ("bom-only.ipynb", "empty-file", 1, 1),
    ("cells-no-list.ipynb", "not-a-notebook", 1, 1),
    ("empty.ipynb", "empty-file", 1, 1),
    ("format-1.ipynb", "unsupported-nbformat", 1, 1),
    ("format-5.ipynb", "unsupported-nbformat", 1, 1),
    ("json-array.ipynb", "not-a-notebook", 1, 1),
    ("json-null.ipynb", "not-a-notebook", 1, 1),
    ("json-number.ipynb", "not-a-notebook", 1, 1),
    ("latin-1-after-bom.ipynb", "not-utf8", 2, 15),
    ("latin-1.ipynb", "not-utf8", 2, 15),
    ("lfs-pointer.ipynb", "lfs-pointer", 1, 1),
    ("merge-conflict-crlf.ipynb", "merge-conflict", 10, 1),
    ("merge-conflict-half-resolved.ipynb", "merge-conflict", 10, 1),
    ("merge-conflict.ipynb", "merge-conflict", 10, 1),
    ("missing-comma.ipynb", "invalid-json", 9, 4),
    ("nested-too-deeply.ipynb", "invalid-json", 1, 1),
    ("no-cells.ipynb", "not-a-notebook", 1, 1),
    ("no-keys.ipynb", "not-a-notebook", 1, 1),
    ("package-manifest.ipynb", "not-a-notebook", 1, 1),
    ("python-source.ipynb", "invalid-json", 1, 1),
    ("single-quotes.ipynb", "invalid-json", 1, 2),
    ("string-over-two-lines.ipynb", "invalid-json", 2, 14),
    # Since 3.13 Python points at the comma.
    ("trailing-comma.ipynb", "invalid-json", *((3, 3) if sys.version_info >= (3, 13) else (4, 1))),
    ("truncated-after-comma.ipynb", "invalid-json", 19, 4),
    ("truncated-in-character.ipynb", "not-utf8", 1, 24),
    ("truncated-in-escape.ipynb", "invalid-json", 1, 25),
    ("truncated-in-string.ipynb", "invalid-json", 10, 5),
    ("truncated-in-word.ipynb", "invalid-json", 5, 23),
    ("two-documents.ipynb", "invalid-json", 2, 1),
    ("utf-16-no-mark.ipynb", "invalid-json", 1, 2),
    ("utf-16-odd.ipynb", "not-utf8", 1, 13),
    ("utf-32.ipynb", "not-utf8", 1, 1),
    ("web-page.ipynb", "invalid-json", 1, 1),
    ("worksheets-no-list.ipynb", "not-a-notebook", 1, 1),
    ("zeppelin-note.ipynb", "not-a-notebook", 1, 1),
    ("zeroed-by-crash.ipynb", "empty-file", 1, 1),
]
FOLDER = Path(__file__).parents[2] / "fixtures" / "broken"


@pytest.mark.parametrize(("name", "kind", "line", "column"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_file_has_its_kind_and_place(name: str, kind: str, line: int, column: int) -> None:
    with pytest.raises(ReadError) as caught:
        read_notebook((FOLDER / name).read_bytes(), name)
    assert (caught.value.kind, caught.value.line, caught.value.column) == (kind, line, column)


def test_each_broken_file_has_its_row() -> None:
    assert {row[0] for row in BROKEN} == {path.name for path in FOLDER.glob("*.ipynb")}


ACCEPTED = [
    ("bom", b"\xef\xbb\xbf" + notebook()),
    ("utf-16", notebook().decode().encode("utf-16")),
    ("nan", b'{"x": NaN, "cells": [' + json.dumps(CELL).encode() + b'], "nbformat": 4}'),
    ("surrogate", notebook(cells=[{**CELL, "source": "x = '\ud800'\nprint(nope)"}])),
    ("list source", notebook(cells=[{**CELL, "source": ["print(", "nope", ")"]}])),
    ("junk in source", notebook(cells=[{**CELL, "source": ["print(nope)", None, 3]}])),
    ("no metadata", notebook(cells=[{"cell_type": "code", "source": "print(nope)"}])),
    ("metadata null", notebook(metadata=None, cells=[{**CELL, "metadata": None}])),
    ("outputs null", notebook(cells=[{**CELL, "outputs": None}])),
    ("outputs junk", notebook(cells=[{**CELL, "outputs": [3, None, {"output_type": 5}]}])),
    ("cells of all kinds", notebook(cells=[None, 3, "x", [], {}, CELL])),
    ("ids twice", notebook(cells=[{**CELL, "id": "a"}, {"cell_type": "raw", "id": "a"}])),
    ("ids odd", notebook(cells=[{**CELL, "id": 7}])),
    ("counts odd", notebook(cells=[{**CELL, "execution_count": "x"}])),
    ("minified", json.dumps(json.loads(notebook()), separators=(",", ":")).encode()),
    ("crlf", json.dumps(json.loads(notebook()), indent=1).replace("\n", "\r\n").encode()),
    ("tabs", json.dumps(json.loads(notebook()), indent="\t").encode()),
    (
        "nbformat 3",
        json.dumps(
            {
                "nbformat": 3,
                "nbformat_minor": 0,
                "metadata": {},
                "worksheets": [
                    {
                        "cells": [
                            {"cell_type": "heading", "level": 2, "source": ["T"]},
                            {
                                "cell_type": "code",
                                "language": "python",
                                "input": ["print(nope)"],
                                "prompt_number": 3,
                                "outputs": [{"output_type": "pyout", "text": ["5"]}],
                            },
                        ]
                    }
                ],
            }
        ).encode(),
    ),
]


@pytest.mark.parametrize("data", [case[1] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED])
def test_strange_notebooks_are_checked_and_the_raw_line_holds_the_name(data: bytes) -> None:
    result = check_bytes(data, "x.ipynb", Settings(select=("undefined-name",)))
    assert [(one.name, one.symbol) for one in result.findings] == [("undefined-name", "nope")]
    place = result.findings[0].place
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    line = text.replace("\r\n", "\n").split("\n")[place.raw_line - 1]
    assert line[place.raw_column - 1 :].startswith("nope")


def test_files_that_cannot_be_opened_do_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "good.ipynb").write_bytes(notebook())
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "gone.ipynb").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    report = check_paths([str(tmp_path)], Settings(jobs=1))
    names = {Path(one.path).name: [f.name for f in one.findings] for one in report.files}
    assert names == {
        "folder.ipynb": ["unreadable-file"],
        "gone.ipynb": ["unreadable-file"],
        "good.ipynb": ["undefined-name"],
    }


def test_ten_thousand_cells_take_linear_time() -> None:
    import time

    def seconds(count: int) -> float:
        cells = [
            {**CELL, "id": f"c{i}", "source": f"def f{i}(x):\n    return x + {i}\ny{i} = f{i}({i})"}
            for i in range(count)
        ]
        data = notebook(cells=cells)
        start = time.process_time()
        assert not check_bytes(data, "x.ipynb").findings
        return time.process_time() - start

    seconds(100)
    small, large = seconds(1_000), seconds(10_000)
    assert large < 25 * small, (small, large)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="asks Linux")
@pytest.mark.slow
def test_big_outputs_cost_at_most_three_times_their_size(tmp_path: Path) -> None:
    size = 150_000_000
    output = {"output_type": "display_data", "data": {"image/png": "A" * size}, "metadata": {}}
    path = tmp_path / "big.ipynb"
    path.write_bytes(notebook(cells=[{**CELL, "outputs": [output]}]))
    code = (
        "import re,sys; from nbprod.project.run import check_paths;"
        "from nbprod.config.settings import Settings;"
        "report = check_paths([sys.argv[1]], Settings(jobs=1));"
        "assert len(report.findings) == 1;"
        # Not `getrusage`: that counts what the parent had when it forked.
        "print(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert int(run.stdout) * 1024 < 3 * size + 100_000_000
