"""``nbprod check --fix`` and ``--diff``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial

from nbprod.checking.engine import report_of_unreadable
from nbprod.cli.check_request import CheckRequest
from nbprod.cli.output import print_line, print_rendered
from nbprod.cli.reporting import finish, say_unreadable, with_other_linters
from nbprod.cli.terminal import wants_colour
from nbprod.config.settings import Configure, Settings
from nbprod.disk.places import is_below, project_roots
from nbprod.disk.read import read_notebook_bytes
from nbprod.disk.write import write_file
from nbprod.errors import ReadError, WriteError
from nbprod.fixing.apply import Fixed, fix_bytes
from nbprod.fixing.patch import notebook_patch
from nbprod.model import Applicability, FileResult, Finding
from nbprod.notebook.read import read_notebook
from nbprod.notebook.types import Notebook
from nbprod.project.credentials import remember
from nbprod.project.discover import Discovered
from nbprod.project.files import add_names, env_example
from nbprod.project.run import check_file, check_one, discover, facts_of
from nbprod.report.escaping import escape_line
from nbprod.report.style import BOLD, CYAN, GREEN, RED, Style, styled

# A fix was asked for, so the search for an order may take its time.
_EFFORT = 160
_REVOKE = (
    "Secrets were removed from the notebooks. Revoke them where they were issued: their "
    "values stay in the history of git, in backups, and wherever the notebooks have been."
)


def run_fixes(request: CheckRequest, configure: Configure) -> int:
    """Fix files, or show what would change; returns the exit code."""
    found = discover(request.paths or (".",), configure)
    # A key in one notebook's code is removed from the outputs of all of them.
    secrets = _secrets_of(found, configure)
    run = _Run(request)
    for file in found:
        settings = configure(file.path)
        check = partial(_check, settings=settings, secrets=secrets)
        try:
            data = _read(file)
            remember(read_notebook(data, file.path))
            start = data if request.diff else _fixed_by_ruff(data, file.path, settings)
            fixed = fix_bytes(start, file.path, check, unsafe=settings.unsafe_fixes)
        except ReadError as error:
            run.results.append(report_of_unreadable(file.path, error))
            continue
        if request.diff:
            run.show(file.path, data, fixed)
            if not settings.unsafe_fixes:
                run.note_unsafe(check(read_notebook(fixed.data, file.path)))
        elif run.write(file, data, fixed):
            after = read_notebook(fixed.data, file.path)
            run.results.append(check_one(after, settings, secrets=secrets))
        else:
            run.results.append(check_file(file, settings))
    return run.finish(configure)


def _fixed_by_ruff(data: bytes, path: str, settings: Settings) -> bytes:
    """The notebook with ruff's own fixes, where ruff is to be run."""
    if not (settings.ruff and path.endswith(".ipynb")):
        return data
    from nbprod.linters.ruff import fixed_by_ruff

    # What is no notebook is reported of the file, and never given to ruff.
    read_notebook(data, path)
    return fixed_by_ruff(data, path, unsafe=settings.unsafe_fixes)


def _check(notebook: Notebook, settings: Settings, secrets: frozenset[str]) -> Sequence[Finding]:
    return check_one(notebook, settings, _EFFORT, secrets).findings


def _read(found: Discovered) -> bytes:
    """The bytes of a file.

    Raises:
        ReadError: it cannot be read.
    """
    if found.problem is not None:
        raise found.problem
    return read_notebook_bytes(found.path)


def _secrets_of(found: Sequence[Discovered], configure: Configure) -> frozenset[str]:
    """The credentials in the code of all notebooks of the run, where rules about them are on."""
    values: set[str] = set()
    for file in found:
        settings = configure(file.path)
        if not any(rule.shares_secrets for rule in settings.selection_for(file.path).rules):
            continue
        try:
            facts = facts_of(read_notebook(_read(file), file.path), settings)
            values |= {secret.value for secret in facts.secrets if secret.text.part == "source"}
        except ReadError:
            continue
    return frozenset(values)


