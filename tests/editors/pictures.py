"""The pictures of JupyterLab in the documentation: `python -m tests.editors.pictures PYTHON`.

PYTHON is that of an environment with JupyterLab and nbprod-lab.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.editors.lab import LabPage, lab_browser, running_lab

__all__ = ["picture"]

_ROOT = Path(__file__).parents[2]
_CHURN = _ROOT / "fixtures" / "examples" / "churn.ipynb"
_THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
_READ = """
const parts = color => color.match(/[\\d.]+/g).map(Number);
const light = color => {
    const [r, g, b] = color.map(one => {
        const part = one / 255;
        return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const over = (front, back) => {
    const alpha = front[3] ?? 1;
    return back.map((one, at) => alpha * front[at] + (1 - alpha) * one);
};
const behind = one => {
    if (one === null) return [255, 255, 255];
    const color = parts(getComputedStyle(one).backgroundColor);
    return (color[3] ?? 1) === 1 ? color : over(color, behind(one.parentElement));
};
const found = {};
for (const selector of arguments[0]) {
    const one = [...document.querySelectorAll(selector)].find(one => one.offsetParent !== null);
    if (one) {
        const back = behind(one);
        const front = over(parts(getComputedStyle(one).color), back);
        const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
        found[selector] = (a + 0.05) / (b + 0.05);
    }
}
return found;
"""
_TEXTS = [
    ".nbprod-note", ".nbprod-more", ".nbprod-message", ".nbprod-help", ".nbprod-code",
    ".nbprod-verdict-button", ".nbprod-summary", ".nbprod-fix", ".nbprod-group h3",
]  # fmt: skip


def picture(browser: Any, python: Path, folder: Path, theme: str, path: Path) -> dict[str, float]:
    """Write a picture; returns the contrast of each kind of text with what is behind it."""
    work = folder / f"work-{theme}"
    work.mkdir()
    shutil.copy(_CHURN, work)
    extra = {"@jupyterlab/apputils-extension:themes": {"theme": _THEMES[theme]}}
    with running_lab(python, work, settings=extra) as lab:
        page = LabPage(browser, lab)
        page.open("churn.ipynb")
        page.command("Show Findings and Data Flow")
        page.wait(page.panel_findings, "findings")
        page.script("document.querySelectorAll('.jp-Notebook .jp-InputPrompt')[4].click()")
        page.script("document.querySelector('.nbprod-panel').parentElement.scrollTop = 0")
        time.sleep(2)
        page.picture(path)
        contrasts: dict[str, float] = page.script(_READ, _TEXTS)
        return contrasts


def main() -> None:
    """Write both pictures to the documentation."""
    with tempfile.TemporaryDirectory() as folder, lab_browser(Path(folder) / "profile") as browser:
        for theme in _THEMES:
            path = _ROOT / "docs" / "pictures" / f"jupyterlab-{theme}.png"
            path.parent.mkdir(exist_ok=True)
            print(theme, picture(browser, Path(sys.argv[1]), Path(folder), theme, path))


if __name__ == "__main__":
    main()
