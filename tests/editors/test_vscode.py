"""The VS Code extension: built and packaged from npm packages, its modules run in node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "editors" / "vscode"
_NPM = shutil.which("npm")


def npm(folder: Path, *words: str, **variables: str) -> str:
    assert _NPM is not None
    done = subprocess.run(
        [_NPM, *words], cwd=folder, capture_output=True, text=True,
        env={**os.environ, **variables}, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_it_is_built_tested_and_packaged(tmp_path: Path) -> None:
    if _NPM is None:
        pytest.skip("needs node and npm")
    folder = tmp_path / "vscode"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    npm(folder, "ci")
    npm(folder, "run", "build")
    nbprod = Path(sys.executable).parent / "nbprod"
    told = npm(folder, "test", NBPROD=str(nbprod))
    assert "# fail 0" in told and "# skipped 0" in told, told
    npm(folder, "run", "package")
    with zipfile.ZipFile(folder / "nbprod.vsix") as package:
        names = set(package.namelist())
        manifest = json.loads(package.read("extension/package.json"))
    assert {name for name in names if name.startswith("extension/")} == {
        "extension/package.json", "extension/readme.md", "extension/LICENSE.txt",
        "extension/dist/extension.js",
    }  # fmt: skip
    assert manifest["main"] == "./dist/extension.js"


@pytest.mark.parametrize("package", ["vscode", "jupyterlab"])
def test_the_lock_file_names_no_registry(package: str) -> None:
    """Any mirror can be installed from, and what is installed is what was tested."""
    lock = json.loads((SOURCE.parent / package / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert len(packages) > 100
    assert not [name for name, one in packages.items() if "resolved" in one]
    assert all("integrity" in one or one.get("link") for one in packages.values())


def test_the_versions_of_the_editors_are_those_of_nbprod() -> None:
    from nbprod._version import __version__ as nbprod
    from nbprod_lab import __version__ as lab

    names = [SOURCE / "package.json", SOURCE.parent / "jupyterlab" / "package.json"]
    versions = {json.loads(name.read_text())["version"] for name in names}
    assert versions == {nbprod} == {lab}
