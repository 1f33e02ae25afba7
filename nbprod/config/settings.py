"""The settings of a run: every key of a configuration file, declared once."""

# Annotations are read while the program runs, so they are no texts here.
import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, NamedTuple

from nbprod.checking.registry import Selection, require_rules, select
from nbprod.facts import CheckOptions
from nbprod.report import FORMATS
from nbprod.rule import LEVELS, Level
from nbprod.syntax.types import SyntaxOptions

__all__ = [
    "DEFAULT_EXCLUDES",
    "SEVERITIES",
    "ChoiceByName",
    "Configure",
    "Key",
    "Settings",
    "Words",
    "WordsByName",
    "ignored_at",
]

SEVERITIES = ("error", "warning", "info")

DEFAULT_EXCLUDES = (
    ".git", ".hg", ".svn", ".ipynb_checkpoints", ".ipynb_aml_checkpoints", ".virtual_documents",
    "__pycache__", "node_modules", ".venv", "venv", ".tox", ".nox", ".eggs", "build", "dist",
    "site-packages",
    ".mypy_cache", ".pytest_cache", ".ruff_cache", ".direnv", "__pypackages__", ".nbprod_cache",
)  # fmt: skip


class Key(NamedTuple):
    """What a key of a configuration file is for, and how the command line spells it.

    ``doc``: one sentence for the schema, the documentation and ``--help``. ``choices``: the words
    that it takes. ``flags``: spellings on the command line, none where it has no option there;
    ``metavar``: what follows them. ``off``: the option turns the key off, and says so by this.
    ``is_personal``: the key can start programs, so no file of a repository may set it.
    """

    doc: str
    choices: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    metavar: str | None = None
    off: str | None = None
    is_personal: bool = False


Words = tuple[str, ...]
"""A list of texts, in a form that can be compared and sent to other processes."""
WordsByName = tuple[tuple[str, Words], ...]
ChoiceByName = tuple[tuple[str, str], ...]


_LIMITS = CheckOptions()


