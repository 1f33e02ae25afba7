"""The modules that a repository itself holds: no package index is asked for those.

Whoever publishes a distribution under such a name would have it installed by everyone who follows
the requirements (dependency confusion).
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from nbprod.config.settings import DEFAULT_EXCLUDES
from nbprod.disk.documents import NotParsed, parse_module, parse_toml
from nbprod.disk.places import project_root
from nbprod.disk.read import read_text
from nbprod.disk.walk import walk_folders
from nbprod.libraries.distributions import normalised
from nbprod.patterns import lazy_pattern
from nbprod.syntax.walk import walk

__all__ = ["OwnModules", "own_modules"]

_MODULE = lazy_pattern(r"([^\W\d]\w*)(?:\.[\w-]+)?\.(?:py|pyi|pyx|so|pyd)\Z")
_METADATA = ("pyproject.toml", "setup.cfg", "setup.py")
_MOST_FOLDERS = 20_000
_MOST_BYTES = 1_000_000


class OwnModules(NamedTuple):
    """Modules of a repository, by top names in normal spelling.

    ``near`` are those that an import finds, and what the project's metadata names; ``far`` are
    modules somewhere in the repository, which code finds once it has changed its path.
    ``namespaces`` are directories without an ``__init__.py``, with what is in them.
    """

    near: frozenset[str]
    far: frozenset[str]
    namespaces: dict[str, frozenset[str]]

    def hold(self, module: str, *, is_known: bool) -> bool:
        """Whether a dotted module is the repository's own.

        ``is_known``: there is a distribution that brings it, by what is installed or by the table
        of nbprod, so that a file of that name in some other directory says nothing.
        """
        top, _, rest = module.partition(".")
        top = normalised(top)
        if top in self.near:
            return True
        inside = self.namespaces.get(top)
        if inside is not None and (not rest or normalised(rest.partition(".")[0]) in inside):
            return True
        return top in self.far and not is_known


def own_modules(notebook: str) -> OwnModules:
    """The modules of the repository that a notebook is in."""
    folder = os.path.dirname(os.path.realpath(notebook))
    root = project_root(folder)
    near, far = set[str](), set[str]()
    namespaces: dict[str, set[str]] = {}
    roots = {folder, *_between(root, folder)}
    for number, (path, folders, files) in enumerate(walk_folders(root)):
        folders[:] = [name for name in folders if _is_kept(name)] if number < _MOST_FOLDERS else []
        is_root = path in roots or os.path.basename(path) in ("src", "lib")
        modules = {normalised(match[1]) for name in files if (match := _MODULE.match(name))}
        (near if is_root else far).update(modules)
        parent, name = os.path.split(path)
        if modules and path != root:
            in_root = parent in roots or os.path.basename(parent) in ("src", "lib")
            if "__init__.py" not in files and in_root:
                namespaces.setdefault(normalised(name), set()).update(modules)
            elif in_root:
                near.add(normalised(name))
            else:
                far.add(normalised(name))
        for top in _parts_below(path, roots):
            # A directory counts by what is anywhere below it.
            if modules:
                namespaces.setdefault(top[0], set()).add(top[1])
        for file in set(files).intersection(_METADATA):
            near |= _named_by(os.path.join(path, file))
    near -= {"", "setup", "conftest", "init"}
    return OwnModules(
        frozenset(near),
        frozenset(far),
        {top: frozenset(names) for top, names in namespaces.items()},
    )


def _is_kept(name: str) -> bool:
    return name not in DEFAULT_EXCLUDES and not name.startswith(".")


def _between(root: str, folder: str) -> Iterator[str]:
    """The directories from a root down to a folder, and the usual ones of sources beside them."""
    while True:
        yield folder
        yield os.path.join(folder, "src")
        parent = os.path.dirname(folder)
        if folder == root or parent == folder:
            return
        folder = parent


def _parts_below(path: str, roots: set[str]) -> Iterator[tuple[str, str]]:
    """The first two directories of a path below each of the roots."""
    below = ""
    parent, name = os.path.split(path)
    while name:
        if below and parent in roots:
            yield normalised(name), normalised(below)
        below = name
        parent, name = os.path.split(parent)


def _named_by(path: str) -> set[str]:
    """The distribution and the packages that a project's metadata names."""
    try:
        text = read_text(path, _MOST_BYTES, errors="replace")
        if path.endswith(".toml"):
            names = list(_of_toml(parse_toml(text)))
        elif path.endswith(".cfg"):
            names = list(_of_cfg(text))
        else:
            names = list(_of_setup(text))
    except (OSError, NotParsed):
        return set()
    # `where/package`, `package.module` and `package = where` all mean the package.
    tops = {name.strip().rstrip("/").rpartition("/")[2].partition(".")[0] for name in names}
    return {normalised(top) for top in tops if re.fullmatch(r"[\w.-]+", top)}


def _of_toml(document: dict[str, Any]) -> Iterator[str]:
    for keys in (
        ("project", "name"), ("tool", "poetry", "name"), ("tool", "poetry", "packages"),
        ("tool", "setuptools", "packages"), ("tool", "setuptools", "py-modules"),
        ("tool", "flit", "module", "name"), ("tool", "flit", "metadata", "module"),
        ("tool", "pdm", "build", "includes"), ("tool", "maturin", "module-name"),
        ("tool", "hatch", "build", "targets", "wheel", "packages"),
        ("tool", "uv", "build-backend", "module-name"), ("project", "import-names"),
    ):  # fmt: skip
        found: Any = document
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        for item in found if isinstance(found, list) else [found]:
            name = item.get("include") if isinstance(item, dict) else item
            if isinstance(name, str):
                yield name


def _of_cfg(text: str) -> Iterator[str]:
    for key in ("name", "packages", "py_modules"):
        match = re.search(rf"^{key}\s*=(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
        if match:
            yield from re.findall(r"[\w.-]+", match[1])


def _of_setup(text: str) -> Iterator[str]:
    for node in walk(parse_module(text)):
        if isinstance(node, ast.keyword) and node.arg in ("name", "packages", "py_modules"):
            for part in walk(node.value):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value
