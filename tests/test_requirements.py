"""What is imported, what is declared, and the file that is written."""

from __future__ import annotations

import json
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from nbprod.environment.declared import declared_above, declared_by_file
from nbprod.libraries.distributions import distribution_of, name_required, normalised
from tests.command import run_nbprod
from tests.review.notebooks import cell, save


def nbprod(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_nbprod(folder, *arguments)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("cv2", "opencv-python"),
        ("sklearn.svm", "scikit-learn"),
        ("google.cloud.bigquery.client", "google-cloud-bigquery"),
        ("nobody_knows", "nobody_knows"),
    ],
)
def test_names_that_differ(module: str, name: str) -> None:
    assert distribution_of(module) == name


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            "requirements.txt",
            "# all\nPandas>=2  # x\n-r other.txt\nscikit_learn[x]==1.5 ; x\n",
        ),
        ("requirements-dev.in", "pandas\nscikit.learn\n"),
        ("pyproject.toml", '[project]\ndependencies = ["pandas>=2", "scikit-learn"]\n'),
        ("Pipfile", '[packages]\npandas = "*"\nscikit-learn = "*"\n'),
        ("environment.yml", "dependencies:\n  - pandas=2.2\n  - pip:\n    - scikit-learn\n"),
        ("setup.cfg", "[options]\ninstall_requires =\n    pandas\n    scikit-learn>1\n[x]\n"),
    ],
)
def test_what_files_declare(file: str, text: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(text)
    (tmp_path / "deep").mkdir()
    found = declared_above(str(tmp_path / "deep"))
    assert found is not None
    assert {normalised(one) for one in found} >= {"pandas", "scikit-learn"}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            "requirements.txt",
            "git+https://github.com/shop/rates.git@main\n"
            "-e git+ssh://git@github.com/shop/code.git@v2/x#egg=prices&subdirectory=src\n",
        ),
        ("requirements.txt", "rates @ https://example.org/a.zip\n./wheels/prices-1.0-py3-x.whl\n"),
        ("requirements.txt", "--editable ../rates\nhttps://x.org/a/prices/archive/main.zip\n"),
        (
            "environment.yml",
            "channels:\n  - conda-forge\ndependencies:\n  - conda-forge::rates>=1  # new\n"
            '  - pip:\n    - "git+git://github.com/shop/prices.git@main"\n',
        ),
        (
            "pyproject.toml",
            '[project]\ndependencies = ["rates @ git+https://x.org/a", "prices[x] @ file:///b"]\n',
        ),
    ],
)
def test_what_comes_from_an_address_is_declared(file: str, text: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(text)
    declared = declared_by_file(str(tmp_path / file))
    assert declared is not None and declared >= {"rates", "prices"}
    assert not declared & {"git", "https", "main", "src", "x"}


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("-e .", None),
        ("git+https://name:word@example.org/shop/tools.git", "tools"),
        ("https://example.org/wheels/shop_rates-1.2-cp312-linux.whl", "shop_rates"),
        ("git@github.com:shop/tools.git", "tools"),
        ("file:///home/ann/tools#subdirectory=python", "tools"),
    ],
)
def test_the_name_in_a_requirement(line: str, name: str | None) -> None:
    assert name_required(line) == name


@pytest.mark.parametrize("name", ["00_setup.ipynb", "Setup.ipynb", "install-packages.ipynb"])
def test_a_set_up_notebook_adds_to_what_files_declare(name: str, tmp_path: Path) -> None:
    source = ["!pip install -q shap==0.4\n", "%pip install 'plotly>=5'\n", "x = 1"]
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": source}
    (tmp_path / name).write_text(json.dumps({"cells": [cell], "nbformat": 4, "metadata": {}}))
    assert declared_above(str(tmp_path)) is None
    (tmp_path / "requirements.txt").write_text("pandas\n")
    assert declared_above(str(tmp_path)) == frozenset(("pandas", "shap", "plotly"))


