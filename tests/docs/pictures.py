"""Write the pictures of the documentation from real output: `python -m tests.docs.pictures`.

Most are a terminal; `flow.svg` is the data-flow picture of the report page. All hold text, so that
they are small, sharp and the same on each machine.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path

from tests.command import run_nbprod
from tests.docs.pages import DOCS, ROOT
from tests.docs.shots import SHOTS, Shot, terminal_lines

FOLDER = DOCS / "pictures"
CHECK = "nbprod check fixtures/examples/churn.ipynb --select NBP101,NBP103"
FIX = "nbprod fix --unsafe-fixes --diff deliveries.ipynb"
SCORE = "nbprod score deliveries.ipynb"
_ESCAPE = re.compile(r"\x1b\[([\d;]*)m")
_COLOURS = {"31": "#ff8a86", "32": "#69d283", "33": "#f0b35a", "34": "#86b9ff", "36": "#5fd3d3"}
_WIDE, _HIGH, _EDGE, _TITLE = 7.83, 19, 16, 34
_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_RULE = re.compile(r"[^{}]+\{(?:[^{}]|\{[^{}]*\})*\}")
_IN_PICTURE = re.compile(r"^(:root|svg|\.arc|\.box|\.head|\.group|a\.box)")


def terminal(lines: list[str], title: str) -> str:
    """A terminal with lines of text in the colours of their ANSI codes, as SVG."""
    columns = max(len(_ESCAPE.sub("", line)) for line in lines)
    width = round(columns * _WIDE + 2 * _EDGE)
    height = len(lines) * _HIGH + _TITLE + _EDGE
    rows = [
        f'<text x="{_EDGE}" y="{_TITLE + _HIGH * number + 12}" xml:space="preserve">'
        f"{_spans(line)}</text>"
        for number, line in enumerate(lines)
        if line.strip()
    ]
    dots = "".join(
        f'<circle cx="{_EDGE + 6 + 18 * number}" cy="17" r="5.5" fill="{colour}"/>'
        for number, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>text {{ font: 13px/1 {_FONT}; fill: #e4e6ea; }}</style>",
            f'<rect width="{width}" height="{height}" rx="8" fill="#15171b"/>{dots}',
            *rows,
            "</svg>\n",
        ]
    )


def _spans(line: str) -> str:
    parts, style = [], ""
    pieces = _ESCAPE.split(line)
    for number, piece in enumerate(pieces):
        if number % 2:
            codes = piece.split(";")
            colours = [_COLOURS[code] for code in codes if code in _COLOURS]
            style = f' fill="{colours[-1]}"' if colours else ""
            style += ' font-weight="bold"' if "1" in codes else ""
            style += ' opacity=".7"' if "2" in codes else ""
        elif piece:
            text = escape(piece)
            parts.append(f"<tspan{style}>{text}</tspan>" if style else text)
    return "".join(parts)


def printed_by(command: str) -> str:
    """What a command prints where the notebooks of the tutorial and the examples are."""
    words = command.split()[1:]
    if words[0] in ("check", "fix"):
        words += ["--color", "always", "--isolated"]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        shutil.copytree(ROOT / "fixtures" / "examples", place / "fixtures" / "examples")
        shutil.copy(ROOT / "fixtures" / "tutorial" / "deliveries.ipynb", place)
        done = run_nbprod(place, *words, FORCE_HYPERLINK="0")
        page = place / "page.html"
        return page.read_text(encoding="utf-8") if page.exists() else done.stdout


def command_picture(command: str, most: int = 99) -> str:
    """The terminal after a command: its first lines, and how many are left out."""
    printed = printed_by(command).rstrip("\n").split("\n")
    lines = [f"\x1b[32m$\x1b[0m {command}", *printed[:most]]
    if len(printed) > most:
        lines.append(f"\x1b[2m… {len(printed) - most} more lines\x1b[0m")
    return terminal(lines, f"What `{command}` prints")


def shot_picture(shot: Shot) -> str:
    """The terminal of a how-to page."""
    return terminal(terminal_lines(shot), f"What `{'` and `'.join(shot.commands)}` print")


def flow_picture() -> str:
    """The data flow of the tutorial's notebook, as the report page draws it."""
    page = printed_by("nbprod report deliveries.ipynb --html page.html --isolated")
    found = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    styles = re.search(r"<style[^>]*>(.*?)</style>", page, re.DOTALL)
    assert found is not None and styles is not None
    rules = [rule.strip() for rule in _RULE.findall(styles[1])]
    kept = [rule for rule in rules if _belongs(rule)]
    head, _, body = found[0].partition(">")
    links = re.sub(r'<a href="[^"]*" class="', '<g class="', body).replace("</a>", "</g>")
    style = "\n".join([*kept, "svg { background: var(--bg); }"])
    title = "Data flow of deliveries.ipynb"
    return f'{head} role="img"><title>{title}</title>\n<style>{style}</style>{links}\n'


def _belongs(rule: str) -> bool:
    if rule.startswith("@media"):
        return "prefers-color-scheme" in rule.partition("{")[0] and ":root" in rule
    return _IN_PICTURE.match(rule) is not None or "svg text" in rule.partition("{")[0]


PICTURES: dict[str, Callable[[], str]] = {
    "check.svg": partial(command_picture, CHECK),
    "fix.svg": partial(command_picture, FIX),
    "score.svg": partial(command_picture, SCORE, 17),
    "flow.svg": flow_picture,
    **{f"how-to-{name}.svg": partial(shot_picture, shot) for name, shot in SHOTS.items()},
}
"""How each picture is made, by the name of its file."""


def main() -> None:
    """Write all pictures."""
    for name, make in PICTURES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
