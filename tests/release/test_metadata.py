"""The metadata of the two packages, the changelog, and the links of a release."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from hatch_build import absolute_links, links
from nbprod._version import __version__

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
LAB = ROOT / "editors" / "jupyterlab"


def project(folder: Path) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    return dict(table["project"])


def minor(version: str) -> tuple[int, int]:
    major, second, *_ = map(int, version.split("."))
    return major, second


@pytest.mark.parametrize(("folder", "package"), [(ROOT, "nbprod"), (LAB, "nbprod_lab")])
def test_a_package_is_typed_licensed_and_found(folder: Path, package: str) -> None:
    found = project(folder)
    assert (folder / package / "py.typed").read_bytes() == b""
    assert found["license"] == "MIT" and found["license-files"] == ["LICENSE"]
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert {"jupyter", "linter", "notebook"} <= set(found["keywords"])
    named = {each.rpartition(" :: ")[2] for each in found["classifiers"]}
    assert {"3.10", "3.11", "3.12", "3.13", "Typed"} <= named
    assert not any(each.startswith("License ::") for each in found["classifiers"])
    assert found["requires-python"] == ">=3.10"


def test_the_extras_are_those_of_the_page() -> None:
    extras = project(ROOT)["optional-dependencies"]
    page = (ROOT / "docs" / "how-to" / "install.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert documented == set(extras) - {"dev", "nbqa"}
    assert extras["nbqa"] == []
    assert extras["all"] == [f"nbprod[{','.join(sorted(documented - {'all'}))}]"]
    # The proof of `nbprod pipeline` is tested with the same bounds.
    assert set(extras["pipeline"]) <= set(extras["dev"])


def test_the_extension_and_nbprod_want_each_other_in_this_version() -> None:
    major, second = minor(__version__)
    bounds = f">={major}.{second}.0,<{major}.{second + 1}"
    assert project(ROOT)["optional-dependencies"]["lab"] == [f"nbprod-lab{bounds}"]
    assert f"nbprod{bounds}" in project(LAB)["dependencies"]
    for name in ("jupyterlab", "vscode"):
        lock = json.loads((ROOT / "editors" / name / "package-lock.json").read_text("utf-8"))
        assert {lock["version"], lock["packages"][""]["version"]} == {__version__}


def test_the_version_has_a_dated_section_below_the_unreleased_one() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert heads[0] == "Unreleased"
    assert re.fullmatch(re.escape(__version__) + r" - \d{4}-\d\d-\d\d", heads[1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](docs/a.md#b)", "[a](https://h/o/n/blob/v1/docs/a.md#b)"),
        ("![a [b]](docs/a.svg)", "![a [b]](https://h/o/n/raw/v1/docs/a.svg)"),
        ('<img src="docs/a.svg" alt="x">', '<img src="https://h/o/n/raw/v1/docs/a.svg" alt="x">'),
        ("[a](https://x.example/y) [b](#c)", "[a](https://x.example/y) [b](#c)"),
    ],
)
def test_links_of_the_long_description_lead_to_the_tag(text: str, expected: str) -> None:
    assert absolute_links(text, "https://h/o/n", "v1") == expected


def test_no_link_of_the_readme_stays_relative() -> None:
    text = absolute_links((ROOT / "README.md").read_text("utf-8"), "https://h/o/n", "v1")
    prose = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)]+)\)|src=\"([^\"]+)\"", prose)
    assert len(targets) > 20
    assert [each for each in targets if not "".join(each).startswith("https://")] == []
    assert all(value.startswith("https://h/o/n") for value in links("https://h/o/n", "v1").values())


def test_one_page_says_what_to_do_until_it_is_published() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    pages += [*sorted((ROOT / "templates").iterdir()), *sorted((ROOT / "editors").glob("*/*.md"))]
    pages += [*sorted((ROOT / "nbprod" / "project").glob("*.py")), ROOT / "action.yml"]
    words = re.compile(r"package index|not published|until it is published|before they are publ")
    saying = [page.name for page in pages if words.search(page.read_text("utf-8"))]
    assert saying in (["install.md"], ["install.md", "own_modules.py"])
    by_name = re.compile(r"(?:pipx|uvx|uv tool|pip3?) (?:install )?'?nbprod\b")
    assert {page.name for page in pages if by_name.search(page.read_text("utf-8"))} <= {
        "install.md",
        "workflow.py",
    }
