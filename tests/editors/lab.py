"""JupyterLab in a real headless browser: a server in a directory, and what a person does there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser import chromium, waited_for

__all__ = ["TRACKER", "Lab", "LabPage", "lab_browser", "running_lab"]

_FLAGS = ("--window-size=1440,900", "--force-prefers-reduced-motion")
# Tasks of the main thread are logged with the time that they took on a processor.
_LOGGING = {
    "perfLoggingPrefs": {
        "enableNetwork": False,
        "enablePage": False,
        "traceCategories": "toplevel,devtools.timeline",
    }
}
# Windowed rendering draws the cells in view only; extensions have to cope, and most tests do not.
TRACKER = "@jupyterlab/notebook-extension:tracker"
Settings = Mapping[str, Mapping[str, Any]]
_NO_SETTINGS: Settings = {}
_SETTINGS: Settings = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    TRACKER: {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}


@contextmanager
def lab_browser(profile: Path) -> Iterator[Any]:
    """A browser that is large enough for JupyterLab and logs what its main thread does."""
    with chromium(profile, _FLAGS, _LOGGING) as driver:
        driver.set_script_timeout(120)
        yield driver


class Lab:
    """A running server."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running_lab(
    python: Path, folder: Path, *options: str, settings: Settings = _NO_SETTINGS
) -> Iterator[Lab]:
    """JupyterLab of a virtual environment, with the settings of nobody."""
    port = _free_port()
    home = folder.parent / f"{folder.name}-home"
    place = home / "settings"
    for name, value in {**_SETTINGS, **settings}.items():
        package, _, plugin = name.partition(":")
        path = place / package / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))
    variables = {
        "HOME": str(home), "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(place), "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"), "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": "",
    }  # fmt: skip
    command = [
        str(python), "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
        "--ServerApp.password=", "--ServerApp.disable_check_xsrf=True",
        "--LabApp.news_url=", "--LabApp.expose_app_in_browser=True",
        f"--ServerApp.root_dir={folder}", *options,
    ]  # fmt: skip
    log = (home / "log").open("w")
    server = subprocess.Popen(
        command, env={**os.environ, **variables}, cwd=folder, stdout=log, stderr=log
    )
    lab = Lab(folder, port)
    try:
        waited_for(lambda: _answers(f"{lab.url}/api"), 60, "the server starts")
        yield lab
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


_SHOWN = """
const clean = text => text.replace(/\\u200b/g, '');
const panel = '.jp-NotebookPanel:not(.lm-mod-hidden)';
return [...document.querySelectorAll(`${panel} .jp-Cell`)].map(cell => ({
    state: cell.dataset.nbprodState ?? null,
    notes: [...cell.querySelectorAll('.nbprod-note')].map(note => note.textContent),
    count: cell.querySelector('.nbprod-more')?.textContent ?? '',
    codes: cell.querySelector('.nbprod-more')?.title ?? '',
    source: clean([...cell.querySelectorAll('.cm-line')].map(line => line.textContent).join('\\n')),
    underlined: [...cell.querySelectorAll('.nbprod-underline')].map(
        one => [one.dataset.nbprodCode, clean(one.textContent)]),
}));
"""


