"""What is offered for a name that nothing defines fits how the name is used."""

from __future__ import annotations

import pytest

from nbprod.rules.near_names import are_near
from tests.test_true_findings import findings, said


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("layer = nn.Linear(3, 1)", "add `from torch import nn`"),
        ("print(np.mean([1]))", "add `import numpy as np`"),
        ("rows = defaultdict(list)", "add `from collections import defaultdict`"),
        ("order = sorted(range(nn))", None),
        ("total = sm + 1", None),
        ("print(pl[0], px(3))", None),
    ],
)
def test_an_import_is_offered_where_the_use_is_that_of_a_module(
    line: str, offered: str | None
) -> None:
    told = said(findings("NBP103", line))
    assert offered in told if offered else "import" not in told and "not defined" in told


@pytest.mark.parametrize(
    ("left", "right", "near"),
    [
        ("scoreSVM", "scoreSGD", False),
        ("accuracyKNN", "accuracyRNN", False),
        ("modelLSTM", "modelGRU", False),
        ("scoreSVM", "scoresSVM", True),
        ("clean_frame", "clean_farme", True),
        ("accuracy", "acuracy", True),
        ("trainDF", "train_df", True),
    ],
)
def test_another_acronym_is_another_thing(left: str, right: str, near: bool) -> None:
    assert are_near(left, right) is near


@pytest.mark.parametrize(
    ("above", "name", "function"),
    [
        ("def load():\n    rows = [1]\n    return 1\nload()", "rows", "load"),
        ("def fit(k):\n    for model in k:\n        pass\nfit([])", "model", "fit"),
        ("def read(p):\n    with open(p) as source:\n        return 1", "source", "read"),
    ],
)
def test_a_name_that_only_a_function_binds_is_said_to_be_its_own(
    above: str, name: str, function: str
) -> None:
    (found,) = findings("NBP103", above, f"print({name})")
    assert found.message == f"`{name}` is only defined inside the function `{function}`"
    assert f"return it from `{function}` in cell 1" in str(found.help)


def test_the_function_that_is_in_force_is_the_one_to_return_it() -> None:
    first = "def loan(a):\n    rate = a / 12\n    return rate"
    other = "def loan(a):\n    rate = a / 100\n    return a"
    (found,) = findings("NBP103", first, other, "print(rate)")
    assert found.message == "`rate` is only defined inside the function `loan`"
    assert "return it from `loan` in cell 2" in str(found.help)


def test_all_functions_that_bind_a_name_are_named() -> None:
    cells = [f"def {name}():\n    rows = [1]" for name in ("train", "test")]
    (found,) = findings("NBP103", *cells, "print(rows)", cells[0].replace("train", "apply"))
    assert "inside the functions `test`, `train` and `apply`" in found.message


def test_a_name_that_a_function_makes_global_is_none_of_its_own() -> None:
    above = "def load():\n    global rows\n    rows = [1]"
    assert "inside the function" not in said(findings("NBP103", above, "print(rows)"))


@pytest.mark.parametrize(
    "later",
    [("low = 1", "high = 2"), ("import b as low", "def high(): pass"), ("low = 1\nhigh = 2",)],
)
def test_names_that_one_line_reads_too_early_are_one_finding(later: tuple[str, ...]) -> None:
    (found,) = findings("NBP101", "print(low, high)", *later)
    assert "`low` and `high` are used before" in found.message


@pytest.mark.parametrize(
    ("function", "offered"),
    [
        ("def load():\n    rows = [1]\n    return rows", "`load` of cell 1 returns it: assign"),
        ("def load():\n    n, rows = 1, []\n    return n, rows", "`load` of cell 1 returns it"),
        ("def load():\n    rows = [1]\n    return len(rows)", "return it from `load` in cell 1"),
    ],
)
def test_what_a_function_already_returns_is_to_be_assigned(function: str, offered: str) -> None:
    assert offered in said(findings("NBP103", function, "print(rows)"))


@pytest.mark.parametrize(
    "cells",
    [
        ("print(rows)", "def load():\n    rows = [1]"),
        ("def on(change):\n    rows = [1]\nslider.observe(on)", "print(rows)"),
        ("def draw(k):\n    rows = [k]\ninteract(draw, k=3)", "print(rows)"),
    ],
)
def test_no_value_comes_from_a_function_below_or_one_that_a_library_calls(
    cells: tuple[str, ...],
) -> None:
    assert "return it" not in said(findings("NBP103", *cells))


