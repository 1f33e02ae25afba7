"""What one run of ``nbprod check`` is asked to do, besides the settings of its notebooks."""

from __future__ import annotations

from typing import NamedTuple

from nbprod.cli.outputs import OutputTarget

__all__ = ["CheckRequest"]


class CheckRequest(NamedTuple):
    """The options of ``nbprod check`` that no configuration file can set; see its ``--help``.

    ``shard`` is the part to check of how many; ``clean`` counts files besides the results.
    ``outputs`` are the reports to write, those that the options and the configuration ask for.
    """

    paths: tuple[str, ...] = ()
    since: str | None = None
    new_since: str | None = None
    fix: bool = False
    diff: bool = False
    show_fixes: bool = False
    exit_non_zero_on_fix: bool = False
    outputs: tuple[OutputTarget, ...] = ()
    statistics: bool = False
    exit_zero: bool = False
    error_on_empty: bool = False
    quiet: bool = False
    color: str = "auto"
    no_progress: bool = False
    stdin_filename: str | None = None
    only_notebooks: bool = False
    shard: tuple[int, int] | None = None
    clean: int = 0
