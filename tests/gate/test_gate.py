"""Hooks, the action, the template and `nbprod init`, run for real as far as this machine goes."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from nbprod.project.branch import default_branch
from nbprod.project.origin import vcs_source_of
from nbprod.project.setup import plan
from nbprod.project.workflow import Wanted, render_workflow

ROOT = Path(__file__).parents[2]
BAD, GOOD = ("print(nowhere)",), ("x = 1", "print(x)")


def book(*sources: str) -> str:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": one}
        for one in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}) + "\n"


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=n", "-c", "user.email=n@example.org", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def environment(**more: str) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **more}


HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


def test_every_hook_calls_what_exists() -> None:
    assert {one["id"] for one in HOOKS} == {
        "nbprod", "nbprod-fix", "nbprod-clean", "nbprod-databricks", "nbprod-zeppelin",
    }  # fmt: skip
    for hook in HOOKS:
        words = hook["entry"].split()
        done = subprocess.run(
            [sys.executable, "-m", *words, "--help"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0
        assert all(word in done.stdout for word in words if word.startswith("--"))
        assert hook["require_serial"] is True


def surroundings_of_hooks(folder: Path) -> dict[str, str]:
    """What pre-commit needs to build the environment of our hooks with no package index.

    It makes a virtual environment and installs the repository of the hooks into it, as it does
    everywhere; what that depends on is taken from the environment of this test.
    """
    return environment(
        PRE_COMMIT_HOME=str(folder),
        PYTHONPATH=sysconfig.get_path("purelib"),
        PIP_NO_INDEX="1",
        PIP_NO_DEPS="1",
        PIP_NO_BUILD_ISOLATION="0",  # pip's word for "yes, without isolation"
        VIRTUALENV_NO_PERIODIC_UPDATE="1",
    )


@pytest.mark.slow
def test_pre_commit_installs_and_runs_the_hooks_of_a_repository(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "nbprod", hooks / "nbprod", ignore=without)
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "hatch_build.py",
        ".pre-commit-hooks.yaml",
    ):
        shutil.copy(ROOT / name, hooks / name)
    git(hooks, "init", "-q")
    git(hooks, "add", ".")
    git(hooks, "commit", "-qm", "hooks")
    git(hooks, "tag", "v1")
    work = tmp_path / "work"
    work.mkdir()
    git(work, "init", "-q")
    entries = [{"id": one["id"]} for one in HOOKS if one["id"] != "nbprod-fix"]
    config = {"repos": [{"repo": f"file://{hooks}", "rev": "v1", "hooks": entries}]}
    (work / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (work / "n.ipynb").write_text(book(*GOOD))
    (work / "plain.py").write_text("x = nowhere\n")
    (work / "d.py").write_text("# Databricks notebook source\nx = 1\n")
    (work / "note.zpln").write_text(json.dumps({"paragraphs": [{"text": "%python\nx = 1"}]}))

    def run() -> subprocess.CompletedProcess[str]:
        git(work, "add", ".")
        command = [sys.executable, "-m", "pre_commit", "run", "--all-files"]
        home = surroundings_of_hooks(tmp_path / "home")
        return subprocess.run(
            command, cwd=work, env=home, capture_output=True, text=True, check=False
        )

    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == 4
    (work / "n.ipynb").write_text(book(*BAD))
    (work / "d.py").write_text("# Databricks notebook source\nprint(nothing)\n")
    done = run()
    assert done.returncode == 1
    assert done.stdout.count("Failed") == 2
    assert "n.ipynb" in done.stdout and "nothing" in done.stdout


def test_the_action_is_a_composite_action_whose_check_runs(tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    check = next(one for one in action["runs"]["steps"] if one.get("id") == "check")
    inputs = {name: str(one["default"]) for name, one in action["inputs"].items()}
    inputs |= {"sarif-file": "r.sarif", "args": "--select NBP103"}
    given = {
        key: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda one: inputs[one[1]], value)
        for key, value in check["env"].items()
    }
    (tmp_path / "n.ipynb").write_text(book(*BAD))
    script = tmp_path / "check.sh"
    script.write_text(check["run"])
    results = {"GITHUB_OUTPUT": str(tmp_path / "out"), "GITHUB_STEP_SUMMARY": str(tmp_path / "sum")}
    stub = tmp_path / "bin"
    stub.mkdir()
    (stub / "nbprod").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nbprod "$@"\n')
    (stub / "nbprod").chmod(0o755)
    surroundings = environment(**given, **results)
    surroundings["PATH"] = f"{stub}{os.pathsep}{surroundings['PATH']}"
    done = subprocess.run(
        ["bash", "-e", str(script)],
        cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::error title=NBP103 undefined-name,file=n.ipynb,line=1")
    assert (tmp_path / "out").read_text() == "exit-code=1\n"
    assert "NBP103" in (tmp_path / "sum").read_text()
    assert json.loads((tmp_path / "r.sarif").read_text())["version"] == "2.1.0"


def test_every_step_of_the_action_is_shell_that_parses() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    for step in action["runs"]["steps"]:
        if "run" in step:
            subprocess.run(["bash", "-n", "-c", step["run"]], check=True)
            assert step["shell"] == "bash"


def test_the_script_of_the_gitlab_template_writes_its_reports(tmp_path: Path) -> None:
    job = yaml.safe_load((ROOT / "templates" / "nbprod.gitlab-ci.yml").read_text())["nbprod"]
    (script,) = job["script"]
    (tmp_path / "n.ipynb").write_text(book(*BAD))
    command = script.replace("nbprod check", f'"{sys.executable}" -m nbprod check', 1)
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environment(NBPROD_ARGS=""), check=False,
        capture_output=True,
    )  # fmt: skip
    assert done.returncode == 1
    for report in job["artifacts"]["reports"].values():
        assert (tmp_path / report).stat().st_size > 10


def init(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nbprod", "init", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_init_writes_what_it_shows_and_a_second_time_nothing(tmp_path: Path) -> None:
    shown = init(tmp_path, "--diff")
    assert shown.returncode == 0
    assert not list(tmp_path.iterdir())
    done = init(tmp_path, "--yes")
    assert done.stdout == shown.stdout
    config = yaml.safe_load((tmp_path / ".pre-commit-config.yaml").read_text())
    (hook,) = config["repos"][0]["hooks"]
    assert config["repos"][0]["repo"] == "local" and hook["language"] == "system"
    workflow = yaml.safe_load((tmp_path / ".github" / "workflows" / "nbprod.yml").read_text())
    steps = workflow["jobs"]["nbprod"]["steps"]
    assert steps[0]["with"]["fetch-depth"] == 0
    (tmp_path / "n.ipynb").write_text(book(*GOOD))
    check = [sys.executable, "-m", "nbprod", "check"]
    assert subprocess.run(check, cwd=tmp_path, check=False).returncode == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again = init(tmp_path, "--yes")
    assert "Nothing to do" in again.stderr
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_init_asks_at_a_terminal_and_a_script_need_not_answer(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, b"n\n")
    asked = subprocess.run(
        [sys.executable, "-m", "nbprod", "init"],
        cwd=tmp_path, env=environment(), stdin=theirs, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert asked.returncode == 0 and "Nothing was written" in asked.stderr
    assert list(tmp_path.iterdir()) == []
    assert init(tmp_path).returncode == 0 and (tmp_path / "nbprod.toml").exists()


def test_init_adds_to_what_is_there_and_keeps_its_bytes(tmp_path: Path) -> None:
    project = "[project]\nname = 'x'\n[tool.ruff]\nline-length = 90"
    hooks = (
        "# our hooks\nrepos:\n- repo: https://example.org/a\n  rev: v1  # pinned\n  hooks:\n"
        "  - id: a\n\n# the end\nci:\n  autofix_prs: false\n"
    )
    (tmp_path / "pyproject.toml").write_text(project)
    (tmp_path / ".pre-commit-config.yaml").write_text(hooks)
    assert init(tmp_path, "--yes").returncode == 0
    text = (tmp_path / "pyproject.toml").read_text()
    assert text.startswith(project)
    assert "ruff = true" in text
    made = (tmp_path / ".pre-commit-config.yaml").read_text()
    config = yaml.safe_load(made)
    assert [one["repo"].rpartition("/")[2] for one in config["repos"]] == ["a", "local"]
    assert config["ci"] == {"autofix_prs": False}
    kept = iter(made.splitlines())
    assert all(line in kept for line in hooks.splitlines())


OPTIONS = ("sarif", "artifact", "comment")


@pytest.mark.parametrize("source", [None, "nbprod @ git+https://h.example/o/nbprod@" + "a" * 40])
@pytest.mark.parametrize("options", [(), *((name,) for name in OPTIONS), OPTIONS])
def test_the_workflow_may_do_no_more_than_it_has_to(
    options: tuple[str, ...], source: str | None
) -> None:
    text = render_workflow(Wanted("de/fault", source, **dict.fromkeys(options, True)))
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow[True]["push"]["branches"] == ["de/fault"]
    jobs = workflow["jobs"]
    assert ("sarif" in jobs, "report" in jobs, "comment" in jobs) == (
        "sarif" in options, "artifact" in options or "comment" in options, "comment" in options
    )  # fmt: skip
    for name, job in jobs.items():
        rights = {"sarif": "security-events", "comment": "pull-requests"}
        writes = [key for key, value in job.get("permissions", {}).items() if value == "write"]
        assert writes == ([rights[name]] if name in rights else [])
        for step in job["steps"]:
            # What a stranger names is an environment variable, never text of a script.
            assert "${{" not in step.get("run", "")
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
        install = next(step for step in job["steps"] if step.get("name") == "Install nbprod")
        assert (source or "NBPROD_SOURCE:?") in install["run"]
        subprocess.run(["bash", "-n", "-c", install["run"]], check=True)
        # The token is given to the one step that posts, in a job without the repository.
        with_token = [step["run"] for step in job["steps"] if "GITHUB_TOKEN" in step.get("env", {})]
        assert with_token == ["nbprod comment --github --body nbprod-comment.md"] * (
            name == "comment"
        )
        if name == "comment":
            assert not any("checkout" in step.get("uses", "") for step in job["steps"])


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({}, "main"),
        ({"refs/remotes/origin/HEAD": "ref: refs/remotes/origin/trunk\n"}, "trunk"),
        ({"HEAD": "ref: refs/heads/feature\n", "refs/heads/master": "0"}, "master"),
        ({"HEAD": "ref: refs/heads/x\n", "packed-refs": "0 refs/remotes/origin/main\n"}, "main"),
        ({"HEAD": "ref: refs/heads/work\n"}, "work"),
        ({"HEAD": "ref: refs/heads/a]\n  evil: [x\n"}, "main"),
        ({"refs/remotes/origin/HEAD": "ref: refs/remotes/origin/$(id)\n"}, "main"),
    ],
)
def test_the_default_branch(files: dict[str, str], name: str, tmp_path: Path) -> None:
    for path, text in files.items():
        (tmp_path / ".git" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / ".git" / path).write_text(text)
    assert default_branch(str(tmp_path)) == name


def test_where_nbprod_is_from() -> None:
    commit = {"vcs": "git", "commit_id": "a" * 40}
    url = "https://h.example/o/nbprod.git"
    assert vcs_source_of({"url": url, "vcs_info": commit}) == f"nbprod @ git+{url}@{'a' * 40}"
    for document in (  # type: ignore[var-annotated]
        {"url": "file:///x", "dir_info": {"editable": True}},
        {"url": "https://user:word@h.example/o", "vcs_info": commit},
        {"url": url + "';id", "vcs_info": commit},
        [],
    ):
        assert vcs_source_of(document) is None


def test_init_leaves_alone_what_it_does_not_understand() -> None:
    files = {".pre-commit-config.yaml": "repos: []\n", ".gitlab-ci.yml": "stages: [test]\n"}
    changes, notes = plan(files.get, Wanted())
    assert [change.path for change in changes] == ["nbprod.toml"]
    assert sum("add this to it yourself" in note for note in notes) == 2


def test_git_is_there() -> None:
    assert shutil.which("git")
