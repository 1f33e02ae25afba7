"""The fix of a path replaces all of its uses, under a good name; placeholders are information."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbprod.checking.engine import check_notebook
from nbprod.checking.registry import select
from nbprod.fixing.apply import fix_bytes
from nbprod.notebook.read import read_notebook
from tests.test_lifting import document, printed
from tests.test_true_findings import findings

READ = "def read(*given, **more):\n    print(given, more)\n    return given"
FOLDER = "/Users/ada/report"


def fixed(*cells: str, rule: str = "NBP401") -> tuple[str, bool]:
    """The code after the fix of a rule, and whether it prints what it printed before."""
    given = json.dumps(document("import os", READ, *cells)).encode()
    selection = select([rule])
    outcome = fix_bytes(
        given, "x.ipynb", lambda notebook: check_notebook(notebook, selection), unsafe=True
    )
    code = "\n".join(cell.source for cell in read_notebook(outcome.data, "x.ipynb").cells)
    return code, printed(given) == printed(outcome.data)


USES: dict[str, list[str]] = {
    "read and written": [f"df = read('{FOLDER}/a.csv')", f"read(df, '{FOLDER}/a.csv')"],
    "in two branches": [
        f"if os.path.exists('{FOLDER}/a.csv'):\n    read('{FOLDER}/a.csv', mode='a')\n"
        f"else:\n    read('{FOLDER}/a.csv', mode='w')"
    ],
    "a folder and a file": [f"read('{FOLDER}')", f"read('{FOLDER}/a.csv')", f"read(['{FOLDER}'])"],
    "a file, then its folder": [f"read('{FOLDER}/a{{1}}.csv')", f"read('{FOLDER}/')"],
    "a drive": [r"read(r'D:\sales\a.csv')", r"x = [r'D:\sales\a.csv', 2]", "read(x)"],
    "another notation": [r"read(r'D:\sales\a.csv')", r"read('D:\\sales\\a.csv')"],
    "two of one home": [f"a = read('{FOLDER}/a.csv')", f"read('{FOLDER}/b.csv', '{FOLDER}/a.csv')"],
}  # fmt: skip


@pytest.mark.parametrize("case", USES)
def test_a_path_has_one_place_after_the_fix(case: str) -> None:
    code, same = fixed(*USES[case])
    assert same
    for text in (FOLDER, r"D:\sales\a", r"D:\\sales\\a"):
        assert code.count(text) <= (2 if case == "two of one home" else 1)


HELD = [
    ("DATA = '/Users/ada/a.csv'", "read('/Users/ada/a.csv')", "read(DATA)"),
    ("data_file = 'D:/sales/a.csv'", "read(src='D:/sales/a.csv')", "read(src=data_file)"),
    ("root = '/home/ada/x/'", "read('/home/ada/x/')\nread('/home/ada/x/b')", 'read(f"{root}b")'),
]


@pytest.mark.parametrize(("made", "use", "after"), HELD)
def test_a_variable_that_holds_the_path_is_used(made: str, use: str, after: str) -> None:
    code, same = fixed(f"{made}\nread({made.partition(' = ')[0]})", use)
    assert same and after in code


NAMES = [
    ("Path_of = read('/Users/ada/psds/')", "path_of_path"),
    ("Path = read\nPath('/Users/ada/psds/')", "psds_path"),
    ("EEG_data_path = 1\nEEG_data = read('/Users/ada/wave.nc')", "wave_path"),
    ("SALES_PATH = 1\nread('/Users/ada/sales.csv')", "sales_path_2"),
    ("read('/Users/ada/2024/')", "read_path"),
    ("read(source='/Users/ada/a.csv')\nopened = read\nopened(source='/Users/ada/a.csv')", "source"),
]


@pytest.mark.parametrize(("cell", "name"), NAMES)
def test_a_new_parameter_says_what_the_path_is(cell: str, name: str) -> None:
    code, same = fixed(cell)
    assert f"\n{name} = '/Users" in code and same


REFUSED = [
    [f"read('{FOLDER}/a.csv')", "!head /Users/ada/report/a.csv"],
    [f"read('{FOLDER}/a.csv')", f"@cached\ndef load():\n    return read('{FOLDER}/a.csv')"],
    [f"read('{FOLDER}/a.csv')", f"read(f'{FOLDER}/a.csv')"],
    [f"here = '{FOLDER}/'\nread(here)\nhere = 1", f"read('{FOLDER}/a.csv')"],
]


@pytest.mark.parametrize("cells", REFUSED)
def test_no_fix_leaves_a_use_behind(cells: list[str]) -> None:
    found, *_ = findings("NBP401", READ, *cells)
    assert found.fix is None


SLIGHT: list[list[Any]] = [
    ["open('/path/to/sales.csv')", "open('/Users/yourname/sales.csv')"],
    ["open('C:/path/to/sales.csv')"],
    ["open('/home/user/sales.csv')"],
    ["open('/Users/<name>/sales.csv')"],
    ["# picture you want\na = '/home/ada/a.png'\n# its style\nb = '/home/ada/b.png'\nopen(a + b)"],
    ["if os.uname()[1] == 'ada':\n    a = '/Users/ada/a'\nelse:\n    a = '/home/eve/a'", "open(a)"],
    ["import getpass\nwho = getpass.getuser()", "open('/Users/ada/a' if who == 'ada' else 'a')"],
    ["import platform", "open({'Linux': '/home/ada/a', 'Darwin': 'a'}[platform.system()])"],
]  # fmt: skip
MEANT: list[list[Any]] = [
    ["if 2 > 1:\n    open('/Users/ada/sales.csv')"],
    ["import socket\nif socket.gethostname() == 'ada':\n    pass\nopen('/Users/ada/sales.csv')"],
    ["open('/path/to/sales.csv')", "open('/Users/ada/sales.csv')"],
    ["a = 1  # the unit you want\n\nopen('/home/ada/sales.csv')"],
]


@pytest.mark.parametrize("cells", SLIGHT)
def test_a_placeholder_or_a_path_of_one_machine_is_information(cells: list[Any]) -> None:
    assert not findings("NBP401", *cells, level="shared")


@pytest.mark.parametrize("cells", MEANT)
def test_a_path_that_is_no_placeholder_is_a_warning(cells: list[Any]) -> None:
    (found,) = findings("NBP401", *cells, level="shared")
    assert "ada" in found.message
