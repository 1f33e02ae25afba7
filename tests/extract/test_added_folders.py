"""Notebooks that add folders to `sys.path`: their imports stay imports, and the tests find them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod.extract.suite.beside import folders_added
from nbprod.facts import Facts
from nbprod.notebook.read import read_notebook
from tests.extract.notebooks import as_bytes
from tests.extract.test_command import nbprod

CELLS = [
    "# Paths of the project.\nimport sys\nsys.path.append('../..')",
    "# Libraries.\nimport numpy as np\n\n# Ours.\nfrom shop.prices import rise",
    """prices = np.arange(6.0)
areas = prices * 2 + 1
raised = rise(areas)
total = raised.sum()
mean = total / len(prices)""",
    "print(total, mean)",
]


def project(tmp_path: Path) -> Path:
    """A project with a package and a notebook two folders below; the notebook's folder."""
    package, folder = tmp_path / "shop", tmp_path / "notebooks" / "first"
    package.mkdir()
    folder.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "prices.py").write_text("def rise(values):\n    return values * 1.5\n")
    (folder / "a.ipynb").write_bytes(as_bytes(CELLS))
    return folder


@pytest.mark.slow
def test_a_package_of_the_project_is_found_by_module_and_tests(tmp_path: Path) -> None:
    folder = project(tmp_path)
    done = nbprod(folder, "extract", "a.ipynb", "-o", "b.py", "--all", "--run", "--verify")
    assert done.returncode == 0, done.stderr
    assert "Ran 1 generated test: all passed." in done.stdout
    module = (folder / "b.py").read_text()
    assert "\nfrom shop.prices import rise\n" in module and "ModuleType" not in module
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    tested = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert "1 passed" in tested.stdout, tested.stdout
    assert 'for directory in [".", "../.."]:' in (folder / "conftest.py").read_text()


def test_no_function_returns_what_it_imports(tmp_path: Path) -> None:
    folder = project(tmp_path)
    cells = [*CELLS, "!pip install parcels", "from parcels import Parcel", "p = Parcel(total)\np"]
    (folder / "a.ipynb").write_bytes(as_bytes(cells))
    done = nbprod(folder, "extract", "a.ipynb", "-o", "b.py", "--all", "--no-tests")
    assert done.returncode == 0, done.stderr
    tree = ast.parse((folder / "b.py").read_text())
    inner = [
        part for node in tree.body if isinstance(node, ast.FunctionDef) for part in ast.walk(node)
    ]
    assert not [part for part in inner if isinstance(part, (ast.Import, ast.ImportFrom))]


@pytest.mark.parametrize(
    ("source", "added"),
    [
        ('import sys\nsys.path.append("..")', [".."]),
        ('import sys\nsys.path.insert(0, "../../shop")', ["../../shop"]),
        ('import sys\nsys.path.append("/usr/lib")', []),
        ('import sys\nsys.path.append("../missing")', []),
        ('paths = []\npaths.append("..")', []),
    ],
)
def test_folders_are_those_that_the_notebook_adds(
    tmp_path: Path, source: str, added: list[str]
) -> None:
    folder = project(tmp_path)
    facts = Facts(read_notebook(as_bytes([source]), str(folder / "a.ipynb")))
    assert list(folders_added(facts)) == [str((folder / name).resolve()) for name in added]
