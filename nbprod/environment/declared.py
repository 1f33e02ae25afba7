"""What a project declares that it needs: reads the files that say so."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from nbprod.disk.documents import NotParsed, parse_json, parse_toml, table_in, texts_in
from nbprod.disk.places import is_below, project_root
from nbprod.disk.read import read_text
from nbprod.environment.own_packages import metadata_files, names_in_setup, packages_beside
from nbprod.libraries.distributions import name_required, normalised
from nbprod.libraries.other_names import names_alike
from nbprod.patterns import lazy_pattern
from nbprod.syntax.installs import installs_in

__all__ = ["declared_above", "declared_by_file", "iter_files_above"]

# Directories beside the project's files in which a team keeps its environments.
_FOLDERS = (
    "requirements",
    "environments",
    "environment",
    "envs",
    "conda",
    "binder",
    ".binder",
    "docker",
)
_CONDA_FILES = lazy_pattern(r"(?:[\w.-]*environment[\w.-]*|conda[\w.-]*)\.ya?ml")
_FILES = lazy_pattern(r"(?:requirements[\w.\-]*|constraints)\.(?:txt|in)\Z")
_SETUP = lazy_pattern(
    r"(?i:(?:\d+[-_. ]*)?(?:set[-_ ]?up|install(?:ation)?|requirements|environment|prerequisites"
    r"|dependencies|init)(?:[-_ ].*)?\.ipynb)"
)
_MOST_BYTES = 1_000_000
_YAML = (".yml", ".yaml")
_DEPENDENCIES = lazy_pattern(r"^dependencies:", re.MULTILINE)
_LIST_ITEM = lazy_pattern(r"^[ \t]*-[ \t]+(.+?)[ \t]*(?:[ \t]#.*)?$", re.MULTILINE)
_SECTION = re.MULTILINE | re.DOTALL
_EDITABLE = ("-e", "--editable")


def declared_above(folder: str) -> frozenset[str] | None:
    """The distributions that the files above declare, in normal spelling.

    That are those of the nearest directory that declares any, and of those above it in its project:
    a part of a repository may have an environment file of its own beside the one at the root. A
    project needs no declaration for itself: its own name is among them, and so are the packages
    of which its repository has the source, with what they need.

    Args:
        folder: an absolute path; the search ends where a repository does.

    Returns:
        None where no file declares anything.
    """
    root = _root_of(folder)
    found: set[str] = set()
    for above in _folders_above(folder):
        declared = {name for path in _files_in(above) for name in declared_by_file(path) or ()}
        if declared:
            found |= declared | _installed_beside(above)
        real = os.path.realpath(above)
        if found and (real == root or not is_below(real, (root,))):
            return frozenset(found | _of_own_packages(root) | _installed_beside(folder))
    return None


def _root_of(folder: str) -> str:
    """The repository of a folder, or else its project, as a real path."""
    *_, root = _folders_above(folder)
    return os.path.realpath(root) if _is_repository(root) else project_root(folder)


def _is_repository(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, ".git"))


def _of_own_packages(root: str) -> set[str]:
    """The packages that a repository is the source of, and what they need."""
    found: set[str] = set()
    for path in metadata_files(root):
        found |= declared_by_file(path) or set()
        found.update(map(normalised, packages_beside(path)))
    return found


def iter_files_above(folder: str) -> Iterator[str]:
    """The paths of files in and above a folder that may declare something."""
    for above in _folders_above(folder):
        yield from _files_in(above)


def _folders_above(folder: str) -> Iterator[str]:
    """A folder and those above it, up to the root of its repository."""
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder or _is_repository(folder):
            return
        folder = parent


def declared_by_file(path: str) -> frozenset[str] | None:
    """The distributions that one file declares, None if no such file."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return _declared_by(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1024)
def _declared_by(path: str, _changed: int, _size: int) -> frozenset[str] | None:
    """What a file declares, read again when it has changed: processes may live long."""
    text = _text(path)
    if text is None:
        return None
    names = _names(os.path.basename(path), text)
    return frozenset(alike for name in names for alike in names_alike(name))


