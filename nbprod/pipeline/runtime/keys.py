# SPDX-License-Identifier: MIT-0
"""The key of a task: a hash of everything that its result depends on."""

from __future__ import annotations

import ast
import glob
import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from .errors import ApplicationError
from .graph import Pipeline, Task
from .storage import is_local, local_path

__all__ = ["file_tag", "schema_hash", "sha256", "task_key", "versions_of"]

_PACKAGE = Path(__file__).parents[1]
# What file systems of fsspec call the tag of an object.
_TAGS = ("ETag", "etag", "md5Hash", "size", "created")
_NAME = __package__.rpartition(".")[0]


def sha256(data: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def task_key(
    pipeline: Pipeline, task: Task, parameters: Mapping[str, Any], inputs: Mapping[str, str]
) -> str:
    """Return the key of a task.

    Args:
        pipeline: gives the libraries whose versions count.
        task: its declaration, code and schemas count.
        parameters: as configured, and the seed where the task draws.
        inputs: argument -> SHA-256 of its bytes, or the tag of a file.
    """
    roots = [f"tasks.{task.name}"] + (["settings"] if task.settings else [])
    schemas = {artifact.schema for artifact in task.artifacts.values() if artifact.schema}
    parts = {
        "declaration": [asdict(task), list(task.outputs)],
        "code": {name: _code_hash(name) for name in sorted(_reachable(roots))},
        "schemas": {name: schema_hash(name) for name in sorted(schemas)},
        "parameters": parameters,
        "inputs": inputs,
        "versions": versions_of(pipeline),
    }
    if pipeline.modules:
        parts["modules"] = {name: _module_hash(name) for name in pipeline.modules}
    return sha256(json.dumps(parts, sort_keys=True, default=str).encode())


@cache
def _module_hash(name: str) -> str:
    """Return a hash of the files of a module or package beside the application's."""
    path = _PACKAGE.parent / name
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    try:
        return sha256(b"\0".join(file.read_bytes() for file in files))
    except OSError as error:
        raise ApplicationError(f"cannot read {error.filename}: {error.strerror}") from error


@cache
def versions_of(pipeline: Pipeline) -> dict[str, str]:
    """Return the versions of Python and of the libraries that change results."""
    versions = {"python": platform.python_version()}
    for name in pipeline.libraries:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "none"
    return versions


@cache
def schema_hash(name: str) -> str:
    """Return a hash of a schema and of what else `schemas.py` defines, other schemas left out."""
    tree = _tree_of("schemas")
    kept = [node for node in tree.body if _bound(node) in (None, name)]
    if all(_bound(node) is None for node in kept):
        raise ApplicationError(f"no schema named `{name}` in schemas.py")
    return sha256(ast.dump(ast.Module(kept, [])).encode())


def _bound(node: ast.stmt) -> str | None:
    """Return the name that a statement `NAME = DataFrameSchema(…)` or `SeriesSchema(…)` binds."""
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    target = node.target if isinstance(node, ast.AnnAssign) else target
    value = getattr(node, "value", None)
    is_schema = isinstance(value, ast.Call) and ast.unparse(value.func).endswith("Schema")
    return target.id if isinstance(target, ast.Name) and is_schema else None


@cache
def _code_hash(module: str) -> str:
    """Return a hash of a module's code; comments and layout do not count."""
    tree = _tree_of(module)
    return sha256(ast.dump(tree).encode())


def _reachable(roots: list[str]) -> set[str]:
    """Return the modules of the package that some modules import, directly or not.

    Names are without that of the package. The runtime is left out: it is no part of a result.
    """
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        module = waiting.pop()
        if module not in found and _path_of(module).is_file():
            found.add(module)
            waiting += _imported(module)
    return found


@cache
def _imported(module: str) -> tuple[str, ...]:
    tree = _tree_of(module)
    names: Iterator[str] = (name for node in ast.walk(tree) for name in _targets(node, module))
    own = (name.removeprefix(f"{_NAME}.") for name in names if name.startswith(f"{_NAME}."))
    return tuple(sorted({name for name in own if name.split(".")[0] != "runtime"}))


def _targets(node: ast.AST, module: str) -> Iterator[str]:
    """Yield the full names that an import statement may load."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parts = [*_NAME.split("."), *module.split(".")]
            is_package = _path_of(module).name == "__init__.py"
            above = parts[: len(parts) - node.level + is_package]
            base = ".".join([*above, *([base] if base else [])])
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def _tree_of(module: str) -> ast.Module:
    path = _path_of(module)
    try:
        return ast.parse(path.read_bytes())
    except SyntaxError as error:
        place = f"{path.relative_to(_PACKAGE).as_posix()}, line {error.lineno}"
        raise ApplicationError(f"{place}: {error.msg}") from error
    except OSError as error:
        raise ApplicationError(f"cannot read {path}: {error.strerror}") from error


def _path_of(module: str) -> Path:
    path = _PACKAGE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def file_tag(url: str, options: Mapping[str, Any]) -> str:
    """Return what changes when a file, a directory or the files of a pattern change.

    Local files are hashed; of remote ones the store's own tag is taken.
    """
    if not is_local(url):
        return _remote_tag(url, options)
    path = local_path(url)
    if path.is_dir():
        paths = sorted(inner for inner in path.rglob("*") if inner.is_file())
    else:
        paths = [path] if path.is_file() else [Path(name) for name in sorted(glob.glob(str(path)))]
    if not paths:
        raise ApplicationError(f"cannot read {url}: no such file")
    try:
        hashes = {str(inner): _file_hash(inner) for inner in paths}
    except OSError as error:
        raise ApplicationError(f"cannot read {url}: {error.strerror}") from error
    if paths == [path]:
        return hashes[str(path)]
    top = os.path.commonpath([str(inner.parent) for inner in paths])
    below = {os.path.relpath(name, top): found for name, found in hashes.items()}
    return sha256(json.dumps(below, sort_keys=True).encode())


def _file_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _remote_tag(url: str, options: Mapping[str, Any]) -> str:
    try:
        import fsspec

        files, path = fsspec.core.url_to_fs(url, **{"use_listings_cache": False, **options})
        if "*" in path:
            found = files.glob(path, detail=True)
        else:
            about = files.info(path)
            is_file = about.get("type") != "directory"
            found = {path: about} if is_file else files.find(path, detail=True)
    except FileNotFoundError as error:
        raise ApplicationError(f"cannot read {url}: no such file") from error
    except Exception as error:  # each file system of fsspec has exceptions of its own
        raise ApplicationError(f"cannot read {url}: {' '.join(str(error).split())}") from error
    tags = {name: [str(info.get(part)) for part in _TAGS] for name, info in found.items()}
    if not tags:
        raise ApplicationError(f"cannot read {url}: no such file")
    return sha256(json.dumps(tags, sort_keys=True).encode())
