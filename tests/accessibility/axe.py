"""axe-core in a browser: the faults of a page that keep people from using it."""

from __future__ import annotations

from typing import Any

from tests.npm import npm_file

__all__ = ["faults_of", "show"]

_AXE = "axe-core@4.14.1"
_HASH = (
    "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPj"
    "CKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)
_RUN = """
const done = arguments[0];
axe.run(document, {resultTypes: ['violations']}).then(
  found => done(found.violations.flatMap(one => one.nodes.map(
    node => [one.impact, `${one.id}: ${node.target.join(' ')}: ${node.html.slice(0, 160)}`]))),
  error => done([['critical', String(error)]]));
"""


def show(browser: Any, url: str, width: int = 1280, scheme: str = "light") -> None:
    """Open a page in a width and a color scheme; its own policy does not stop the examination."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": feature})
    browser.get("about:blank")
    browser.get(url)


def faults_of(browser: Any) -> list[str]:
    """The serious and critical faults of the page that is shown."""
    source = npm_file(_AXE, _HASH, "axe.min.js").read_text(encoding="utf-8")
    browser.execute_script(source)
    found = browser.execute_async_script(_RUN)
    return [text for impact, text in found if impact in ("serious", "critical")]
