"""A plan is written, edited and read back; and the functions are chosen one by one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nbprod.cli.extract import command
from tests.extract.notebooks import as_bytes, code_of

CELLS = [
    "#md # Shop",
    "import math\nimport statistics as st",
    "#md ## Load the prices",
    "lines = ['3.5', '4', '', '5']\nprices = []\nfor line in lines:\n    if line:\n"
    "        prices.append(float(line))",
    "#md ## Describe\nThe middle and the spread.",
    "middle = st.median(prices)\nspread = math.sqrt(sum((p - middle) ** 2 for p in prices))\n"
    "share = spread / middle\nprint(middle, share)",
    "def net(price):\n    return price * 0.8",
    "#md ## Sum up",
    "total = 0\nfor price in prices:\n    total += net(price)\nrest = total - middle",
    "print(total, rest)",
]
ARGUMENTS = ("shop.ipynb", "-o", "steps.py", "--no-tests", "--notebook-out", "out.ipynb")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.ipynb").write_bytes(as_bytes(CELLS))
    return tmp_path


def extract(*more: str, given: str | None = None) -> Result:
    arguments = [*ARGUMENTS, *more]
    return CliRunner().invoke(command, arguments, input=given, standalone_mode=False)


def plan() -> str:
    assert extract("--plan", "plan.toml").return_value == 0
    return Path("plan.toml").read_text()


def edited(old: str, new: str, *more: str) -> Result:
    text = plan()
    assert old in text, text
    Path("plan.toml").write_text(text.replace(old, new, 1))
    return extract("--plan", "plan.toml", *more)


def made() -> tuple[str, list[str]]:
    return Path("steps.py").read_text(), code_of(Path("out.ipynb").read_bytes())


def test_a_plan_that_nobody_edits_does_what_is_done_without_one() -> None:
    assert extract().return_value == 0
    before = made()
    for name in ("steps.py", "out.ipynb"):
        Path(name).unlink()
    text = plan()
    assert not Path("steps.py").exists()
    assert extract("--plan", "plan.toml").return_value == 0
    assert made() == before
    assert Path("plan.toml").read_text() == text


def test_names_types_and_sentences_are_taken_over() -> None:
    text = plan()
    text = text.replace('name = "load_prices"', 'name = "read_prices"', 1)
    text = re.sub(r'(name = "prices"\ntype = )"[^"]*"', r'\1"list[float]"', text)
    text = text.replace('meaning = ""', 'meaning = "Euros, without empty lines."', 1)
    text = re.sub(r'summary = "[^"]*"', 'summary = "Read what was \\\\"paid\\\\"."', text, count=1)
    Path("plan.toml").write_text(text)
    done = extract("--plan", "plan.toml")
    assert done.return_value == 0, done.exception
    module, cells = made()
    assert "def read_prices() -> list[float]:" in module
    assert '"""Read what was "paid".' in module
    assert "Euros, without empty lines." in module
    assert "prices = read_prices()" in cells[1]
    assert "(prices: list[float]" in module


def test_a_unit_that_is_removed_stays_in_the_notebook() -> None:
    text = plan()
    units = text.split("[[unit]]")
    assert len(units) == 4
    Path("plan.toml").write_text("[[unit]]".join([units[0], units[1], units[3]]))
    assert extract("--plan", "plan.toml").return_value == 0
    module, cells = made()
    assert module.count("def ") == 3
    assert CELLS[5] in cells


def test_a_unit_with_the_cells_of_two_joins_them() -> None:
    text = plan()
    units = text.split("[[unit]]")
    first = re.sub(r"cells = \[.*\]", "cells = [4, 6]", units[1])
    Path("plan.toml").write_text("[[unit]]".join([units[0], first, units[3]]))
    done = extract("--plan", "plan.toml")
    assert done.return_value == 0, done.exception
    module, cells = made()
    assert "st.median" in module.split("def load_prices")[1]
    assert "print(middle, share)" in "\n".join(cells)


def test_lines_of_a_cell_are_a_unit() -> None:
    text = plan()
    assert "cells = [6]" in text
    Path("plan.toml").write_text(text.replace("cells = [6]", 'cells = ["6:1-2"]'))
    done = extract("--plan", "plan.toml")
    assert done.return_value == 0, done.exception
    assert "note: plan.toml:" in done.output and "has no result `share`" in done.output
    assert any(cell.endswith("share = spread / middle\nprint(middle, share)") for cell in made()[1])


