"""Second runs that add nothing, find as many items, stop before a change, or are one more step."""

from __future__ import annotations

import pytest

from tests.test_true_findings import findings

TABLES = """\
import pandas as pd
df = pd.read_csv("have.csv")
new = pd.read_csv("more.csv")
rows = open("rows.txt").read().split()
"""
GUARDED = [
    "missing = set(new.id) - set(df.id)\ndf = pd.concat([df, new[new.id.isin(missing)]])",
    "missing = set(new.id).difference(df.id)\nif missing:\n    df = pd.concat([df, load(missing)])",
    "todo = sorted(set(new.id) - set(rows))\nrows.extend(todo)",
    "todo = [one for one in new.id if one not in rows]\nrows += todo",
    "todo = set(new.id) - set(rows)\nfor one in todo:\n    rows.append(one)",
    "todo = set(new.id) - set(rows)\nif len(todo) > 0:\n    rows.append('more')",
]
GROWING = [
    "missing = set(new.id) - set(df.id)\nrows.extend(missing)",
    "todo = [one for one in new.id if one in rows]\nrows += todo",
    "total = 5 - 3\nrows.append(total)",
]


@pytest.mark.parametrize("code", GUARDED)
def test_adding_what_is_missing_adds_nothing_twice(code: str) -> None:
    assert not findings("NBP109", TABLES, code)


@pytest.mark.parametrize("code", GROWING)
def test_adding_anything_else_is_reported(code: str) -> None:
    assert findings("NBP109", TABLES, code)


IMAGES = "from keras.preprocessing.image import ImageDataGenerator\nimages = ImageDataGenerator()\n"
ENDLESS = [
    "batches = images.flow_from_dataframe(table)",
    "def load(folder):\n    return images.flow_from_directory(folder)\nbatches = load('train')",
    "def load(x):\n    batch = images.flow(x)\n    return batch\nbatches = iter(load('train'))",
    "batches = zip(images.flow(x), images.flow(y))",
    "from loaders import batches_of\nbatches = batches_of('train')",
    "from utils.data import create_generator\nbatches = create_generator(table, 'y')",
    "from torchdata import rows\nbatches = rows(table)",
]


@pytest.mark.parametrize("code", ENDLESS)
def test_batches_that_start_again_do_not_run_out(code: str) -> None:
    assert not findings("NBP109", IMAGES + code, "x, y = next(batches)\nprint(x)")


def test_what_runs_out_is_consumed() -> None:
    made = "def lines(path):\n    for line in open(path):\n        yield line\nbatches = lines('a')"
    (found,) = findings("NBP109", made, "x = next(batches)\nprint(x)")
    assert "finds fewer items" in found.message


STOPS = [
    "df = df.merge(new, on='k')\ndf.rename(columns={'k': 'z'}, inplace=True)",
    "df = pd.merge(df, new, left_on='k', right_on='b')\ndf = df.drop('k', axis=1)",
    "key = 'k'\ndf = df.merge(new, on=key)\ndf = df.drop(columns=['k'])",
    "key = 'k'\nsizes = df.groupby(key).size()\ndf['n'] = df['n'] * 2\ndel df[key]",
    "df = df.sort_values('k')\ndf['n'] += 1\ndf.drop(columns='k', inplace=True)",
]
CHANGES = [
    "df['n'] = df['n'] * 2\nsizes = df.groupby('k').size()\ndf.drop(columns='k', inplace=True)",
    "df['n'] = df['n'] * 2\ndf = df.sort_values('k')\ndf.drop(columns='other', inplace=True)",
]


@pytest.mark.parametrize("code", STOPS)
def test_a_second_run_that_stops_at_a_key_changes_nothing(code: str) -> None:
    assert not findings("NBP109", TABLES, code, level="shared")


@pytest.mark.parametrize("code", CHANGES)
def test_what_changes_before_or_without_a_stop_is_reported(code: str) -> None:
    assert findings("NBP109", TABLES, code, level="shared")


@pytest.mark.parametrize("name", ["optimizer", "opt", "adam"])
def test_one_step_by_hand_is_meant(name: str) -> None:
    made = f"from shop.training import Adam\n{name} = Adam(rate=0.1)"
    assert not findings("NBP109", made, f"{name}.step()")


RESPONSES = [
    ("from pastas import Hantush", "Hantush()", "head = model.step([1, 2])", False),
    ("from control import System", "System(read)", "print(model.step(5))", False),
    ("from control import System", "System(read)", "ax.plot(2 * model.step())", False),
    (
        "from control import System",
        "System(read)",
        "for dt in [1]:\n    y = model.step(dt)",
        False,
    ),
    ("from control import System", "System(read)", "model.step(5)\nprint(1)", True),
    ("from gymnasium import Wrapper", "Wrapper(read)", "state = model.step(5)", True),
]


@pytest.mark.parametrize(("imported", "made", "cell", "is_change"), RESPONSES)
def test_a_step_whose_result_is_used_may_be_a_response(
    imported: str, made: str, cell: str, is_change: bool
) -> None:
    start = f"import matplotlib.pyplot as plt\n{imported}\nread = open('a').read()\nax = plt.gca()"
    start += f"\nmodel = {made}"
    assert bool(findings("NBP109", start, cell, level="shared")) is is_change


@pytest.mark.parametrize("line", ["out.write(text)", "out.writelines([text])"])
def test_what_is_written_to_an_open_file_has_no_result_to_name(line: str) -> None:
    start = "text = open('a.txt').read()\nout = open('b.txt', 'w')"
    (found,) = findings("NBP109", start, line, level="shared")
    assert found.help == "open it for writing in this cell"


@pytest.mark.parametrize("code", ["env.step()", "env.step()\nrows.append(1)"])
def test_a_step_of_anything_else_is_reported(code: str) -> None:
    assert findings("NBP109", "from shop.games import Env\nenv = Env()\n" + TABLES, code)
