"""Both packages built by the steps of the release workflow, and installed on each Python here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from nbprod._version import __version__
from tests.docs.pages import stored_files
from tests.release.test_workflow import step_named

ROOT = Path(__file__).parents[2]
SUPPORTED = ("3.10", "3.11", "3.12", "3.13")
ADDRESS = "https://forge.example/o/nbprod"
# One worker builds, and all of these use what it built.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("release")]


def run(command: list[str], folder: Path, **variables: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True,
        timeout=560,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def checkout(folder: Path) -> Path:
    """A repository with one commit, which has the files of this one."""
    for name in stored_files():
        source = ROOT / name
        if source.is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    run(["git", "init", "-q"], folder)
    run(["git", "add", "-A"], folder)
    run(["git", *identity, "commit", "-qm", "all"], folder)
    return folder


class Release:
    """A checkout, and the environment of its build."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tools = folder.with_name("tools")

    def step(self, name: str, **variables: str) -> str:
        """Run a step of the workflow."""
        path = f"{self.tools / 'bin'}{os.pathsep}{os.environ['PATH']}"
        command = ["bash", "-eo", "pipefail", "-c", step_named(name)["run"]]
        return run(command, self.folder, PATH=path, PYTHONPATH="", **variables)

    def file(self, pattern: str) -> Path:
        (found,) = (self.folder / "dist").glob(pattern)
        return found


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    if shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    folder = tmp_path_factory.mktemp("release") / "checkout"
    folder.mkdir()
    built = Release(checkout(folder))
    run([sys.executable, "-m", "venv", str(built.tools)], folder)
    built.step("Install the build tools")
    built.step("Build twice and compare", NBPROD_REPOSITORY=ADDRESS, NBPROD_TAG="v1")
    yield built
    shutil.rmtree(folder.parent)


def test_another_checkout_has_the_same_bytes(release: Release, tmp_path: Path) -> None:
    again = tmp_path / "elsewhere"
    shutil.copytree(release.folder / ".git", again / ".git")
    run(["git", "reset", "-q", "--hard"], again)
    epoch = run(["git", "log", "-1", "--format=%ct"], again).strip()
    command = [str(release.tools / "bin" / "python"), "-m", "hatchling", "build", "-d", "out"]
    run(command, again, SOURCE_DATE_EPOCH=epoch, NBPROD_REPOSITORY=ADDRESS, NBPROD_TAG="v1")
    for file in (again / "out").iterdir():
        assert file.read_bytes() == release.file(file.name).read_bytes(), file.name
    assert len(list((release.folder / "dist").iterdir())) == 4


def test_a_wheel_holds_the_package_and_nothing_else(release: Release) -> None:
    wheel = release.file("nbprod-*.whl")
    assert wheel.stat().st_size < 2_000_000
    info = f"nbprod-{__version__}.dist-info"
    with zipfile.ZipFile(wheel) as package:
        names = package.namelist()
        metadata = package.read(f"{info}/METADATA").decode()
    assert {name.partition("/")[0] for name in names} == {"nbprod", info}
    kept = {
        name for name in stored_files() if name.startswith("nbprod/") and (ROOT / name).is_file()
    }
    assert {name for name in names if name.startswith("nbprod/")} == kept
    assert {"nbprod/py.typed", f"{info}/licenses/LICENSE"} <= set(names)
    for line in (
        f"Project-URL: Repository, {ADDRESS}", "License-Expression: MIT", "Provides-Extra: nbqa",
        "Description-Content-Type: text/markdown", f"({ADDRESS}/raw/v1/docs/pictures/check.svg)",
    ):  # fmt: skip
        assert line in metadata


