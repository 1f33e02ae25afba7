"""The settings of a run, and their defaults."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from nbprod.checking.registry import Selection, select
from nbprod.facts import CheckOptions, Sizes
from nbprod.rule import Level
from nbprod.syntax.types import SyntaxOptions

__all__ = ["DEFAULT_EXCLUDES", "Configure", "Settings", "ignored_at"]

DEFAULT_EXCLUDES = (
    ".git", ".hg", ".svn", ".ipynb_checkpoints", "__pycache__", "node_modules", ".venv", "venv",
    ".tox", ".nox", ".eggs", "build", "dist", "site-packages", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", ".direnv", "__pypackages__", ".nbprod_cache",
)  # fmt: skip


class Settings(NamedTuple):
    """What a run is told; everything that crosses to another process is plain data.

    ``root`` is the folder from which the patterns of ``per_file_ignores`` are meant. ``declared``
    are the distributions that the project of a file declares; it is found out for each file.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDES
    respect_gitignore: bool = True
    force_exclude: bool = False
    builtins: tuple[str, ...] = ()
    python_magics: tuple[str, ...] = ()
    opaque_magics: tuple[str, ...] = ()
    jobs: int = 0
    extend_ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    level: Level = "shared"
    fail_on: str = ""
    plugins: bool = True
    severity: tuple[tuple[str, str], ...] = ()
    extend_exclude: tuple[str, ...] = ()
    output_format: str = "full"
    unsafe_fixes: bool = False
    baseline: str | None = None
    ruff: bool = False
    tools: tuple[str, ...] = ()
    cache: bool = False
    cache_dir: str = ".nbprod_cache"
    root: str = ""
    max_cell_lines: int = 60
    max_cells: int = 80
    max_complexity: int = 12
    max_lifetime: int = 15
    declared: tuple[str, ...] | None = None

    @property
    def syntax(self) -> SyntaxOptions:
        """The part that parsing wants."""
        return SyntaxOptions(frozenset(self.python_magics), frozenset(self.opaque_magics))

    def check_options(self, read_file: Callable[[str], str | None]) -> CheckOptions:
        """What a check is told besides the notebook; ``read_file`` gives files beside it."""
        return CheckOptions(
            self.syntax,
            read_file,
            tag_ignores=self.tag_ignores,
            severities=self.severity,
            declared=frozenset(self.declared) if self.declared is not None else None,
            sizes=Sizes(
                self.max_cell_lines, self.max_cells, self.max_complexity, self.max_lifetime
            ),
            builtins=frozenset(self.builtins),
        )

    def selection(self) -> Selection:
        """The rules to run on notebooks that no pattern names.

        Raises:
            UsageError: a word fits no rule.
        """
        ignored = (*self.ignore, *self.extend_ignore)
        return select(self.select, ignored, self.extend_select, self.level, self.plugins)

    def selection_for(self, path: str) -> Selection:
        """The rules to run on one file."""
        return _selection(self, self._ignored_at(path))

    def _ignored_at(self, path: str) -> tuple[str, ...]:
        if not self.per_file_ignores:
            return ()
        return ignored_at(path, self.root, self.per_file_ignores)

    @property
    def tag_ignores(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Patterns for tags of cells, with the rules that do not apply to such cells."""
        return tuple(
            (pattern[4:], words)
            for pattern, words in self.per_file_ignores
            if pattern.startswith("tag:")
        )

    @property
    def what_counts(self) -> Settings:
        """The settings without those that change no finding, only where and how it is told."""
        return self._replace(
            jobs=0, fail_on="", output_format="", baseline=None, ruff=False, tools=(),
            unsafe_fixes=False, exclude=(), extend_exclude=(), respect_gitignore=True,
            force_exclude=False, cache_dir="",
        )  # fmt: skip

    @property
    def fails_on(self) -> tuple[str, ...]:
        """The severities that make a run fail."""
        by_level = {"explore": "error", "shared": "warning", "production": "info"}
        least = self.fail_on or by_level[self.level]
        return _SEVERITIES[: _SEVERITIES.index(least) + 1]


_SEVERITIES = ("error", "warning", "info")
Configure = Callable[[str], Settings]
"""Gives the settings for a path."""


@cache
def _selection(settings: Settings, ignored: tuple[str, ...]) -> Selection:
    more = (*settings.extend_ignore, *ignored)
    return settings._replace(extend_ignore=more).selection()


def ignored_at(
    path: str, root: str, patterns: Sequence[tuple[str, tuple[str, ...]]]
) -> tuple[str, ...]:
    """The rules that patterns leave out for a path below ``root``; patterns are those of git."""
    from pathspec import GitIgnoreSpec

    relative = os.path.relpath(os.path.abspath(path), root or os.getcwd()).replace(os.sep, "/")
    words: list[str] = []
    for pattern, codes in patterns:
        if not pattern.startswith("tag:") and GitIgnoreSpec.from_lines([pattern]).match_file(
            relative
        ):
            words += codes
    return tuple(words)
