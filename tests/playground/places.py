"""The playground as built for tests, its modules, and a server of this machine for it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from tests.loopback import serving_on_loopback

__all__ = ["OPTIONS", "PYODIDE", "ROOT", "SOURCE", "Served", "build_page", "module", "serving"]

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "site" / "playground"
OPTIONS: dict[str, Any] = {"level": "shared", "select": "", "ignore": "", "unsafe": False}
_NO_PYODIDE = 3


@cache
def module(name: str) -> ModuleType:
    """A Python file of the playground, which is in no package."""
    spec = importlib.util.spec_from_file_location(f"playground_{name}", SOURCE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


PYODIDE = ROOT / "build" / f"pyodide-{module('build').VERSION}"


def build_page(folder: Path) -> Path:
    """Build the playground, or skip where Pyodide cannot be had."""
    command = [sys.executable, str(SOURCE / "build.py"), "--output", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400)
    if done.returncode == _NO_PYODIDE:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    return folder


class Served(NamedTuple):
    """A server: its address, what it was asked for (methods, paths and bytes of answers), and the
    directory that it serves."""

    address: str
    asked: list[tuple[str, str, int]]
    folder: Path


class _Files(SimpleHTTPRequestHandler):
    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

    def __init__(self, *args: Any, asked: list[tuple[str, str, int]], **given: Any) -> None:
        self.asked = asked
        super().__init__(*args, **given)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep what is asked for."""
        file = Path(self.translate_path(self.path))
        file = file / "index.html" if file.is_dir() else file
        self.asked.append((self.command, self.path, file.stat().st_size if file.exists() else 0))

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve a directory, uncompressed."""
    asked: list[tuple[str, str, int]] = []
    handler: Any = partial(_Files, directory=str(folder), asked=asked)
    with serving_on_loopback(handler) as port:
        yield Served(f"http://127.0.0.1:{port}/", asked, folder)
