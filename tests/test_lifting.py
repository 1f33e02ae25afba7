"""Literals lifted into the cell of parameters: the bytes, the names, and what a run gives."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from nbprod.checking.engine import check_notebook
from nbprod.checking.registry import select
from nbprod.fixing.apply import Fixed, fix_bytes
from nbprod.model import NewLine
from nbprod.notebook.edits.new_cells import new_cells
from nbprod.notebook.edits.splice import EditRefused, apply_edits
from nbprod.notebook.read import read_notebook

TRAIN = "def train(**settings):\n    return sorted(settings.items())\n"
SOURCES = (
    "import math",
    TRAIN,
    "first = train(n_estimators=300, max_depth=6, learning_rate=1e-3)",
    "second = train(n_estimators=300, max_depth=8)\nprint(first, second)",
)


def fixed(data: bytes, path: str = "x.ipynb") -> Fixed:
    selection = select(["NBP405"])
    return fix_bytes(data, path, lambda one: check_notebook(one, selection), unsafe=True)


def document(*sources: str, minor: int = 5, **cell: Any) -> dict[str, Any]:
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            **({"id": f"c{number}"} if minor >= 5 else {}),
            "metadata": {},
            "outputs": [],
            "source": source.splitlines(keepends=True),
            **cell,
        }
        for number, source in enumerate(sources)
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": minor}


def printed(data: bytes, path: str = "x.ipynb") -> str:
    """What the cells print, run from top to bottom."""
    shown = io.StringIO()
    names: dict[str, object] = {}
    with contextlib.redirect_stdout(shown):
        for cell in read_notebook(data, path).cells:
            if cell.kind == "code":
                exec(cell.source, names)
    return shown.getvalue()


LAYOUTS = {
    "jupyter": {"indent": 1},
    "colab": {"indent": 2},
    "tabs": {"indent": "\t"},
    "plain": {},
    "compact": {"separators": (",", ":")},
}


@pytest.mark.parametrize("minor", [4, 5])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_cell_is_made_and_all_else_keeps_its_bytes(layout: str, minor: int) -> None:
    given = document(*SOURCES, minor=minor)
    text = json.dumps(given, **LAYOUTS[layout])  # type: ignore[arg-type]
    outcome = fixed(text.encode())
    after = json.loads(outcome.data)
    made = after["cells"].pop(1)
    assert made == {
        "cell_type": "code",
        "execution_count": None,
        **({"id": "parameters"} if minor == 5 else {}),
        "metadata": {"tags": ["parameters"]},
        "outputs": [],
        "source": [
            "n_estimators = 300\n",
            "first_max_depth = 6\n",
            "learning_rate = 1e-3\n",
            "second_max_depth = 8",
        ],
    }
    given["cells"][2]["source"] = [
        "first = train(n_estimators=n_estimators, max_depth=first_max_depth, "
        "learning_rate=learning_rate)"
    ]
    given["cells"][3]["source"][0] = (
        "second = train(n_estimators=n_estimators, max_depth=second_max_depth)\n"
    )
    given["cells"].insert(1, made)
    # The writer of the file would have written the very same.
    assert outcome.data.decode() == json.dumps(given, **LAYOUTS[layout])  # type: ignore[arg-type]
    assert printed(outcome.data) == printed(text.encode()) != ""
    assert fixed(outcome.data).data == outcome.data


def test_line_breaks_and_sources_that_are_strings_stay_so() -> None:
    given = document(*SOURCES)
    for cell in given["cells"]:
        cell["source"] = "".join(cell["source"])
    text = json.dumps(given, indent=1).replace("\n", "\r\n")
    changed = fixed(text.encode()).data.decode()
    assert "\n" not in changed.replace("\r\n", "")
    assert isinstance(json.loads(changed)["cells"][1]["source"], str)
    assert printed(changed.encode()) == printed(text.encode())


def test_a_notebook_of_one_cell_gets_the_cell_above() -> None:
    text = json.dumps(
        document("def f(threshold):\n    print(threshold)\nf(threshold=0.5)"), indent=1
    )
    cells = json.loads(fixed(text.encode()).data)["cells"]
    # `threshold` is a name of the notebook already.
    assert cells[0]["source"] == ["f_threshold = 0.5"]
    assert cells[0]["id"] == "parameters"


def test_an_identity_that_is_taken_is_not_taken_twice() -> None:
    given = document(*SOURCES)
    given["cells"][0]["id"] = "parameters"
    made = json.loads(fixed(json.dumps(given).encode()).data)["cells"][1]
    assert made["id"] == "parameters-2"


def test_lines_join_the_cell_that_is_there_and_what_it_binds_is_used() -> None:
    given = document("n_estimators = 300\n", *SOURCES)
    given["cells"][0]["metadata"] = {"tags": ["parameters"]}
    changed = fixed(json.dumps(given, indent=1).encode()).data
    cells = json.loads(changed)["cells"]
    assert len(cells) == len(given["cells"])
    assert "".join(cells[0]["source"]).split("\n")[:2] == [
        "n_estimators = 300",
        "first_max_depth = 6",
    ]
    assert printed(changed) == printed(json.dumps(given).encode())


@pytest.mark.parametrize(
    "source",
    [
        "@remote\ndef f(train):\n    return train(max_depth=3)",
        "%%bash\ntrain(max_depth=3)",
        "print(f'{train(max_depth=3)!r:>{4}}')\nfrom unknown_names import *",
    ],
    ids=["decorated", "another language", "star import below"],
)
def test_what_may_mean_something_else_is_left_alone(source: str) -> None:
    data = json.dumps(document("import remote", source)).encode()
    assert fixed(data).data == data


@pytest.mark.parametrize(
    "source",
    [
        "def f(max_depth):\n    return g(max_depth=3)\n",
        "from shop import max_depth\ng(max_depth=3)\n",
        "def f():\n    max_depth = 2\n    return g(max_depth=3)\n",
        "[g(max_depth=3) for max_depth in range(3)]\n",
        "!echo {max_depth}\ng(max_depth=3)\n",
    ],
)
def test_no_name_is_shadowed(source: str) -> None:
    given = document("import g", source)
    cells = json.loads(fixed(json.dumps(given).encode()).data)["cells"]
    assert cells[1]["source"] == ["g_max_depth = 3"]


def test_a_percent_script_gets_a_cell_with_a_mark() -> None:
    script = "# %%\nimport math\n\n# %%\n" + "\n\n# %%\n".join(SOURCES[1:]) + "\n"
    changed = fixed(script.encode(), "x.py").data
    assert b'# %% tags=["parameters"]\nn_estimators = 300\n' in changed
    assert read_notebook(changed, "x.py").cells[1].tags == ("parameters",)
    assert printed(changed, "x.py") == printed(script.encode(), "x.py")
    assert fixed(changed, "x.py").data == changed


def test_other_formats_say_why_there_is_no_fix() -> None:
    script = "# Databricks notebook source\n" + "\n\n# COMMAND ----------\n\n".join(SOURCES)
    notebook = read_notebook(script.encode(), "x.py")
    found = check_notebook(notebook, select(["NBP405"]))
    assert [one.fix for one in found] == [None]
    assert all(
        one.help and one.help.endswith("no cell with a tag can be added to a databricks notebook")
        for one in found
    )
    line = NewLine(0, "a = 1", True, ("parameters",))
    with pytest.raises(EditRefused, match="databricks"):
        apply_edits(notebook, script.encode(), [line])
    with pytest.raises(ValueError, match="no cell"):
        new_cells(notebook.cells, [line._replace(cell=99)])


def test_papermill_sets_what_was_lifted(tmp_path: Path) -> None:
    papermill = pytest.importorskip("papermill")
    source, target = tmp_path / "a.ipynb", tmp_path / "b.ipynb"
    source.write_bytes(fixed(json.dumps(document(*SOURCES), indent=1).encode()).data)
    names = papermill.inspect_notebook(str(source))
    assert names["n_estimators"]["default"] == "300"
    papermill.execute_notebook(
        str(source), str(target), parameters={"n_estimators": 5}, kernel_name="python3"
    )
    shown = "".join(
        output.get("text", "")
        for cell in json.loads(target.read_text())["cells"]
        for output in map(_joined_text, cell.get("outputs", ()))
    )
    assert shown.count("('n_estimators', 5)") == 2


def _joined_text(output: dict[str, Any]) -> dict[str, str]:
    return {"text": "".join(output.get("text", ()))}
