"""A name that an import further down binds is imported above; no cell moves for it."""

from __future__ import annotations

import json

import pytest

from nbprod.config.settings import Settings
from nbprod.fixing.apply import fix_bytes
from nbprod.model import Edit
from nbprod.notebook.read import read_notebook
from nbprod.project.run import check_one
from tests.test_true_findings import findings
from tests.truth.score import as_bytes

COPIED = [
    (
        ["words = ['a']", "tally = Counter(words)", "from collections import Counter, deque"],
        "from collections import Counter",
    ),
    (
        ["signal = 3", "%matplotlib inline\nprint(np.sqrt(signal))", "!pip install shap",
         "import shap\nimport numpy as np"],
        "import numpy as np",
    ),
    (
        ["def day(text):\n    return text", "# the day\nprint(dt.date(2020, 1, 1))",
         "import datetime as dt"],
        "import datetime as dt",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "text"), COPIED)
def test_the_import_is_copied_into_the_cell_that_reads_first(cells: list[str], text: str) -> None:
    (found,) = findings("NBP101", *cells)
    assert found.help == f"import it above: `{text}`"
    assert found.fix is not None and found.fix.title == f"Add `{text}` to cell 2"
    assert all(isinstance(edit, Edit) for edit in found.fix.edits)
    after = fixed(cells)
    line = cells[1].splitlines()[-1]
    assert after == [cells[0], cells[1].replace(line, f"{text}\n{line}"), *cells[2:]]


def fixed(cells: list[str]) -> list[str]:
    counts: list[int | None] = [None] * len(cells)
    outcome = fix_bytes(
        as_bytes(cells, counts),
        "made.ipynb",
        lambda notebook: check_one(notebook, Settings(select=("NBP101",)), 30).findings,
        unsafe=True,
    )
    assert json.loads(outcome.data)["cells"]
    return [cell.source for cell in read_notebook(outcome.data, "made.ipynb").cells]


TOPS = [
    ("from __future__ import annotations\nprint(re.A)", "\nprint", "\nimport re\nprint"),
    ("%%time\n# search\nprint(re.A)", "\nprint", "\nimport re\nprint"),
    ('"""Search."""\n%matplotlib inline\n@re.cache\ndef f(): pass', "\n@", "\nimport re\n@"),
]


@pytest.mark.parametrize(("source", "old", "new"), TOPS)
def test_the_import_goes_below_what_has_to_be_first(source: str, old: str, new: str) -> None:
    assert fixed([source, "import re"]) == [source.replace(old, new), "import re"]


FIRST = [
    (["whisper.load()", "!pip install openai-whisper", "import whisper"],
     "cell 2 installs it, so install it above first"),
    (["%load_ext autoreload\nshopping.run()", "import sys\nsys.path.append('..')",
      "import shopping"], "cell 2 makes it importable, so do that above first"),
    (["print(random.random())", "import random\nrandom.seed(3)"],
     "cell 2 also sets a seed, style or option, so set that above first"),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "words"), FIRST)
def test_what_an_import_needs_first_is_named(cells: list[str], words: str) -> None:
    (found,) = findings("NBP101", *cells)
    assert found.help is not None and found.help.endswith(f"; {words}") and found.fix is None


DIFFERENT = [
    ["print(sqrt(2))", "from math import sqrt", "from numpy import sqrt"],
    ["plt.plot([1])", "try:\n    import matplotlib.pyplot as plt\nexcept ImportError:\n    pass"],
    ["print(parse('a'))", "from shlex import split as parse", "from ast import parse"],
]


@pytest.mark.parametrize("cells", DIFFERENT)
def test_no_import_is_copied_where_it_is_not_known_which(cells: list[str]) -> None:
    (found, *_) = findings("NBP101", *cells) or findings("NBP102", *cells)
    assert found.fix is None and "above: `" not in str(found.help)


def test_several_names_are_imported_together_and_the_rest_is_moved() -> None:
    cells = ["print(np.e, json.dumps(rows))", "import numpy as np, json\nrows = [1]"]
    (found,) = findings("NBP101", *cells)
    assert found.help == "import them above: `import numpy as np`, `import json`"
    assert found.fix is not None and found.fix.title == "Add 2 imports to cell 1"
    added = "import numpy as np\nimport json\n"
    assert fixed(cells) == [cells[1], added + cells[0]]