class Settings(NamedTuple):
    """The inputs of a run; everything that crosses to another process is plain data.

    Fields with a `Key` are the keys of configuration files, with dashes for underscores: they are
    declared here only, and make the options of the command line, the schema and its documentation.
    ``root`` is the folder from which the patterns of ``per_file_ignores`` are meant. ``merges``:
    fixes are wanted that make one function of repeated code, which cost more than the check.
    """

    select: Annotated[
        Words,
        Key(
            "Rules to run, instead of the defaults: codes, prefixes, names or groups.",
            flags=("--select",),
            metavar="RULES",
        ),
    ] = ()
    ignore: Annotated[Words, Key("Rules to skip.", flags=("--ignore",), metavar="RULES")] = ()
    extend_select: Annotated[
        Words, Key("Rules to run in addition.", flags=("--extend-select",), metavar="RULES")
    ] = ()
    extend_ignore: Annotated[
        Words, Key("Rules to skip in addition.", flags=("--extend-ignore",), metavar="RULES")
    ] = ()
    per_file_ignores: Annotated[
        WordsByName,
        Key(
            "Rules to skip by path (`teaching/**`) or by cell tag (`tag:exercise`).",
            flags=("--per-file-ignores",),
            metavar="PATTERN:RULES",
        ),
    ] = ()
    level: Annotated[
        Level,
        Key(
            "How strict: `explore` what is broken, `shared` what bites a colleague, `production` "
            "all.",
            LEVELS,
            ("--level",),
        ),
    ] = "shared"
    fail_on: Annotated[
        str,
        Key(
            "The least severity that makes the run fail; by default `error` at the level "
            "`explore`, `warning` at `shared`, `info` at `production`.",
            SEVERITIES,
            ("--fail-on",),
        ),
    ] = ""
    plugins: Annotated[
        bool,
        Key(
            "Run rules of other installed packages.",
            flags=("--no-plugins",),
            off="Run no rules of other packages.",
        ),
    ] = True
    severity: Annotated[
        ChoiceByName, Key("Severities that replace those of rules.", SEVERITIES)
    ] = ()
    exclude: Annotated[
        Words,
        Key(
            "Files and directories to exclude, instead of the defaults.",
            flags=("--exclude",),
            metavar="GLOB",
        ),
    ] = DEFAULT_EXCLUDES
    extend_exclude: Annotated[
        Words,
        Key(
            "Files and directories to exclude in addition.",
            flags=("--extend-exclude",),
            metavar="GLOB",
        ),
    ] = ()
    respect_gitignore: Annotated[
        bool,
        Key(
            "Exclude files that git ignores.",
            flags=("--no-respect-gitignore",),
            off="Check files that git ignores.",
        ),
    ] = True
    force_exclude: Annotated[
        bool,
        Key("Apply exclusions to files named on the command line.", flags=("--force-exclude",)),
    ] = False
    builtins: Annotated[
        Words, Key("Names that the platform defines before the first cell runs.")
    ] = ()
    python_magics: Annotated[
        Words,
        Key("Cell magics whose body is Python.", flags=("--python-magic",), metavar="NAME"),
    ] = ()
    opaque_magics: Annotated[
        Words,
        Key(
            "Cell magics whose body is not parsed as Python.",
            flags=("--opaque-magic",),
            metavar="NAME",
        ),
    ] = ()
    output_format: Annotated[
        str, Key("Format of the report.", tuple(FORMATS), ("--output-format",))
    ] = "full"
    unsafe_fixes: Annotated[
        bool,
        Key("Let `--fix` and `--diff` apply unsafe fixes as well.", flags=("--unsafe-fixes",)),
    ] = False
    baseline: Annotated[
        str | None,
        Key(
            'Baseline file of findings to hide; "" for none.',
            flags=("--baseline",),
            metavar="FILE",
        ),
    ] = None
    ruff: Annotated[
        bool,
        Key("Run Ruff on the same notebooks, with its own settings.", flags=("--ruff",)),
    ] = False
    tools: Annotated[
        Words,
        Key(
            "Linters to run through nbQA, with options: `mypy --strict`. Only in your own file.",
            flags=("--tool",),
            metavar="LINTER",
            is_personal=True,
        ),
    ] = ()
    trust_config: Annotated[
        bool,
        Key(
            "Let linters run code that the repository names, such as plug-ins. Only in your own "
            "file.",
            flags=("--trust-config",),
            is_personal=True,
        ),
    ] = False
    cache: Annotated[
        bool,
        Key(
            "Cache the findings of unchanged notebooks.",
            flags=("--no-cache",),
            off="Neither read nor write the cache.",
        ),
    ] = True
    cache_dir: Annotated[
        str,
        Key("Directory of the cache.", flags=("--cache-dir",), metavar="DIRECTORY"),
    ] = ".nbprod_cache"
    max_cell_lines: Annotated[
        int, Key("Limit of top-level code lines in a cell (`long-cell`).")
    ] = _LIMITS.max_cell_lines
    max_cells: Annotated[int, Key("Limit of code cells in a notebook (`long-notebook`).")] = (
        _LIMITS.max_cells
    )
    max_complexity: Annotated[
        int, Key("Limit of branches in a cell's top-level code (`tangled-cell`).")
    ] = _LIMITS.max_complexity
    max_lifetime: Annotated[
        int, Key("Limit of code cells between a definition and its first use (`long-lived-name`).")
    ] = _LIMITS.max_lifetime
    clean_keep_outputs: Annotated[bool, Key("`nbprod clean`: keep outputs.")] = False
    clean_keep_counts: Annotated[bool, Key("`nbprod clean`: keep execution counts.")] = False
    clean_keep_tags: Annotated[Words, Key("`nbprod clean`: tags of cells whose outputs stay.")] = (
        "keep-output",
        "keep_output",
    )
    clean_drop_metadata: Annotated[
        Words, Key("`nbprod clean`: metadata to remove in addition, as `cell.metadata.NAME`.")
    ] = ()
    clean_keep_metadata: Annotated[
        Words, Key("`nbprod clean`: metadata to keep, as `cell.metadata.collapsed`.")
    ] = ()
    jobs: Annotated[
        int,
        Key(
            "Number of processes; 0 decides by the amount of work.",
            flags=("-j", "--jobs"),
            metavar="N",
        ),
    ] = 0
    root: str = ""
    merges: bool = True

    @property
    def syntax(self) -> SyntaxOptions:
        """The part that parsing wants."""
        return SyntaxOptions(frozenset(self.python_magics), frozenset(self.opaque_magics))

    def check_options(
        self,
        read_file: Callable[[str], str | None],
        declared: Callable[[], frozenset[str] | None],
    ) -> CheckOptions:
        """The inputs of a check besides the notebook.

        Args:
            read_file: gives files beside it.
            declared: gives what its project declares.
        """
        return CheckOptions(
            self.syntax,
            read_file,
            tag_ignores=self.tag_ignores,
            severities=self.severity,
            declared=declared,
            max_cell_lines=self.max_cell_lines,
            max_cells=self.max_cells,
            max_complexity=self.max_complexity,
            max_lifetime=self.max_lifetime,
            builtins=frozenset(self.builtins),
            merges=self.merges,
        )

    def selection(self) -> Selection:
        """The rules to run on notebooks that no pattern names.

        Raises:
            UsageError: a word fits no rule.
        """
        return select(*self._choice)

    def require_rules(self) -> None:
        """Raise what `selection` raises, without importing nbprod's own rules.

        Raises:
            UsageError: a word fits no rule.
        """
        require_rules(*self._choice)

    @property
    def _choice(self) -> tuple[Words, Words, Words, Level, bool]:
        ignored = (*self.ignore, *self.extend_ignore)
        return self.select, ignored, self.extend_select, self.level, self.plugins

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
    def what_counts(self) -> "Settings":
        """The settings without those that change no finding, only where and how it is reported."""
        # No rule of the other levels merges: how they are reported makes no difference then.
        chosen = self.level == "production" or self.select or self.extend_select
        return self._replace(
            merges=self.merges or not chosen,
            jobs=0, fail_on="", output_format="", baseline=None, ruff=False, tools=(),
            trust_config=False,
            unsafe_fixes=False, exclude=(), extend_exclude=(), respect_gitignore=True,
            force_exclude=False, cache_dir="",
            clean_keep_outputs=False, clean_keep_counts=False, clean_keep_tags=(),
            clean_drop_metadata=(), clean_keep_metadata=(),
        )  # fmt: skip

    @property
    def fails_on(self) -> tuple[str, ...]:
        """The severities that make a run fail."""
        by_level = {"explore": "error", "shared": "warning", "production": "info"}
        least = self.fail_on or by_level[self.level]
        return SEVERITIES[: SEVERITIES.index(least) + 1]


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
    from nbprod.config.ignoring import ignore_spec

    relative = os.path.relpath(os.path.abspath(path), root or os.getcwd()).replace(os.sep, "/")
    words: list[str] = []
    for pattern, codes in patterns:
        if not pattern.startswith("tag:") and ignore_spec([pattern]).match_file(relative):
            words += codes
    return tuple(words)
