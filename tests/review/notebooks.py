"""Notebooks for reviews: made, committed, changed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.command import run_nbprod

__all__ = ["cell", "commit", "nbprod", "save"]


def cell(source: str, identity: str, *outputs: dict[str, Any], kind: str = "code") -> Any:
    """A cell of a notebook as JSON."""
    found: dict[str, Any] = {"cell_type": kind, "id": identity, "metadata": {}}
    if kind == "code":
        found |= {"outputs": list(outputs), "execution_count": None}
    return found | {"source": source.splitlines(keepends=True)}


def save(path: Path, *cells: Any, metadata: dict[str, Any] | None = None) -> None:
    """Write a notebook."""
    document = {"cells": cells, "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")


def commit(folder: Path) -> None:
    """Commit all that is in a folder, which becomes a repository."""
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    for words in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "state"]):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


def nbprod(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run nbprod in a folder."""
    done = run_nbprod(folder, *arguments)
    assert "Traceback" not in done.stderr
    return done
