"""The commands from outside: files that are written, refusals, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from nbprod.extract.code.checking import undefined_names
from nbprod.notebook.read import read_notebook
from tests.command import run_nbprod
from tests.extract.notebooks import as_bytes

CELLS = [
    "#md # Orders of the week",
    "import json\nimport math\nimport os",
    "#md ## Load",
    "# what they paid\nprices = [3.0, 4.0, 5.0]\nRATE = 0.5",
    "#md ## Sum up\nAll of it, *without* tax.",
    "def net(price):\n    return price * (1 - RATE)\n\ntotal = sum(net(one) for one in prices)",
    "root = math.sqrt(total)\nprint(round(root, 3))\nroot > 2",
    "json.dumps(round(total, 2))",
]
REPOSITORY = Path(__file__).parents[2]


def nbprod(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_nbprod(folder, *arguments, PYTHONPATH=str(REPOSITORY))


def extracted_tests(folder: Path, cells: list[str], count: int, *options: str) -> str:
    """The text of so many tests that `extract` writes of a notebook, all of which pass."""
    (folder / "a.ipynb").write_bytes(as_bytes(cells))
    done = nbprod(folder, "extract", "a.ipynb", "-o", "b.py", "--run", *options)
    assert done.returncode == 0, done.stderr
    tests = "test" if count == 1 else "tests"
    assert f"Ran {count} generated {tests}: all passed." in done.stdout
    return (folder / "tests" / "test_b.py").read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "orders.ipynb").write_bytes(as_bytes(CELLS))
    return tmp_path


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_all_writes_a_module_tests_and_a_notebook_that_does_the_same(folder: Path) -> None:
    made = nbprod(folder, "extract", "orders.ipynb", "-o", "shop/week.py", "--run", "--verify")
    assert made.returncode == 0, made.stderr
    assert "The same: every output" in made.stdout
    files = everything(folder)
    assert {"shop/week.py", "shop/__init__.py", "tests/test_week.py", "orders_extracted.ipynb"} <= (
        files.keys()
    )
    assert files["orders.ipynb"] == as_bytes(CELLS)
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )  # fmt: skip
    assert tests.returncode == 0, tests.stdout
    assert "skipped" not in tests.stdout
    again = nbprod(folder, "verify", "orders.ipynb", "orders_extracted.ipynb")
    assert again.returncode == 0, again.stdout + again.stderr


@pytest.mark.slow
def test_the_tests_fail_when_the_module_is_wrong(folder: Path) -> None:
    nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--run")
    module = folder / "week.py"
    wrong = module.read_text().replace("RATE = 0.5", "RATE = 0.25")
    assert wrong != module.read_text()
    module.write_text(wrong)
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )  # fmt: skip
    assert tests.returncode == 1, tests.stdout


def test_verify_finds_a_difference_and_names_the_cell(folder: Path) -> None:
    nbprod(folder, "extract", "orders.ipynb", "-o", "week.py")
    module = folder / "week.py"
    module.write_text(module.read_text().replace("RATE = 0.5", "RATE = 0.25"))
    found = nbprod(folder, "verify", "orders.ipynb", "orders_extracted.ipynb")
    assert found.returncode == 1
    assert "differs" in found.stdout and "cell " in found.stdout


def test_a_dry_run_writes_nothing_and_says_why(folder: Path) -> None:
    before = everything(folder)
    shown = nbprod(folder, "extract", "orders.ipynb", "-o", "shop/week.py", "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert everything(folder) == before
    assert "returns total: Any: cell 6, line 4, is read by cell 8" in shown.stdout
    assert "+def net(price: Any) -> Any:" in shown.stdout
    assert "+from shop.week import" in shown.stdout


def test_nothing_is_overwritten_without_force(folder: Path) -> None:
    (folder / "week.py").write_text("mine = 1\n")
    (folder / "orders_extracted.ipynb").write_text("mine")
    before = everything(folder)
    refused = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py")
    assert refused.returncode == 2
    assert "orders_extracted.ipynb already exists" in refused.stderr
    assert everything(folder) == before
    assert nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--force").returncode == 0
    assert "mine" not in (folder / "week.py").read_text()


def test_the_same_extraction_again_changes_nothing(folder: Path) -> None:
    nbprod(folder, "extract", "orders.ipynb", "-o", "week.py")
    before = everything(folder)
    again = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py")
    assert again.returncode == 0, again.stderr
    assert "Nothing to write" in again.stdout
    assert everything(folder) == before


def test_in_place_keeps_the_other_cells_byte_for_byte(folder: Path) -> None:
    before = (folder / "orders.ipynb").read_text()
    done = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--cells", "6", "--in-place")
    assert done.returncode == 0, done.stderr
    after = (folder / "orders.ipynb").read_text()
    old, new = json.loads(before)["cells"], json.loads(after)["cells"]
    assert [one["id"] for one in new] == [one["id"] for one in old]
    assert [one for one in new if one["id"] != "cell-5"] == [
        one for one in old if one["id"] != "cell-5"
    ]
    changed = {"\n".join(lines) for lines in (before.splitlines(), after.splitlines())}
    assert len(changed) == 2
    assert before[: before.index('"cell-5"')] == after[: after.index('"cell-5"')]
    assert before[before.index('"cell-6"') :] == after[after.index('"cell-6"') :]


def test_a_folder_that_cannot_be_written_leaves_everything(folder: Path) -> None:
    (folder / "tests").write_text("a file where the folder of the tests should be")
    before = everything(folder)
    failed = nbprod(folder, "extract", "orders.ipynb", "-o", "shop/week.py")
    assert failed.returncode == 2
    assert "nothing was changed" in failed.stderr
    assert everything(folder) == before
    assert not (folder / "shop").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-o", "a.py", "--cells", "99"], 2, "has the cells 1 to 8"),
        (["-o", "a.py", "--cells", "1"], 2, "names no Python cell"),
        (["-o", "a.py", "--cells", "x"], 2, "is not a cell number"),
        (["-o", "a.py", "--tag", "nope"], 2, "has the tag `nope`"),
        (["-o", "a.py", "--heading", "Nope"], 2, "has no heading `Nope`; it has"),
        (["-o", "a.py", "--name", "nope"], 2, "binds `nope`"),
        (["-o", "a.py", "--function", "3"], 2, "write a name and cells"),
        (["-o", "a.py", "--function", "a=4", "--function", "b=4-6"], 2, "is in `a` and in `b`"),
        (
            ["-o", "a.py", "--all", "--cells", "4"],
            2,
            "--all cannot be combined with other selections",
        ),
        (["-o", "a.txt"], 2, "ends in .py"),
        (["-o", "my-folder/a.py"], 2, "`my-folder` is not a module name"),
        (
            ["-o", "a.py", "--in-place", "--notebook-out", "b.ipynb"],
            2,
            "--in-place and --notebook-out cannot be combined",
        ),
    ],
    ids=lambda value: " ".join(value[2:]) if isinstance(value, list) else "",
)
def test_what_a_user_can_get_wrong_has_one_clear_message(
    folder: Path, arguments: list[str], code: int, message: str
) -> None:
    before = everything(folder)
    failed = nbprod(folder, "extract", "orders.ipynb", *arguments)
    assert failed.returncode == code, failed.stderr
    assert message in failed.stderr
    assert "Traceback" not in failed.stderr
    assert everything(folder) == before


def test_a_refusal_names_cell_line_and_advice_and_writes_nothing(folder: Path) -> None:
    cells = ["x = 1", "y = 2\nz = eval('x + y')", "print(z)"]
    (folder / "eval.ipynb").write_bytes(as_bytes(cells))
    before = everything(folder)
    refused = nbprod(folder, "extract", "eval.ipynb", "-o", "a.py", "--cells", "2")
    assert refused.returncode == 1
    assert "eval.ipynb: cell 2, line 2: `eval('x + y')` sees other names" in refused.stderr
    assert "leave the cell in the notebook" in refused.stderr
    assert everything(folder) == before


WAYS = pytest.mark.parametrize(
    ("arguments", "functions"),
    [
        (["--cells", "4,6"], ["load_prices", "sum_up"]),
        (["--heading", "Load"], ["load_prices"]),
        (["--tag", "step"], ["sum_up"]),
        (["--name", "total"], ["load_prices", "sum_up"]),
        (["--name", "net"], ["sum_up"]),
        (["--function", "first=4", "--function", "second=6-7"], ["first", "second"]),
    ],
    ids=lambda value: " ".join(value),
)


@WAYS
def test_ways_to_select(folder: Path, arguments: list[str], functions: list[str]) -> None:
    assert functions_of(folder, arguments) == functions


@pytest.mark.slow
@WAYS
def test_each_way_to_select_does_the_same(
    folder: Path, arguments: list[str], functions: list[str]
) -> None:
    assert functions_of(folder, [*arguments, "--verify"]) == functions


def functions_of(folder: Path, arguments: list[str]) -> list[str]:
    """The functions that an extraction with these arguments writes, without the author's own."""
    document = json.loads((folder / "orders.ipynb").read_bytes())
    document["cells"][5]["metadata"]["tags"] = ["step"]
    (folder / "orders.ipynb").write_text(json.dumps(document, indent=1))
    done = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", *arguments)
    assert done.returncode == 0, done.stderr
    module = (folder / "week.py").read_text()
    found = [line[4:].partition("(")[0] for line in module.splitlines() if line.startswith("def ")]
    return [name for name in found if name != "net"]


