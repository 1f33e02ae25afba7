"""The playground in a real headless browser: what it shows, what it asks of the network."""

from __future__ import annotations

import base64
import json
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import chromium, need_browser, waited_for
from tests.playground.places import ROOT, Served, build_page, serving

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("playground")]
CHURN = ROOT / "fixtures" / "examples" / "churn.ipynb"
_MOST_BYTES = 8_000_000
_ATTACK = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


class Page:
    """The page in the browser."""

    def __init__(self, browser: Any, address: str) -> None:
        self.browser = browser
        self.address = address

    def open(self) -> None:
        self.browser.get(f"{self.address}playground/")
        self.wait(lambda: self.script("return document.body.dataset.state") == "ready", "Python")

    def script(self, text: str, *given: Any) -> Any:
        return self.browser.execute_script(text, *given)

    def wait(
        self, holds: Callable[[], Any], what: str, seconds: float = 90, *, broken: bool = False
    ) -> Any:
        def ready() -> Any:
            found = holds()
            state = self.script("return document.body.dataset.state")
            assert found or broken or state != "broken", self.text("status")
            return found

        return waited_for(ready, seconds, what)

    def text(self, part: str) -> str:
        return str(self.script("return document.getElementById(arguments[0]).innerText", part))

    def checks(self, counter: str = "checks") -> int:
        return int(self.script("return document.body.dataset[arguments[0]] ?? 0", counter))

    def paste(self, text: str) -> None:
        """Put a text into the area as pasting does, and wait for the answer."""
        before = self.checks()
        self.script(
            "const area = document.getElementById('source'); area.value = arguments[0];"
            "area.dispatchEvent(new Event('input', {bubbles: true}))",
            text,
        )
        self.wait(lambda: self.checks() > before, "answer")

    def click(self, part: str) -> None:
        self.browser.find_element("id", part).click()

    def requests(self) -> list[str]:
        """The addresses that the page itself asked for since the last call."""
        messages = [
            json.loads(one["message"])["message"] for one in self.browser.get_log("performance")
        ]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    need_browser()
    folder = tmp_path_factory.mktemp("site")
    build_page(folder / "playground")
    with serving(folder) as found:
        yield found


