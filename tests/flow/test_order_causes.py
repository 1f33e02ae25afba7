"""One cause of another order is one finding, and what it says holds for a run of all cells."""

from __future__ import annotations

import json

import pytest

from nbprod.config.settings import Settings
from nbprod.fixing.rule_examples import ipynb_of
from nbprod.model import Finding
from nbprod.project.run import check_bytes
from nbprod.testing import parse_example


def findings(text: str, *rules: str) -> list[Finding]:
    data = ipynb_of(parse_example(text))
    assert json.loads(data)["cells"]
    return list(check_bytes(data, "x.ipynb", Settings(select=rules)).findings)


ONE_CAUSE = [
    "# %% [1]\na = 1\nb = 2\n# %% [5]\nprint(a, b)\n# %% [4]\na = 3\nb = 4\n",
    "# %% [1]\na = b = 1\n# %% [5]\nprint(a)\n# %% [6]\nprint(b)\n# %% [4]\na, b = 3, 4\n",
    "# %% [1]\na = 1\n# %% [4]\nprint(a)\n# %% [5]\nprint(c)\n# %% [2]\na = 2\nc = 3\n",
    "# %% [1]\na = 1\n# %% [4]\nprint(c)\n# %% [5]\nprint(a)\n# %% [2]\nc = 3\na = 2\n",
]


@pytest.mark.parametrize("text", ONE_CAUSE)
def test_what_one_cell_defines_too_late_is_one_finding(text: str) -> None:
    assert len(findings(text, "NBP101", "NBP106")) == 1


def test_two_cells_that_ran_elsewhere_are_two_findings() -> None:
    text = (
        "# %% [1]\na = 1\nb = 2\n# %% [5]\nprint(a)\n# %% [7]\nprint(b)\n# %% [4]\na = 3\n"
        "# %% [6]\nb = 4\n"
    )
    assert len(findings(text, "NBP106")) == 2


FRAME = "# %% [1]\nimport pandas as pd\ndf = pd.read_csv('a.csv')\n# %% [4]\n{}\n# %% [3]\n{}\n"


@pytest.mark.parametrize(
    ("read", "change"),
    [
        ("print(df['x'].sum())", "df['y'] = df['x'] * 2"),
        ("df['x'].hist()", "df['y'] = 0"),
        ("total = df['x'] + df['z']", "df['y'] = df['z'].shift()"),
    ],
)
def test_another_column_is_no_other_definition(read: str, change: str) -> None:
    assert findings(FRAME.format(read, change), "NBP106") == []


@pytest.mark.parametrize(
    ("read", "change"),
    [("print(df['y'])", "df['y'] = 1"), ("df.head()", "df['y'] = 1"), ("df.plot()", "df.x *= 2")],
)
def test_a_change_is_called_a_change(read: str, change: str) -> None:
    (found,) = findings(FRAME.format(read, change), "NBP106")
    assert "had been changed by cell 3" in found.message and "comes from" not in found.message


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("y = 1", "y = 2"),
        ("def y():\n    return 1", "def y():\n    return 2"),
        ("y = [1]", "y = {}"),
    ],
)
def test_what_a_cell_without_a_count_defines_is_not_undefined(above: str, below: str) -> None:
    text = f"# %% [1]\nn = 3\n# %%\n{above}\n# %% [5]\nprint(y)\n# %% [3]\n{below}\n"
    (found,) = findings(text, "NBP106")
    assert "undefined" not in found.message and "comes from cell 2" in found.message


LAST_SOURCES = [
    ("# %% [5]\nprint(a)\n# %% [4]\na = 1\n# %% [2]\na = 2\n", "cell 2 In[4]"),
    ("# %% [8]\nprint(a)\n# %% [2]\na = 1\n# %% [7]\na = 2\n# %% [3]\na = 3\n", "cell 3 In[7]"),
    ("# %% [4]\nprint(a)\n# %% [2]\na = 1\n# %% [3]\na = 2\n", "cell 3 In[3]"),
    (
        "# %% [6]\nprint(a)\n# %% [4]\nc = gone\na = 1\n# %% [2]\na = 2\n# %% [5]\nd = 1\n",
        "cell 2 In[4]",
    ),
]


@pytest.mark.parametrize(("text", "source"), LAST_SOURCES)
def test_the_value_came_from_the_cell_that_ran_last_before_the_read(text: str, source: str) -> None:
    found = [finding for finding in findings(text, "NBP101") if finding.place.cell == 1]
    told = [
        place.message
        for finding in found
        for place in finding.related
        if place.message is not None and "it came from" in place.message
    ]
    assert found and told
    assert all(message.endswith(f"it came from {source}") for message in told)
