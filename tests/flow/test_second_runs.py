"""What a second run of a cell does, against Python and pandas: nothing, a change, an exception."""

from __future__ import annotations

import contextlib
import copy
import warnings
from typing import Any

import pytest

from tests.flow.cells import flow_of
from tests.test_true_findings import findings

SETUP = """\
import pandas as pd
import numpy as np
df = pd.DataFrame({"a": ["x,y,z", "u v,w", "q"], "n": [1.0, 20.0, 3.0], "b": ["A", "B", "A"]})
other = pd.DataFrame({"n": [1.0, 20.0], "m": [5, 6]})
text = "one,two,three"
words = ["one", "two", "three"]
xs = [3, 1, 2, 3]
keyed = {"a": 1, "b": 2}
number = 17
limits = {5, 6}
pair = [1, 2]
grid = np.ones((2, 3))
two = 2
path = "data"
"""
SAME = [
    'df["b"] = df["b"].replace("A", "AA")', 'df["a"] = df["a"].replace("", "none")',
    'df["b"] = df["b"].replace("B", "A or B")',
    'df["a"] = df["a"].str[0]', 'df["a"] = df["a"].astype(str).str[0]',
    'df["a"] = df["a"].str[-1]', 'df["a"] = df["a"].str[:3]', 'df["a"] = df["a"].str[-2:]',
    'df["a"] = df["a"].str.get(0)', 'df["a"] = df["a"].str.slice(0, 2)',
    'df["a"] = df["a"].str.slice(stop=2)', 'df["a"] = df["a"].str.split(",").str[0]',
    'df["a"] = df["a"].str.split(",").str[-1]', 'df["a"] = df["a"].str.split(",", n=1).str[0]',
    'df["a"] = df["a"].str.split(",", expand=True)[0]',
    'df["a"] = df["a"].str.rsplit(",", n=1).str[-1]', 'df["a"] = df["a"].str.partition(",")[0]',
    'df["a"] = df["a"].str.zfill(9)', 'df["a"] = df["a"].str.strip().str.lower()',
    'df["a"] = df["a"].str.replace(",", "")', 'df["a"] = df["a"].map(lambda v: v.split(",")[0])',
    'df["n"] = df["n"].apply(lambda v: min(v, 5))', 'df["n"] = df["n"].clip(0, 5)',
    'df["n"] = df["n"] % 7', 'df["n"] %= 7', 'df["n"] = df["n"].abs()',
    "df = df.drop(df[df.n > 3].index)", 'df = df.drop(columns="a", errors="ignore")',
    "df = df[df.n > 2]", 'df = df[["a", "n"]]', 'df = df.explode("a")', "df = df.head(2)",
    'text = text.split(",")[0]', 'text = text.split(",")[-1]', 'text = text.partition(",")[0]',
    'text = text.rpartition(",")[2]', "text = text[:3]", "text = text[-3:]",
    "text = text.zfill(20)", "words = [w[:2] for w in words]",
    "words = [w.upper() for w in words]", "number = number % 5", "number = +number", "number %= 5",
    "limits |= {7}", "xs = sorted(xs)", "df = pd.get_dummies(df)", 'df["n"] -= df["n"].mean()',
    "text = ' '.join(text.split())", "xs = xs[0:2]", "xs = xs[:two]", "xs = [*xs]",
    'keyed = {**keyed, "c": 3}', 'text = f"{text}"', "limits = limits - {5}", "limits -= {5}",
    "grid = grid[grid > 0]", 'path = path.rstrip("/") + "/"', "limits = set(list(limits) + [7])",
    "df = pd.concat([df, df.head(1)]).drop_duplicates()", "number = number % two",
    'pair = [pair[0], pair[1]]', "df = df.replace(np.inf, df.n.max())",
    "df.replace(-1, df.n.max(), inplace=True)", 'df["n"] = df["n"].replace(np.nan, 0)',
    "df = df.merge(other)", "df = pd.merge(df, other, how='left')",
    "low, high = df.n.min(), df.n.max()\ndf['n'] = (df['n'] - low) / (high - low)",
    "mean = df['n'].mean()\ndf['n'] = df['n'] - mean",
    "size = np.linalg.norm(grid)\ngrid = grid / size",
    "grid -= grid.min()", "other = other.div(other.sum(axis=1), axis=0)",
    "other = other.sub(other.mean())", "while number > 3:\n    number = number - 1",
    "while words:\n    words = words[1:]",
    "df = df.reset_index().drop(columns='index')", "df = df.reset_index().drop('index', axis=1)",
    "df = df.set_index('b').reset_index()", "df = df.set_index('b').sort_index().reset_index()",
    "df = df.reset_index(drop=True)",
]  # fmt: skip
CHANGES = [
    'df["b"] = df["b"].str.replace("A", "AA")', 'text = text.replace("o", "oo")',
    'df["a"] = df["a"].str[1]', 'df["a"] = df["a"].str[1:]',
    'df["a"] = df["a"].str.split(",").str[1]', 'df["a"] = df["a"].str.split(",", n=1).str[-1]',
    'df["a"] = df["a"].str.rsplit(",", n=1).str[0]', 'df["a"] = df["a"].str.slice(1)',
    'df["a"] = df["a"] + "!"', 'df["n"] = df["n"] * 2', 'df["n"] *= 2',
    'df["n"] = df["n"].apply(lambda v: v * 2)', 'df["n"] = np.log(df["n"])',
    "df = pd.concat([df, df.head(1)])", "df = pd.concat([df, other])", "df = df.T", "xs.append(1)",
    "del xs[0]", "xs.pop()", "xs = xs + [1]", "text = text[1:]", 'text = text.split(",", 1)[-1]',
    "number += 1", "number //= 2", "number = -number", "words = [w + '!' for w in words]",
    "xs = np.append(xs, 1)", 'df["n"] = df["n"].shift()', "text = f'<{text}>'",
    "xs = xs[two:]", "xs = xs[1:]", "xs = xs[:-1]", "xs = [*xs, 4]", "xs = [xs, 4]",
    'keyed = {**keyed, "a": keyed["a"] + 1}', 'keyed = {"old": keyed}', "text = '<%s>' % text",
    'text = text.title() + "x"', "number = int(number) + 1", "grid = (grid * 2).astype(int)",
    "grid = np.array(grid) / 255", "df = df.reset_index()", "xs.extend([1])", "xs.insert(0, 9)",
    "df = df.merge(other, how='cross')", 'df["n"] = df["n"].diff()', "number, two = two, number",
    "df = df.reset_index(drop=False)", "df.reset_index(inplace=True)",
    'df["n"] = df["n"].cumsum()', 'words = [(w, 1) for w in words]', "number = 1 - number * 2",
]  # fmt: skip
FAILS = [
    'del df["a"]', 'df.drop("a", axis=1, inplace=True)', 'df = df.drop(columns=["a"])',
    'df = df.set_index("a")', 'df.set_index("a", inplace=True)', 'df.pop("a")',
    "df.insert(0, 'k', 1)", 'df = df["a"]', "del number", 'del keyed["a"]', 'keyed.pop("a")',
    "limits.remove(5)", 'text = text.split(",")', 'text = text.split(",")[1]',
    'df = pd.get_dummies(df, columns=["b"])', "df = df.drop(1)", "max = max(xs)",
    'df = df.melt("a")', 'df = df.rename_axis("k").reset_index()', 'df = df.reset_index(names="k")',
    'df = df.merge(other, on="n", indicator=True)',
    'df = df.merge(other, on="n", how="left", indicator="from")',
]  # fmt: skip


