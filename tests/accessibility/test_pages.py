"""The report, the playground and the site have no serious fault that axe-core finds."""

from __future__ import annotations

import gzip
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.accessibility.axe import faults_of, show
from tests.browser import chromium, need_browser, waited_for
from tests.command import run_nbprod
from tests.docs.pages import ROOT
from tests.playground.places import Served, serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("accessibility")]

LOOKS = [(1280, "light"), (1280, "dark"), (375, "light"), (375, "dark")]
SITE = [
    "",
    "tutorial/first-notebook/",
    "how-to/install/",
    "how-to/review-a-pull-request/",
    "how-to/use-in-editors/",
    "reference/cli/",
    "reference/configuration/",
    "reference/rules/",
    "reference/rules/NBP101-use-before-definition/",
    "explanation/comparison/",
    "explanation/accuracy/",
    "contributing/architecture/",
    "gallery/",
    "404.html",
]
_LANDING_BYTES = 300_000


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    need_browser()
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        driver.set_script_timeout(120)
        yield driver


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The site as CI builds it, by the Python that has the generator."""
    own = ROOT / ".venv" / "site" / "bin" / "python"
    python = str(own) if own.exists() else sys.executable
    if python == sys.executable and importlib.util.find_spec("zensical") is None:
        pytest.skip("needs site/requirements.txt in .venv/site")
    folder = tmp_path_factory.mktemp("site")
    command = [python, str(ROOT / "site" / "build.py"), "--output", str(folder / "pages")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    with serving(folder / "pages") as found:
        yield found


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a report of two versions, and the page of a check."""
    folder = tmp_path_factory.mktemp("report")
    tutorial = ROOT / "fixtures" / "tutorial" / "deliveries.ipynb"
    shutil.copy(tutorial, folder)
    shutil.copy(ROOT / "fixtures" / "examples" / "churn.ipynb", folder)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "a"]):
        subprocess.run([*git, *words], cwd=folder, check=True, capture_output=True)
    text = tutorial.read_text(encoding="utf-8").replace("limit = 30", "bound = 31")
    (folder / "deliveries.ipynb").write_text(text.replace("days late", "days too late"))
    for options in (
        ("report", "--base", "HEAD", "--html", "base.html"),
        ("report", "--html", "all.html"),
        ("check", "--output", "html:check.html", "-q", "--exit-zero"),
    ):
        done = run_nbprod(folder, *options, "--isolated")
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(
    ("markup", "fault"),
    [
        ("<p style='color: #aaa; background: #fff'>pale</p>", "color-contrast"),
        ("<img src='data:,'>", "image-alt"),
        ("<input>", "label"),
        ("<button></button>", "button-name"),
    ],
)
def test_a_fault_is_found(browser: Any, tmp_path: Path, markup: str, fault: str) -> None:
    head = "<!doctype html><html lang='en'><title>t</title><main><h1>h</h1>"
    (tmp_path / "a.html").write_text(f"{head}{markup}</main></html>")
    show(browser, (tmp_path / "a.html").as_uri())
    (found,) = faults_of(browser)
    assert found.startswith(f"{fault}: ")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("page", ["base.html", "all.html", "check.html"])
def test_the_report(browser: Any, report: Path, page: str, width: int, scheme: str) -> None:
    show(browser, (report / page).as_uri(), width, scheme)
    browser.execute_script(
        "for (const one of document.querySelectorAll('details')) one.open = true"
    )
    assert faults_of(browser) == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_playground(browser: Any, site: Served, width: int, scheme: str) -> None:
    show(browser, f"{site.address}playground/", width, scheme)
    state = "return document.body.dataset.state"
    if browser.execute_script(state) is None:
        pytest.skip("the site has no playground without Pyodide")
    waited_for(lambda: browser.execute_script(state) == "ready", 90, "Python")
    assert faults_of(browser) == []
    text = (ROOT / "fixtures" / "examples" / "churn.ipynb").read_text(encoding="utf-8")
    browser.execute_script(
        "const area = document.getElementById('source'); area.value = arguments[0];"
        "area.dispatchEvent(new Event('input', {bubbles: true}))",
        text,
    )
    cells = "return document.getElementById('cells').innerText"
    waited_for(lambda: "NBP101" in browser.execute_script(cells), 90, "findings")
    fixes = "return Number(document.body.dataset.fixes ?? 0)"
    for tab in ("tab-cells", "tab-flow", "tab-fix"):
        browser.execute_script("document.getElementById(arguments[0]).click()", tab)
        if tab == "tab-fix":
            waited_for(lambda: browser.execute_script(fixes) > 0, 90, "diff")
        assert faults_of(browser) == [], tab


@pytest.mark.parametrize("page", SITE, ids=lambda page: page or "home")
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_site(browser: Any, site: Served, page: str, width: int, scheme: str) -> None:
    show(browser, f"{site.address}{page}", width, scheme)
    assert faults_of(browser) == []


def test_the_landing_page_is_small(browser: Any, site: Served) -> None:
    """Less than 300 KB in all, compressed as servers send it, and nothing of other servers."""
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.get("about:blank")
    browser.get_log("performance")
    site.asked.clear()
    show(browser, site.address)
    waited_for(lambda: any("search" in path for _, path, _ in site.asked), 30, "search index")
    loaded = {path: _compressed(site.folder, path) for _, path, _ in site.asked}
    assert "/" in loaded and any(path.endswith(".css") for path in loaded)
    assert sum(loaded.values()) <= _LANDING_BYTES, loaded
    sent = [
        json.loads(one["message"])["message"]["params"]["request"]["url"]
        for one in browser.get_log("performance")
        if 'Network.requestWillBeSent"' in one["message"]
    ]
    own = (site.address, "blob:", "data:", "about:")
    assert sent and [url for url in sent if not url.startswith(own)] == []


def _compressed(folder: Path, path: str) -> int:
    file = folder / path.lstrip("/").partition("?")[0]
    file = file / "index.html" if file.is_dir() else file
    return len(gzip.compress(file.read_bytes())) if file.exists() else 0