WRONG = [
    ("version = 1", "version = 7", "version 7 is not 1"),
    ("version = 1", "version = ", "invalid TOML"),
    ('code = "', 'code = "0', "the notebook's code has changed"),
    ('name = "load_prices"', 'name = "2load"', "`2load` is not a name of Python"),
    ('name = "load_prices"', 'name = "sum"', "`sum` is a name of Python already"),
    ('name = "load_prices"', 'name = "total"', "`total` is a name of the notebook already"),
    ('name = "load_prices"', "nam = 3", "unknown key `nam`"),
    ('name = "load_prices"', "name = 3", "`name` has to be a string"),
    ("cells = [4]", "cells = []", "needs its cells"),
    ("cells = [4]", "cells = [44]", "unknown cell 44; the notebook has 10"),
    ("cells = [4]", 'cells = ["4:x"]', "is not a cell; write 4"),
    ("cells = [4]", "cells = [2]", "cell 2 has nothing that could be in a function"),
    ("cells = [4]", 'cells = ["4:1-3"]', "ends inside of a statement, which has the lines 3-5"),
    ("cells = [4]", "cells = [4, 6]", "is in `load_prices` as well"),
    ("cells = [4]", "cells = [4, 9]", "cell 6, line 1: this statement is between its parts"),
    ('variable = "prices"', 'variable = "costs"', "has no result `costs`; it has"),
    ('type = "', 'type = "np.', "needs `np`; import it in the notebook"),
    ('type = "', 'type = "[', "is not a Python type"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[one[2] for one in WRONG])
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, said: str) -> None:
    done = edited(old, new)
    message = str(done.exception)
    assert said in message and "\n" not in message
    text = Path("plan.toml").read_text()
    if "as well" in said:
        return
    line = text[: text.index(new)].count("\n") + 1 + new.count("\n")
    assert message.startswith(f"plan.toml:{line}: "), (message, line)
    assert not Path("steps.py").exists()


@pytest.mark.parametrize(
    ("answers", "functions"),
    [
        ("y\ny\ny\n", ["load_prices", "describe_prices", "sum_up"]),
        ("\nn\ny\n", ["load_prices", "sum_up"]),
        ("r read_prices\nn\na\n", ["read_prices", "sum_up"]),
        ("r\nread_prices\na\n", ["read_prices", "describe_prices", "sum_up"]),
        ("y\nm\nn\n", ["load_prices"]),
        ("n\nn\nb\ny\nn\n", ["describe_prices"]),
        ("n\nb\ny\nr sum\nr total\nr spread_of\nn\n", ["load_prices", "spread_of"]),
        ("n\nm\n?\ny\nn\n", ["describe_prices"]),
    ],
)
def test_functions_are_chosen_one_by_one(answers: str, functions: list[str]) -> None:
    done = extract("--interactive", given=answers)
    assert done.return_value == 0, (done.exception, done.output)
    module, cells = made()
    names = [name for name in re.findall(r"^def (\w+)", module, re.MULTILINE) if name != "net"]
    assert len(names) == len(functions), (names, done.output)
    for name, expected in zip(names, functions, strict=True):
        assert name == expected or not name.startswith(("read_", "spread_of"))
    assert all(f"{name}(" in "\n".join(cells) for name in names)


def test_nothing_is_written_where_all_is_skipped_or_left() -> None:
    assert "nothing selected" in str(extract("--interactive", given="n\nn\nn\n").exception)
    assert extract("--interactive", given="y\nq\n").exit_code == 1
    assert not Path("steps.py").exists()


def with_name(text: str, variable: str, name: str) -> str:
    """A plan in which a variable has another name wherever it is a parameter or a result."""
    pattern = rf'(\]\]\nname = )"{variable}"(\ntype)'
    assert re.search(pattern, text), text
    return re.sub(pattern, rf'\1"{name}"\2', text)


def test_a_parameter_gets_another_name_in_the_module_alone() -> None:
    Path("plan.toml").write_text(with_name(plan(), "prices", "euros"))
    done = extract("--plan", "plan.toml", "--run", "--verify")
    assert done.return_value == 0, (done.exception, done.output)
    module, cells = made()
    assert "prices" not in module.replace("load_prices", "").replace("Load the prices", "")
    assert "euros.append(float(line))" in module and "for price in euros:" in module
    assert "prices = load_prices()" in "\n".join(cells)


@pytest.mark.parametrize("name", ["class", "print", "middle", "math", "net"])
def test_a_name_that_a_parameter_cannot_have_is_refused(name: str) -> None:
    Path("plan.toml").write_text(with_name(plan(), "prices", name))
    done = extract("--plan", "plan.toml")
    assert done.return_value is None and f"`{name}` is" in str(done.exception)
    assert "plan.toml:" in str(done.exception)
    assert not Path("steps.py").exists()


def test_a_parameter_that_a_query_reads_keeps_its_name(folder: Path) -> None:
    cells = [
        "import pandas as pd",
        "limit = float(len(str(2)))",
        "df = pd.DataFrame({'a': [1, 2, 3]})\ndf['b'] = df['a'] * 2\n"
        "big = df.query('b > @limit')\nsmall = df.query('b <= @limit')",
        "print(big, small, limit)",
    ]
    (folder / "shop.ipynb").write_bytes(as_bytes(cells))
    Path("plan.toml").write_text(with_name(plan(), "limit", "highest"))
    done = extract("--plan", "plan.toml")
    assert "is read in a text" in str(done.exception)
