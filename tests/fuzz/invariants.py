"""What holds for every notebook, whatever is in it: one command after another, in one process."""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import click

from nbprod.cli.group import cli
from nbprod.config.settings import Settings
from nbprod.errors import NbprodError, ReadError
from nbprod.fixing.apply import fix_bytes
from nbprod.model import Finding, Report
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.project.credentials import forget_credentials
from nbprod.project.run import check_bytes, check_one
from nbprod.report import FORMATS, renderer
from nbprod.report.style import PLAIN
from tests.fuzz.mutate import Case
from tests.report.hostile import controls, dangers, followed

SECONDS = 30
# What is installed is the same for every notebook, and slow to ask.
importlib.metadata.packages_distributions = cache(importlib.metadata.packages_distributions)
_ALL = Settings(select=("ALL",), cache=False, level="production")
_PIECE = 12


class Problem(NamedTuple):
    """What did not hold, and the words that tell it from others."""

    kind: str
    detail: str


class TooSlow(Exception):
    """A command took longer than any may."""


@contextmanager
def _limited() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def problems(case: Case, folder: Path) -> list[Problem]:
    """Everything that does not hold for a notebook; ``folder`` is empty and the current one."""
    (folder / case.name).write_bytes(case.data)
    found: list[Problem] = []
    for name, step in _STEPS.items():
        try:
            with _limited():
                found += [Problem(f"{name}: {kind}", text) for kind, text in step(case)]
        except TooSlow:
            found.append(Problem(f"{name}: slow", f"more than {SECONDS} seconds"))
        except Exception as error:  # the subject of the whole
            found.append(Problem(f"{name}: {_origin(error)}", str(error)[:300]))
    if (folder / case.name).read_bytes() != case.data:
        found.append(Problem("the file was changed", ""))
    left = set(os.listdir(folder)) - {case.name, ".nbprod_cache"}
    if left:
        found.append(Problem("a file was left", str(left)))
    return found


def _origin(error: Exception) -> str:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{os.sep}nbprod{os.sep}" in frame.filename] or frames
    return f"{type(error).__name__} in {os.path.basename(own[-1].filename)}:{own[-1].lineno}"


def _shown(case: Case, text: str) -> Iterator[tuple[str, str]]:
    """A credential in a text."""
    if case.secret and case.secret.encode() in case.data:
        for at in range(4, len(case.secret) - _PIECE + 1):
            piece = case.secret[at : at + _PIECE]
            if piece in text:
                where = text.index(piece)
                yield "shows the credential", text[max(0, where - 80) : where + 60]
                return


def _check(case: Case) -> Iterator[tuple[str, str]]:
    result = check_bytes(case.data, case.name, _ALL)
    for finding in result.findings:
        if finding.name == "internal-error":
            yield finding.message, ""
    report = Report((result,), "0")
    for form in FORMATS:
        text = "".join(renderer(form)(report, PLAIN)).encode("utf-8", "backslashreplace").decode()
        readable = not result.unreadable
        yield from ((f"{form}: {kind}", more) for kind, more in _shown(case, text) if readable)
        bad = controls(text) if form == "html" else dangers(text)
        if bad:
            yield f"{form}: hostile text", str(bad)
        if form == "markdown" and followed(text):
            yield "markdown: live text", str(followed(text))
        if form in ("json", "sarif", "gitlab", "rdjson"):
            json.loads(text)


def _fix(case: Case) -> Iterator[tuple[str, str]]:
    check: Callable[[Notebook], tuple[Finding, ...]] = lambda book: check_one(book, _ALL).findings  # noqa: E731
    try:
        before = read_notebook(case.data, case.name)
        fixed = fix_bytes(case.data, case.name, check, unsafe=True)
    except ReadError:
        return
    if not fixed.applied and fixed.data != case.data:
        yield "bytes changed without a fix", ""
    again = fix_bytes(fixed.data, case.name, check, unsafe=True)
    if again.data != fixed.data:
        yield f"fixed twice: {again.applied[0]}", str(fixed.applied)
    yield from _untouched(before, read_notebook(fixed.data, case.name), case.data, fixed.data)


def _untouched(
    before: Notebook, after: Notebook, data: bytes, fixed: bytes
) -> Iterator[tuple[str, str]]:
    """Lines of the file that a fix has no business with."""
    if before.path.endswith(".ipynb") and data != fixed and data.count(b"\n") > 3:
        old, new = data.split(b"\n"), fixed.split(b"\n")
        if old[0] != new[0] or old[-1] != new[-1]:
            yield "the first or last line changed", ""
    if before.metadata != after.metadata and b"redacted" not in fixed:
        yield "the metadata changed", ""


def _command(*arguments: str, case: Case, markdown: bool = False) -> Iterator[tuple[str, str]]:
    forget_credentials()
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = cli.main([*arguments], prog_name="nbprod", standalone_mode=False)
        except NbprodError as error:
            # As the boundary of the command line prints it.
            from nbprod.cli.streams import say

            say(f"nbprod: {error}")
            code = error.exit_code
        except (click.ClickException, click.exceptions.Exit):
            code = 2
    text = out.getvalue() + err.getvalue()
    if "nbprod failed here" in text:
        yield "internal error", text[text.index("nbprod failed here") :][:200]
    if code not in (0, 1, 2, 3, 4, None):
        yield f"exit code {code}", ""
    try:
        read_notebook(case.data, case.name)
    except ReadError:
        return
    yield from _shown(case, text)
    bad = controls(text) if text.startswith("<!doctype") else dangers(text)
    if bad:
        yield "hostile text", str(bad)
    if markdown:
        live = [item for item in followed(out.getvalue()) if not item.endswith("h3")]
        if live:
            yield "live text", str(live)


def _with_path(*before: str, after: tuple[str, ...] = (), markdown: bool = False) -> Any:
    def step(case: Case) -> Iterator[tuple[str, str]]:
        yield from _command(*before, f"./{case.name}", *after, case=case, markdown=markdown)

    return step


_STEPS: dict[str, Callable[[Case], Iterator[tuple[str, str]]]] = {
    "check": _check,
    "fix": _fix,
    "diff": _with_path("check", "--isolated", "--diff", "--unsafe-fixes", "--select", "NBP8,NBP1"),
    "extract": _with_path("extract", after=("-o", "m.py", "--all", "--dry-run")),
    "graph": _with_path("graph", after=("--output-format", "dot")),
    "mermaid": _with_path("graph"),
    "report": _with_path("report", "--isolated", "-q", "--html", "-"),
    "comment": _with_path("report", "--isolated", "-q", "--markdown", "-", markdown=True),
    "clones": _with_path("clones", "--isolated", "--no-modules", "--min-nodes", "8"),
    "requirements": _with_path("requirements", "--isolated"),
}
