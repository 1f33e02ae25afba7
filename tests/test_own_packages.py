"""What the packages of a repository need is declared, and names that differ mean the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbprod.environment.declared import declared_above
from nbprod.environment.own_packages import metadata_files
from nbprod.libraries.other_names import names_alike

SETUPS = {
    "setup.py": (
        "from setuptools import setup\nNEEDED = ['scipy>=1', 'rich']\n"
        "setup(name='shop-core', install_requires=NEEDED, extras_require={'plot': ['bokeh>2']})\n"
    ),
    "setup.cfg": (
        "[metadata]\nname = shop-core\n[options]\ninstall_requires =\n    scipy>=1\n    rich\n"
        "[options.extras_require]\nplot =\n    bokeh>2\n"
    ),
    "pyproject.toml": (
        "[project]\nname = 'shop-core'\ndependencies = ['scipy>=1', 'rich']\n"
        "[project.optional-dependencies]\nplot = ['bokeh>2']\n"
    ),
}


@pytest.mark.parametrize("file", SETUPS)
@pytest.mark.parametrize("folder", ["python/core", ".", "packages/a"])
def test_packages_of_the_repository_declare_what_they_need(
    file: str, folder: str, tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "requirements.txt").write_text("sphinx\n")
    package = tmp_path / folder
    (package / "shop").mkdir(parents=True)
    (package / "shop" / "__init__.py").write_text("")
    (package / file).write_text(SETUPS[file])
    declared = declared_above(str(tmp_path / "docs"))
    assert declared is not None and declared >= {"sphinx", "scipy", "rich", "bokeh", "shop"}
    assert "plot" not in declared


def test_a_repository_is_looked_through_as_far_as_that_is_cheap(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for folder in ("a/b/c/d", "node_modules/x", ".hidden", "venv/lib", "kept"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "setup.py").write_text("raise SystemExit\n")
    assert metadata_files(str(tmp_path)) == (str(tmp_path / "kept" / "setup.py"),)


@pytest.mark.parametrize(
    "text", ["setup(", "setup(install_requires=[*x, 1, f(y)])", "\0", "(" * 500]
)
def test_a_setup_that_cannot_be_read_declares_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pandas\n")
    (tmp_path / "setup.py").write_text(text)
    assert declared_above(str(tmp_path)) == frozenset(["pandas"])


@pytest.mark.parametrize(
    ("name", "brought"),
    [
        ("pytorch", "torch"),
        ("pytorch-gpu", "torch"),
        ("py-xgboost-gpu", "xgboost"),
        ("matplotlib-base", "matplotlib"),
        ("dask-core", "dask"),
        ("opencv", "opencv-python"),
        ("opencv-contrib-python-headless", "opencv-python"),
        ("python-graphviz", "graphviz"),
        ("tensorflow-gpu", "tensorflow"),
        ("tensorflow-cpu", "tensorflow"),
        ("faiss-gpu", "faiss-cpu"),
        ("PyTables", "tables"),
        ("mxnet_cu102", "mxnet"),
    ],
)
def test_names_that_bring_the_same_modules(name: str, brought: str) -> None:
    assert brought in names_alike(name)


@pytest.mark.parametrize("name", ["pytorch-lightning", "scikit-learn", "pandas", "cpu-features"])
def test_other_names_mean_themselves(name: str) -> None:
    assert names_alike(name) == {name}
