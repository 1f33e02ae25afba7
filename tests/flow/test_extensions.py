"""Extensions that bind names when they are loaded, those that bind none, and unknown ones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.test_true_findings import findings, said

BINDING = [
    ["%load_ext kedro.ipython", "catalog.list()\nsession.run()"],
    ["%load_ext kedro.ipython", "%reload_ext kedro.ipython", "pipelines['__default__']"],
    ["%reload_kedro ../shop", "context.params"],
    ["get_ipython().run_line_magic('load_ext', 'kedro.ipython')", "catalog"],
]
BINDING_NOTHING = ["autoreload", "line_profiler", "google.cloud.bigquery", "rpy2.ipython", "sql"]


@pytest.mark.parametrize("cells", BINDING)
def test_what_an_extension_binds_is_defined(cells: list[str]) -> None:
    assert not findings("NBP103", *cells)


@pytest.mark.parametrize("name", BINDING_NOTHING)
def test_an_extension_that_binds_nothing_hides_nothing(name: str) -> None:
    (found,) = findings("NBP103", f"%load_ext {name}", "catalog.list()")
    assert found.symbol == "catalog" and found.predicted_exception == "NameError"


@pytest.mark.parametrize("name", ["course_setup", "shop.magics", "'notebook_helper'"])
def test_below_an_unknown_extension_nothing_is_certain(name: str) -> None:
    assert not findings("NBP103", f"%load_ext {name}", "print(rates)")
    (before,) = findings("NBP103", "print(rates)", f"%load_ext {name}", "print(rates)")
    assert before.place.cell == 1


def test_a_saved_error_shows_that_an_extension_did_not_bind_the_name() -> None:
    error = {
        "output_type": "error",
        "ename": "NameError",
        "evalue": "name 'rates' is not defined",
        "traceback": [],
    }
    failed = {"source": "print(rates)", "outputs": [error]}
    (found,) = findings("NBP103", "%load_ext course_setup", failed)
    assert found.symbol == "rates" and "course_setup" not in said([found])


def note(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": text}


TEXTS = [
    ("rates = {'a': 1}\nlimits = 3", "make that a code cell"),
    ("First:\n\n```python\nrates = {\n    'a': 1,\n}\nshow(rates)\n```", "copy lines 4 to 6"),
    ("Set it:\n\nrates = [1, 2]\n\nThen go on.", "copy line 3 of the Markdown cell 1"),
    ("Use this:\n> from shop.prices import rates\n", "import it: `from shop.prices import rates`"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), TEXTS)
def test_a_definition_in_a_note_is_copied_line_by_line(text: str, wanted: str) -> None:
    assert wanted in said(findings("NBP103", note(text), "print(rates)"))


@pytest.mark.parametrize(
    "text",
    [
        "rates = load(folder)",
        "Set it:\n```python\nrates = load(folder)\n```",
        "Run\n\nrates = (1,\n\nand so on",
    ],
)
def test_a_definition_that_needs_more_is_no_help(text: str) -> None:
    assert "Markdown" not in said(findings("NBP103", note(text), "print(rates)"))


@pytest.mark.parametrize(
    "line",
    [
        "import builtins\nrange = builtins.range",
        "max = __builtins__.max",
        "from builtins import sum",
        "import builtins\nlist = getattr(builtins, 'list')",
    ],
)
def test_the_builtin_itself_is_no_shadow(line: str) -> None:
    calls = "print(range(3), max(1, 2), sum([1]), list('a'))"
    assert not findings("NBP111", calls, line, calls)
    assert not findings("NBP109", f"{calls}\n{line}")


@pytest.mark.parametrize("line", ["range = 3", "max = rows.max", "list = builtins.tuple"])
def test_another_value_is_a_shadow(line: str) -> None:
    assert findings("NBP111", "import builtins\nrows = set()\nrange(3), max(1, 2), list()", line)
