"""A real headless browser for the tests of pages and of editors."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

__all__ = ["chromium", "need_browser", "waited_for"]

BROWSER = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
DRIVER = shutil.which("chromedriver")
_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --disable-quic"
).split()
_NO_OPTIONS: Mapping[str, Any] = {}


def need_browser() -> None:
    """Skip the test where there is no browser, or nothing to drive it with."""
    if BROWSER is None or DRIVER is None:
        pytest.skip("needs chromium and chromedriver")
    pytest.importorskip("selenium.webdriver")


@contextmanager
def chromium(
    profile: Path, flags: Iterable[str] = (), options: Mapping[str, Any] = _NO_OPTIONS
) -> Iterator[Any]:
    """A browser with an empty profile, more flags, and experimental options of its driver."""
    from selenium import webdriver

    given = webdriver.ChromeOptions()
    given.binary_location = str(BROWSER)
    for flag in (*_FLAGS, *flags, f"--user-data-dir={profile}"):
        given.add_argument(flag)
    given.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for name, value in options.items():
        given.add_experimental_option(name, value)
    driver = webdriver.Chrome(options=given, service=webdriver.ChromeService(str(DRIVER)))
    try:
        yield driver
    finally:
        driver.quit()


def waited_for(ready: Callable[[], Any], seconds: float, what: str) -> Any:
    """What ``ready`` gives as soon as it is something.

    Raises:
        AssertionError: it was nothing for all of the time; the message says ``what`` it should be.
    """
    end = time.monotonic() + seconds
    while True:
        found = ready()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.1)
