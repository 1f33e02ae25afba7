"""The site: what its builder copies, rewrites and checks. The build itself is part of CI."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from nbprod.checking.registry import rule_files
from tests.docs.pages import DOCS, ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("site_build", ROOT / "site" / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def staged(builder: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("stage")
    builder.Stage(folder).fill()
    return folder


def test_every_page_is_in_the_navigation(staged: Path) -> None:
    settings = (ROOT / "site" / "zensical.toml").read_text(encoding="utf-8")
    listed = set(re.findall(r"\"([\w/-]+\.md)\"", str(tomllib.loads(settings)).replace("'", '"')))
    pages = {path.relative_to(staged).as_posix() for path in staged.rglob("*.md")}
    assert listed - pages == set()
    others = {"readme.md", "security-policy.md"}
    unlisted = {page for page in pages - listed - others if "NBP" not in page}
    assert {page for page in unlisted if not page.startswith(("files/", "gallery/"))} == set()


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("index.md", "(changelog.md)"),
        ("changelog.md", "(reference/exit-codes.md)"),
        ("reference/configuration.md", "(../schemas/config.json)"),
        ("how-to/extract-a-module.md", "(../files/fixtures/extract/parcels.ipynb)"),
        ("explanation/comparison.md", "(../files/fixtures/comparison/index.md)"),
        ("tutorial/first-notebook.md", "(../readme.md#install)"),
        ("how-to/extract-a-module.md", '```python title="post/parcels.py"'),
    ],
)
def test_links_lead_to_the_copies(staged: Path, page: str, link: str) -> None:
    text = (staged / page).read_text(encoding="utf-8")
    assert link in text
    target = link.strip("()").partition("#")[0]
    assert "title=" in link or (staged / page).parent.joinpath(target).exists()


def test_each_rule_has_a_short_address(builder: ModuleType, tmp_path: Path) -> None:
    assert builder.write_redirects(tmp_path) == len(rule_files(plugins=False))
    text = (tmp_path / "rules" / "NBP101" / "index.html").read_text(encoding="utf-8")
    assert 'url=../../reference/rules/NBP101-use-before-definition/"' in text
    assert (DOCS / "reference" / "rules" / "NBP101-use-before-definition.md").exists()


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("../b/", None),
        ("../b/#here", None),
        ("https://example.org/x", None),
        ("../c/", "../c/: no such file"),
        ("../b/#there", "../b/#there: no such anchor"),
        ("#nowhere", "#nowhere: no such anchor"),
    ],
)
def test_a_link_that_leads_nowhere_is_found(
    builder: ModuleType, tmp_path: Path, link: str, fault: str | None
) -> None:
    for name, text in (("a", f'<a href="{link}">x</a>'), ("b", '<p id="here">')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(text)
    expected = [] if fault is None else [f"a/index.html: {fault}"]
    assert [broken.replace("\\", "/") for broken in builder.broken_links(tmp_path)] == expected
