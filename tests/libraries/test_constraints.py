"""Whether what a project declares allows a version, in every format that declares one."""

from __future__ import annotations

import pytest

from nbprod.environment.constraints import allows_version
from nbprod.facts import CheckOptions, Facts
from nbprod.notebook.read import read_notebook

CASES = [
    ("requirements.txt", "pandas==1.5.3\n", "pandas", "2.0", False),
    ("requirements.txt", "pandas>=1.0,<2\n", "pandas", "2.0", False),
    ("requirements.txt", "pandas\n", "pandas", "2.0", True),
    ("requirements.txt", "pandas>=2", "pandas", "2.0", True),
    ("requirements.txt", "geopandas==0.3", "pandas", "2.0", True),
    ("requirements.txt", "pandas[excel]==1.1 ; python_version<'4'", "pandas", "2.0", False),
    ("requirements.txt", "scikit_learn==1.1.*\n", "scikit-learn", "1.2", False),
    ("../requirements.txt", "numpy<=1.23.5", "numpy", "1.24", False),
    ("pyproject.toml", 'dependencies = ["pandas~=1.5", "numpy>2"]', "pandas", "2.0", False),
    ("pyproject.toml", 'dependencies = ["pandas~=1.5", "numpy>2"]', "numpy", "1.24", True),
    ("pyproject.toml", 'pandas = "^1.3"', "pandas", "2.0", False),
    ("environment.yml", "dependencies:\n  - pandas=1.5\n", "pandas", "2.0", False),
    ("environment.yml", "dependencies:\n  - pandas=2.1\n", "pandas", "2.0", True),
    ("requirements.txt", "tensorflow-gpu==1.15\n", "tensorflow", "2.0", False),
    ("req.txt", "sklearn==0.19\n", "scikit-learn", "0.20", False),
    ("conda.yml", "dependencies:\n  - pytorch=1.4\n", "torch", "1.8", False),
    ("setup.py", 'install_requires=["pandas<2", "numpy"]', "pandas", "2.0", False),
    ("poetry.lock", '[[package]]\nname = "pandas"\nversion = "1.5.3"\n', "pandas", "2.0", False),
    ("uv.lock", '[[package]]\nname = "pandas"\nversion = "2.2.3"\n', "pandas", "2.0", True),
    (
        "Pipfile.lock",
        '{"default": {"pandas": {"hashes": ["a"], "version": "==1.0.1"}, "six": {}}}',
        "pandas",
        "2.0",
        False,
    ),
]


@pytest.mark.parametrize(("path", "text", "library", "since", "allowed"), CASES)
def test_a_file_of_the_project(
    path: str, text: str, library: str, since: str, allowed: bool
) -> None:
    book = read_notebook(b"# %%\nimport pandas\n", "x.py")
    facts = Facts(book, CheckOptions(read_file={path: text}.get))
    assert allows_version(library, since, facts) == allowed


def test_what_a_cell_installs_counts_before_the_files() -> None:
    book = read_notebook(b"# %%\n%pip install pandas==1.4.0\n", "x.py")
    facts = Facts(book, CheckOptions(read_file={"requirements.txt": "pandas==2.2"}.get))
    assert not allows_version("pandas", "2.0", facts)


@pytest.mark.parametrize(
    ("command", "allowed"),
    [
        ('!pip install "pandas<2"', False),
        ("%pip install 'pandas>=1.3,<1.6' numpy", False),
        ("!pip install pandas>=2", True),
        ("%pip install pandas", True),
        ("!pip install pandas==2.1\n!pip install pandas==1.5", False),
    ],
)
def test_a_range_that_a_cell_installs_counts(command: str, allowed: bool) -> None:
    book = read_notebook(f"# %%\n{command}\n".encode(), "x.py")
    assert allows_version("pandas", "2.0", Facts(book, CheckOptions())) == allowed
