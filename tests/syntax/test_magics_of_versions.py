"""Magics that an extension brings work without their sign; what an older IPython took did run."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from nbprod.notebook.types import Cell
from nbprod.syntax.parse import parse_notebook
from nbprod.testing import notebook_of
from tests.test_true_findings import findings, said

LOADED = [
    ("%load_ext watermark", "watermark"),
    ("%load_ext watermark", "watermark -n -u -v -iv -w"),
    ("%load_ext watermark", "watermark -v -p numpy,pandas"),
    ("%load_ext autoreload\n%autoreload 2", "autoreload"),
    ("%load_ext memory_profiler", "memit"),
    ("%load_ext company.tools.versions", "versions"),
]


@pytest.mark.parametrize(("load", "call"), LOADED)
def test_a_magic_of_a_loaded_extension_is_no_name(load: str, call: str) -> None:
    assert not [*findings("NBP103", load, call), *findings("NBP010", load, call)]


@pytest.mark.parametrize(
    ("above", "call"),
    [
        ("x = 1", "watermark"),
        ("%load_ext watermark", "print(watermark)"),
        ("%load_ext watermark", "x = 1\nwatermark"),
        ("%load_ext autoreload", "watermark"),
    ],
)
def test_other_words_are_names(above: str, call: str) -> None:
    assert "`watermark`" in said(findings("NBP103", above, call))


def ran(source: str, *text: str, name: str = "stdout") -> dict[str, Any]:
    outputs = [{"output_type": "stream", "name": name, "text": one} for one in text]
    return {"source": source, "outputs": outputs, "execution_count": None}


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("%autoreload 2  # all modules", 8),
        ("%autoreload 1 2 3", 8),
        ("% matplotlib inline", 7),
        ("% time", 7),
    ],
)
def test_what_only_newer_versions_refuse_did_not_stop_a_cell_that_ran(
    line: str, version: int
) -> None:
    source = f"{line}\nrows = 3\nprint(rows)"
    (found,) = findings("NBP014", ran(source, "3"), "print(rows)")
    assert f"IPython {version} and newer raise a UsageError" in found.message
    assert found.severity == "warning" and "fail" not in str(found.help)
    (found,) = findings("NBP014", ran(source), "print(rows)")
    assert found.severity == "error" and "`rows` in cell 2" in str(found.help)
    refused = ran(source, "UsageError: unrecognized arguments: # all", name="stderr")
    (found,) = findings("NBP014", refused, "print(rows)")
    assert found.severity == "error"


def test_what_all_versions_refuse_is_an_error_though_its_cell_shows_output() -> None:
    (found,) = findings("NBP014", ran("x = 1\n%%time\nprint(x)", "1"))
    assert found.severity == "error"


INDENTED = [
    "    x = 1\n    y = 2\n",
    "    x = 1\n# a remark\n    y = 2\n",
    "    if x:\n        y = 2\n  # more\n#   y = 3\n        y = 4\n",
    "\n    x = 1\n    text = (\n'a'\n    )\n",
    '    x = """\na\n"""\n    y = 1\n',
    "    x = 1\ny = 2\n",
    "        x = 1\n    y = 2\n",
    "# a remark\n    x = 1\n    y = 2\n",
]


def first_indentation_removed(source: str) -> str:
    """What IPython 5 to 8 do: the first line's blanks are cut of each line that begins so."""
    lines = source.lstrip("\n").splitlines(keepends=True)
    margin = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    return "".join(line.removeprefix(margin) for line in lines)


def parses(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("version", [(3, 7), (3, 10), (3, 12), None])
@pytest.mark.parametrize("source", INDENTED)
def test_an_indented_cell_parses_where_its_ipython_takes_it(
    source: str, version: tuple[int, int] | None
) -> None:
    notebook = notebook_of([Cell(0, "code", source)])._replace(python_version=version)
    (parsed,) = parse_notebook(notebook)
    is_new = version is None or version >= (3, 11)
    newest = TransformerManager().transform_cell(source)  # type: ignore[no-untyped-call]
    expected = parses(newest) or (not is_new and parses(first_indentation_removed(source)))
    assert parsed is not None and (parsed.tree is not None) is expected
