"""The release workflow: pinned actions, no more rights than each job needs, steps that run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from nbprod._version import __version__
from tests.command import run_nbprod

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
WORKFLOW: dict[Any, Any] = yaml.safe_load(TEXT)
JOBS: dict[str, Any] = WORKFLOW["jobs"]
STEPS = [(name, step) for name, job in JOBS.items() for step in job["steps"]]


def step_named(name: str) -> dict[str, Any]:
    (found,) = [step for _, step in STEPS if step.get("name") == name]
    return dict(found)


def run_step(name: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", **variables}
    command = ["bash", "-eo", "pipefail", "-c", step_named(name)["run"]]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_notebook_of_the_installation_is_clean(tmp_path: Path) -> None:
    *_, make, version, check = step_named("Install and check a notebook")["run"].splitlines()
    subprocess.run(["bash", "-c", make], cwd=tmp_path, check=True)
    assert version == "nbprod --version"
    done = run_nbprod(tmp_path, *check.split()[1:])
    assert done.returncode == 0, done.stderr


def test_only_a_tag_of_a_version_starts_it() -> None:
    assert WORKFLOW[True] == {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+"]}}


def test_every_action_is_pinned_to_a_commit_and_names_its_version() -> None:
    used = re.findall(r"uses: (\S+)(.*)", TEXT)
    assert len(used) == sum("uses" in step for _, step in STEPS)
    action_of_nbprod = (ROOT / "action.yml").read_text("utf-8")
    used += re.findall(r"- uses: (\S+)(.*)", action_of_nbprod)
    for action, comment in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action
    versions: dict[str, set[str]] = {}
    for action, comment in used:
        versions.setdefault(action.partition("@")[0], set()).add(action + comment)
    assert all(len(each) == 1 for each in versions.values())


def test_each_job_has_the_rights_that_it_needs() -> None:
    assert WORKFLOW["permissions"] == {}
    assert {name: job["permissions"] for name, job in JOBS.items()} == {
        "build": {"contents": "read"},
        "install": {},
        "attest": {"id-token": "write", "attestations": "write"},
        "publish": {"id-token": "write"},
        "release": {"contents": "write"},
    }
    assert "secrets." not in TEXT
    assert JOBS["publish"]["environment"] == "pypi"
    # A job that may sign, publish or write runs no code of the packages or of their builds.
    for name in ("attest", "publish"):
        assert not any("run" in step for step in JOBS[name]["steps"])
    assert [JOBS[name].get("needs") for name in JOBS] == [
        None, "build", "install", "attest", "publish",
    ]  # fmt: skip


def test_scripts_parse_and_take_no_text_of_expressions() -> None:
    for _, step in STEPS:
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False
        if "run" in step:
            assert "${{" not in step["run"]
            subprocess.run(["bash", "-n", "-c", step["run"]], check=True)


def test_the_tools_of_a_build_are_pinned() -> None:
    lines = (ROOT / ".github" / "release-requirements.txt").read_text("utf-8").splitlines()
    wanted = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z-]+==[\d.]+", line) for line in wanted)
    names = {line.partition("==")[0] for line in wanted}
    assert {"build", "cyclonedx-bom", "hatch-jupyter-builder", "hatchling", "twine"} == names


def test_supported_versions_are_tested_before_anything_is_published() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    supported = re.findall(r'Python :: (3\.\d+)"', text)
    assert JOBS["install"]["strategy"]["matrix"]["python"] == supported


def test_a_tag_of_another_version_fails() -> None:
    name = "Compare the tag with the version"
    assert run_step(name, ROOT, GITHUB_REF_NAME=f"v{__version__}").returncode == 0
    for tag in ("v0.0.1", __version__, f"v{__version__}.1"):
        assert run_step(name, ROOT, GITHUB_REF_NAME=tag).returncode != 0


def test_the_notes_are_the_section_of_the_version(tmp_path: Path) -> None:
    parts = ("# Changelog", "## Unreleased", "- new", "## 1.2.0 - 2026-11-30", "### Added", "- a")
    text = "\n\n".join((*parts, "## 1.2.0a1 - 2026-01-01", "- old")) + "\n"
    (tmp_path / "CHANGELOG.md").write_text(text)
    name = "Cut the notes out of the changelog"
    assert run_step(name, tmp_path, GITHUB_REF_NAME="v1.2.0").returncode == 0
    assert (tmp_path / "notes.md").read_text().split("\n") == ["", "### Added", "", "- a", "", ""]
    assert run_step(name, tmp_path, GITHUB_REF_NAME="v1.3.0").returncode != 0