@pytest.mark.parametrize("part", ["", "pyproject.toml", "environment.yml", "requirements.txt"])
def test_a_part_of_a_repository_and_its_root_declare_together(part: str, tmp_path: Path) -> None:
    said = {
        "pyproject.toml": '[project]\ndependencies = ["bokeh"]\n',
        "environment.yml": "dependencies:\n  - bokeh\n",
    }
    folder = tmp_path / "project" / "lessons" / "one"
    folder.mkdir(parents=True)
    (tmp_path / "requirements.txt").write_text("elsewhere\n")
    (tmp_path / "project" / ".git").mkdir()
    (tmp_path / "project" / "environment.yml").write_text("dependencies:\n  - networkx\n")
    if part:
        (folder.parent / part).write_text(said.get(part, "bokeh\n"))
    expected = {"networkx", "bokeh"} if part else {"networkx"}
    assert declared_above(str(folder)) == expected  # type: ignore[comparison-overlap]


def test_a_repository_ends_the_search(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("pandas\n")
    (tmp_path / "other" / ".git").mkdir(parents=True)
    assert declared_above(str(tmp_path / "other")) is None


def test_the_file_names_versions_and_notebooks(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("")
    source = "%pip install nobody-has==1.2\nimport json, click, mine, nobody_has as n\nimport cv2"
    save(tmp_path / "a.ipynb", cell(source, "a"))
    save(tmp_path / "b.ipynb", cell("import click", "a"))
    done = nbprod(tmp_path, "requirements", "--isolated", "--pin", "-o", "r.txt")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "r.txt").read_text().splitlines() == [
        f"click=={version('click')}  # a.ipynb, b.ipynb",
        "nobody_has  # a.ipynb",
        "opencv-python  # a.ipynb",
    ]
    again = nbprod(tmp_path, "requirements", "-o", "r.txt")
    assert again.returncode == 2 and "already exists" in again.stderr


def test_the_configuration_is_heeded_unless_it_is_not_wanted(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", cell("%%measured\nimport polars", "a"))
    (tmp_path / "nbprod.toml").write_text('python-magics = ["measured"]\n')
    assert "polars" in nbprod(tmp_path, "requirements").stdout
    assert nbprod(tmp_path, "requirements", "--isolated").stdout == ""


@pytest.mark.parametrize("table", ["project", "tool.poetry"])
def test_a_project_declares_itself_with_what_it_needs(table: str, tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(f'[{table}]\nname = "Shop.Data"\n')
    assert declared_by_file(str(path)) == frozenset()
    path.write_text(f'[{table}]\nname = "Shop.Data"\n[dependency-groups]\ndev = ["pandas"]\n')
    assert declared_by_file(str(path)) == {"pandas", "shop-data"}  # type: ignore[comparison-overlap]


def test_the_rule_knows_the_project_and_the_cache_does_too(tmp_path: Path) -> None:
    save(tmp_path / "a.ipynb", cell("import pandas\nimport seaborn", "a"))
    words = ("check", "--select", "NBP504", "--output-format", "json")

    def symbols() -> list[str]:
        done = nbprod(tmp_path, *words)
        assert done.returncode in (0, 1), done.stderr
        return [one["symbol"] for one in json.loads(done.stdout)["findings"]]

    assert symbols() == []
    (tmp_path / "requirements.txt").write_text("pandas\n")
    assert symbols() == ["seaborn"]
    (tmp_path / "requirements.txt").write_text("pandas\nseaborn\n")
    assert symbols() == []


OWN = {
    "beside the notebook": ({"nb/helpers.py": ""}, "helpers"),
    "at the root": ({"helpers.py": ""}, "helpers"),
    "between": ({"a/helpers.py": ""}, "helpers"),
    "below src": ({"src/acme_tools/__init__.py": ""}, "acme_tools.clean"),
    "below the src of a member": ({"libs/x/src/acme/__init__.py": ""}, "acme"),
    "of another folder": ({"lib2/deep/helpers.py": ""}, "helpers"),
    "a package of another folder": ({"other/acme/__init__.py": ""}, "acme"),
    "namespace": ({"acme/core/clean.py": ""}, "acme.core"),
    "deep namespace": ({"src/acme/core/io/clean.py": ""}, "acme.core.io.clean"),
    "compiled": ({"fast.cpython-311-x86_64-linux-gnu.so": ""}, "fast"),
    "of Cython": ({"src/fast.pyx": ""}, "fast"),
    "in another case": ({"Acme_Tools/__init__.py": ""}, "acme_tools"),
    "project's name": ({"pyproject.toml": '[project]\nname = "Acme-Tools"\n'}, "acme_tools"),
    "name of Poetry": ({"pyproject.toml": '[tool.poetry]\nname = "acme"\n'}, "acme"),
    "packages of Poetry": (
        {"pyproject.toml": '[tool.poetry]\npackages = [{include = "acme", from = "x"}]\n'}, "acme"),
    "packages of setuptools": (
        {"pyproject.toml": '[tool.setuptools]\npackages = ["acme", "acme.core"]\n'}, "acme"),
    "modules of setuptools": (
        {"pyproject.toml": '[tool.setuptools]\npy-modules = ["acme"]\n'}, "acme"),
    "packages of Hatch": (
        {"pyproject.toml": "[tool.hatch.build.targets.wheel]\npackages = ['python/acme']\n"},
        "acme",
    ),
    "setup.cfg": ({"setup.cfg": "[metadata]\nname = x\n[options]\npackages =\n    acme\n"}, "acme"),
    "modules of setup.cfg": ({"setup.cfg": "[options]\npy_modules = acme, b\n"}, "acme"),
    "setup.py": ({"setup.py": "from setuptools import setup\nsetup(packages=['acme'])\n"}, "acme"),
    "metadata of a member": ({"libs/y/pyproject.toml": '[project]\nname = "acme"\n'}, "acme"),
}  # fmt: skip


@pytest.mark.parametrize(("files", "module"), OWN.values(), ids=OWN)
def test_the_repository_s_own_modules_are_in_no_file(
    files: dict[str, str], module: str, tmp_path: Path
) -> None:
    from nbprod.project.own_modules import own_modules

    (tmp_path / ".git").mkdir()
    for name, text in {**files, "a/nb/n.ipynb": "", "nb/n.ipynb": ""}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    notebook = tmp_path / ("a/nb/n.ipynb" if "a/helpers.py" in files else "nb/n.ipynb")
    own = own_modules(str(notebook))
    assert own.hold(module, is_known=False)
    assert not own.hold("pandas", is_known=True)
    assert not own.hold("nobody_knows", is_known=False)


def test_a_namespace_that_others_share_is_their_distribution(tmp_path: Path) -> None:
    from nbprod.project.own_modules import own_modules

    (tmp_path / ".git").mkdir()
    (tmp_path / "google" / "acme").mkdir(parents=True)
    (tmp_path / "google" / "acme" / "a.py").write_text("")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "yaml.py").write_text("")
    own = own_modules(str(tmp_path / "n.ipynb"))
    assert own.hold("google.acme.a", is_known=False)
    assert not own.hold("google.cloud.storage", is_known=True)
    assert not own.hold("yaml", is_known=True) and own.hold("yaml", is_known=False)


def test_requirements_are_of_others_and_one_line_each(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "src" / "acme").mkdir(parents=True)
    (tmp_path / "src" / "acme" / "__init__.py").write_text("")
    (tmp_path / "nb").mkdir()
    code = cell("import acme.core\nimport nobody_knows\nfrom helpers import a", "a")
    save(tmp_path / "nb" / "n\nevil-package.ipynb", code)
    (tmp_path / "helpers.py").write_text("")
    done = nbprod(tmp_path, "requirements", "--isolated", "nb")
    assert done.stdout == "nobody_knows  # nb/n\\nevil-package.ipynb\n"