@pytest.mark.slow
def test_settings_become_keyword_parameters(folder: Path) -> None:
    cells = [
        "limit = 3\nname = 'x'",
        "rows = [one for one in range(9) if one < limit]\nrows",
        "limit",
    ]
    (folder / "settings.ipynb").write_bytes(as_bytes(cells))
    done = nbprod(
        folder, "extract", "settings.ipynb", "-o", "a.py", "--function", "pick=1-2",
        "--parameters", "--verify",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    assert "def pick(*, limit: int = 3)" in (folder / "a.py").read_text()


def test_a_text_notebook_is_rewritten_too(folder: Path) -> None:
    text = "# %%\nx = 2\n\n# %%\ny = x * 3\nprint(y)\n\n# %%\nprint(x, y)\n"
    (folder / "script.py").write_text(text)
    done = nbprod(
        folder, "extract", "script.py", "-o", "made.py", "--cells", "2",
        "--notebook-out", "new.py", "--no-tests",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made = read_notebook((folder / "new.py").read_bytes(), "new.py")
    assert [cell.source for cell in made.cells] == [
        "x = 2", "from made import compute_values\n\ny = compute_values(x)", "print(x, y)"
    ]  # fmt: skip


def pytest_of(folder: Path) -> str:
    """The last line of what pytest says in a folder, started as people start it."""
    done = subprocess.run(
        [Path(sys.executable).with_name("pytest"), "-q", "-p", "no:cacheprovider"],
        cwd=folder, capture_output=True, text=True, check=False,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
    )  # fmt: skip
    return done.stdout.strip().splitlines()[-1]


OTHER = [
    "import math",
    "def net(price):\n    return price * 2",
    "#md ## Load",
    "cost = net(3)",
    "#md ## Area",
    "area = math.pi * cost",
    "print(area)",
]


@pytest.mark.slow
def test_a_module_is_extended_and_keeps_what_it_has(folder: Path) -> None:
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").write_text("")
    mine = '"""Mine."""\n\nimport os\n\n\ndef load(): return os.sep  # as it is\n'
    (folder / "shop" / "week.py").write_text(mine)
    made = nbprod(folder, "extract", "orders.ipynb", "-o", "shop/week.py", "--verify")
    assert made.returncode == 0, made.stderr
    text = (folder / "shop" / "week.py").read_text()
    assert "def load(): return os.sep  # as it is\n" in text
    # The name is taken, so the new function has another one.
    assert "def load_root(" in text
    assert [line for line in mine.splitlines() if line not in text.splitlines()] == []
    # A second notebook goes into the same module, with tests beside the others.
    (folder / "other.ipynb").write_bytes(as_bytes(OTHER))
    refused = nbprod(folder, "extract", "other.ipynb", "-o", "shop/week.py")
    assert refused.returncode == 1
    assert "has `net` already" in refused.stderr
    assert (folder / "shop" / "week.py").read_text() == text
    renamed = [cell.replace("net(", "gross(") for cell in OTHER]
    (folder / "other.ipynb").write_bytes(as_bytes(renamed))
    more = nbprod(folder, "extract", "other.ipynb", "-o", "shop/week.py", "--verify")
    assert more.returncode == 0, more.stderr
    assert (folder / "tests" / "test_week_other.py").exists()
    assert "def gross(" in (folder / "shop" / "week.py").read_text()
    assert "failed" not in pytest_of(folder)


def test_what_is_extracted_already_is_left_alone(folder: Path) -> None:
    nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--in-place")
    before = everything(folder)
    again = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--in-place")
    assert again.returncode == 0
    assert "nothing to extract: what can go is extracted already" in again.stderr
    assert everything(folder) == before


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["import math", "math.pi"], "its cells only import, install or show something"),
        (["%pip install click", "1 + 1"], "its cells only import, install or show something"),
        (["import math", "!ls"], "the other cells only import"),
        (["# to do", ""], "it has no Python code"),
        (["#md words"], "it has no Python cells"),
    ],
)
def test_nothing_to_extract_is_said_and_nothing_written(
    folder: Path, cells: list[str], message: str
) -> None:
    (folder / "orders.ipynb").write_bytes(as_bytes(cells))
    before = everything(folder)
    for more in ([], ["--verify"]):
        done = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--all", *more)
        assert done.returncode == 0
        assert f"orders.ipynb: nothing to extract: {message}" in done.stderr
        assert ("cell 2, line 1: `!ls` has no counterpart" in done.stderr) == ("!ls" in cells)
        assert everything(folder) == before


