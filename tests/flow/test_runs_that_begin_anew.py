"""Second runs that begin anew or give the same again, and what to do about those that do not."""

from __future__ import annotations

import pytest

from tests.test_true_findings import findings, said

SET_UP = """
import gym, numpy as np, pandas as pd
from wrappers import Small
def make():
    return Small(gym.make("Pong"))
env = make()
size = env.action_space.n
lines = open("log.txt", "r+")
df = pd.read_csv("a.csv")
cols = list(df.columns)
text = input()
"""
ANEW = [
    ("state = env.reset()\nfor _ in range(9):\n    state = env.step(1)", True),
    ("for game in range(2):\n    env.reset(seed=game)\n    while game:\n        env.step(0)", True),
    ("lines.seek(0)\nlines.write(text)", True),
    ("lines.seek(0)\nhead = next(lines)", True),
    ("env.step(1)", False),
    ("if text:\n    env.reset()\nenv.step(1)", False),
    ("def again():\n    env.reset()\nenv.step(1)", False),
    ("lines.seek(8)\nhead = next(lines)", False),
]


@pytest.mark.parametrize(("cell", "is_anew"), ANEW)
def test_a_cell_that_rewinds_what_it_moves_begins_anew(cell: str, is_anew: bool) -> None:
    assert bool(findings("NBP109", SET_UP, cell, level="shared")) is not is_anew


SAME = [
    ("df = df.loc[1:]", True),
    ("df = df.loc['2019':'2021']", True),
    ("df = df.loc[10:].dropna()", True),
    ("df = df.iloc[1:]", False),
    ("df = df.loc[::2]", False),
    ("df = df.loc[1:].reset_index(drop=True)", False),
    ("cols = ['id'] + cols[1:]", True),
    ("cols = cols[:2] + ['price'] + cols[3:]", True),
    ("text = text[:-1] + '.'", True),
    ("text = 'a' + text[1:]", True),
    ("cols = ['id', 'key'] + cols[1:]", False),
    ("text = 'ab' + text[1:]", False),
    ("cols = ['id'] + cols", False),
]


@pytest.mark.parametrize(("cell", "is_same"), SAME)
def test_pieces_that_are_picked_or_replaced_again(cell: str, is_same: bool) -> None:
    assert bool(findings("NBP109", SET_UP, cell, level="shared")) is not is_same


DATA = "import numpy as np\nsaved = np.load('a.npz')\ny = saved['y']\nz = np.load('z.npy')\n"
CENTRED = """for i in range(3):
    low = {0}[:, i].mean()
    means.append(low)
    {0}[:, i] -= low
"""


@pytest.mark.parametrize("name", ["y", "z"])
def test_an_initial_value_is_not_enough_where_the_data_change_with_it(name: str) -> None:
    found = findings("NBP109", DATA + "means = []", CENTRED.format(name), level="shared")
    assert said(found) == (
        "each run of this cell mutates `means` again (`append`) | change a copy of "
        f"`{name}` made in this cell, and set the initial value of `means` here"
    )


@pytest.mark.parametrize("change", ["{0}[:, i] *= 1e6", "{0}[i] += 1", "{0}[i] /= 2"])
@pytest.mark.parametrize("name", ["y", "z"])
def test_what_alters_values_is_named_before_a_list_that_grows(name: str, change: str) -> None:
    cell = CENTRED.replace("    low", "    " + change + "\n    low", 1).format(name)
    found = findings("NBP109", DATA + "means = []", cell, level="shared")
    assert len(found) == 1 and found[0].place.line == 2 and f"`{name}` again" in found[0].message
    assert len(found[0].related) == 1 and "`means`" in found[0].related[0].message


@pytest.mark.parametrize("own", ["y = saved['y'].copy()\n", "y = np.zeros((3, 3))\n"])
def test_what_the_cell_makes_itself_needs_no_copy(own: str) -> None:
    found = findings("NBP109", DATA + "means = []", own + CENTRED.format("y"), level="shared")
    assert "| set the initial value in this cell" in said(found)