def test_a_wheel_of_the_extension_holds_its_front_end(release: Release) -> None:
    with zipfile.ZipFile(release.file("nbprod_lab-*.whl")) as package:
        names = package.namelist()
    inside = [name.partition(".data/data/")[2] for name in names if ".data/data/" in name]
    assert "etc/jupyter/jupyter_server_config.d/nbprod_lab.json" in inside
    place = "share/jupyter/labextensions/nbprod-lab/"
    assert sum(name.startswith(f"{place}static/remoteEntry.") for name in inside) == 1
    assert {f"{place}package.json", f"{place}install.json"} <= set(inside)
    assert not any("node_modules" in name or name.startswith("nbprod_lab/lab") for name in names)


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("nbprod", {"nbprod", "CHANGELOG.md", "README.md", "hatch_build.py"}),
        (
            "nbprod_lab",
            {
                "nbprod_lab", "README.md", "build.mjs", "config", "package-lock.json",
                "package.json", "schema", "src", "style", "tsconfig.json", ".npmrc",
                "release_links.py",
            },
        ),
    ],
)  # fmt: skip
def test_a_source_distribution_holds_what_a_build_needs(
    release: Release, name: str, others: set[str]
) -> None:
    with tarfile.open(release.file(f"{name}-*.tar.gz")) as package:
        names = {member.name.split("/")[1] for member in package.getmembers()}
    always = {"LICENSE", "PKG-INFO", "pyproject.toml"}
    assert names - {".gitignore"} == always | others


def test_the_list_of_components_is_that_of_the_installed_program(release: Release) -> None:
    temporary = release.folder.with_name("runner")
    temporary.mkdir()
    release.step("List the components", RUNNER_TEMP=str(temporary))
    document = json.loads((release.folder / "sbom" / "nbprod.cdx.json").read_text())
    assert document["bomFormat"] == "CycloneDX"
    assert document["metadata"]["component"]["name"] == "nbprod"
    names = {each["name"].lower() for each in document["components"]}
    assert {"click", "libcst", "nbformat", "ruff"} <= names


@cache
def python_of(version: str) -> str | None:
    """The path of a Python of this version on this machine."""
    places = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for name in (*map(str, places), shutil.which(f"python{version}")):
        if name is not None:
            ask = [name, "-c", "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"]
            done = subprocess.run(ask, capture_output=True, text=True)
            if done.returncode == 0 and done.stdout.strip() == version:
                return name
    return None


@pytest.mark.parametrize("version", SUPPORTED)
def test_the_wheels_are_installed_into_an_empty_environment(
    release: Release, version: str, tmp_path: Path
) -> None:
    python = python_of(version)
    if python is None:
        pytest.skip(f"needs Python {version}")
    place = tmp_path / "environment"
    run([python, "-m", "venv", str(place)], tmp_path)
    program = {"PYTHONPATH": "", "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    # The extension brings Jupyter Server: the oldest Python and the newest are enough for it.
    with_lab = version in (SUPPORTED[0], SUPPORTED[-1])
    names = ("nbprod", "nbprod_lab") if with_lab else ("nbprod",)
    wheels = [str(release.file(f"{name}-*.whl")) for name in names]
    inside = str(place / "bin" / "python")
    run([inside, "-m", "pip", "install", "-q", "--no-compile", *wheels], tmp_path, **program)
    assert run(["nbprod", "--version"], tmp_path, **program) == f"nbprod {__version__}\n"
    shutil.copy(ROOT / "fixtures" / "examples" / "churn.ipynb", tmp_path)
    check = ["nbprod", "check", "--exit-zero", "--isolated", "--output-format=concise"]
    assert "NBP101" in run([*check, "churn.ipynb"], tmp_path, **program)
    module = "nbprod_lab.handlers" if with_lab else "nbprod"
    load = f"import {module} as m, pathlib; print(pathlib.Path(m.__file__).parent)"
    package = Path(run([inside, "-c", load], tmp_path, **program).strip())
    assert package.is_relative_to(place) and (package / "py.typed").is_file()
    front_end = place / "share/jupyter/labextensions/nbprod-lab/package.json"
    assert front_end.is_file() == with_lab
    shutil.rmtree(place)