def test_what_a_module_lacks_is_said_without_running_anything(folder: Path) -> None:
    cells = [
        "import json\nimport not_there_at_all\nimport beside\nimport click.testing",
        "def use(x):\n    return not_there_at_all.f(x), beside, click.testing",
        "y = json.dumps(1)\nprint(y)",
    ]
    (folder / "orders.ipynb").write_bytes(as_bytes(cells))
    (folder / "beside.py").write_text("open('it ran', 'w')\n")
    for more in (["--dry-run"], []):
        done = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", *more)
        assert done.returncode == 0, done.stderr
        said = [line for line in done.stderr.splitlines() if line.startswith("warning:")]
        assert said == [
            "warning: the module imports `not_there_at_all`, which is not installed for"
            f" {sys.executable}"
        ]
    assert not (folder / "it ran").exists()


def test_names_that_nothing_binds_are_found_even_where_they_are_noted() -> None:
    text = "import os\n\n\ndef f(x):\n    return os.sep + activation(x)  # noqa: F821\n"
    assert undefined_names(text) == ["line 5: Undefined name `activation`"]
    assert undefined_names(text.replace("activation", "str")) == []


@pytest.mark.slow
def test_what_only_shows_something_goes_when_it_is_asked_for(folder: Path) -> None:
    (folder / "orders.ipynb").write_bytes(as_bytes(["import math", "math.floor(math.pi)"]))
    done = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--cells", "2", "--verify")
    assert done.returncode == 0, done.stderr
    assert "return math.floor(math.pi)" in (folder / "week.py").read_text()