@pytest.mark.parametrize(
    ("defined", "cell", "offered"),
    [
        ("scores = [1]", "print(scores_, scores)", False),
        ("row = 1", "print(rows, row)", False),
        ("scores = [1]", "print(scores_)", True),
        ("clean_frame = 1", "print(clean_farme, clean_frame)", True),
        ("PP = 1", "print(pp)", True),
        ("X = 1", "print(x)", False),
    ],
)
def test_who_reads_both_names_in_one_cell_means_two_things(
    defined: str, cell: str, offered: bool
) -> None:
    assert ("did you mean" in said(findings("NBP103", defined, cell))) is offered


@pytest.mark.parametrize(
    ("comment", "offered"),
    [
        ("# def load():\n#     rows = [1]\n#     return rows", False),
        ("#def load():\n#    n = 1\n\n#    rows = [n]", False),
        ("# rows = [1]", True),
        ("# def load():\n#     return 1\n# rows = load()", True),
    ],
)
def test_a_local_variable_of_a_commented_function_is_no_definition(
    comment: str, offered: bool
) -> None:
    told = said(findings("NBP103", f"x = 1\n{comment}", "print(rows)"))
    assert ("commented out" in told) is offered


@pytest.mark.parametrize("magic", ["%%timeit", "%%timeit -n1 -r1", "%%timeit -o"])
def test_a_magic_that_keeps_no_names_is_named(magic: str) -> None:
    (found,) = findings("NBP103", f"{magic}\nrows = [1]", "print(rows)")
    name = magic.split()[0]
    assert found.message == f"`rows` is bound under `{name}`, which keeps no names"
    assert str(found.help).startswith(f"remove `{name}`")


def test_names_of_pylab_are_one_finding_with_one_import() -> None:
    (found,) = findings("NBP103", "plot([1])\nxlabel('a')", "x = 1\nhist([x])", "savefig('a.png')")
    assert found.help == "add `from matplotlib.pyplot import hist, plot, savefig, xlabel`"
    assert "matplotlib" not in said(findings("NBP103", "print(figure)"))


def test_cells_that_never_ran_and_lack_names_are_examples() -> None:
    sketches = [
        {"source": text, "execution_count": None}
        for text in ("z = encoder(image)\nmodel(z)", "fit(rows, other)")
    ]
    (found,) = findings("NBP103", "x = 1", *sketches, "y = x")
    assert "make the cell Markdown if it is only an example" in str(found.help)
    alone = {"source": "print(rows)", "execution_count": None}
    assert "Markdown" not in said(findings("NBP103", "x = 1", alone, "y = x"))


def test_a_cell_that_only_shows_code_is_told_once() -> None:
    sketch = {"source": "z = encoder(image)\nmodel(z)", "execution_count": None}
    assert not findings("NBP101", "x = 1", sketch, "image = x")
    assert len(findings("NBP103", "x = 1", sketch, "image = x")) == 1


def test_names_of_python_2_are_said_to_be_its_own() -> None:
    (found,) = findings("NBP103", "raw_input()\nxrange(3)")
    assert found.message == "`raw_input` and `xrange` are builtins of Python 2 only"


def test_a_wildcard_of_pylab_further_down_defines_its_names() -> None:
    (found,) = findings("NBP103", "x = clf(1)\nplot([x])", "from pylab import *")
    assert found.message == "`clf` and `plot` are not defined above this line"
    assert found.help == "move `from pylab import *` of cell 2 above"


@pytest.mark.parametrize(
    "wildcard", ["from mine import *", "from math import *", "from pylab import *"]
)
def test_no_other_wildcard_is_said_to_define_a_name(wildcard: str) -> None:
    assert "in any cell" in said(findings("NBP103", "helper(1)", wildcard))


def test_lines_in_the_wrong_order_are_no_cells_in_the_wrong_order() -> None:
    (found,) = findings("NBP101", "print(d)\nd = 1", "import numpy as np", "d = np.zeros(3)")
    assert "before this cell defines it" in found.message
    assert found.help == "define it above this line" and found.fix is None


def test_what_a_loop_leaves_is_not_what_it_goes_over() -> None:
    told = said(findings("NBP103", "for marker in 'ab':\n    pass", "print(MARKERS)"))
    assert "did you mean" not in told


@pytest.mark.parametrize(
    ("line", "subscript"),
    [
        ("f.iloc[3].iloc[2] = 1", "f.iloc[rows, column]"),
        ("f.iloc[3]['a'] = 1", "f.loc[rows, column]"),
        ("f['a'][3] = 1", "f.loc[rows, column]"),
    ],
)
def test_an_assignment_by_place_stays_one(line: str, subscript: str) -> None:
    told = said(findings("NBP702", f"import pandas as pd\nf = pd.read_csv('a')\n{line}"))
    assert subscript in told
