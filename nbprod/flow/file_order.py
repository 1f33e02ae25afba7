"""Files that cells write and read, by the names in their calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nbprod.patterns import lazy_pattern
from nbprod.syntax.types import ParsedCell
from nbprod.syntax.walk import children

__all__ = ["EarlyRead", "FileUse", "early_file_reads"]

_WRITERS = lazy_pattern(
    r"to_(?:csv|parquet|pickle|excel|json|feather|hdf|stata|html|file|netcdf|zarr)|save(?:fig|txt|z"
    r"|z_compressed|_model|_weights|_pretrained|_npz)?|dump|imwrite|imsave|write_(?:text|bytes|csv|parquet|html"
    r"|image|gpickle)|ExcelWriter|sink_parquet"
)
# Each way to write a file has one of these in it.
_WRITING = ("open", "to_", "save", "dump", "write", "ExcelWriter", "sink_", "%%file")
_READERS = lazy_pattern(
    r"read_(?:csv|parquet|pickle|excel|json|feather|hdf|stata|html|table|text|bytes|file|gpickle|fwf)|load(?:txt"
    r"|_model|_weights|_npz|_dataset)?|genfromtxt|imread|scan_(?:csv|parquet)|open_dataset|from_pretrained|Image"
)
_FILE = lazy_pattern(r"[\w ./\\-]*[\w-]\.\w{1,8}\Z")
_WRITEFILE = lazy_pattern(r"%%(?:writefile|file)\s+(?:-a\s+)?[\"']?(\S+?)[\"']?\s*\Z")
_GUARDS = (ast.If, ast.Try, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda,
    ast.IfExp, ast.BoolOp)  # fmt: skip


class FileUse(NamedTuple):
    """A call that writes or reads a file: the cell, the node, and the path as it is written."""

    cell: int
    node: ast.expr | None
    path: str
    writes: bool
    guarded: bool


class EarlyRead(NamedTuple):
    """A read of a file in a cell above the first one that writes it."""

    read: FileUse
    write: FileUse


def early_file_reads(parsed: Sequence[ParsedCell | None]) -> Iterator[EarlyRead]:
    """Yield the unguarded reads of files that only cells below write, the first for each file."""
    cells = [cell for cell in parsed if cell is not None]
    # Most notebooks write no file, and then none is read too early.
    if not any(word in cell.cell.source for cell in cells for word in _WRITING):
        return
    uses = [use for cell in cells for use in _uses(cell)]
    seen: set[str] = set()
    for read in uses:
        if read.writes or read.guarded or read.path in seen:
            continue
        seen.add(read.path)
        writes = [use for use in uses if use.writes and use.path == read.path]
        if writes and all(use.cell > read.cell for use in writes):
            yield EarlyRead(read, writes[0])


def _uses(parsed: ParsedCell) -> Iterator[FileUse]:
    cell = parsed.cell.index
    if parsed.cell_magic is not None:
        match = _WRITEFILE.match(parsed.cell_magic.text)
        if match:
            yield FileUse(cell, None, _normal(match[1]), True, False)
    if parsed.tree is None:
        return
    # It grows while it is gone through: those above come first.
    found: list[tuple[ast.AST, bool]] = [(parsed.tree, False)]
    for node, guarded in found:
        if isinstance(node, ast.Call):
            yield from _use(node, cell, guarded)
        inner = guarded or isinstance(node, _GUARDS)
        found += [(child, inner) for child in children(node)]


def _use(node: ast.Call, cell: int, guarded: bool) -> Iterator[FileUse]:
    called = node.func
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    paths = [
        argument.value
        for argument in _arguments(node)
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    found = [_normal(path) for path in paths if _FILE.match(path) and "://" not in path]
    if not found:
        return
    if name == "open":
        mode = _mode(node)
        yield FileUse(cell, node, found[0], mode[:1] in ("w", "a", "x"), guarded)
    elif _WRITERS.fullmatch(name):
        yield FileUse(cell, node, found[0], True, guarded)
    elif _READERS.fullmatch(name):
        yield FileUse(cell, node, found[0], False, guarded)


def _arguments(node: ast.Call) -> list[ast.expr]:
    """The arguments of a call, and those of `Path("…")` of which a method is called."""
    found = [*node.args[:2], *(keyword.value for keyword in node.keywords[:2])]
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
        maker = node.func.value
        if getattr(maker.func, "id", getattr(maker.func, "attr", "")) == "Path":
            found += maker.args
    return found


def _mode(node: ast.Call) -> str:
    given = [*node.args[1:2], *(word.value for word in node.keywords if word.arg == "mode")]
    for value in given:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return "r"


def _normal(path: str) -> str:
    path = path.replace("\\", "/")
    return path[2:] if path.startswith("./") else path