def _installed_beside(folder: str) -> frozenset[str]:
    """What the set-up notebooks of a folder install: `00_setup.ipynb`, `Install.ipynb`."""
    try:
        names = [name for name in sorted(os.listdir(folder)) if _SETUP.fullmatch(name)]
    except OSError:
        return frozenset()
    texts = (_text(os.path.join(folder, name)) for name in names)
    return frozenset(name for text in texts if text is not None for name in _installed_by(text))


def _installed_by(text: str) -> Iterator[str]:
    """The names that the shell lines and magics of a notebook's code install."""
    try:
        document = parse_json(text)
    except NotParsed:
        return
    cells = document.get("cells") if isinstance(document, dict) else None
    for cell in cells if isinstance(cells, list) else ():
        source = cell.get("source", "") if isinstance(cell, dict) else ""
        lines = source if isinstance(source, list) else str(source).splitlines()
        for line in map(str.strip, texts_in(lines)):
            if line.startswith(("!", "%")) and "install" in line:
                for install in installs_in(line):
                    yield from (requirement.key for requirement in install.requirements)


def _files_in(folder: str) -> Iterator[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name)
        if name in _FOLDERS and os.path.isdir(path):
            yield from _files_in(path)
        if _declares(name) or (os.path.basename(folder) in _FOLDERS and name.endswith(_YAML)):
            yield path


def _declares(name: str) -> bool:
    # Most files of a directory of notebooks have other suffixes.
    if name.endswith((".txt", ".in")):
        return _FILES.match(name) is not None
    if name.endswith(_YAML):
        return _CONDA_FILES.fullmatch(name) is not None
    return name in ("pyproject.toml", "setup.cfg", "Pipfile")


def _text(path: str) -> str | None:
    try:
        return read_text(path, _MOST_BYTES)
    except (OSError, UnicodeDecodeError):
        return None


def _names(file: str, text: str) -> Iterator[str]:
    if file.endswith((".txt", ".in")):
        yield from _of_lines(text.splitlines())
    elif file.endswith(_YAML):
        # Beside environments there are files of other kinds, such as those of compose.
        if _DEPENDENCIES.search(text) or _CONDA_FILES.fullmatch(file):
            yield from _of_lines(item.strip("\"'") for item in _LIST_ITEM.findall(text))
    elif file == "setup.py":
        yield from names_in_setup(text)
    elif file == "setup.cfg":
        match = re.search(r"^install_requires\s*=(.*?)(?=^\S|\Z)", text, _SECTION)
        yield from _of_lines(match[1].splitlines() if match else [])
        extras = re.search(r"^\[options\.extras_require\](.*?)(?=^\[|\Z)", text, _SECTION)
        for line in extras[1].splitlines() if extras else ():
            yield from _of_lines(line.partition("=")[2].split(";") if line[:1].strip() else [line])
    else:
        try:
            yield from _of_toml(parse_toml(text))
        except NotParsed:
            return


def _of_lines(lines: Iterable[str]) -> Iterator[str]:
    for line in map(str.strip, lines):
        if not line.startswith(("#", "-")) or line.startswith(_EDITABLE):
            name = name_required(line)
            if name is not None:
                yield name


def _of_toml(document: dict[str, Any]) -> Iterator[str]:
    needed = list(_needed_by_toml(document))
    yield from needed
    if needed:
        for table in (table_in(document, "project"), table_in(document, "tool", "poetry")):
            if isinstance(table.get("name"), str):
                yield table["name"]


def _needed_by_toml(document: dict[str, Any]) -> Iterator[str]:
    groups = [table_in(document, "project").get("dependencies")]
    groups += table_in(document, "project", "optional-dependencies").values()
    groups += table_in(document, "dependency-groups").values()
    for group in groups:
        yield from _of_lines(texts_in(group))
    poetry = table_in(document, "tool", "poetry")
    tables = [table_in(poetry, "dependencies"), table_in(poetry, "dev-dependencies")]
    tables += [table_in(group, "dependencies") for group in table_in(poetry, "group").values()]
    tables += [table_in(document, "packages"), table_in(document, "dev-packages")]
    for table in tables:
        yield from table
