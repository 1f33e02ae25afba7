"""Build the documentation site: `python site/build.py [--output DIR]`, with zensical installed.

The pages are those of `docs`, which also read well in the repository. They are copied to a
temporary directory, with the files of the repository that they link to; links are rewritten to the
copies. After the build, short addresses of rules are added, and every link is checked.
"""

from __future__ import annotations

import argparse
import os
import posixpath
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
# Pages outside of `docs`, and where the site has them.
PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing/index.md",
    "README.md": "readme.md",
    "SECURITY.md": "security-policy.md",
}
PLAYGROUND = HERE / "playground" / "build.py"
_NO_PYODIDE = 3
_FENCE = re.compile(r"^( *)(````*|~~~+)([^\n]*)\n(.*?)^\1\2[ ]*$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"title=([^\s\"]+)")
_LINK = re.compile(r"(\]\(|<img src=\")([^()\s\"]+)")
_RULES = '"reference/rules/index.md"'
_REDIRECT = """\
<!doctype html>
<html lang="en">
<title>{code}</title>
<link rel="canonical" href="{target}">
<meta http-equiv="refresh" content="0; url={target}">
<a href="{target}">{code}</a>
</html>
"""


def site_path(path: str) -> str:
    """Where the site has a file of the repository, by its path there."""
    if path in PAGES:
        return PAGES[path]
    if not path.startswith("docs/"):
        return f"files/{path}"
    inside = path.removeprefix("docs/")
    if posixpath.basename(inside) == "README.md":
        return posixpath.join(posixpath.dirname(inside), "index.md")
    return inside


class Stage:
    """The copy of the pages that the site is built from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.copied: set[str] = set()

    def fill(self) -> None:
        """Copy all pages, and what they link to."""
        for source in sorted((ROOT / "docs").rglob("*")):
            if source.is_file() and "__pycache__" not in source.parts:
                self.copy(source.relative_to(ROOT).as_posix())
        for name in PAGES:
            self.copy(name)
        for name in ("site.css", "site.js"):
            shutil.copy(HERE / name, self.folder)

    def copy(self, path: str) -> None:
        """Copy a file or directory of the repository, once."""
        if path in self.copied:
            return
        self.copied.add(path)
        source, target = ROOT / path, self.folder / site_path(path)
        if source.is_dir():
            self._list(path, source)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith(".md"):
            target.write_text(self._page(path, source.read_text(encoding="utf-8")), "utf-8")
        else:
            shutil.copy(source, target)

    def _list(self, path: str, source: Path) -> None:
        """A page that lists the files of a directory which a page links to."""
        names = [entry.name for entry in sorted(source.iterdir()) if entry.is_file()]
        index = self.folder / site_path(path) / "index.md"
        index.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"# {source.name}", "", *(f"- [{name}]({name})" for name in names), ""]
        index.write_text("\n".join(lines), "utf-8")
        for name in names:
            self.copy(f"{path}/{name}")

    def _page(self, path: str, text: str) -> str:
        parts, start = [], 0
        for fence in _FENCE.finditer(text):
            parts.append(self._links(path, text[start : fence.start()]))
            head = _TITLE.sub(r'title="\1"', fence[3])
            parts.append(
                text[fence.start() : fence.start(3)] + head + text[fence.end(3) : fence.end()]
            )
            start = fence.end()
        return "".join([*parts, self._links(path, text[start:])])

    def _links(self, path: str, text: str) -> str:
        def rewritten(match: re.Match[str]) -> str:
            target, _, anchor = match[2].partition("#")
            if not target or ":" in target:
                return match[0]
            file = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if not (ROOT / file).exists():
                return match[0]  # an example in inline code
            self.copy(file)
            there = site_path(file)
            if (ROOT / file).is_dir():
                there = f"{there}/index.md"
            link = posixpath.relpath(there, posixpath.dirname(site_path(path)) or ".")
            return f"{match[1]}{link}{'#' + anchor if anchor else ''}"

        return _LINK.sub(rewritten, text)


def _rules_entry() -> str:
    """The page of each rule below the index of rules, for the navigation."""
    names = sorted(path.name for path in (ROOT / "docs" / "reference" / "rules").glob("*-*.md"))
    return ", ".join([f"[{_RULES}", *(f'"reference/rules/{name}"' for name in names)]) + "]"


def write_redirects(output: Path) -> int:
    """Give each rule the address /rules/CODE/."""
    pages = sorted((ROOT / "docs" / "reference" / "rules").glob("*-*.md"))
    for page in pages:
        code = page.stem.partition("-")[0]
        target = output / "rules" / code / "index.html"
        target.parent.mkdir(parents=True, exist_ok=True)
        link = f"../../reference/rules/{page.stem}/"
        target.write_text(_REDIRECT.format(code=code, target=link), "utf-8")
    return len(pages)


class _Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name in ("href", "src") and (tag, name) != ("base", "href"):
                self.links.append(value)
            elif value and name in ("id", "name"):
                self.anchors.add(value)


def broken_links(output: Path) -> Iterator[str]:
    """Yield every link of the built site that leads nowhere, or to another server's file."""
    pages = {path: _Page(path.read_text("utf-8")) for path in sorted(output.rglob("*.html"))}
    for path, page in pages.items():
        if path.name == "404.html":
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = path if not parts.path else _target(output, path, unquote(parts.path))
            if not target.exists():
                yield f"{path.relative_to(output)}: {link}: no such file"
            elif parts.fragment and target in pages:
                if unquote(parts.fragment) not in pages[target].anchors:
                    yield f"{path.relative_to(output)}: {link}: no such anchor"


def _target(output: Path, page: Path, link: str) -> Path:
    base = output if link.startswith("/") else page.parent
    target = Path(os.path.normpath(base / link.lstrip("/")))
    return target / "index.html" if target.is_dir() else target


def add_playground(output: Path, *, required: bool) -> int:
    """Put the playground in the place of its page in `docs`; the page stays without Pyodide."""
    command = [sys.executable, str(PLAYGROUND), "--output", str(output / "playground")]
    code = subprocess.run(command, check=False).returncode
    return 0 if code == _NO_PYODIDE and not required else code


def build(output: Path, *, playground: bool = False) -> int:
    """Build the site; with ``playground`` it fails without it. Returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        Stage(place / "docs").fill()
        settings = (HERE / "zensical.toml").read_text("utf-8").replace(_RULES, _rules_entry())
        (place / "zensical.toml").write_text(settings, "utf-8")
        command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
        done = subprocess.run(command, cwd=place, check=False)
        if done.returncode:
            return done.returncode
        shutil.rmtree(output, ignore_errors=True)
        shutil.copytree(place / "site", output)
    code = add_playground(output, required=playground)
    if code:
        return code
    rules = write_redirects(output)
    broken = list(broken_links(output))
    print("\n".join(broken) or f"{output}: all links lead somewhere; {rules} rules have an address")
    return 1 if broken else 0


def main() -> int:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "site")
    parser.add_argument(
        "--require-playground", action="store_true", help="fail if Pyodide is unavailable"
    )
    given = parser.parse_args()
    return build(given.output.resolve(), playground=given.require_playground)


if __name__ == "__main__":
    sys.exit(main())