@pytest.fixture(scope="module")
def browser(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile"), ("--window-size=1200,1400",)) as one:
        yield one


@pytest.fixture(scope="module")
def opened(browser: Any, served: Served) -> Page:
    found = Page(browser, served.address)
    found.open()
    return found


@pytest.fixture
def page(opened: Page) -> Page:
    """The page, as it is when it has been opened: Python is started once."""
    opened.script(
        "document.getElementById('form').reset(); document.getElementById('tab-cells').click()"
    )
    return opened


def test_findings_flow_and_fix_of_a_pasted_notebook(page: Page) -> None:
    page.paste(CHURN.read_text(encoding="utf-8"))
    cells = page.text("cells")
    assert "NBP101 use-before-definition" in cells and "cell 6, line 1" in cells
    marked = page.script("return [...document.querySelectorAll('mark')].map(m => m.textContent)")
    assert "loyal" in marked
    page.click("tab-flow")
    assert "cell 5 reads loyal before cell 6 defines it" in page.text("flow")
    assert page.script("return document.querySelectorAll('#flow svg .box.fails').length") == 2
    assert page.script("return document.querySelectorAll('#flow svg .arc.early').length") == 1
    page.click("unsafe")
    page.click("tab-fix")
    page.wait(lambda: page.checks("fixes"), "diff")
    page.wait(lambda: "+share = mean(" in page.text("fix"), "diff")
    page.click("tab-cells")
    before = page.checks()
    page.browser.find_element("id", "select").send_keys("NBP113")
    page.wait(lambda: page.checks() > before, "answer")
    assert "NBP101" not in page.text("cells") and "NBP113" in page.text("cells")
    assert 'select = ["NBP113"]' in page.script(
        "return document.getElementById('toml').textContent"
    )


def test_the_worker_cannot_connect_elsewhere(page: Page) -> None:
    """A worker made as that of the page is refused what the page is refused."""
    found = page.browser.execute_async_script(
        """
        const done = arguments[0];
        const text = `fetch('http://127.0.0.2:9/x').then(() => postMessage('sent'),
            () => undefined);
          addEventListener('securitypolicyviolation', (event) => postMessage(
            event.effectiveDirective));`;
        const blob = new Blob([text], {type: 'text/javascript'});
        const worker = new Worker(URL.createObjectURL(blob), {type: 'module'});
        worker.onmessage = ({data}) => done(data);
        """
    )
    assert found == "connect-src"
    made = (ROOT / "site" / "playground" / "checker.js").read_text(encoding="utf-8")
    assert "new Blob" in made and made.count("new Worker(") == 1


def test_it_is_small_and_nothing_leaves_the_browser(served: Served, tmp_path: Path) -> None:
    with chromium(tmp_path) as fresh:
        page = Page(fresh, served.address)
        page.requests()  # those of the browser's first tab
        served.asked.clear()
        page.open()
        page.paste(CHURN.read_text(encoding="utf-8"))
        page.click("tab-fix")
        page.wait(lambda: page.checks("fixes"), "diff")
        found = page.requests()
    own = (f"{served.address}playground/", "blob:", "data:", "chrome:", "chrome-untrusted:")
    assert [url for url in found if not url.startswith(own)] == []
    assert {method for method, _, _ in served.asked} == {"GET"}
    assert not [path for _, path, _ in served.asked if "?" in path]
    # The server compresses nothing.
    loaded = sum(size for _, _, size in served.asked)
    assert 5_000_000 < loaded <= _MOST_BYTES


@pytest.mark.parametrize("place", ["source", "markdown", "name", "output"])
def test_a_hostile_notebook_runs_no_script(page: Page, place: str) -> None:
    source = f"'''{_ATTACK}'''\nprint(gone)" if place == "source" else "print(gone)"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "outputs": [
        {"output_type": "display_data", "metadata": {}, "data": {"text/html": _ATTACK}}
    ], "execution_count": 1}  # fmt: skip
    text = {"cell_type": "markdown", "id": _ATTACK if place == "name" else "b", "metadata": {},
            "source": _ATTACK}  # fmt: skip
    page.paste(json.dumps({"cells": [cell, text], "metadata": {"title": _ATTACK}, "nbformat": 4,
                           "nbformat_minor": 5}))  # fmt: skip
    for tab in ("tab-flow", "tab-fix", "tab-cells"):
        page.click(tab)
    time.sleep(0.3)
    assert page.script("return document.title") == "Playground - nbprod"
    assert page.script("return document.querySelectorAll('main img, main script').length") == 0
    assert "NBP103" in page.text("cells") and "<script>" in page.text("cells")


def test_a_dropped_script_is_checked(page: Page) -> None:
    before = page.checks()
    page.script(
        """
        const carried = new DataTransfer();
        carried.items.add(new File([arguments[0]], 'steps.py'));
        document.dispatchEvent(new DragEvent('drop', {dataTransfer: carried, bubbles: true}));
        """,
        "# %%\nprint(total)\n\n# %%\ntotal = 1\n",
    )
    page.wait(lambda: page.checks() > before, "answer")
    assert "NBP101" in page.text("cells") and page.text("loaded") == "steps.py"


@pytest.mark.parametrize(("level", "limit"), [("shared", 1000), ("production", 2000)])
def test_a_hundred_cells_are_checked_in_time(page: Page, level: str, limit: int) -> None:
    step = (
        "frame_{0} = load(frame_{1})\nfor row in frame_{0}:\n    total = total + row\nprint(total)"
    )
    cells = ["total, frame_0 = 0, [1]\ndef load(x):\n    return list(x)"]
    cells += [step.format(at, at - 1) for at in range(1, 100)]
    text = "".join(f"# %%\n{cell}\n\n" for cell in cells)
    page.script("document.getElementById('level').value = arguments[0]", level)
    times = []
    for number in range(4):
        page.paste(f"{text}# {number}\n")
        times.append(page.script("return Number(document.body.dataset.ms)"))
    assert min(times) <= limit, times


def test_code_that_is_nested_too_deeply_ends_no_page(page: Page) -> None:
    deep = "x = " + "+".join(["1"] * 20_000) + "\n"
    page.script(
        "const area = document.getElementById('source'); area.value = arguments[0];"
        "area.dispatchEvent(new Event('input', {bubbles: true}))",
        f"# %%\n{deep}",
    )
    page.wait(lambda: "nested too deeply" in page.text("status"), "message", broken=True)
    # Python starts again.
    page.wait(lambda: page.script("return document.body.dataset.state") == "ready", "Python",
              broken=True)  # fmt: skip
    page.paste("# %%\nprint(total)\n\n# %%\ntotal = 1\n")
    assert "NBP101" in page.text("cells")
    assert page.text("status").startswith("2 cells, 1 error")


