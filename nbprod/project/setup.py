"""What to write into a repository so that nbprod runs on it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from nbprod.project.workflow import Wanted, render_workflow

__all__ = ["SetupFile", "plan", "plan_git"]

_CONFIG = """\
# What is checked, and how strictly: `nbprod config` shows every value.
{head}level = "shared"
ruff = {ruff}
"""
# A local hook on the installed command: it needs no address of nbprod.
_HOOK = """\
{indent}- repo: local
{indent}  hooks:
{indent}    - id: nbprod
{indent}      name: nbprod
{indent}      entry: nbprod check --force-exclude --no-progress
{indent}      language: system
{indent}      types_or: [jupyter]
{indent}      require_serial: true
"""
_GITLAB = """\
nbprod:
  image: python:3.12-slim
  variables:
    GIT_DEPTH: "0"
  script:
    - python -m pip install {source}
    - nbprod check --no-progress --output full --output gitlab:gl-code-quality.json .
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality.json
"""


class SetupFile(NamedTuple):
    """A file to write. ``before`` is what it holds now, None if it is not there."""

    path: str
    before: str | None
    after: str

    @property
    def is_new(self) -> bool:
        """Whether the file is not there yet."""
        return self.before is None


def plan(read: Callable[[str], str | None], wanted: Wanted) -> tuple[list[SetupFile], list[str]]:
    """The changes, and notes on what is left as it is.

    Args:
        read: the text of a file of the repository by its path, None if it is not there.
        wanted: what the workflow is to do.
    """
    changes: list[SetupFile] = []
    notes: list[str] = []
    for make in (_configuration, _hook, _workflow):
        made = make(read, wanted)
        if isinstance(made, SetupFile):
            changes.append(made)
        else:
            notes.append(made)
    return changes, notes


def plan_git(read: Callable[[str], str | None]) -> tuple[list[SetupFile], list[str]]:
    """As `plan`, for `git diff` by cells: git's attributes, and what each clone has to run."""
    name = ".gitattributes"
    text = read(name)
    once = (
        "git runs no program that a repository names, so run this once in each clone:\n"
        '  git config diff.nbprod.command "nbprod diff --git"'
    )
    if text is not None and "diff=nbprod" in text:
        return [], [f"{name} has nbprod and stays as it is", once]
    gap = "" if not text or text.endswith("\n") else "\n"
    return [SetupFile(name, text, f"{text or ''}{gap}*.ipynb diff=nbprod\n")], [once]


def _configuration(read: Callable[[str], str | None], _wanted: Wanted) -> SetupFile | str:
    for name in ("nbprod.toml", ".nbprod.toml"):
        if read(name) is not None:
            return f"{name} is there and stays as it is"
    project = read("pyproject.toml")
    uses_ruff = read("ruff.toml") is not None or "[tool.ruff" in (project or "")
    ruff = "true" if uses_ruff else "false"
    if project is None:
        return SetupFile("nbprod.toml", None, _CONFIG.format(head="", ruff=ruff))
    if re.search(r"^\s*\[tool\.nbprod", project, re.MULTILINE):
        return "pyproject.toml has a table for nbprod and stays as it is"
    ends_in_blank_line = not project or project.endswith("\n\n")
    gap = "" if ends_in_blank_line else "\n" if project.endswith("\n") else "\n\n"
    table = _CONFIG.format(head="[tool.nbprod]\n", ruff=ruff)
    return SetupFile("pyproject.toml", project, f"{project}{gap}{table}")


def _hook(read: Callable[[str], str | None], _wanted: Wanted) -> SetupFile | str:
    name = ".pre-commit-config.yaml"
    text = read(name)
    if text is None:
        return SetupFile(name, None, "repos:\n" + _hook_entry("  "))
    if "nbprod" in text:
        return f"{name} has nbprod and stays as it is"
    # Entries are added after the last one, as it is indented; the rest keeps every byte.
    entries = list(re.finditer(r"^( *)- repo:", text, re.MULTILINE))
    if not re.search(r"^repos:\s*$", text, re.MULTILINE) or not entries:
        entry = _hook_entry("  ")
        return f"{name} has another shape; add this to it yourself:\n{entry}"
    indent = entries[-1][1]
    end = _end_of_entry(text, entries[-1].end(), indent)
    gap = "" if text[:end].endswith("\n") else "\n"
    return SetupFile(name, text, f"{text[:end]}{gap}{_hook_entry(indent)}{text[end:]}")


def _hook_entry(indent: str) -> str:
    return _HOOK.format(indent=indent)


def _end_of_entry(text: str, position: int, indent: str) -> int:
    """After the lines that belong to an entry: those that are indented more than its dash."""
    end = position
    for line in re.finditer(r"[^\n]*\n|[^\n]+\Z", text[position:]):
        body = line[0]
        blank = not body.strip()
        if line.start() and not blank and not body.startswith(f"{indent} "):
            break
        if not blank or not line.start():
            end = position + line.end()
    return end


def _workflow(read: Callable[[str], str | None], wanted: Wanted) -> SetupFile | str:
    gitlab = read(".gitlab-ci.yml")
    if gitlab is not None:
        if "nbprod" in gitlab:
            return ".gitlab-ci.yml has nbprod and stays as it is"
        entry = _GITLAB.format(source=f"'{wanted.source}'" if wanted.source else "$NBPROD_SOURCE")
        return f".gitlab-ci.yml stays as it is; add this to it yourself:\n{entry}"
    name = ".github/workflows/nbprod.yml"
    if read(name) is not None:
        return f"{name} is there and stays as it is"
    return SetupFile(name, None, render_workflow(wanted))