@pytest.mark.slow
def test_a_plot_goes_whole(folder: Path) -> None:
    cells = [
        "import matplotlib.pyplot as plt\nxs = [1, 2]\ndef twice(x):\n    return [x, x]",
        "#md ## Draw",
        "plt.plot(xs)\nplt.grid()\nplt.title('two')",
        "#md ## Two",
        "fig, ax = plt.subplots()\nax.bar(xs, xs)\nax.legend(['a'])",
        "#md ## Look",
        "plt.plot(xs)\ntwice(xs)",
    ]
    (folder / "orders.ipynb").write_bytes(as_bytes(cells))
    done = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "stays" not in done.stderr
    text = (folder / "week.py").read_text()
    assert '    return plt.title("two")\n' in text
    assert '    return ax.legend(["a"])\n' in text
    notebook = (folder / "orders_extracted.ipynb").read_text()
    assert "title" not in notebook and "legend" not in notebook


@pytest.mark.slow
def test_a_package_can_be_installed_and_says_what_it_needs(folder: Path) -> None:
    cells = ["import json\nimport click", "text = json.dumps(1)\nclick.echo(text)\nprint(text)"]
    (folder / "orders.ipynb").write_bytes(as_bytes(cells))
    made = nbprod(folder, "extract", "orders.ipynb", "-o", "shop/week.py", "--package", "--run")
    assert made.returncode == 0, made.stderr
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    assert project["project"]["dependencies"] == [f"click>={version('click')}"]
    assert project["project"]["requires-python"] == f">={sys.version_info[0]}.{sys.version_info[1]}"
    assert (folder / "src" / "shop" / "week.py").exists()
    assert (folder / "src" / "shop" / "py.typed").read_bytes() == b""
    assert "failed" not in pytest_of(folder)
    # What is there is never changed.
    (folder / "README.md").write_text("mine")
    nbprod(folder, "extract", "orders.ipynb", "-o", "shop/week.py", "--package", "--force")
    assert (folder / "README.md").read_text() == "mine"


