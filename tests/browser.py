"""A real headless browser for the tests of pages and of editors."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["BROWSER", "DRIVER", "chromium"]

BROWSER = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
DRIVER = shutil.which("chromedriver")
_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --disable-quic"
).split()
_NO_OPTIONS: Mapping[str, Any] = {}


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
