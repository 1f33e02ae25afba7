"""What the server costs, in CPU time: other programs of the machine make no difference."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import run_nbprod
from tests.server.client import Client, Notebook

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")

SOURCES = (
    "df{n} = df{m}[df{m}['a'] > {n}].copy()\ndf{n}['b'] = df{n}['a'] * {n}\nprint(df{n}.head())",
    "def f{n}(x, y={n}):\n    total = 0\n    for v in x:\n        total += v * y\n    return total"
    "\ndf{n} = df{m}\nr{n} = f{n}(df{n}['a'])",
    "df{n} = df{m}.dropna()\nfigure{n} = df{n}.plot(x='a')\nmean{n} = df{n}['a'].mean()",
)


def cells(count: int) -> list[tuple[str, str]]:
    start = "import pandas as pd\ndf0 = pd.read_csv('data.csv')"
    more = (SOURCES[n % 3].format(n=n, m=n - 1) for n in range(1, count))
    return [("python", text) for text in (start, *more)]


def milliseconds(client: Client) -> float:
    """The CPU time that the server has used."""
    fields = Path(f"/proc/{client.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1000


def megabytes(client: Client) -> float:
    lines = Path(f"/proc/{client.process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1000


def test_edits_hovers_and_lenses_of_a_hundred_cells_are_cheap(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        start = milliseconds(client)
        notebook = Notebook(client, (tmp_path / "a.ipynb").as_uri(), cells(100))
        notebook.settle()
        before = milliseconds(client)
        for number in range(20):
            notebook.write(50, f"x = {number}")
            notebook.settle()
        edits = (milliseconds(client) - before) / 20
        where = {"textDocument": {"uri": notebook.cells[60]["uri"]}}
        before = milliseconds(client)
        for _ in range(20):
            asked = {**where, "position": {"line": 0, "character": 1}}
            assert client.request("textDocument/hover", asked)
            assert client.request("textDocument/codeLens", where)
        answers = (milliseconds(client) - before) / 40
    assert start <= 800
    assert edits <= 80
    assert answers <= 10


@pytest.mark.slow
def test_twenty_open_notebooks_fit_into_memory(tmp_path: Path) -> None:
    with Client(tmp_path) as client:
        for number in range(20):
            name = tmp_path / f"n{number}.ipynb"
            Notebook(client, name.as_uri(), cells(100)).settle()
        assert megabytes(client) <= 150


@pytest.mark.slow
def test_hundreds_of_edits_leave_no_memory_behind(tmp_path: Path) -> None:
    with Client(tmp_path, delay=0) as client:
        notebook = Notebook(client, (tmp_path / "a.ipynb").as_uri(), cells(20))
        notebook.settle()
        sizes = []
        for number in range(300):
            notebook.write(5, f"x = {number}\ny = x + {number}")
            notebook.settle()
            sizes.append(megabytes(client))
        assert sizes[-1] - sizes[100] < 8


@pytest.mark.parametrize("command", ["check", "graph"])
def test_commands_import_nothing_of_the_server(tmp_path: Path, command: str) -> None:
    (tmp_path / "a.py").write_text("# %%\nprint(x)\n")
    script = (
        "import sys\n"
        f"sys.argv = ['nbprod', {command!r}, 'a.py']\n"
        "from nbprod.cli.group import cli\n"
        "cli.main(standalone_mode=False)\n"
        "print([name for name in sys.modules if name.split('.')[0] in"
        " ('pygls', 'lsprotocol', 'asyncio') or name.startswith('nbprod.server')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['pygls'] = None\n")
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", "server"],
        cwd="/", capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "nbprod: the language server needs pygls; install it with: pip install 'nbprod[lsp]'\n"
    )
    assert "language server" in run_nbprod(tmp_path, "server", "--help").stdout