INSTALLING = [
    "%pip install 'click>=8' jinja2\n!pip install -q not-there-x==1.2",
    "import sys\nimport click",
    "!{sys.executable} -m pip install -r more.txt\nred = click.style('a')\nprint(red)",
    "print(red)",
]


def test_what_cells_install_becomes_a_dependency_of_the_package(folder: Path) -> None:
    (folder / "orders.ipynb").write_bytes(as_bytes(INSTALLING))
    arguments = ["extract", "orders.ipynb", "-o", "shop/week.py", "--package"]
    shown = nbprod(folder, *arguments, "--dry-run")
    assert "not-there-x==1.2: cell 1, line 2, is a dependency of the package" in shown.stdout
    made = nbprod(folder, *arguments)
    assert made.returncode == 0, made.stderr
    project = tomllib.loads((folder / "pyproject.toml").read_text())
    assert project["project"]["dependencies"] == [
        "click>=8", f"jinja2>={version('jinja2')}", "not-there-x==1.2"
    ]  # fmt: skip
    notebook = (folder / "orders_extracted.ipynb").read_text()
    # A line that says less than it does stays, with the import that it reads.
    assert "%pip" not in notebook and "not-there-x" not in notebook
    assert "!{sys.executable} -m pip install -r more.txt" in notebook
    assert "import sys" in notebook
    again = nbprod(folder, *arguments)
    assert "Nothing to write" in again.stdout, again.stderr
    # Where the project does not declare what a line installs, the line stays.
    (folder / "pyproject.toml").write_text('[project]\nname = "shop"\ndependencies = ["click"]\n')
    nbprod(folder, *arguments, "--force")
    notebook = (folder / "orders_extracted.ipynb").read_text()
    assert "not-there-x" in notebook and "%pip install 'click>=8' jinja2" in notebook


def test_install_lines_stay_where_no_package_is_made(folder: Path) -> None:
    (folder / "orders.ipynb").write_bytes(as_bytes(INSTALLING))
    made = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py")
    assert made.returncode == 0, made.stderr
    notebook = (folder / "orders_extracted.ipynb").read_text()
    assert "%pip install 'click>=8' jinja2" in notebook and "not-there-x==1.2" in notebook


