"""Finding files: what git would list, without what nobody wants."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from nbprod.project.discover import iter_notebook_paths

TREE = [
    "a.ipynb", "sub/b.ipynb", "sub/.ipynb_checkpoints/b-checkpoint.ipynb", "ignored.ipynb",
    ".ipynb_aml_checkpoints/a.ipynb",
    "out/c.ipynb", "out/keep.ipynb", "deep/x/d.ipynb", "deep/x/tmp_e.ipynb", "env/pyvenv.cfg",
    "env/f.ipynb", ".venv/g.ipynb", "node_modules/h.ipynb", "s p [1] é.ipynb", "build/i.ipynb",
]  # fmt: skip
IGNORES = {
    ".gitignore": "ignored.ipynb\n/out/*\n!/out/keep.ipynb\n# comment\n",
    "deep/.gitignore": "tmp_*\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in TREE:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    for name, text in IGNORES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "script.py").write_text("x = 1\n")
    (tmp_path / "cells.py").write_text("# %%\nx = 1\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def found(root: Path, *paths: str, **options: bool) -> set[str]:
    given = [str(root / path) for path in paths] or [str(root)]
    return {str(Path(one.path).relative_to(root)) for one in iter_notebook_paths(given, **options)}  # type: ignore[arg-type]


def test_a_walk_finds_what_git_does_not_ignore(tree: Path) -> None:
    command = ["git", "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(command, cwd=tree, capture_output=True, check=True).stdout
    wanted = {name.decode() for name in listed.split(b"\0") if name.endswith(b".ipynb")}
    left_out = (
        "env/",
        ".venv/",
        "node_modules/",
        "build/",
        "sub/.ipynb_checkpoints/",
        ".ipynb_aml_checkpoints/",
    )
    wanted = {name for name in wanted if not name.startswith(left_out)} | {"cells.py"}
    assert found(tree) == wanted
    assert found(tree, "deep/x") == {"deep/x/d.ipynb"}


def test_ignored_files_are_found_when_asked_for(tree: Path) -> None:
    assert "ignored.ipynb" in found(tree, respect_gitignore=False)
    assert found(tree, "ignored.ipynb") == {"ignored.ipynb"}
    assert found(tree, "ignored.ipynb", force_exclude=True) == set()
    assert found(tree, "build/i.ipynb", force_exclude=True) == set()


def test_links_in_a_circle_end(tree: Path) -> None:
    (tree / "sub" / "back").symlink_to(tree)
    assert "a.ipynb" in found(tree)
    paths = [one.path for one in iter_notebook_paths([str(tree)])]
    assert len({Path(path).resolve() for path in paths}) == len(paths)
