"""What a finding says is true of the notebook, and what nobody would change is not reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest

from nbprod.config.settings import Settings
from nbprod.environment.declared import declared_above
from nbprod.model import Edit, Finding
from nbprod.project.run import check_bytes

Level = Literal["explore", "shared", "production"]


def findings(
    rule: str,
    *cells: Any,
    level: Level = "production",
    path: str = "sales.ipynb",
    selected: bool = False,
    **metadata: Any,
) -> list[Finding]:
    """The findings of one rule; a cell is a source, or the fields of a code cell.

    ``selected``: those that are reported on request only are among them.
    """
    content = []
    for number, cell in enumerate(cells, 1):
        fields = {"source": cell} if isinstance(cell, str) else cell
        content.append({"cell_type": "code", "execution_count": number, "metadata": {},
            "outputs": [], **fields})  # fmt: skip
    notebook = {"cells": content, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    settings = Settings(select=(rule,)) if selected else Settings(level=level)
    checked = check_bytes(json.dumps(notebook).encode(), path, settings)
    return [finding for finding in checked.findings if finding.code == rule]


def said(found: list[Finding]) -> str:
    return "\n".join(f"{finding.message} | {finding.help}" for finding in found)


GO_BACK = "import os\nstart = os.getcwd()\nos.chdir('../style')\n"
VISITS = [
    ("from style import load", 0, ""),
    ("load(dark=True)", 0, ""),
    ("import pandas as pd\ndf = pd.read_csv('a.csv')", 1, "cells 1 to 2"),
    ("open(os.path.join('raw', 'notes.txt'))", 1, "cells 1 to 2"),
    ("from style import load\nload(file='themes/dark.css')", 1, "cells 1 to 2"),
]


@pytest.mark.parametrize(("line", "count", "words"), VISITS)
def test_a_working_directory_that_is_restored_is_one_finding_or_none(
    line: str, count: int, words: str
) -> None:
    found = findings("NBP403", GO_BACK + line, "os.chdir(start)\nopen('b.csv')")
    assert len(found) == count and words in said(found)
    assert all(finding.place.cell == 1 and finding.place.line == 3 for finding in found)


@pytest.mark.parametrize(
    "first", ["os.chdir('a')\nstart = os.getcwd()\nos.chdir('b')", "start = 'x'\nos.chdir('b')"]
)
def test_a_directory_that_is_not_restored_is_reported(first: str) -> None:
    found = findings("NBP403", "import os\n" + first, "os.chdir(start)\nopen('b.csv')")
    assert "redirects every later relative path" in said(found)


FRAME = "import pandas as pd\ndf = pd.DataFrame({'a': [1], 'b': [2]})\n"


@pytest.mark.parametrize(
    ("line", "is_always"),
    [
        ("df[df['a'] > 1]['b'] = 0", True),
        ("df.loc[df.a == 1]['b'] += 1", True),
        ("df[~(df['a'] > 1)]['b'] = 0", True),
        ("df['b'][df['a'] > 1] = 0", False),
        ("df['b'][0] = 0", False),
    ],
)
def test_only_what_older_versions_do_otherwise_is_about_pandas_3(
    line: str, is_always: bool
) -> None:
    assert ("pandas 3" not in said(findings("NBP702", FRAME + line))) is is_always


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("on_bad_lines='skip'", "lines are silently dropped"),
        ("on_bad_lines='skip', sep=';'", "number of lines"),
    ],
)
def test_dropped_lines_are_no_missing_values(option: str, words: str) -> None:
    code = f"import pandas as pd\ndf = pd.read_csv('a.csv', {option})\ndf.info()"
    assert words in said(findings("NBP707", code))


SHOWN = [
    ('print("C:\\\\Users\\\\ada\\\\new")', 0),
    ('raw = r"C:\\Users\\ada\\new"\nprint("raw:", raw)\nraw', 0),
    ('import re\nre.split(r"\\\\", r"D:\\work\\sales\\a.csv")', 0),
    ('raw = r"C:\\Users\\ada\\new"\nprint(raw)\nopen(raw)', 1),
    ('raw = r"C:\\Users\\ada\\new"\nprint(raw)\nraw = "x"\nopen(raw)', 0),
    ('folder = "/home/ada/new"', 1),
    ('print(open("/home/ada/new/a.csv").read())', 1),
]


@pytest.mark.parametrize(("code", "count"), SHOWN)
def test_a_path_that_is_only_shown_is_opened_by_nobody(code: str, count: int) -> None:
    assert len(findings("NBP401", code)) == count


@pytest.mark.parametrize(
    ("path", "is_share"),
    [
        (r"\\nas\lab\runs", True),
        ("/mnt/lab/runs", True),
        (r"\\nas.example.org\lab$\a.csv", True),
        ("/mnt/c/Users/ada/a.csv", False),
        ("/media/ada/stick/a.csv", False),
        ("/Users/ada/a.csv", False),
    ],
)
def test_a_share_is_there_for_all_who_mount_it(path: str, is_share: bool) -> None:
    code = f"folder = r'{path}'\nopen(folder)"
    assert ("where the share is mounted" in said(findings("NBP401", code))) is is_share
    assert bool(findings("NBP401", code, level="shared")) is not is_share


WEIGHTS = "import numpy as np\nx = np.ones((3, 3))\nw = np.random.uniform(-1, 1, (3, 1))\nlr = 0.1"
MEANT = [
    "for _ in range(9):\n    d = np.dot(x, w)\n    w = w - lr * np.dot(x.T, d)",
    "for _ in range(9):\n    d = np.dot(x, w)\n    w -= lr * d / 3",
    "done = 0\nwhile done < 9:\n    g = x.dot(w)\n    w = w + lr * g\n    done += 1",
    "w = w * 2  #@param {type:'slider', min:0, max:3}",
]


@pytest.mark.parametrize("cell", MEANT)
def test_training_that_goes_on_is_meant(cell: str) -> None:
    assert not findings("NBP109", WEIGHTS, cell, level="shared")
    assert findings("NBP109", WEIGHTS, cell)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("d = np.dot(x, w)\nw = w - lr * d", "changes `w`"),
        ("w -= 1", "`w`"),
        ("for _ in range(3):\n    w = w * 2", "changes `w`"),
    ],
)
def test_what_is_no_training_is_reported(cell: str, words: str) -> None:
    found = findings("NBP109", WEIGHTS, cell, level="shared")
    assert words in said(found) and "+=" not in said(found)


ROWS = "import pandas as pd\na = pd.read_csv('a.csv')\nb = pd.read_csv('b.csv')"
APPENDS = [
    ("a = pd.concat([a, b[~b['k'].isin(a['k'])]])", True),
    ("new = b[~b.k.isin(a.k)]\nkept = new.dropna()\na = pd.concat([a, kept])", True),
    ("have = set(a.k)\nnew = b[~b.k.isin(have)]\na = pd.concat([a, new])", True),
    ("for c in ['u', 'v']:\n    a = pd.concat([a, pd.get_dummies(a[c])], axis=1)\n"
     "    a.drop([c], axis=1, inplace=True)", True),
    ("a = pd.concat([a, b])", False),
    ("new = b[b.k.isin(a.k)]\na = pd.concat([a, new])", False),
    ("new = b[~b.k.isin(b.j)]\na = pd.concat([a, new])", False),
    ("a = a.sample(frac=0.5)", False),
    ("a = a.sample(50)", True),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "is_same"), APPENDS)
def test_a_second_run_that_adds_nothing_or_raises_changes_nothing(cell: str, is_same: bool) -> None:
    assert bool(findings("NBP109", ROWS, cell, level="shared")) is not is_same


def failed(source: str, name: str, value: str, traceback: str) -> dict[str, Any]:
    error = {"output_type": "error", "ename": name, "evalue": value, "traceback": [traceback]}
    return {"source": source, "outputs": [error]}


TRACEBACKS = [
    "<ipython-input-4-a1b2> in <module>\n----> 1 {line}\n      2 print(1)\n",
    "Cell In[4], line 1\n----> 1 {line}\n\nFile ~/lib.py:3, in f()\n----> 3 x = y\n",
    "\x1b[0;32mInput In [4]\x1b[0m, in <cell line: 1>()\n\x1b[0;32m----> 1\x1b[0m {line}\n",
]


@pytest.mark.parametrize("traceback", TRACEBACKS)
def test_an_error_of_code_that_was_changed_since(traceback: str) -> None:
    cell = failed("total = sum(rows, 0)", "TypeError", "bad", traceback.format(line="sum(row)"))
    found = findings("NBP112", cell)
    assert "other code than the cell has now" in said(found) and "run the cell again" in said(found)
    assert not findings("NBP112", cell, level="shared")
    kept = failed(
        "total = sum(rows,  0)", "TypeError", "bad", traceback.format(line="sum(rows, 0)")
    )
    assert "saved output is an error: TypeError: bad" in said(
        findings("NBP112", kept, level="shared")
    )


@pytest.mark.parametrize(
    ("comment", "value", "is_said"),
    [
        ("# an int object has no length", "object of type 'int' has no len()", True),
        (
            "# tuple object: no item assignment",
            "'tuple' object does not support item assignment",
            True,
        ),
        ("# rows of str, which must be added", "must be str, not int", False),
        ("# this would be an Error!", "must be str, not int", True),
        ("# total of all rows", "could not convert string to float: 'all'", False),
    ],
)
def test_a_comment_that_says_what_the_error_says(comment: str, value: str, is_said: bool) -> None:
    cell = failed(comment + "\nf(rows)", "TypeError", value, "")
    assert bool(findings("NBP112", "rows = f = 1", cell, level="shared")) is not is_said


UNREACHED = [
    ("print(nowhere)\nprint(missing)", ["`nowhere` and `missing` are not defined in any cell"]),
    ("os.listdir()\njson.dumps(missing)", ["`os`, `json` and `missing` are not defined"]),
    ("print(later)\nprint(nowhere)", []),
]


@pytest.mark.parametrize(("cell", "messages"), UNREACHED)
def test_what_a_cell_does_not_come_to_is_no_finding_of_its_own(
    cell: str, messages: list[str]
) -> None:
    found = findings("NBP103", cell, "later = 1")
    assert len(found) == len(messages)
    assert all(text in one.message for text, one in zip(messages, found, strict=True))


@pytest.mark.parametrize(
    "cell",
    ["numpy\npandas\nscipy", "# needed\npolars\nduckdb==1.0\nscikit-learn", "a1\na2\nb3\nb4"],
)
def test_a_list_of_words_is_text(cell: str) -> None:
    (found,) = findings("NBP103", cell, "import pandas")
    assert "cell is text, not code" in found.message and not findings("NBP101", cell, "b3 = 1")


@pytest.mark.parametrize("cell", ["nowhere", "nowhere\nrows", "total\nmean(total)\nnowhere"])
def test_a_name_to_be_shown_is_no_list(cell: str) -> None:
    assert "is text" not in said(findings("NBP103", "rows = total = 1", cell))


TEXTS = [
    ("```python\nrate = 0.5\n```", "markdown", "Markdown cell 1"),
    ("def rate(x):\n    return x", "raw", "raw cell 1"),
    ("> from finance import rate", "markdown", "import it: `from finance import rate`"),
    ("The rate is 0.5, rates vary", "markdown", None),
]


@pytest.mark.parametrize(("text", "kind", "where"), TEXTS)
def test_a_definition_that_is_text(text: str, kind: str, where: str | None) -> None:
    (found,) = findings("NBP103", {"cell_type": kind, "source": text}, "raten = 1\nprint(rate)")
    assert (where in str(found.help)) if where else ("its definition is text" not in said([found]))


@pytest.mark.parametrize(
    "code",
    [
        "from timeit import Timer\nprint(time)",
        "import panels\nprint(panel)",
        "from models import Loader\nprint(loadr)",
    ],
)
def test_nobody_means_a_library_by_a_name_like_its_own(code: str) -> None:
    assert "did you mean" not in said(findings("NBP103", code))


MOVES = [
    (["print(b)", "a = 1", "b = a"], "define it above this cell"),
    (["print(df)", "import pandas as pd", "df = pd.DataFrame()"], "define it above this cell"),
    (["print(b)", "print(c)", "b = b"], "define it above this cell"),
    (["print(b)", "a = 1", "b = 2"], "move the definition in cell 3 above cell 1"),
]


@pytest.mark.parametrize(("cells", "advice"), MOVES)
def test_a_move_that_makes_the_moved_cell_fail_is_not_advised(
    cells: list[str], advice: str
) -> None:
    found = findings("NBP101", *({"source": cell, "execution_count": None} for cell in cells))[0]
    words = str(found.help)
    assert words.startswith(advice) or (found.fix is not None and words.startswith("move cell"))
    assert advice.startswith("move") or not words.startswith("move the definition")


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("p = get_pricing('AAPL')\nq = symbols(['AAPL'])", "`get_pricing` and `symbols` exist"),
        ("from quantopian.research import run_pipeline\nx = symbols('A')", "`symbols` exists"),
        (
            "f = get_fundamentals(query(1))\nb = get_backtest('x')",
            "`get_fundamentals`, `get_backtest` and",
        ),
    ],
)
def test_what_a_platform_binds_is_one_finding(cell: str, names: str) -> None:
    (found,) = findings("NBP103", cell)
    assert found.message.startswith(names) and "only in Quantopian" in found.message


@pytest.mark.parametrize("count", [1, 2])
def test_a_notebook_of_python_2_is_one_finding(count: int) -> None:
    info: dict[str, Any] = {"language_info": {"name": "python", "version": "2.7.12"}}
    cells = ["print 'a'"] * count + ["for i in xrange(3): pass"]
    assert ("convert it" if count == 1 else "convert them") in said(
        findings("NBP010", *cells, **info)
    )
    assert not findings("NBP103", *cells, **info)


QUEUES = [
    ("from dask_jobqueue import SLURMCluster\nc = SLURMCluster(queue='cpu')", False),
    ("import dask_jobqueue as jq\nc = jq.PBSCluster(queue='regular', cores=4)", False),
    ("import submitit\ne = submitit.SlurmExecutor(queue='gpu')", False),
    ("import pika\nchannel = pika.connect()\nchannel.basic_consume(queue='orders')", True),
]


@pytest.mark.parametrize(("code", "is_source"), QUEUES)
def test_nodes_of_a_scheduler_are_no_messages(code: str, is_source: bool) -> None:
    assert bool(findings("NBP406", code)) is is_source


@pytest.mark.parametrize(
    ("path", "is_named"),
    [
        ("lectures/volatility/notebook.ipynb", True),
        ("data/vix/Notebook.ipynb", True),
        ("C:\\work\\churn\\notebook.ipynb", True),
        ("notebooks/notebook.ipynb", False),
        ("notebook.ipynb", False),
        ("volatility/Untitled.ipynb", False),
    ],
)
def test_a_directory_may_name_the_subject(path: str, is_named: bool) -> None:
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": "1"}
    document = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    checked = check_bytes(json.dumps(document).encode(), path, Settings(level="production"))
    assert any(finding.code == "NBP810" for finding in checked.findings) is not is_named


READ = (
    "import numpy as np\nimport pandas as pd\nfrom sklearn import utils, cluster\n"
    "from sklearn import model_selection as ms\ndf = pd.read_csv('a.csv')\n"
)
REPEATED = [
    "for _ in range(1000):\n    part = df.sample(frac=1, replace=True)\n    means.append(part)",
    "means = [df.sample(n=30).mean() for _ in range(500)]",
    "while len(means) < 100:\n    part = utils.resample(df)\n    means.append(part.mean())",
    "for turn in range(50):\n    a, b = ms.train_test_split(df)\n    scores[turn] = fit(a, b)",
    "for size in (10, 20):\n    for turn in range(9):\n        part = df.sample(n=size)",
    "for turn in tqdm(range(9)):\n    rng = np.random.default_rng()\n    x = rng.normal()",
    "for turn in range(9):\n    with timer():\n        model = cluster.KMeans(3)",
    "for name in ('a', 'b'):\n    low[name] = utils.resample(df)",
]


@pytest.mark.parametrize("source", REPEATED)
def test_a_repeated_draw_needs_one_generator_above_its_loop(source: str) -> None:
    found = findings("NBP501", READ + source)
    assert found and all("above the loop" in (finding.help or "") for finding in found)
    assert all(finding.fix is None for finding in found)


COMPARED = [
    "for k in range(2, 9):\n    model = cluster.KMeans(k)",
    "for name, model in models.items():\n    a, b = ms.train_test_split(df)\n    model.fit(a)",
    "for k in range(1, 9):\n    a, b = ms.train_test_split(df)\n    model = Nearest(k)",
    "for path in paths:\n    part = pd.read_csv(path)\n    some = part.sample(n=10)",
    "parts = [frame.sample(n=3) for frame in frames]",
    "rows = [row for row in df.sample(n=9).itertuples()]",
]


@pytest.mark.parametrize("source", COMPARED)
def test_a_draw_for_something_else_in_each_pass_takes_a_constant(source: str) -> None:
    (found,) = findings("NBP501", READ + source)
    assert found.help == "pass `random_state`" and found.fix is not None


@pytest.mark.parametrize("name", ["SMOTE", "BorderlineSMOTE", "ADASYN", "SMOTETomek"])
def test_rows_that_are_computed_from_neighbours_are_no_duplicates(name: str) -> None:
    source = (
        "import pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import train_test_split\n"
        f"from imblearn.over_sampling import {name}\nX, y = load()\n"
        f"X, y = {name}().fit_resample(X, y)\n"
        "A, B, a, b = train_test_split(X, y, random_state=0)\n"
        "model = LogisticRegression().fit(A, a)\nprint(model.score(B, b))"
    )
    assert "makes rows out of others" in said(findings("NBP601", source))
    copied = said(findings("NBP601", source.replace(name, "RandomOverSampler")))
    assert "duplicates rows" in copied


OF_CLASSES = [
    ("class A:\n    rate: float\n    def price(self, x):\n        return x * rate", "self.rate"),
    (
        "class A:\n    def __init__(self, n):\n        self.rate = n\n"
        "    def price(self, x):\n        return x * rate",
        "self.rate",
    ),
    (
        "class A:\n    rate = 1\n    def __call__(this, xs):\n"
        "        return [x * rate for x in xs]",
        "this.rate",
    ),
]


@pytest.mark.parametrize(("source", "read"), OF_CLASSES)
def test_a_global_that_is_also_an_attribute_is_read_as_one(source: str, read: str) -> None:
    (found,) = findings("NBP202", "rate = load()", source, "A(2)")
    assert found.help == f"use `{read}`"
    assert found.fix is not None


PROTOCOL = [
    "class A:\n    def __call__(self, x):\n        return x * rate",
    "class A(Base):\n    def forward(self, x):\n        return x * rate",
    "class A:\n    def __getitem__(self, at):\n        return self.rows[at] * rate",
]


@pytest.mark.parametrize("source", PROTOCOL)
def test_what_others_call_takes_a_global_as_an_attribute(source: str) -> None:
    (found,) = findings("NBP202", "rate = load()", source, "A(2)")
    assert found.help == "pass `rate` to `__init__` and keep it in an attribute"


def test_a_method_that_only_the_notebook_calls_takes_a_parameter() -> None:
    source = "class A:\n    def price(self, x):\n        return x * rate"
    (found,) = findings("NBP202", "rate = load()", source, "A().price(2)")
    assert found.help == "pass `rate` as a parameter"


@pytest.mark.parametrize("folder", ["docker", "envs", "binder"])
def test_an_environment_of_any_name_beside_the_project_declares(
    folder: str, tmp_path: Path
) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / "requirements.txt").write_text("numpy\n")
    (tmp_path / folder / "learning.yaml").write_text("name: x\ndependencies:\n  - gym=0.1\n")
    (tmp_path / folder / "compose.yml").write_text("services:\n  web:\n    ports:\n      - a\n")
    declared = declared_above(str(tmp_path))
    assert declared is not None and {"numpy", "gym"} <= declared and "a" not in declared


ASKED = [
    ("import requests", "requests.get('https://a.example', params={'day': day})"),
    ("import yfinance as yf", "prices = yf.download('A', day)"),
    ("import pandas as pd", "df = pd.read_csv(f'https://a.example/{day:%Y}.csv')"),
]


@pytest.mark.parametrize(("line", "use"), ASKED)
def test_the_day_that_a_service_is_asked_for_is_the_point(line: str, use: str) -> None:
    first = "from datetime import datetime, timedelta\nday = datetime.now() - timedelta(days=9)"
    assert not findings("NBP505", f"{line}\n{first}", use)
    assert findings("NBP505", f"{line}\n{first}", "recent = table[table.day > day]")


def texts(finding: Finding) -> list[str]:
    """What the edits of a fix write."""
    edits = finding.fix.edits if finding.fix is not None else ()
    return [edit.text for edit in edits if isinstance(edit, Edit)]


WRITTEN = "%%writefile helpers.py\n"
UNSURE = [
    "try:\n    import surprise\nexcept ImportError:\n    pass",
    "import sys\nif sys.platform == 'linux':\n    surprise = 1",
    "for surprise in []:\n    pass",
    "try:\n    from a import b as surprise, other\nexcept Exception as e:\n    print(e)",
]


@pytest.mark.parametrize("source", UNSURE)
def test_a_wildcard_of_names_that_may_be_absent_has_no_fix(source: str) -> None:
    cells = ("from helpers import *", "print(area(2))\nprint(surprise)")
    helper = "def area(x):\n    return x\n"
    (found,) = findings("NBP805", WRITTEN + source + "\n" + helper, *cells)
    assert found.fix is None


UNKNOWN = [
    "globals().update(area=abs)",
    "exec('area = 2')",
    "__all__ = ['x']\nx = area = 1\n__all__ += ['area']",
    "__all__ = ['x']\nx = area = 1\n__all__.append('area')",
]


@pytest.mark.parametrize("source", UNKNOWN)
def test_what_a_module_computes_its_names_from_is_not_known(source: str) -> None:
    cells = (WRITTEN + source, "from helpers import *", "print(area)")
    (found,) = findings("NBP805", *cells)
    assert found.fix is None and not findings("NBP103", *cells)


SURE = [
    "try:\n    import surprise\nexcept ImportError:\n    surprise = None",
    "import sys\nif sys.platform == 'linux':\n    surprise = 1\nelse:\n    surprise = 2",
    "with open('a') as f:\n    surprise = f.read()",
]


@pytest.mark.parametrize("source", SURE)
def test_a_wildcard_of_names_that_each_path_binds_has_a_fix(source: str) -> None:
    (found,) = findings("NBP805", WRITTEN + source, "from helpers import *", "print(surprise)")
    assert texts(found) == ["surprise"]


SEVERAL = [
    ("from math import *\nfrom numpy import *", "print(sqrt(2))"),
    ("from math import *", "%pylab inline", "print(sqrt(2))"),
    ("from cmath import *\nfrom sympy import *\nprint(sqrt(2))",),
]


@pytest.mark.parametrize("cells", SEVERAL)
def test_a_wildcard_that_a_later_one_may_bind_over_has_no_fix(cells: tuple[str, ...]) -> None:
    found = findings("NBP805", *cells)
    assert found and all(finding.fix is None for finding in found)


AMBIGUOUS = [
    ("from numpy import *", "from scipy.fftpack import *", "print(exp(fft(a)))"),
    ("%pylab inline", "from scipy.fftpack import *", "print(exp(fft(a)))"),
    ("from pylab import *\nfrom scipy.integrate import *", "odeint(array([1]))"),
]


def attributed(*cells: str, path: str = "sales.ipynb") -> str:
    """What is told of wildcard imports about where names come from."""
    found = findings("NBP805", *cells, path=path)
    return "\n".join(label.message for finding in found for label in finding.related)


@pytest.mark.parametrize("cells", AMBIGUOUS)
def test_a_name_of_one_of_several_wildcards_is_attributed_to_none(cells: tuple[str, ...]) -> None:
    assert attributed(*cells) == ""


def test_a_name_that_is_read_before_the_second_wildcard_comes_from_the_first() -> None:
    told = attributed("from numpy import *\nprint(exp(2))", "from scipy.fftpack import *\nfft(2)")
    assert "`exp` may come from `numpy`" in told and "fft" not in told


def test_the_second_of_two_wildcards_in_a_cell_gives_the_name() -> None:
    first, second = findings("NBP805", "from math import *\nfrom cmath import *\nprint(sqrt(pi))")
    assert first.fix is None and texts(second) == ["pi, sqrt"]


def test_a_name_that_is_read_before_the_wildcard_is_none_of_its() -> None:
    (found,) = findings("NBP805", "from math import e\nprint(e)\nfrom math import *\nprint(pi)")
    assert texts(found) == ["pi"]


ADDED = [
    "sys.path.insert(0, '../')",
    "sys.path.append(os.path.abspath('..'))",
    "sys.path.append(os.path.join('..', 'code'))",
    "sys.path.append(str(Path('../code').resolve()))",
]


@pytest.mark.parametrize("line", ADDED)
def test_a_wildcard_of_a_module_on_the_added_path_gives_its_names_only(
    line: str, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'a'\n")
    for folder in (tmp_path / "plotting", tmp_path / "code" / "plotting"):
        folder.mkdir(parents=True)
        (folder / "style.py").write_text("def bars(): pass\n")
    (tmp_path / "notebooks").mkdir()
    cells = ["import os, sys\nfrom pathlib import Path\n" + line,
        "from plotting.style import *\nbars()\nline()"]  # fmt: skip
    path = str(tmp_path / "notebooks" / "a.ipynb")
    assert not findings("NBP805", *cells, path=path)
    (found,) = findings("NBP805", *cells, path=path, selected=True)
    assert texts(found) == ["bars"] and attributed(*cells, path=path) == ""


ASSIGNED = [
    ("import importlib\nutil = importlib.import_module('a.b')", "return util.name() + x"),
    ("error = lambda p: p", "return least_squares(error, x)"),
    ("from functools import partial\nsend = partial(print, end='')", "return send(x)"),
    ("read_op = components.load_component_from_file('a.yaml')", "return read_op(x).output"),
    ("def slow(x):\n    return x\nfast = numba.jit(slow)", "return fast(x)"),
    ("import math\nroot = math.sqrt", "return root(x)"),
    ("import collections\nRow = collections.namedtuple('Row', 'a b')", "return Row(x, x)"),
    ("import functools\nread = functools.lru_cache(maxsize=2)(load)", "return read(x)"),
]


@pytest.mark.parametrize(("made", "body"), ASSIGNED)
def test_a_definition_that_an_assignment_makes_is_not_passed(made: str, body: str) -> None:
    assert not findings("NBP202", made, f"def use(x):\n    {body}", "use(1)")


VALUES = [
    ("model = load_model('a')", "return model(x)"),
    ("import math\nlimit = math.pi", "return limit + x"),
    ("rows = list(map(str, data))", "return rows[x]"),
    ("rate = 1 if quick else read()", "return rate * x"),
]


@pytest.mark.parametrize(("made", "body"), VALUES)
def test_a_value_that_an_assignment_makes_is_passed(made: str, body: str) -> None:
    (found,) = findings("NBP202", made, f"def use(x):\n    {body}", "use(1)\nuse(2)")
    assert "as a parameter" in said([found])


DECORATED = [
    "@dsl.pipeline(name='a')",
    "@task",
    "@flow(retries=2)",
    "@kfp.dsl.component",
    "@task.python",
]


@pytest.mark.parametrize("decorator", DECORATED)
def test_the_parameters_of_a_pipeline_are_its_inputs(decorator: str) -> None:
    source = "{}def use(x):\n    inner = [rate for _ in x]\n    return rate * x"
    calls = "use(1)\nuse(2)"
    assert not findings("NBP202", "rate = load()", source.format(decorator + "\n"), calls)
    assert findings("NBP202", "rate = load()", source.format("@timed\n"), calls)
