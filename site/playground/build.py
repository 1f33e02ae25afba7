"""Build the playground: `python site/playground/build.py [--output DIR] [--pyodide DIR]`.

Pyodide is not part of the repository. Its npm package is fetched once, in the version below, and
its hash is checked. Only the modules of nbprod that a check needs are packed.
"""

from __future__ import annotations

import argparse
import ast
import base64
import gzip
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
VERSION = "314.0.7"
INTEGRITY = (
    "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyM"
    "cWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
)
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
PAGE = ("index.html", "page.css", "*.js")
EXAMPLE = ROOT / "fixtures" / "examples" / "churn.ipynb"
# Rooms that a check in memory never enters; some need libraries that the browser does not have.
_ABSENT = ("api", "cli", "extract", "linters", "pipeline", "review", "changed", "agents", "forge")
UNAVAILABLE = 3


class NoPyodide(Exception):
    """Pyodide cannot be had here; the text says why."""


def get_pyodide(cache: Path) -> Path:
    """The directory with the files of Pyodide, fetched if they are not there.

    Raises:
        NoPyodide: npm is missing, or fetches nothing.
    """
    folder = cache / f"pyodide-{VERSION}"
    if not all((folder / name).exists() for name in PYODIDE):
        npm = shutil.which("npm")
        if npm is None:
            raise NoPyodide("npm is not installed")
        with tempfile.TemporaryDirectory() as place:
            command = [npm, "pack", "--silent", f"pyodide@{VERSION}", "--pack-destination", place]
            try:
                done = subprocess.run(
                    command, cwd=place, capture_output=True, text=True, timeout=300, check=False
                )
            except subprocess.TimeoutExpired:
                raise NoPyodide("npm pack did not end") from None
            found = list(Path(place).glob("*.tgz"))
            if done.returncode or not found:
                lines = done.stderr.strip().splitlines() or ["npm pack failed"]
                raise NoPyodide(lines[-1])
            unpack(found[0], folder)
    return folder


def unpack(archive: Path, folder: Path, integrity: str = INTEGRITY) -> None:
    """Take the files of Pyodide out of the package.

    Raises:
        ValueError: it is not the package that is wanted.
    """
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != integrity:
        raise ValueError(f"{archive.name}: hash sha512-{digest} differs from the pinned one")
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as package:
        for name in PYODIDE:
            member = package.extractfile(f"package/{name}")
            assert member is not None
            (folder / name).write_bytes(member.read())


@cache
def modules() -> dict[str, Path]:
    """The modules of nbprod that the answers need, late imports included, by name."""
    found: dict[str, Path] = {}
    rules = sorted((ROOT / "nbprod" / "rules").rglob("*.py"))
    waiting = [HERE / "answers.py", *rules]
    while waiting:
        path = waiting.pop()
        for name in _imported(ast.parse(path.read_text(encoding="utf-8"))):
            parts = name.split(".")
            if parts[0] != "nbprod" or (len(parts) > 1 and parts[1] in _ABSENT):
                continue
            for length in range(1, len(parts) + 1):
                part = ".".join(parts[:length])
                file = _file_of(part)
                if file is not None and part not in found:
                    found[part] = file
                    waiting.append(file)
    for path in rules:
        found.setdefault(".".join(path.relative_to(ROOT).with_suffix("").parts), path)
    return found


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _file_of(module: str) -> Path | None:
    place = ROOT.joinpath(*module.split("."))
    for file in (place / "__init__.py", place.with_suffix(".py")):
        if file.exists():
            return file
    return None


def write_archive(target: Path) -> None:
    """Pack the modules; the same tree makes the same bytes."""
    files = {path.relative_to(ROOT).as_posix(): _code(path) for path in modules().values()}
    for folder in {path.parent for path in modules().values()}:
        for suffix in ("json", "txt"):
            for path in folder.glob(f"*.{suffix}"):
                files[path.relative_to(ROOT).as_posix()] = path.read_bytes()
    files["answers.py"] = _code(HERE / "answers.py")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    target.write_bytes(gzip.compress(packed.getvalue(), 9, mtime=0))


def _code(path: Path) -> bytes:
    """A module without docstrings, of which those of rules are whole pages. Lines stay."""
    data = path.read_bytes()
    lines = data.splitlines(keepends=True)
    for node in _docstrings(ast.parse(data)):
        assert node.end_lineno is not None and node.end_col_offset is not None
        first, last = node.lineno - 1, node.end_lineno - 1
        rest = lines[last][node.end_col_offset :]
        lines[first] = lines[first][: node.col_offset] + b"''" + (b"\n" if last > first else rest)
        if last > first:
            lines[first + 1 : last + 1] = [b"\n"] * (last - first - 1) + [rest]
    return b"".join(lines)


def _docstrings(tree: ast.Module) -> Iterator[ast.Expr]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if ast.get_docstring(node, clean=False) is not None and isinstance(first, ast.Expr):
                yield first


def build(output: Path, pyodide: Path) -> None:
    """Write the page, nbprod and Pyodide."""
    output.mkdir(parents=True, exist_ok=True)
    for pattern in PAGE:
        for source in sorted(HERE.glob(pattern)):
            shutil.copy(source, output)
    shutil.copy(EXAMPLE, output / "example.ipynb")
    write_archive(output / "nbprod.tgz")
    (output / "pyodide").mkdir(exist_ok=True)
    for name in PYODIDE:
        if name.endswith(".wasm"):
            data = gzip.compress((pyodide / name).read_bytes(), 9, mtime=0)
            (output / "pyodide" / f"{name}.gzipped").write_bytes(data)
        else:
            shutil.copy(pyodide / name, output / "pyodide")


def main() -> int:
    """Read the command line and build; 3 if Pyodide is not to be had."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "site" / "playground")
    parser.add_argument("--cache", type=Path, default=ROOT / "build")
    parser.add_argument("--pyodide", type=Path, help="a directory with the files of Pyodide")
    given = parser.parse_args()
    try:
        pyodide = given.pyodide or get_pyodide(given.cache)
    except NoPyodide as error:
        print(f"playground: not built: Pyodide {VERSION} is unavailable: {error}", file=sys.stderr)
        return UNAVAILABLE
    build(given.output, pyodide)
    size = sum(path.stat().st_size for path in given.output.rglob("*") if path.is_file())
    print(f"{given.output}: the playground, {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