class LabPage:
    """The page of a server, as a person sees it."""

    def __init__(self, browser: Any, lab: Lab) -> None:
        self.browser = browser
        self.lab = lab

    def open(self, name: str, *, application: str = "lab") -> None:
        """Open a notebook and wait for its first check."""
        place = f"lab/tree/{name}?reset" if application == "lab" else f"notebooks/{name}"
        self.browser.get("about:blank")
        self.browser.get(f"{self.lab.url}/{place}")
        self.wait(lambda: self.verdict() and "checking" not in self.verdict(), "a first check", 90)

    def open_beside(self, name: str) -> None:
        """Open one more notebook in the page, and close the others."""
        self.script("window.before = document.querySelector('.jp-NotebookPanel')")
        self.script(
            "const app = window.jupyterapp;"
            "const others = [...app.shell.widgets('main')];"
            "void app.commands.execute('docmanager:open', {path: arguments[0]})"
            "  .then(() => others.forEach(one => one.dispose()));",
            name,
        )
        self.wait(
            lambda: (
                self.script(
                    "const shown = [...document.querySelectorAll('.jp-NotebookPanel')];"
                    "return shown.length === 1 && shown[0] !== window.before"
                )
                and self.verdict()
                and "checking" not in self.verdict()
            ),
            f"a first check of {name}",
            60,
        )

    def wait(self, ready: Callable[[], Any], what: str, seconds: float = 30) -> Any:
        """Wait until something is to be seen."""
        return waited_for(ready, seconds, what)

    def wait_equal(self, shown: Callable[[], Any], expected: Any, what: str) -> None:
        """Wait until what is shown is what is expected."""
        try:
            self.wait(lambda: shown() == expected, what)
        except AssertionError:
            assert shown() == expected, what

    def script(self, text: str, *given: Any) -> Any:
        """Run a script in the page."""
        return self.browser.execute_script(text, *given)

    def verdict(self) -> str:
        """The text of the toolbar item."""
        found = self.script(
            "return [...document.querySelectorAll('.nbprod-verdict')]"
            ".filter(one => one.offsetParent !== null).map(one => one.textContent)"
        )
        return str(found[0]) if found else ""

    def cells(self) -> list[dict[str, Any]]:
        """What is to be seen at each cell."""
        found: list[dict[str, Any]] = self.script(_SHOWN)
        return found

    def element(self, selector: str) -> Any:
        """The first element that is shown."""
        found = self.wait(
            lambda: [
                one
                for one in self.browser.find_elements("css selector", selector)
                if one.is_displayed()
            ],
            f"{selector} is shown",
        )
        return found[0]

    def click(self, selector: str) -> None:
        """Click on an element."""
        self.element(selector).click()

    def keys(self, *texts: str) -> None:
        """Press keys."""
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.browser).send_keys(*texts).perform()

    def chord(self, modifier: str, key: str) -> None:
        """Press a key while another is held."""
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.browser).key_down(modifier).send_keys(key).key_up(modifier).perform()

    def command(self, label: str) -> None:
        """Run a command by the palette, as a person does."""
        from selenium.webdriver.common.keys import Keys

        def opened() -> bool:
            self.keys(Keys.ESCAPE)
            self.chord_with(Keys.CONTROL, Keys.SHIFT, "c")
            time.sleep(0.7)
            return bool(self.script("return document.activeElement.closest('.lm-CommandPalette')"))

        self.wait(opened, "the palette is open")
        field = self.browser.switch_to.active_element
        field.send_keys(label)
        self.wait(
            lambda: label in self.element(".lm-CommandPalette-item.lm-mod-active").text,
            f"the palette has {label}",
        )
        field.send_keys(Keys.ENTER)

    def chord_with(self, first: str, second: str, key: str) -> None:
        """Press a key while two others are held."""
        from selenium.webdriver.common.action_chains import ActionChains

        actions = ActionChains(self.browser).key_down(first).key_down(second).send_keys(key)
        actions.key_up(second).key_up(first).perform()

    def edit(self, cell: int) -> None:
        """Put the cursor at the end of a cell, counted from 0."""
        from selenium.webdriver.common.keys import Keys

        cells = self.browser.find_elements("css selector", ".jp-Notebook .jp-Cell")
        self.script("arguments[0].scrollIntoView({block: 'center'})", cells[cell])
        cells[cell].find_element("css selector", ".cm-content").click()
        self.chord(Keys.CONTROL, Keys.END)

    def scrolled_cells(self) -> list[dict[str, Any]]:
        """What is to be seen at each cell when it is in view."""
        for at in range(len(self.cells())):
            self.script(
                "document.querySelectorAll('.jp-Notebook .jp-Cell')[arguments[0]]"
                ".scrollIntoView({block: 'center'})",
                at,
            )
            time.sleep(0.15)
        return self.cells()

    def panel_findings(self) -> list[tuple[str, int, int, int]]:
        """The findings in the side panel: code, cell, line, column."""
        found = self.script(
            "return [...document.querySelectorAll('.nbprod-group')].flatMap(group => {"
            "  const title = group.querySelector('h3').textContent;"
            "  return [...group.querySelectorAll('.nbprod-finding')].map(one =>"
            "    [one.dataset.nbprodCode, title, one.dataset.nbprodPlace]);"
            "})"
        )
        rows = []
        for code, title, place in found:
            line, column = map(int, place.split(":"))
            cell = int(title.removeprefix("Cell ")) if title.startswith("Cell ") else 0
            rows.append((code, cell, line, column))
        return sorted(rows)

    def main_thread_tasks(self) -> list[float]:
        """The milliseconds of processor time of each task since the last call, longest first."""
        events = []
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Tracing.dataCollected":
                events.append(message["params"])
        page = {(one["pid"], one["tid"]) for one in events if one["name"] == "Layout"}
        return sorted(
            (
                one["tdur"] / 1000
                for one in events
                if one["name"] == "ThreadControllerImpl::RunTask"
                and (one["pid"], one["tid"]) in page
                and "tdur" in one
            ),
            reverse=True,
        )

    def wait_quiet(self) -> None:
        """Wait until JupyterLab has drawn all that it draws when it is idle."""
        for _ in range(20):
            time.sleep(3)
            tasks = self.main_thread_tasks()
            if tasks and tasks[0] < 20:
                return

    def notification(self) -> str:
        """The text of the newest notification."""
        found = self.browser.find_elements(
            "css selector", ".Toastify__toast-body, .Toastify__toast"
        )
        return found[-1].text if found else ""

    def picture(self, path: Path) -> None:
        """Write a picture of the page."""
        path.write_bytes(self.browser.get_screenshot_as_png())