def truth(statement: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _truth(statement)


def _truth(statement: str) -> str:
    space: dict[str, Any] = {}
    exec(SETUP, space)
    exec(statement, space)
    state = copy.deepcopy({name: space[name] for name in _NAMES if name in space})
    try:
        exec(statement, space)
    except Exception:
        return "fails"
    return "same" if all(_is_same(state[name], space[name]) for name in state) else "changes"


_NAMES = (
    "df", "other", "text", "words", "xs", "keyed", "number", "limits", "pair", "grid", "two",
    "path",
)  # fmt: skip


def _is_same(left: Any, right: Any) -> bool:
    if hasattr(left, "equals"):
        with contextlib.suppress(AttributeError, TypeError, ValueError):
            left, right = left.round(9), right.round(9)
        return bool(left.equals(right))
    return repr(left) == repr(right)


def told(statement: str) -> str:
    """What the analysis is certain of."""
    again = flow_of(f"{SETUP}\n|\n{statement}").again(1)
    reasons = [reason for reason in again if reason.certain]
    if not reasons:
        return "same"
    return "fails" if all(reason.is_loud for reason in reasons) else "changes"


@pytest.mark.parametrize("statement", SAME)
def test_what_changes_nothing_more_is_safe(statement: str) -> None:
    assert (truth(statement), told(statement)) == ("same", "same")


@pytest.mark.parametrize("statement", CHANGES)
def test_what_changes_silently_is_told(statement: str) -> None:
    assert (truth(statement), told(statement)) == ("changes", "changes")


@pytest.mark.parametrize("statement", FAILS)
def test_what_raises_is_told_as_that(statement: str) -> None:
    assert (truth(statement), told(statement)) == ("fails", "fails")


OPEN = [
    'df = pd.DataFrame({"a": [1, 2, 3], "n": df.n})', "words = sum(words, [])", "xs = xs[0]",
    "grid = grid.reshape(1, -1).tolist()[0]", "grid = grid[0].tolist()", "grid = grid.mean(axis=0)",
    'df = df.groupby("b")["n"].mean().reset_index()', "grid = grid[1]", "grid = grid.take([0])",
    'number = f"{number:.2f}"', "df = df.n", "df = df.pivot_table(index='b', values='n')",
    "words = {'first': words[0], 'second': words[1] + '!'}", "pair = np.array([pair, pair])[0]",
    "grid = grid @ grid.T", 'df = df.merge(other, on="n")[["a", "n"]]',
    "path = getattr(path, 'title')",
]  # fmt: skip
"""What raises, changes or changes nothing by what the values happen to be."""


@pytest.mark.parametrize("statement", OPEN)
def test_what_hangs_on_the_values_is_not_claimed(statement: str) -> None:
    assert told(statement) == "same"


@pytest.mark.parametrize(
    ("function", "certain"),
    [
        ('lambda row: {"t": prefix + row["text"]}', False),
        ('lambda row: {"text": row["text"], "user": row["user"]}', False),
        ('lambda row: {"text": tokenize(row["text"])}', False),
        ('lambda row: {"text": row["text"] + "!"}', True),
    ],
)
def test_a_data_set_whose_rows_are_mapped_changes_by_its_own_keys(
    function: str, certain: bool
) -> None:
    setup = "from datasets import load_dataset\ndata = load_dataset()\nprefix = 'a'"
    flow = flow_of(f"{setup}\n|\ndata = data.map({function})")
    assert any(reason.certain for reason in flow.again(1)) is certain


LOUD = [
    "wide = pd.get_dummies(df[['a', 'b']])\ndf = pd.concat([df, wide], axis=1)\n"
    "df.drop(['c', 'a', 'b'], axis=1, inplace=True)",
    "df = pd.concat([df, df[['a']] * 2], axis=1)\ndel df['a']",
    "df = pd.concat([df, df[['a']] * 3], axis=1)\nfirst = df.pop('a')",
]


@pytest.mark.parametrize("source", LOUD)
def test_a_column_that_is_taken_away_stops_a_second_run(source: str) -> None:
    start = "import pandas as pd\ndf = pd.read_csv('sales.csv')"
    assert not findings("NBP109", start, source, level="shared")
    kept = source.rpartition("\n")[0]
    assert findings("NBP109", start, kept, level="shared")


UNDONE = [
    "df.reset_index(inplace=True)\ndf.set_index('date', inplace=True)",
    "df = df.reset_index()\ndel df['index']",
    "df = df.reset_index()\ndf = df.sort_values('x')\ndf = df.drop(columns='level_0')",
    "df.set_index('date', inplace=True)\nprint(df.loc['2020'])\ndf.reset_index(inplace=True)",
]


@pytest.mark.parametrize("source", UNDONE)
def test_an_index_that_the_cell_puts_back_is_no_change(source: str) -> None:
    start = "import pandas as pd\ndf = pd.read_csv('sales.csv')\nprint(df.iloc[:, 0])"
    assert not findings("NBP109", start, source)


def test_what_else_the_cell_changes_meanwhile_is_told() -> None:
    start = "import pandas as pd\ndf = pd.read_csv('a.csv')\nmore = pd.read_csv('b.csv')"
    source = "df.reset_index(inplace=True)\ndf = df.merge(more, on='k')\n"
    (found,) = findings("NBP109", start, f"{source}df.set_index('index', inplace=True)")
    assert found.snippet == "df = df.merge(more, on='k')"
    assert found.message.startswith("running this cell twice changes `df`")


def test_a_column_with_the_old_index_has_help_of_its_own() -> None:
    start = "import pandas as pd\ndf = pd.read_csv('sales.csv')"
    (found,) = findings("NBP109", start, "df = df.reset_index()\nprint(df.iloc[:, 2])")
    assert found.message.startswith("a second run of this cell adds another column")
    assert "drop=True" in (found.help or "")


ENDLESS = [
    "while 1:\n        for item in xs:\n            yield item",
    "while True:\n        if not xs:\n            xs = [0]\n        yield xs.pop()",
    "while True:\n        for x in xs:\n            if x:\n                break\n        yield x",
    "yield from itertools.cycle(xs)",
]
ENDING = [
    "while 1:\n        for item in xs:\n            yield item\n        break",
    "while True:\n        if not xs:\n            return\n        yield xs.pop()",
    "while xs:\n        yield xs.pop()",
    "def inner():\n        while True:\n            yield 1\n    yield from xs",
]


@pytest.mark.parametrize("body", ENDLESS + ENDING)
def test_a_generator_without_an_end_does_not_run_out(body: str) -> None:
    made = f"import itertools\ndef items(xs):\n    {body}\nmine = items(open('a.txt').readlines())"
    found = findings("NBP109", made, "first, second = next(mine), next(mine)", level="shared")
    assert bool(found) is (body in ENDING)


def test_a_list_of_what_is_drawn_is_no_warning() -> None:
    start = "import matplotlib.pyplot as plt\nshown = [plt.plot(open('a.txt').readlines())]"
    grown = "line = plt.plot([3])\nshown += [line]\nplt.legend(shown)"
    assert not findings("NBP109", start, grown, level="shared")
    (found,) = findings("NBP109", start, grown)
    assert not found.related
    assert findings("NBP109", start, grown, "count = len(shown) / 2", level="shared")


NOTE = {"cell_type": "markdown", "source": "Now two more places."}


def test_a_list_that_grows_by_what_is_written_out_is_no_warning() -> None:
    start = "from places import Net, Point\nplaces = [Point(1, 2)]\nnet = Net(places)"
    more = "new = [Point(3, 4), Point(5, 6)]\nplaces += new"
    notes = [start, NOTE, more, NOTE, "net = Net(places)"]
    assert not findings("NBP109", *notes, level="shared")
    # What nobody explains may be an analysis, and what is read from elsewhere is one.
    assert findings("NBP109", *(cell for cell in notes if cell is not NOTE), level="shared")
    notes[2] = "new = [Point(x, 4) for x in open('places.txt')]\nplaces += new"
    assert findings("NBP109", *notes, level="shared")
