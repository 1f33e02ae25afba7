"""Modules beside a notebook go with the application; a change of one changes its tasks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipeline.test_command import nbprod, run, save


def made(folder: Path) -> Path:
    (folder / "shop_helper.py").write_text("import shop_parts.sums\n\nadd = shop_parts.sums.add\n")
    (folder / "shop_parts").mkdir()
    (folder / "shop_parts" / "__init__.py").write_text("")
    (folder / "shop_parts" / "sums.py").write_text("def add(a,b): return a+b\n")
    (folder / "unused.py").write_text("raise SystemExit\n")
    save(folder / "a.ipynb", ["# Load", "from shop_helper import add\nnumbers = [1, 2]\n"
                              "print(len(numbers))", "# Add", "total = add(*numbers)\n"
                              "print(total)"])  # fmt: skip
    return folder


@pytest.mark.slow
def test_what_the_notebook_imports_is_taken_along(tmp_path: Path) -> None:
    made(tmp_path)
    done = nbprod(tmp_path, "pipeline", "a.ipynb", "-o", "app")
    assert done.returncode == 0, done.stderr
    source = tmp_path / "app" / "src"
    assert {path.name for path in source.iterdir()} == {"app", "shop_helper.py", "shop_parts"}
    project = (tmp_path / "app" / "pyproject.toml").read_text()
    assert '"src/shop_helper.py", "src/shop_parts"' in project
    assert "shop" not in project.partition("dependencies = [")[2].partition("]")[0]
    done = nbprod(tmp_path, "pipeline", "a.ipynb", "-o", "other", "--name", "shop_parts")
    assert done.returncode == 2
    assert "the notebook imports a module 'shop_parts'; choose another --name" in done.stderr


@pytest.mark.slow
def test_it_is_proven_and_a_change_of_a_module_is_computed_anew(tmp_path: Path) -> None:
    made(tmp_path)
    done = nbprod(tmp_path, "pipeline", "a.ipynb", "-o", "app", "--verify")
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "app" / "data").mkdir()
    assert "| 3" in run(tmp_path / "app", "pipeline", "--patch", "random_seed=1").stderr
    again = run(tmp_path / "app", "pipeline", "--patch", "random_seed=1").stderr
    assert again.count("  reused") == again.count("\n") - 1
    sums = tmp_path / "app" / "src" / "shop_parts" / "sums.py"
    sums.write_text("def add(a, b):\n    return 10 * a + b\n")
    assert "| 12" in run(tmp_path / "app", "pipeline", "--patch", "random_seed=1").stderr
