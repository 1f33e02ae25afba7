"""Commands and options that pages name exist, in code blocks and in sentences."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import fences_of, name_of, page_paths, spans_of, text_of

_CALL = re.compile(
    r"(?:^|(?<=[\s\"'(\[]))nbprod "
    r"((?:baseline |dev |survey (?=run|report))?[a-z][a-z-]*)([^\n|&;>]*)",
    re.M,
)
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
# Options of git, pip, pytest, other linters and of applications that `nbprod pipeline` writes.
_FOREIGN = {
    "--amend", "--cached", "--editable", "--end-of-options", "--ext-diff", "--filter", "--strict",
    "--local", "--no-includes",
    "--select", "--run-id", "--patch", "--unchecked", "--from", "--json", "--engine", "--port",
    "--model", "--input", "--storage", "--allow-versions", "--install-extension", "--keep-id",
    "--login", "--count", "--seed", "--reorder", "--state", "--soorgeon", "--nbmodular", "--token",
    "--repo", "--synthetic", "--head",
}  # fmt: skip


@cache
def _options() -> dict[str, frozenset[str]]:
    """The options of each command, hidden ones left out."""
    from nbprod.cli.dev import command as dev
    from nbprod.cli.group import cli
    from nbprod.cli.reference_pages import reference_commands

    found = {
        name.partition(" ")[2]: frozenset(word for item in command.params for word in item.opts)
        for name, command, _ in reference_commands()
    }
    for name, command in dev.commands.items():
        found[f"dev {name}"] = frozenset(word for item in command.params for word in item.opts)
    found["dev"] = frozenset(word for item in dev.params for word in item.opts)
    # What names no command of `survey` are the sources of `survey run`.
    found["survey"] |= found["survey run"]
    found[""] = frozenset(word for item in cli.params for word in item.opts)
    return {name: words | {"--help", "-h"} for name, words in found.items()}


def unknown_words(code: str) -> list[str]:
    """Commands and options of nbprod in a piece of code that do not exist."""
    unknown = []
    for name, rest in _CALL.findall(code):
        known = _options().get(name)
        if known is None:
            unknown.append(f"nbprod {name}")
            continue
        rest = re.sub(r'"[^"]*"|\'[^\']*\'', "", rest.partition("`")[0])
        unknown += [f"nbprod {name} {word}" for word in _OPTION.findall(rest) if word not in known]
    return unknown


@pytest.mark.parametrize("path", page_paths(), ids=name_of)
def test_commands_and_options_of_a_page_exist(path: Path) -> None:
    if path.name == "CHANGELOG.md":
        return  # it names what is no more
    unknown: list[str] = []
    for fence in fences_of(text_of(path)):
        if fence.language in ("console", "sh", "yaml", "json", "text"):
            unknown += unknown_words(fence.text)
    every = frozenset().union(*_options().values()) | _FOREIGN
    for span in spans_of(text_of(path)):
        unknown += unknown_words(span) if span.startswith("nbprod ") else []
        unknown += [word for word in _OPTION.findall(span) if word not in every]
    assert unknown == []


@pytest.mark.parametrize(
    ("code", "unknown"),
    [
        ("$ nbprod check --fix --diff a.ipynb\n", []),
        ("$ nbprod chek\n", ["nbprod chek"]),
        ("run: nbprod check --colour | cat --x\n", ["nbprod check --colour"]),
        ("nbprod baseline write --include-secrets\n", []),
        ("nbprod: error\nfor nbprod\n", []),
    ],
)
def test_an_unknown_word_is_found(code: str, unknown: list[str]) -> None:
    assert unknown_words(code) == unknown
