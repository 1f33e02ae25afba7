"""The pages in a real headless browser: looks, keys, clicks, and nothing that runs or loads."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import chromium, need_browser, waited_for
from tests.docs.pages import ROOT
from tests.review.notebooks import cell, commit, nbprod, save
from tests.review.test_command import HOSTILE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    need_browser()
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("pages")
    cells = [cell(f"value_{at} = {at}\nprint('x' * 200, value_{max(at - 2, 0)})", f"c{at}",
                  {"output_type": "stream", "name": "stdout", "text": ["z" * 300]})
             for at in range(30)]  # fmt: skip
    save(folder / "long.ipynb", *cells)
    save(folder / "hostile.ipynb", cell("x = 1", "a"))
    commit(folder)
    del cells[4]
    save(folder / "long.ipynb", *cells)
    save(folder / "hostile.ipynb", *HOSTILE)
    done = nbprod(folder, "report", "--isolated", "--base", "HEAD")
    assert done.returncode == 0, done.stderr
    return (folder / "nbprod-report.html").as_uri()


def shown(browser: Any, url: str, width: int, height: int, scheme: str = "light") -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    feature = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": feature})
    browser.get("about:blank")
    browser.get_log("browser"), browser.get_log("performance")
    browser.get(url)


def keys(browser: Any, text: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(text).perform()


@pytest.mark.parametrize(("width", "height"), [(375, 800), (1280, 900)])
def test_it_fits_a_phone_and_a_desk(browser: Any, page: str, width: int, height: int) -> None:
    shown(browser, page, width, height)
    size = browser.execute_script(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert size[0] <= size[1] <= width
    beside = browser.execute_script(
        "const one = document.querySelector('.beside:has(.finding)');"
        "return getComputedStyle(one).gridTemplateColumns.split(' ').length"
    )
    assert beside == (1 if width < 700 else 2)


@pytest.mark.parametrize("width", [375, 1280])
def test_the_readiness_unfolds_and_fits(browser: Any, page: str, width: int) -> None:
    shown(browser, page, width, 900)
    tables = browser.find_elements("css selector", ".readiness table")
    assert tables and not any(one.is_displayed() for one in tables)
    for one in browser.find_elements("css selector", ".readiness summary"):
        one.click()
    assert all(one.is_displayed() for one in tables)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    link = browser.find_element("css selector", ".readiness td a")
    target = link.get_dom_attribute("href").rpartition("#")[2]
    assert browser.find_element("id", target).tag_name == "article"


def test_dark_mode_is_dark_and_readable(browser: Any, page: str) -> None:
    read = (
        "const style = getComputedStyle(document.body);"
        "const light = text => { const [r, g, b] = text.match(/\\d+/g).map(Number);"
        " return .2126 * r + .7152 * g + .0722 * b; };"
        "return [light(style.backgroundColor), light(style.color)]"
    )
    shown(browser, page, 1280, 900, "dark")
    back, front = browser.execute_script(read)
    assert back < 60 and front > 190
    shown(browser, page, 1280, 900, "light")
    back, front = browser.execute_script(read)
    assert back > 220 and front < 60


def test_nothing_is_loaded_and_nothing_of_a_notebook_runs(browser: Any, page: str) -> None:
    shown(browser, page, 1280, 900)
    assert browser.title.startswith("Notebook review")
    assert browser.execute_script("return document.querySelectorAll('script').length") == 1
    assert browser.execute_script("return document.querySelectorAll('img').length") == 0
    asked = [entry["message"] for entry in browser.get_log("performance")]
    sent = [one for one in asked if "Network.requestWillBeSent" in one]
    assert sent and all('"url":"file:' in one for one in sent)
    assert [one for one in browser.get_log("browser") if one["level"] == "SEVERE"] == []
    # The page's own policy stops what would be put in later, too.
    ran = browser.execute_async_script(
        "const done = arguments[0]; const one = document.createElement('script');"
        "one.textContent = 'window.hacked = 1'; document.body.append(one);"
        "setTimeout(() => done(window.hacked === 1), 50)"
    )
    assert ran is False


def test_keys_go_from_cell_to_cell(browser: Any, page: str) -> None:
    shown(browser, page, 1280, 900)
    focused = "return document.activeElement.id"
    keys(browser, "j")
    first = browser.execute_script(focused)
    keys(browser, "j")
    second = browser.execute_script(focused)
    assert first and second and first != second
    keys(browser, "k")
    assert browser.execute_script(focused) == first
    keys(browser, "n")
    assert browser.execute_script(focused).startswith("n")


def test_a_click_in_the_picture_goes_to_the_cell(browser: Any, page: str) -> None:
    shown(browser, page, 1280, 900)
    nodes = browser.find_elements("css selector", "svg a.box")
    assert len(nodes) > 25
    for node in (nodes[0], nodes[-1]):
        target = node.get_dom_attribute("href").rpartition("#")[2]
        browser.execute_script("arguments[0].scrollIntoView()", node)
        node.find_element("css selector", "text").click()
        box = browser.execute_script(
            "const one = document.getElementById(arguments[0]).getBoundingClientRect();"
            "return [one.top, one.height]", target,
        )  # fmt: skip
        assert 0 <= box[0] < 900 and box[1] > 0
        assert browser.execute_script("return document.activeElement.id") == target


def test_the_picture_can_be_made_bigger(browser: Any, page: str) -> None:
    shown(browser, page, 1280, 900)
    width = "return document.querySelector('svg').getBoundingClientRect().width"
    before = browser.execute_script(width)
    keys(browser, "+")
    assert browser.execute_script(width) > before * 1.2
    keys(browser, "0")
    assert browser.execute_script(width) == before


def test_buttons_zoom(browser: Any, page: str) -> None:
    shown(browser, page, 1280, 900)
    width = "return document.querySelector('svg').getBoundingClientRect().width"
    before = browser.execute_script(width)
    found = {one.text: one for one in browser.find_elements("css selector", ".zoom button")}
    assert set(found) == {"Zoom in", "Zoom out", "Reset"}
    for text, larger in (("Zoom in", True), ("Reset", False), ("Zoom out", False)):
        browser.find_element("xpath", f"//button[text()='{text}']").click()
        assert (browser.execute_script(width) > before) == larger


def test_a_finger_and_a_mouse_pan_the_picture(browser: Any, page: str) -> None:
    place = (
        "const one = [...document.querySelectorAll('.scroll')].pop(); one.scrollIntoView();"
        "const box = one.getBoundingClientRect();"
        "return [box.left + box.width / 2, box.top + box.height / 2]"
    )
    moved = (
        "const one = [...document.querySelectorAll('.scroll')].pop();"
        "return [one.scrollLeft, one.scrollTop]"
    )
    shown(browser, page, 375, 800)
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": True})
    x, y = browser.execute_script(place)
    steps = [
        ("touchStart", 0),
        *(("touchMove", far) for far in (20, 60, 100, 140)),
        ("touchEnd", 0),
    ]
    for kind, far in steps:
        points = [] if kind == "touchEnd" else [{"x": x - far, "y": y}]
        browser.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    waited_for(lambda: browser.execute_script(moved)[0] > 60, 5, "the picture follows the finger")
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": False})
    shown(browser, page, 1280, 900)
    x, y = browser.execute_script(place)
    for kind, at in (("mousePressed", y), ("mouseMoved", y - 60), ("mouseReleased", y - 90)):
        button = "none" if kind == "mouseMoved" else "left"
        event = {"type": kind, "x": x, "y": at, "button": button, "buttons": 1, "clickCount": 1}
        browser.execute_cdp_cmd("Input.dispatchMouseEvent", event)
    assert browser.execute_script(moved)[1] > 40
    assert browser.execute_script("return location.hash") == ""


def test_findings_are_filtered_by_rule_and_severity(browser: Any, page: str) -> None:
    from selenium.webdriver.support.ui import Select

    shown(browser, page, 1280, 900)

    def seen(part: str) -> int:
        found = browser.find_elements("css selector", part)
        return sum(one.is_displayed() for one in found)

    before = [seen(part) for part in (".finding", "article.cell", "section.notebook")]
    total = f"{len(browser.find_elements('css selector', '.finding'))} findings"
    note = browser.find_element("id", "found")
    assert note.text.endswith(total)
    Select(browser.find_element("id", "rule")).select_by_value("NBP103")
    first = seen(".finding")
    assert 0 < first < before[0] and note.text == f"{first} of {total}"
    shown_codes = {
        one.get_dom_attribute("data-code")
        for one in browser.find_elements("css selector", ".finding")
        if one.is_displayed()
    }
    assert shown_codes == {"NBP103"}
    Select(browser.find_element("id", "severity")).select_by_value("info")
    assert seen(".finding") == seen("article.cell") == seen("section.notebook") == 0
    # A link to a hidden cell shows it.
    browser.execute_script("document.querySelector('nav a').click()")
    assert [seen(part) for part in (".finding", "article.cell", "section.notebook")] == before
    Select(browser.find_element("id", "severity")).select_by_value("info")
    assert seen(".finding") == 0
    browser.find_element("css selector", "form.filter button").click()
    after = f"return document.querySelectorAll('.finding[hidden]').length === 0 && '{before[0]}'"
    waited_for(lambda: browser.execute_script(after), 5, "all findings")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_stale_cells_are_gray_and_failing_ones_red(
    browser: Any, tmp_path: Path, scheme: str
) -> None:
    for name in ("stale", "direct"):
        shutil.copy(ROOT / "fixtures" / "comparison" / f"{name}.ipynb", tmp_path)
    done = nbprod(tmp_path, "report", "--isolated", "--html", "p.html")
    assert done.returncode == 0, done.stderr
    shown(browser, (tmp_path / "p.html").as_uri(), 1280, 900, scheme)
    color = (
        "const style = getComputedStyle(document.querySelector(arguments[0]));"
        "return style[arguments[1]].match(/\\d+/g).slice(0, 3).map(Number)"
    )
    for part in ("fill", "stroke"):
        gray = browser.execute_script(color, ".box.stale rect", part)
        assert max(gray) - min(gray) < 20
    for part in (".box.fails rect", ".arc.back"):
        red, green, blue = browser.execute_script(color, part, "stroke")
        assert red > green + 80 and red > blue + 80
    labels = [one.text for one in browser.find_elements("css selector", "svg text.state")]
    assert {"stale", "fails"} <= set(labels)
    assert "output is stale" in browser.find_element("css selector", "#n2 .legend").text


def test_the_figures_wrap_on_a_phone(browser: Any, page: str) -> None:
    tops = (
        "return new Set([...document.querySelector('.figures').children]"
        ".map(one => one.getBoundingClientRect().top)).size"
    )
    shown(browser, page, 1280, 900)
    assert browser.execute_script(tops) == 1
    shown(browser, page, 375, 900)
    assert browser.execute_script(tops) > 1


def test_it_prints(browser: Any, page: str) -> None:
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    browser.get(page.partition("#")[0])
    printed = browser.execute_cdp_cmd("Page.printToPDF", {})["data"]
    assert len(printed) > 10_000


def test_the_page_of_a_check_works_too(browser: Any, tmp_path: Path) -> None:
    from selenium.webdriver.support.ui import Select

    save(tmp_path / "a.ipynb", *HOSTILE)
    save(tmp_path / "b.ipynb", cell("print(nowhere)", "a"))
    done = nbprod(tmp_path, "check", "--isolated", "--output", "html:p.html", "-q")
    assert done.returncode == 1, done.stderr
    for width in (375, 1280):
        shown(browser, (tmp_path / "p.html").as_uri(), width, 800)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        assert browser.find_elements("css selector", "img") == []
    field = browser.find_element("id", "text")
    field.send_keys("nowhere")
    articles = browser.find_elements("css selector", "article")
    assert [one.is_displayed() for one in articles].count(True) == 1
    own = next(one for one in articles if one.is_displayed()).get_dom_attribute("data-severity")
    for severity in ("error", "warning", "info"):
        Select(browser.find_element("id", "severity")).select_by_value(severity)
        assert any(one.is_displayed() for one in articles) == (severity == own)
    assert [one for one in browser.get_log("browser") if one["level"] == "SEVERE"] == []
