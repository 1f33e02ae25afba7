"""Which files to check: explicit ones as they are, folders walked with the manners of git."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nbprod.config.settings import DEFAULT_EXCLUDES
from nbprod.disk.places import is_within, project_root
from nbprod.disk.read import read_head, read_text
from nbprod.errors import ReadError

if TYPE_CHECKING:
    import pathspec

__all__ = ["Discovered", "is_notebook", "iter_notebook_paths", "problem_at", "walk_notebooks"]

_ALWAYS = (".ipynb", ".zpln")
_SNIFFED = (".py", ".md", ".rmd", ".qmd", ".sql", ".scala", ".r")
_HEAD = 4096


class Discovered(NamedTuple):
    """A file to check, or what stands against it."""

    path: str
    explicit: bool
    problem: ReadError | None = None

    def writable_within(self, roots: Sequence[str]) -> Sequence[str] | None:
        """Where it may be written, as `disk.write.write_file` takes it.

        A link in a directory may lead out of the ``roots``; one that the user named may go
        anywhere.
        """
        return None if self.explicit else roots


class _Ignore(NamedTuple):
    """The patterns of one `.gitignore`, for paths below ``root``."""

    root: str
    spec: pathspec.GitIgnoreSpec


class _Folder(NamedTuple):
    """A folder to walk through, with the ignore files above it."""

    path: str
    rules: tuple[_Ignore, ...]


def iter_notebook_paths(
    paths: Sequence[str],
    *,
    exclude: Sequence[str] = DEFAULT_EXCLUDES,
    respect_gitignore: bool = True,
    force_exclude: bool = False,
) -> Iterator[Discovered]:
    """The notebooks under some paths, each once, folders in sorted order.

    Args:
        paths: files and folders.
        exclude: names or globs of files and folders that a walk leaves out.
        respect_gitignore: leave out what git ignores.
        force_exclude: apply ``exclude`` and `.gitignore` also to files that are named.
    """
    seen: set[str] = set()
    for given in paths:
        if os.path.isdir(given) and not _has_notebook_suffix(given):
            walker = _Walker(exclude, respect_gitignore)
            found: Iterator[Discovered] = walker.walk(given)
        else:
            found = _explicit(given, exclude, respect_gitignore, force_exclude)
        for file in found:
            identity = os.path.abspath(file.path)
            if identity not in seen:
                seen.add(identity)
                yield file


def _has_notebook_suffix(path: str) -> bool:
    return path.lower().rstrip("/").endswith(_ALWAYS)


def _explicit(
    path: str, exclude: Sequence[str], respect_gitignore: bool, force_exclude: bool
) -> Iterator[Discovered]:
    if force_exclude and _is_excluded_path(path, exclude, respect_gitignore):
        return
    yield Discovered(path, True, problem_at(path))


def problem_at(path: str) -> ReadError | None:
    """What stands against reading a path, None where it can be tried."""
    if os.path.isdir(path):
        return ReadError("unreadable-file", "is a directory with the name of a notebook")
    if not os.path.lexists(path):
        return ReadError("unreadable-file", "does not exist")
    if not os.path.exists(path):
        return ReadError("unreadable-file", "is a link that leads nowhere, or in a circle")
    return None


def walk_notebooks(
    folder: str, *, exclude: Sequence[str] = DEFAULT_EXCLUDES, respect_gitignore: bool = True
) -> Iterator[Discovered]:
    """The notebooks below one folder, in sorted order; how many there are costs no memory."""
    yield from _Walker(exclude, respect_gitignore).walk(folder)


def _is_excluded_path(path: str, exclude: Sequence[str], respect_gitignore: bool) -> bool:
    parts = path.replace(os.sep, "/").split("/")
    if any(_matches(part, exclude) for part in parts):
        return True
    if not respect_gitignore:
        return False
    absolute = os.path.abspath(path)
    walker = _Walker(exclude, True)
    return walker.is_ignored(absolute, walker.inherited(absolute), False)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return name in patterns or any(
        fnmatch.fnmatch(name, pattern) for pattern in patterns if "*" in pattern or "?" in pattern
    )


class _Walker:
    """One walk, with the ignore files that apply on the way."""

    def __init__(self, exclude: Sequence[str], respect_gitignore: bool) -> None:
        self.exclude = exclude
        self.respect_gitignore = respect_gitignore
        self.visited: set[tuple[int, int]] = set()

    def walk(self, root: str) -> Iterator[Discovered]:
        """The notebooks below a folder.

        A link to a directory is followed as long as that is in the project: one to the root of the
        file system would be a walk through all of it.
        """
        rules = self.inherited(os.path.abspath(root)) if self.respect_gitignore else ()
        within = (os.path.realpath(root), project_root(root))
        # Not by recursion: nothing limits how deep directories are.
        open_folders = [self._folder(root, rules)]
        while open_folders:
            found = next(open_folders[-1], None)
            if found is None:
                open_folders.pop()
            elif isinstance(found, Discovered):
                yield found
            elif not os.path.islink(found.path) or is_within(found.path, within):
                open_folders.append(self._folder(found.path, found.rules))

    def inherited(self, folder: str) -> tuple[_Ignore, ...]:
        """The ignore files from the root of the repository down to above ``folder``."""
        chain: list[str] = []
        current = folder
        while True:
            if os.path.isdir(os.path.join(current, ".git")):
                break
            parent = os.path.dirname(current)
            if parent == current:
                return ()
            chain.append(parent)
            current = parent
        rules: list[_Ignore] = []
        top = os.path.join(current, ".git", "info", "exclude")
        rules += self._read(top, current)
        for text in reversed(chain):
            rules += self._read(os.path.join(text, ".gitignore"), text)
        return tuple(rules)

    def _read(self, path: str, root: str) -> list[_Ignore]:
        try:
            lines = read_text(path, errors="replace").splitlines()
        except OSError:
            return []
        lines = [line for line in lines if line.strip() and not line.startswith("#")]
        if not lines:
            return []
        from nbprod.config.ignoring import ignore_spec

        return [_Ignore(root, ignore_spec(lines))]

    def is_ignored(self, path: str, rules: Sequence[_Ignore], is_folder: bool) -> bool:
        """Whether git would ignore a path; the deepest file that says something decides."""
        for rule in reversed(rules):
            relative = os.path.relpath(path, rule.root).replace(os.sep, "/")
            verdict = rule.spec.check_file(relative + ("/" if is_folder else "")).include
            if verdict is not None:
                return bool(verdict)
        return False

    def _folder(self, folder: str, rules: tuple[_Ignore, ...]) -> Iterator[Discovered | _Folder]:
        """The notebooks in a folder, and the folders in it."""
        try:
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in self.visited:
                return
            self.visited.add((status.st_dev, status.st_ino))
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            yield Discovered(folder, False, ReadError("unreadable-file", _reason(error)))
            return
        names = {entry.name for entry in entries}
        if "pyvenv.cfg" in names:
            return
        if self.respect_gitignore and ".gitignore" in names:
            here = os.path.abspath(folder)
            rules = (*rules, *self._read(os.path.join(folder, ".gitignore"), here))
        for entry in entries:
            if not _matches(entry.name, self.exclude):
                yield from self._entry(entry, rules)

    def _entry(
        self, entry: os.DirEntry[str], rules: tuple[_Ignore, ...]
    ) -> Iterator[Discovered | _Folder]:
        path = entry.path[2:] if entry.path.startswith("./") else entry.path
        try:
            is_folder = entry.is_dir()
        except OSError:
            is_folder = False
        if rules and self.is_ignored(os.path.abspath(entry.path), rules, is_folder):
            return
        if is_folder:
            if _has_notebook_suffix(entry.name):
                problem = ReadError("unreadable-file", "is a directory with the name of a notebook")
                yield Discovered(path, False, problem)
            yield _Folder(entry.path, rules)
        elif is_notebook(entry.path):
            yield from (
                _explicit(path, (), False, False)
                if not os.path.exists(entry.path)
                else iter((Discovered(path, False),))
            )


def is_notebook(path: str) -> bool:
    """Whether a file is a notebook: by its name, text formats by how they start."""
    name = os.path.basename(path).lower()
    if name.endswith(_ALWAYS):
        return True
    if not (name.endswith(_SNIFFED) or name == "note.json"):
        return False
    try:
        head = read_head(path, _HEAD).decode("utf-8", "ignore")
    except OSError:
        return False
    from nbprod.notebook.formats import sniff

    return sniff(head, path) is not None


def _reason(error: OSError) -> str:
    return f"cannot be read: {(error.strerror or str(error)).lower()}"
