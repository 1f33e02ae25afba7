"""Several notebooks become one application: what one writes and another reads passes on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nbprod.errors import UsageError
from nbprod.pipeline.several import NotebookFiles, order_of_notebooks
from tests.pipeline.test_command import nbprod, run, save

LOAD = ["# Load", "import pandas as pd\ndf = pd.DataFrame({'a': [1.5, 2.5], 'b': [3, 4]})",
        "df.to_csv('raw.csv', index=False)"]  # fmt: skip
FEATURES = [
    "# Features",
    "import pandas as pd\nTARGET = 'features.csv'\ndf = pd.read_csv('raw.csv')",
    "df['c'] = df['a'] * df['b']\nprint(len(df))\ndf.to_csv(TARGET, index=False)",
]
TRAIN = ["# Train", "import pandas as pd\ndf = pd.read_csv('features.csv')",
         "total = float(df['c'].sum())\nprint('total', total)"]  # fmt: skip


def files(path: str, reads: str = "", writes: str = "") -> NotebookFiles:
    return NotebookFiles(path, frozenset(reads.split()), frozenset(writes.split()))


def test_the_order_follows_the_data_and_else_the_command_line() -> None:
    notebooks = [files("c", "y"), files("a", "", "x"), files("b", "x", "y"), files("d")]
    assert order_of_notebooks(notebooks) == [1, 2, 0, 3]
    assert order_of_notebooks([files("a"), files("b")]) == [0, 1]


@pytest.mark.parametrize(
    ("notebooks", "said"),
    [
        ([files("a.ipynb", "", "x.csv"), files("b.ipynb", "", "x.csv")],
         r"`x.csv` is written by a.ipynb and by b.ipynb; give one"),
        ([files("a.ipynb", "y", "x"), files("b.ipynb", "x", "y")],
         r"wait for each other: a.ipynb reads `y` of b.ipynb, b.ipynb reads `x` of a.ipynb"),
        ([files("s.ipynb", "x"), files("a.ipynb", "z", "x"), files("b.ipynb", "x", "y"),
          files("c.ipynb", "y", "z")],
         r"other: a.ipynb reads `z` of c.ipynb, c.ipynb reads `y` of b.ipynb, b.ipynb reads `x`"),
    ],
)  # fmt: skip
def test_a_cycle_and_two_writers_are_refused(notebooks: list[NotebookFiles], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        order_of_notebooks(notebooks)


def three(folder: Path) -> None:
    for name, sources in (("03_train", TRAIN), ("01_load", LOAD), ("02_features", FEATURES)):
        save(folder / f"{name}.ipynb", sources)


NAMES = ("03_train.ipynb", "01_load.ipynb", "02_features.ipynb")


def test_files_between_notebooks_are_artefacts(tmp_path: Path) -> None:
    three(tmp_path)
    done = nbprod(tmp_path, "pipeline", *NAMES, "-o", "app")
    assert done.returncode == 0, done.stderr
    graph = (tmp_path / "app" / "src" / "app" / "pipeline.py").read_text()
    tasks = re.findall(r'Task\(\s*"(\w+)"', graph)
    assert len(tasks) >= 3
    sources = re.findall(r'"\w+": "(\w+)\.\w*(?:raw|TARGET|features)\w*"', graph)
    writers = [source for source in sources if source != "paths"]
    assert len(writers) == 2
    assert tasks.index(writers[0]) < tasks.index(writers[1])
    # What passes on is no file that the application reads from outside.
    assert "files={" not in graph


@pytest.mark.slow
def test_several_notebooks_are_proven_and_run_without_their_files(tmp_path: Path) -> None:
    three(tmp_path)
    done = nbprod(tmp_path, "pipeline", *NAMES, "-o", "app", "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "app" / "data").mkdir()
    done = run(tmp_path / "app", "pipeline")
    assert done.returncode == 0, done.stderr
    assert "total 14.5" in done.stderr
    assert {path.name for path in (tmp_path / "app" / "data").iterdir()} == {
        "raw.csv", "features.csv",
    }  # fmt: skip


def test_what_cannot_be_one_session_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", ["max = 3\nprint(max)"])
    save(tmp_path / "b.ipynb", ["x = [1, 2]\nprint(max(x))"])
    done = nbprod(tmp_path, "pipeline", "a.ipynb", "b.ipynb", "-o", "app")
    assert done.returncode == 2
    assert "a.ipynb gives `max` another meaning" in done.stderr
    (tmp_path / "other").mkdir()
    save(tmp_path / "other" / "c.ipynb", ["print(1)"])
    done = nbprod(tmp_path, "pipeline", "b.ipynb", "other/c.ipynb", "-o", "app")
    assert "the notebooks are in several directories; put them into one" in done.stderr
    assert not (tmp_path / "app").exists()
