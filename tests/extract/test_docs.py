"""The page about extraction: its commands are run, its excerpts looked up in what they wrote."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nbprod.notebook.read import read_notebook
from tests.extract.notebooks import as_bytes

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "how-to" / "extract-a-module.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENGINE = "from sqlalchemy import create_engine\n\nengine = create_engine('postgresql://db/prod')"
WRONG = 'version = 1\n\n[[unit]]\nname = "2repack"\ncells = [6]\n'
_EXCERPT = re.compile(r"^```(?:python|toml) title=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


pytestmark = pytest.mark.slow


def run(command: str, folder: Path) -> str:
    given, _, command = command.rpartition(" | ")
    words = shlex.split(command)
    if words[0] == "nbprod":
        words[:1] = [sys.executable, "-m", "nbprod"]
    elif words[0] == "python":
        words[0] = sys.executable
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{folder}"}
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        input=given.removeprefix("echo ").strip('"').replace("\\n", "\n") + "\n",
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the notebooks of the page, after all of its commands."""
    place = tmp_path_factory.mktemp("docs")
    shutil.copy(REPOSITORY / "fixtures" / "extract" / "parcels.ipynb", place)
    (place / "shell.ipynb").write_bytes(as_bytes(["x = 1", "y = x\n!ls"]))
    publish = "import pandas as pd\n\ndf = pd.DataFrame({'a': [1]})\ndf.to_sql('sales', engine)"
    (place / "publish.ipynb").write_bytes(as_bytes([ENGINE, publish]))
    (place / "wrong.toml").write_text(WRONG)
    for block in _BLOCK.findall(PAGE):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            shown = run(command, place)
            for line in expected.splitlines():
                # How many statements a module has changes with how it is written.
                count = line.startswith("The tests run")
                found = re.sub(r"\d+", "9", shown) if count else shown
                line = re.sub(r"\d+", "9", line) if count else line
                assert line == "..." or line in found, (command, line, shown)
    return place


def test_the_commands_print_what_the_page_says(folder: Path) -> None:
    assert len(_BLOCK.findall(PAGE)) >= 4
    assert (folder / "post" / "parcels.py").exists()


def test_the_excerpts_are_in_the_files(folder: Path) -> None:
    excerpts = _EXCERPT.findall(PAGE)
    assert len(excerpts) >= 4
    for name, text in excerpts:
        path = folder / name
        if name.endswith(".ipynb"):
            cells = read_notebook(path.read_bytes(), name).cells
            assert text.rstrip("\n") in [cell.source for cell in cells]
        else:
            assert text in path.read_text(encoding="utf-8")


def test_every_option_of_the_page_exists() -> None:
    known = run("nbprod extract --help", REPOSITORY) + run("nbprod verify --help", REPOSITORY)
    for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) - {"--select"}:
        assert option in known, option