@pytest.mark.slow
def test_what_pip_says_is_no_difference(folder: Path) -> None:
    cells = [
        "%pip install --no-cache-dir click\nimport click",
        "red = click.style('a')\nprint(red)",
    ]
    (folder / "orders.ipynb").write_bytes(as_bytes(cells))
    made = nbprod(folder, "extract", "orders.ipynb", "-o", "shop/week.py", "--package", "--verify")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "The same" in made.stdout and "stays" not in made.stderr
    assert "%pip" not in (folder / "orders_extracted.ipynb").read_text()


@pytest.mark.slow
def test_a_credential_is_looked_up_and_written_nowhere(folder: Path) -> None:
    # Made here, so that no scanner finds it in this file.
    value = "".join(chr(97 + (7 * i) % 26) + str((3 * i) % 10) for i in range(16))
    cells = [f'password = "{value}"', "size = len(password)\nprint(size)"]
    (folder / "orders.ipynb").write_bytes(as_bytes(cells))
    made = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--run", "--verify")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "PASSWORD" in made.stdout
    assert (folder / ".env.example").read_text() == "PASSWORD=\n"
    assert "os.environ[" in (folder / "orders_extracted.ipynb").read_text()
    holding = [name for name, data in everything(folder).items() if value.encode() in data]
    assert holding == ["orders.ipynb"]
    assert "failed" not in pytest_of(folder)


@pytest.mark.slow
def test_prints_are_logged_on_request(folder: Path) -> None:
    arguments = ["extract", "orders.ipynb", "-o", "week.py", "--cells", "7", "--logging"]
    made = nbprod(folder, *arguments, "--verify")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "what is printed: the module logs it" in made.stderr
    text = (folder / "week.py").read_text()
    assert "logger = logging.getLogger(__name__)" in text
    assert 'logger.info("%s", round(root, 3))' in text
    assert "print(" not in text


def test_docstrings_in_googles_style(folder: Path) -> None:
    cells = ["import pandas as pd\ndf = pd.DataFrame({'a': [1]})"]
    cells += ["n = int(df['a'].sum())\nm = n + 1", "print(n, m)"]
    (folder / "orders.ipynb").write_bytes(as_bytes(cells))
    arguments = ["extract", "orders.ipynb", "-o", "week.py", "--cells", "2", "--docstrings"]
    nbprod(folder, *arguments, "google")
    text = (folder / "week.py").read_text()
    assert "    Args:\n        df (pd.DataFrame): With the column `a`.\n" in text
    nbprod(folder, *arguments, "numpy", "--force")
    text = (folder / "week.py").read_text()
    assert "    Parameters\n    ----------\n    df : pd.DataFrame\n" in text
    assert "\n        With the column `a`.\n" in text


@pytest.mark.slow
def test_many_settings_are_a_class(folder: Path) -> None:
    names = [f"limit_{letter}" for letter in "abcdef"]
    cells = ["\n".join(f"{name} = {i}.5" for i, name in enumerate(names))
             + "\ntotal = sum([" + ", ".join(names) + "])\nprint(total)"]  # fmt: skip
    (folder / "orders.ipynb").write_bytes(as_bytes(cells))
    made = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--parameters", "--verify")
    assert made.returncode == 0, made.stdout + made.stderr
    text = (folder / "week.py").read_text()
    assert "@dataclass(frozen=True)\nclass" in text
    assert "    limit_f: float = 5.5\n" in text
    assert "failed" not in pytest_of(folder)


