"""The modules beside a notebook that its code imports: an application takes them along."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from nbprod.disk.read import read_bytes
from nbprod.extract.code.checking import imported_from_outside

__all__ = ["local_modules", "top_modules"]

_MOST_BYTES = 2_000_000
_MOST_FILES = 500


def local_modules(folder: str, texts: Iterable[str]) -> dict[str, bytes]:
    """The files of modules in a directory that some code imports, by path below it.

    What these import in turn is also there.

    Args:
        folder: the directory of the notebook.
        texts: the sources of modules.
    """
    found: dict[str, bytes] = {}
    waiting = {name for text in texts for name in _imported(text)}
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for path in _files(folder, name):
            if len(found) >= _MOST_FILES:
                break
            data = read_bytes(os.path.join(folder, path), _MOST_BYTES)
            found[path.replace(os.sep, "/")] = data
            waiting |= set(_imported(data.decode("utf-8", "replace"))) - seen
    return found


def top_modules(paths: Iterable[str]) -> list[str]:
    """The names under which files of modules are imported."""
    return sorted({path.split("/")[0].removesuffix(".py") for path in paths})


def _imported(text: str) -> list[str]:
    try:
        return [name.partition(".")[0] for name in imported_from_outside(text)]
    except (SyntaxError, ValueError):
        return []


def _files(folder: str, name: str) -> Iterator[str]:
    """The files of a module or package, by path below the directory."""
    if os.path.isfile(os.path.join(folder, f"{name}.py")):
        yield f"{name}.py"
        return
    top = os.path.join(folder, name)
    if os.path.islink(top) or not os.path.isdir(top):
        return
    for place, folders, files in os.walk(top):
        folders[:] = [each for each in folders if not each.startswith((".", "__pycache__"))]
        for file in sorted(files):
            path = os.path.join(place, file)
            if file.endswith(".py") and not os.path.islink(path):
                yield os.path.relpath(path, folder)
