"""The pages of the documentation, their headings, links, code and commands."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_TOP = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
_FENCE = re.compile(r"^( *)(````*|~~~+)([^\n]*)\n(.*?)^\1\2[ ]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+?)\s*$", re.MULTILINE)
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+(?:\([^()]*\))?)[^()]*\)")
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


class Fence(NamedTuple):
    """A code block: the language and title on its first line, and its text."""

    language: str
    title: str
    text: str


class Command(NamedTuple):
    """A command after `$`, and the lines below it: what the page says that it prints."""

    line: str
    printed: tuple[str, ...]


def page_paths() -> list[Path]:
    """All Markdown pages that people read, generated ones included."""
    editors = sorted((ROOT / "editors").glob("*/README.md"))
    return [*(ROOT / name for name in _TOP), *sorted(DOCS.rglob("*.md")), *editors]


def name_of(path: Path) -> str:
    """The path of a page in the repository, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def fences_of(text: str) -> Iterator[Fence]:
    """Yield the code blocks of a page."""
    for match in _FENCE.finditer(text):
        language, _, rest = match[3].strip().partition(" ")
        title = re.search(r"title=(\S+)", rest)
        yield Fence(language, title[1] if title else "", match[4])


def prose_of(text: str) -> str:
    """A page without its code blocks."""
    return _FENCE.sub("", text)


def spans_of(text: str) -> Iterator[str]:
    """Yield the inline code of a page."""
    for match in _SPAN.finditer(prose_of(text)):
        yield " ".join(match[2].split())


def links_of(text: str) -> Iterator[str]:
    """Yield the targets of links and images."""
    for match in _LINK.finditer(_SPAN.sub("code", prose_of(text))):
        yield match[1]


@cache
def anchors_of(path: Path) -> frozenset[str]:
    """The anchors of a page's headings, as forges and the site make them."""
    found: set[str] = set()
    for heading in _HEADING.findall(prose_of(text_of(path))):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        words = re.sub(r"[^\w\s-]", "", words).strip().lower()
        found.add(re.sub(r"\s", "-", words))
    return frozenset(found)


def commands_of(text: str) -> Iterator[Command]:
    """Yield the commands of a page's `console` blocks in order."""
    for fence in fences_of(text):
        if fence.language == "console":
            for part in re.split(r"^\$ ", fence.text, flags=re.MULTILINE)[1:]:
                line, *printed = part.rstrip("\n").split("\n")
                while line.endswith("\\"):
                    line = f"{line[:-1].rstrip()} {printed.pop(0).strip()}"
                yield Command(line, tuple(printed))


@cache
def stored_files() -> frozenset[str]:
    """The files of the repository, and the directories that hold them."""
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    names = [name for name in done.stdout.split("\0") if name]
    if not names:  # a copy without Git
        names = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file()]
    folders = {parent.as_posix() for name in names for parent in Path(name).parents}
    return frozenset({*names, *folders})