@pytest.mark.slow
def test_literals_in_calls_are_settings(folder: Path) -> None:
    (folder / "days.csv").write_text("a\n1\n2\n")
    cells = [
        "import functools\n# cached\n@functools.lru_cache(maxsize=8)  # eight\ndef half(n):\n"
        "    return n / 2  # a half",
        "%time lines = open('days.csv').read().split(); count = len(lines)  # all\n"
        "text = open(\n    'days.'  # the name\n    'csv',  # here\n).read()  # again\n"
        'text += """\n  two\n    lines"""; size = len(text) + half(3)\nprint(count, size)',
    ]
    (folder / "orders.ipynb").write_bytes(as_bytes(cells))
    made = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--parameters", "--verify")
    assert made.returncode == 0, made.stdout + made.stderr
    module = (folder / "week.py").read_text()
    assert '*, days_path: str = "days.csv"' in module
    assert (
        "lines = open(days_path).read().split()  # noqa: SIM115\n    count = len(lines)  # all\n"
        in module
    )
    assert (
        "    # the name\n    text = open(  # noqa: SIM115\n        days_path,  # here\n" in module
    )
    assert "    ).read()  # again\n" in module
    assert '    text += """\n  two\n    lines"""\n    size = ' in module
    assert "# cached\n@functools.lru_cache(maxsize=8)  # eight\ndef half(n" in module


@pytest.mark.slow
def test_shell_lines_become_calls_on_request(folder: Path) -> None:
    cells = [
        "import math\nword = 'hello'",
        "#md ## Speak",
        "!echo {word.upper()} $word $$HOME | cat",
    ]
    (folder / "orders.ipynb").write_bytes(as_bytes([*cells, "print(math.pi)"]))
    made = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--shell", "--verify")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "stays" not in made.stderr
    text = (folder / "week.py").read_text()
    assert 'f"echo {word.upper()} {word} $HOME | cat"' in text
    assert "import subprocess\n" in text
    refused = nbprod(folder, "extract", "orders.ipynb", "-o", "other.py", "--cells", "3")
    assert refused.returncode == 1 and "cell 3, line 1: `!echo" in refused.stderr


def test_functions_are_asked_for_one_by_one(folder: Path) -> None:
    report = "text = json.dumps(round(total, 2))\nparts = [text, str(RATE)]\njson.dumps(parts)"
    (folder / "orders.ipynb").write_bytes(as_bytes([*CELLS[:-1], report]))
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", "extract", "orders.ipynb", "-o", "week.py",
         "--interactive"],
        cwd=folder, input="n\nr balance\na\n", capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "returns total: Any" in done.stdout
    text = (folder / "week.py").read_text()
    assert "def balance(" in text and "def load_root(" not in text


@pytest.mark.slow
def test_a_function_that_draws_returns_the_figure(folder: Path) -> None:
    cells = ["import matplotlib.pyplot as plt\nxs = [1, 2, 3]", "#md ## Draw"]
    cells += ["plt.plot(xs)\nplt.title('three')\nplt.show()", "print(len(xs))"]
    (folder / "orders.ipynb").write_bytes(as_bytes(cells))
    made = nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--run", "--verify")
    assert made.returncode == 0, made.stdout + made.stderr
    text = (folder / "week.py").read_text()
    assert "-> Figure:" in text
    assert '    plt.title("three")\n    return plt.gcf()\n' in text
    # The notebook shows it, and nobody else reads it.
    notebook = read_notebook((folder / "orders_extracted.ipynb").read_bytes(), "x.ipynb")
    assert "draw_three(xs)\nplt.show()" in [cell.source for cell in notebook.cells]
    assert "failed" not in pytest_of(folder)


@pytest.mark.slow
def test_what_a_definition_refuses_is_tested(folder: Path) -> None:
    checks = "    if x < 0:\n        raise ValueError('negative')\n"
    checks += "    if x == 7:\n        raise KeyError(x)"
    cells = [f"def root(x, y=2):\n{checks}\n    return x ** (1 / y)", "print(root(4))"]
    (folder / "orders.ipynb").write_bytes(as_bytes(cells))
    nbprod(folder, "extract", "orders.ipynb", "-o", "week.py", "--run")
    tests = (folder / "tests" / "test_week.py").read_text()
    assert "with pytest.raises(ValueError):\n        root(-1)\n" in tests
    assert "with pytest.raises(KeyError):\n        root(7)\n" in tests
    assert "failed" not in pytest_of(folder)
    module = folder / "week.py"
    module.write_text(module.read_text().replace("x < 0", "x < -5"))
    assert "1 failed" in pytest_of(folder)
