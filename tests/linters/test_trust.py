"""Linters run nothing of the repository: not its modules, not what its settings load."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path
from typing import NamedTuple

import pytest

from nbprod.linters.tools import harmless_settings
from tests.linters.test_linters import found, run, save

EVIL = "open({marker!r}, 'w').close()\n"
PLUGIN = EVIL + (
    "def plugin(version):\n    from mypy.plugin import Plugin\n    return Plugin\n"
    "def register(linter):\n    pass\n"
    "class Checker:\n    name = 'evil'\n    version = '1'\n"
    "    def __init__(self, tree):\n        pass\n"
    "    def run(self):\n        return []\n"
)


class Attack(NamedTuple):
    """Settings of a repository that make a linter load code, and what it finds without them.

    ``runs``: whether the settings have an effect once they are trusted.
    """

    tool: str
    files: dict[str, str]
    source: str
    code: str
    runs: bool = True


UNUSED = "import os\n"
UNTYPED = "x: int = 'text'\n"
PYLINT_HOOK = "import runpy; runpy.run_path('evil.py')"
ATTACKS = {
    "flake8 local-plugins": Attack(
        "flake8",
        {"setup.cfg": "[flake8]\nmax-line-length = 90\n[flake8:local-plugins]\n"
                      "extension =\n    EVI = evil:Checker\npaths = .\n"},
        UNUSED, "flake8:F401",
    ),
    "flake8 in tox.ini": Attack(
        "flake8",
        {"tox.ini": "[flake8]\n[flake8:local-plugins]\nextension = EVI = evil:Checker\npaths=.\n"},
        UNUSED, "flake8:F401",
    ),
    "flake8 in .flake8": Attack(
        "flake8",
        {".flake8": "[flake8:local-plugins]\nreport = EVI = evil:Checker\npaths = .\n"},
        UNUSED, "flake8:F401", runs=False,
    ),
    "mypy plugins": Attack(
        "mypy", {"mypy.ini": "[mypy]\nplugins = ./evil.py\n"}, UNTYPED, "mypy:assignment"
    ),
    "mypy in pyproject": Attack(
        "mypy", {"pyproject.toml": '[tool.mypy]\nplugins = ["./evil.py"]\n'}, UNTYPED,
        "mypy:assignment",
    ),
    "mypy python_executable": Attack(
        "mypy", {"setup.cfg": "[mypy]\npython_executable = ./evil.sh\n"}, UNTYPED,
        "mypy:assignment",
    ),
    "pylint init-hook": Attack(
        "pylint", {".pylintrc": f"[MAIN]\ninit-hook={PYLINT_HOOK}\n"}, UNUSED, "pylint:W0611"
    ),
    "pylint in pyproject": Attack(
        "pylint", {"pyproject.toml": f'[tool.pylint.main]\ninit-hook = "{PYLINT_HOOK}"\n'},
        UNUSED, "pylint:W0611",
    ),
    "pylint load-plugins": Attack(
        "pylint", {"setup.cfg": "[pylint.MAIN]\nload-plugins = evil\n"}, UNUSED, "pylint:W0611",
        runs=False,
    ),
    "nbqa": Attack(
        "flake8", {"pyproject.toml": '[tool.nbqa.addopts]\nflake8 = ["--config=evil.cfg"]\n',
                   "evil.cfg": "[flake8:local-plugins]\nextension = EVI = evil:Checker\npaths=.\n"},
        UNUSED, "flake8:F401",
    ),
    "nbqa shell": Attack(
        "flake8", {"pyproject.toml": "[tool.nbqa.shell]\nflake8 = true\n"}, UNUSED, "flake8:F401",
        runs=False,
    ),
}  # fmt: skip
# What is imported or started when a linter looks into the directory that it runs in.
NAMES = (
    "nbqa", "json", "flake8", "mypy", "pylint", "black", "isort", "pydocstyle", "pyupgrade",
    "autopep8", "pycodestyle", "pyflakes", "doctest", "sitecustomize", "conftest", "setup", "ruff",
    "tokenize_rt", "tomllib", "ast", "logging",
)  # fmt: skip


def needs(tool: str) -> None:
    for module in ("nbqa", tool):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


@pytest.fixture
def marker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outside") / "marker"


@pytest.fixture
def repository(tmp_path: Path, marker: Path) -> Path:
    (tmp_path / "evil.py").write_text(PLUGIN.format(marker=str(marker)))
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch '{marker}'\nexec {sys.executable} \"$@\"\n")
    program.chmod(0o755)
    return tmp_path


def plant(repository: Path, attack: Attack) -> None:
    for name, text in attack.files.items():
        (repository / name).write_text(text)
    save(repository / "n.ipynb", attack.source)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_settings_that_load_code_are_left_out(
    attack: Attack, repository: Path, marker: Path
) -> None:
    needs(attack.tool)
    plant(repository, attack)
    codes = [one["code"] for one in found(repository, "--tool", attack.tool)]
    assert attack.code in codes
    assert not marker.exists()


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_they_are_used_where_they_are_trusted(
    attack: Attack, repository: Path, marker: Path
) -> None:
    needs(attack.tool)
    plant(repository, attack)
    run(repository, "--tool", attack.tool, "--trust-config")
    assert marker.exists() or not attack.runs


TOOLS = (
    "autopep8", "black", "flake8", "isort", "mypy", "pycodestyle", "pydocstyle", "pyflakes",
    "pylint", "pyupgrade", "ruff",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS)
def test_no_linter_imports_what_lies_beside_the_notebook(
    tool: str, repository: Path, marker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs(tool)
    for name in NAMES:
        (repository / f"{name}.py").write_text(EVIL.format(marker=str(marker)))
    (repository / tool).write_text(f"#!/bin/sh\ntouch '{marker}'\n")
    (repository / tool).chmod(0o755)
    data = save(repository / "n.ipynb", EVIL.format(marker=str(marker)), "import os,sys\n")
    monkeypatch.setenv("PATH", os.pathsep.join([".", os.environ["PATH"]]))
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", "check", "--no-cache", "--tool", tool],
        cwd=repository, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1, 2), done.stderr
    assert not marker.exists()
    # What formats writes to a copy.
    assert (repository / "n.ipynb").read_bytes() == data


@pytest.mark.parametrize("tool", ["doctest", "timeit", "pytest --doctest-modules", "pdb", "trace"])
def test_what_may_run_the_notebook_is_refused(tool: str, repository: Path, marker: Path) -> None:
    save(repository / "n.ipynb", EVIL.format(marker=str(marker)))
    done = run(repository, "--tool", tool)
    assert done.returncode == 2
    assert "--trust-config" in done.stderr
    assert not marker.exists()


def test_doctest_runs_where_the_notebook_is_trusted(repository: Path, marker: Path) -> None:
    needs("nbqa")
    save(repository / "n.ipynb", EVIL.format(marker=str(marker)))
    run(repository, "--tool", "doctest", "--trust-config")
    assert marker.exists()


@pytest.mark.parametrize("name", ["", "a.b", "./flake8", "-m", "flake8;x", "flake8 '"])
def test_only_names_are_tools(name: str, repository: Path) -> None:
    save(repository / "n.ipynb", "x = 1")
    done = run(repository, "--tool", name)
    assert done.returncode == 2


def test_harmless_settings_stay_and_what_is_left_out_is_said(repository: Path) -> None:
    needs("flake8")
    (repository / "setup.cfg").write_text(
        "[flake8]\nextend-ignore = F401\nmax-line-length = 20\noutput-file = report.txt\n"
    )
    save(repository / "n.ipynb", "import os\n", "value = 'more than twenty'\n")
    done = run(repository, "--tool", "flake8", "--output-format", "concise")
    assert "flake8:E501" in done.stdout
    assert "F401" not in done.stdout
    assert "without `output-file` of setup.cfg; --trust-config" in done.stderr
    assert not (repository / "report.txt").exists()


@pytest.mark.parametrize("option", ["--config=own.cfg", "--config own.cfg"])
def test_settings_that_the_command_line_names_are_used(option: str, repository: Path) -> None:
    needs("flake8")
    (repository / "own.cfg").write_text("[flake8]\nextend-ignore = F401\n")
    save(repository / "n.ipynb", "import os\n")
    assert found(repository, "--tool", f"flake8 {option}") == []


def test_mypy_sees_modules_beside_the_notebook(repository: Path) -> None:
    needs("mypy")
    (repository / "helpers.py").write_text("def double(x: int) -> int:\n    return 2 * x\n")
    save(repository / "n.ipynb", "import helpers\nhelpers.double('a')")
    (finding,) = found(repository, "--tool", "mypy")
    assert (finding["code"], finding["line"]) == ("mypy:arg-type", 2)


def test_findings_of_several_notebooks_are_told_apart(repository: Path) -> None:
    needs("flake8")
    (repository / "deep").mkdir()
    save(repository / "n.ipynb", "import os\n")
    save(repository / "deep" / "n.ipynb", "import re\nx = 1")
    codes = [(one["path"], one["cell"], one["code"]) for one in
             found(repository, "--tool", "flake8", "--select", "NBP103")]  # fmt: skip
    assert sorted(codes) == [("deep/n.ipynb", 1, "flake8:F401"), ("n.ipynb", 1, "flake8:F401")]


@pytest.mark.parametrize("name", ["nbprod.toml", ".nbprod.toml", "pyproject.toml", "other.toml"])
@pytest.mark.parametrize("line", ['tools = ["flake8"]', "trust-config = true"])
def test_no_file_of_a_repository_names_tools(name: str, line: str, repository: Path) -> None:
    head = "[tool.nbprod]\n" if name == "pyproject.toml" else ""
    (repository / name).write_text(f"{head}{line}\n")
    save(repository / "n.ipynb", "x = 1")
    more = ("--config", name) if name == "other.toml" else ()
    done = run(repository, *more)
    assert done.returncode == 2
    number = 2 if head else 1
    assert done.stderr.startswith(f"nbprod: {name}:{number}: {line.partition(' ')[0]} can start")
    assert "your own file" in done.stderr


def test_an_extended_file_names_no_tools_either(repository: Path) -> None:
    (repository / "nbprod.toml").write_text('extend = "base.toml"\n')
    (repository / "base.toml").write_text('tools = ["flake8"]\n')
    save(repository / "n.ipynb", "x = 1")
    assert run(repository).returncode == 2


@pytest.mark.parametrize("configured", [False, True])
def test_the_users_own_file_names_tools_for_every_repository(
    configured: bool, repository: Path, monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    needs("flake8")
    home = tmp_path_factory.mktemp("home")
    (home / "nbprod").mkdir()
    (home / "nbprod" / "nbprod.toml").write_text('tools = ["flake8"]\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    if configured:
        (repository / "nbprod.toml").write_text('level = "explore"\n')
    save(repository / "n.ipynb", "import os\n")
    assert [one["code"] for one in found(repository)] == ["flake8:F401"]
    assert found(repository, "--isolated") == []


SETTINGS: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("flake8", "[flake8]\nselect = E\nformat = x\n", "[flake8]\nselect = E\n", ("format",)),
    ("mypy", "[mypy]\nstrict = true\nplugins = x\n[mypy-a.*]\nignore_errors = true\n",
     "[mypy]\nstrict = true\n[mypy-a.*]\nignore_errors = true\n", ("plugins",)),
    ("mypy", "[mypy]\npython_version = 3.11\nmypy_path = /\ncustom_typeshed_dir = x\n",
     "[mypy]\npython_version = 3.11\n", ("mypy_path", "custom_typeshed_dir")),
    ("pylint", "[pylint.main]\nmax-args = 3\nextension-pkg-allow-list = evil\n",
     "[pylint.main]\nmax-args = 3\n", ("extension-pkg-allow-list",)),
]  # fmt: skip


@pytest.mark.parametrize(("tool", "text", "kept", "left_out"), SETTINGS)
def test_what_is_kept_of_settings(
    tool: str, text: str, kept: str, left_out: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "setup.cfg").write_text(text)
    (tmp_path / ".git").mkdir()
    (tmp_path / "deep").mkdir()
    harmless = harmless_settings(tool, str(tmp_path / "deep"))
    assert (harmless.text, harmless.left_out) == (kept, left_out)


@pytest.mark.parametrize("mark", ["\\n", "\\r", "\\u2028", "]"])
@pytest.mark.parametrize(
    ("tool", "table"),
    [
        ("pylint", '[tool.pylint."x]{0}init-hook = evil{0}[y"]\nmax-args = 3\n'),
        ("pylint", '[tool.pylint."init-hook = evil{0}"]\nmax-args = 3\n'),
        ("pylint", '[tool.pylint.x]\n"max-args{0}init-hook" = 3\n'),
        ("pylint", '[tool.pylint.x]\nnotes = "a{0}init-hook = evil"\n'),
        ("mypy", '[[tool.mypy.overrides]]\nmodule = "x]{0}plugins = evil{0}[y"\n'
                 "ignore_errors = true\n"),
        ("pydocstyle", '[tool.pydocstyle]\nselect = ["D1{0}[x]{0}init-hook = 1"]\n'),
    ],
)  # fmt: skip
def test_no_name_or_value_adds_a_line(tool: str, table: str, mark: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(table.format(mark))
    parser = ConfigParser(interpolation=None)
    parser.read_string(harmless_settings(tool, str(tmp_path)).text)
    keys = {key for section in parser.sections() for key in parser[section]}
    assert keys <= {"max-args", "notes", "select", "ignore_errors"}
    assert not {"x", "y"} & set(parser.sections())


def test_tables_of_a_pyproject_become_sections(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.mypy]\nstrict = true\ndisable_error_code = ["misc", "attr-defined"]\n'
        'plugins = ["evil"]\n[[tool.mypy.overrides]]\nmodule = ["a", "b.*"]\n'
        "ignore_errors = true\n"
    )
    harmless = harmless_settings("mypy", str(tmp_path))
    assert harmless.text == (
        "[mypy]\nstrict = yes\ndisable_error_code = misc, attr-defined\n"
        "[mypy-a]\nignore_errors = yes\n[mypy-b.*]\nignore_errors = yes\n"
    )


@pytest.mark.parametrize(
    "make", [lambda path: os.mkfifo(path), lambda path: path.write_bytes(b"\xff[x")]
)
def test_settings_that_cannot_be_read_are_none(
    make: Callable[[Path], object], tmp_path: Path
) -> None:
    make(tmp_path / "setup.cfg")
    assert harmless_settings("flake8", str(tmp_path)).text == "[flake8]\n"


def test_ruff_shows_nothing_of_the_environment(repository: Path) -> None:
    save(repository / "n.ipynb", UNUSED)
    (repository / "ruff.toml").write_text('extend = "/nowhere/${SECRET_OF_CI}/x"\n')
    done = subprocess.run(
        [sys.executable, "-m", "nbprod", "check", "--ruff"],
        cwd=repository, capture_output=True, text=True, check=False,
        env={**os.environ, "SECRET_OF_CI": "told-nobody"},
    )  # fmt: skip
    assert done.returncode == 2 and "SECRET_OF_CI" in done.stderr
    assert "told-nobody" not in done.stdout + done.stderr


def test_ruff_writes_nothing_where_its_settings_say(repository: Path) -> None:
    (repository / "ruff.toml").write_text(
        'cache-dir = "kept"\nfix = true\nunsafe-fixes = true\noutput-format = "github"\n'
    )
    data = save(repository / "n.ipynb", "import os\n")
    assert [one["code"] for one in found(repository, "--ruff")] == ["F401"]
    assert (repository / "n.ipynb").read_bytes() == data
    assert not (repository / "kept").exists()
    assert json.loads((repository / "n.ipynb").read_text())["cells"]