def test_a_link_holds_the_notebook_and_sends_nothing(page: Page, served: Served) -> None:
    text = "# %%\nprint(total, 'ä€😀')\n\n# %%\ntotal = 1\n"
    page.script("document.getElementById('level').value = 'production'")
    page.paste(text)
    page.click("share")
    page.wait(lambda: not page.script("return document.getElementById('shared').hidden"), "link")
    link = str(page.script("return document.getElementById('link').value"))
    start, _, fragment = link.partition("#nb1.")
    assert start == f"{served.address}playground/" and 50 < len(fragment) < 300
    page.paste(f"{text}# changed")
    assert page.script("return document.getElementById('shared').hidden")
    served.asked.clear()
    page.script("document.getElementById('form').reset()")
    page.browser.get(link)
    page.wait(lambda: "NBP101" in page.text("cells"), "answer")
    page.wait(
        lambda: page.script("return document.getElementById('source').value") == text, "notebook"
    )
    assert page.script("return document.getElementById('level').value") == "production"
    assert not [path for _, path, _ in served.asked if fragment in path or "?" in path]
    page.paste("# %%\nx = 1\n")
    assert page.script("return location.hash") == ""


def test_no_link_has_a_secret_or_is_too_long(page: Page) -> None:
    secret = "".join(chr(97 + (5 * at) % 26) + str((7 * at) % 10) for at in range(14))
    page.browser.find_element("id", "select").send_keys("NBP1")
    page.paste(f"# %%\npassword = '{secret}'\n")
    page.click("share")
    page.wait(lambda: "1 finding about secrets" in page.text("status"), "refusal")
    noise = " ".join(str(7919 * at * at % 1_000_003) for at in range(20_000))
    page.paste(f"# %%\nx = '{noise}'\n")
    page.click("share")
    page.wait(lambda: "too large for a link" in page.text("status"), "refusal")
    assert "limit 32000" in page.text("status")
    assert page.script("return document.getElementById('shared').hidden")


@pytest.mark.parametrize(
    "fragment",
    ["", "AAAA", "!!!!", "A" * 40_000, "<script>", "bomb", "other"],
    ids=["empty", "no data", "no letters", "too long", "markup", "bomb", "other JSON"],
)
def test_a_damaged_link_changes_nothing(page: Page, fragment: str) -> None:
    texts = {"bomb": b'{"text": "' + b" " * 20_000_000 + b'"}', "other": b'{"options": {}}'}
    if fragment in texts:
        packed = zlib.compressobj(9, wbits=-15)
        data = packed.compress(texts[fragment]) + packed.flush()
        fragment = base64.urlsafe_b64encode(data).decode().rstrip("=")
        assert len(fragment) < 32_000
    page.paste("# %%\nx = 1\n")
    page.script("location.hash = '#nb1.' + arguments[0]", fragment)
    page.wait(lambda: "This link is damaged" in page.text("status"), "message", 20)
    assert page.script("return document.getElementById('source').value") == "# %%\nx = 1\n"
    page.script("history.replaceState(null, '', location.pathname)")


def test_it_is_used_by_keyboard(page: Page) -> None:
    from selenium.webdriver.common.keys import Keys

    page.paste(CHURN.read_text(encoding="utf-8"))
    tab = page.browser.find_element("id", "tab-cells")
    tab.send_keys(Keys.ARROW_RIGHT)
    assert page.script("return document.activeElement.id") == "tab-flow"
    assert page.browser.find_element("id", "flow").is_displayed()
    unnamed = page.script(
        "return [...document.querySelectorAll('input, select, textarea')]"
        ".filter(one => !one.labels.length).map(one => one.id)"
    )
    assert unnamed == []


def test_nothing_is_wider_than_a_phone(page: Page) -> None:
    metrics = {"width": 375, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        page.paste(CHURN.read_text(encoding="utf-8"))
        for tab in ("tab-flow", "tab-fix", "tab-cells"):
            page.click(tab)
            assert page.script("return document.documentElement.scrollWidth") <= 375
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