class _Run:
    """What came of a run so far: results, changes, names that the notebooks now look up."""

    def __init__(self, request: CheckRequest) -> None:
        self.request = request
        self.results: list[FileResult] = []
        self.changed = 0
        self.unsafe = 0
        self.environment: dict[str, dict[str, None]] = {}
        self.took_out = False
        self.has_failed = False
        self.roots = project_roots(request.paths)

    def show(self, path: str, data: bytes, fixed: Fixed) -> None:
        """Show the difference."""
        self.changed += fixed.data != data
        style = styled(colour=wants_colour(self.request.color))
        lines = [_painted(line, style) for line in _diff(path, data, fixed)]
        print_rendered("".join(f"{line}\n" for line in lines))

    def note_unsafe(self, findings: Sequence[Finding]) -> None:
        """Count the fixes that are left because they may change what the notebook does."""
        self.unsafe += sum(
            finding.fix is not None and finding.fix.applicability is Applicability.UNSAFE
            for finding in findings
        )

    def write(self, file: Discovered, data: bytes, fixed: Fixed) -> bool:
        """Write the fixed file; whether it now holds what it should."""
        if fixed.data == data:
            return True
        path = file.path
        try:
            within = file.writable_within(self.roots)
            write_file(path, fixed.data, within=within, before=data)
        except OSError as error:
            self.refuse(path, error)
            return False
        self.changed += 1
        if self.request.show_fixes or not self.request.quiet:
            for title in fixed.applied:
                print_line(f"{path}: fixed: {title}", err=True)
        if fixed.environment:
            names = self.environment.setdefault(env_example(path), {})
            names.update(dict.fromkeys(fixed.environment))
        self.took_out |= any(
            " credential" in title or " environment" in title for title in fixed.applied
        )
        return True

    def refuse(self, path: str, error: OSError) -> None:
        """Say that a file was not written; the others are."""
        print_line(f"nbprod: {path}: not written: {error.strerror}", err=True)
        self.has_failed = True

    def finish(self, configure: Configure) -> int:
        """Report what is left; returns the exit code."""
        if self.request.diff:
            return self._finish_diff()
        quiet = self.request.quiet
        for path, names in self.environment.items():
            try:
                added = add_names(path, names, self.roots)
            except OSError as error:
                self.refuse(path, error)
                print_line(f"Environment variables to set: {', '.join(names)}", err=True)
                continue
            if added and not quiet:
                shown = _from_here(path)
                print_line(f"{shown}: environment variables to set: {', '.join(added)}", err=True)
        if self.took_out and not quiet:
            print_line(_REVOKE, err=True)
        settings = configure(".")
        results = with_other_linters(self.results, settings)
        code = finish(results, self.request, settings, configure)
        if self.has_failed:
            return WriteError.exit_code
        return code or int(self.request.exit_non_zero_on_fix and self.changed > 0)

    def _finish_diff(self) -> int:
        unread = say_unreadable(self.results)
        if not self.request.quiet:
            plural = "s" if self.changed != 1 else ""
            print_line(f"{self.changed} notebook{plural} would change.", err=True)
            if self.unsafe:
                more = f"{self.unsafe} more fix{'es' if self.unsafe != 1 else ''}"
                print_line(f"{more} with --unsafe-fixes.", err=True)
        if unread:
            return unread
        return 1 if self.changed and not self.request.exit_zero else 0


def _painted(line: str, style: Style) -> str:
    """A line of a diff in its colour, escaped for a terminal."""
    text = escape_line(line.removesuffix("\n"))
    if line.startswith(("---", "+++")):
        return style.paint(text, BOLD)
    colour = {"+": GREEN, "-": RED, "@": CYAN}.get(line[:1])
    return text if colour is None else style.paint(text, colour)


def _diff(path: str, data: bytes, fixed: Fixed) -> Iterator[str]:
    """The change as a reader sees it: sources of cells, not JSON."""
    changes = notebook_patch(read_notebook(data, path), read_notebook(fixed.data, path), path)
    yield from changes
    if not changes and fixed.data != data:
        titles = ", ".join(dict.fromkeys(fixed.applied))
        yield from (f"--- {path} before", f"+++ {path} after", f"(no source changes: {titles})")


def _from_here(path: str) -> str:
    """A path below the current directory as seen from there; others stay whole."""
    real, here = os.path.realpath(path), os.path.realpath(os.curdir)
    return os.path.relpath(real, here) if is_below(real, (here,)) else path
