"""Every option that a configuration file may set: one table for files, checks and the schema."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from nbprod.config.settings import DEFAULT_EXCLUDES
from nbprod.report import FORMATS

__all__ = ["LEVELS", "OPTIONS", "SEVERITIES", "Option", "option"]

LEVELS = ("explore", "shared", "production")
SEVERITIES = ("error", "warning", "info")


class Option(NamedTuple):
    """An option: its key, what it holds, what it is when nobody sets it, what it is for.

    ``kind``: ``words`` (a list), ``flag``, ``choice``, ``text``, ``number``, ``table of words``
    (name to list) and ``table of choices``.
    """

    name: str
    kind: Literal["words", "flag", "choice", "text", "number", "table of words", "table of choices"]
    default: Any
    doc: str
    choices: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """The name of the field of `Settings`."""
        return self.name.replace("-", "_")


OPTIONS: tuple[Option, ...] = (
    Option("extend", "text", None, "Another configuration file, on which this one builds."),
    Option("select", "words", (), "Run only these rules: codes, prefixes, names or groups."),
    Option("ignore", "words", (), "Leave these rules out."),
    Option("extend-select", "words", (), "Run these rules, too."),
    Option("extend-ignore", "words", (), "Leave these rules out, too."),
    Option(
        "per-file-ignores", "table of words", (),
        "Rules to leave out by path (`teaching/**`) or by the tag of a cell (`tag:exercise`).",
    ),
    Option(
        "level", "choice", "shared",
        "How strict: `explore` what is broken, `shared` what bites a colleague, `production` all.",
        LEVELS,
    ),
    Option(
        "fail-on", "choice", "",
        "The least severity that makes the run fail; by default `error` at the level `explore`, "
        "`warning` at `shared`, `info` at `production`.",
        SEVERITIES,
    ),
    Option("plugins", "flag", True, "Run the rules of other installed packages, too."),
    Option("severity", "table of choices", (), "Another severity for a rule.", SEVERITIES),
    Option("exclude", "words", DEFAULT_EXCLUDES, "Names of files and folders to leave out."),
    Option("extend-exclude", "words", (), "More names to leave out."),
    Option("respect-gitignore", "flag", True, "Leave out what git ignores."),
    Option("force-exclude", "flag", False, "Leave out also files that are named."),
    Option("builtins", "words", (), "Names that your platform binds before the first cell runs."),
    Option("python-magics", "words", (), "Cell magics whose body is Python."),
    Option("opaque-magics", "words", (), "Cell magics whose body is not Python."),
    Option("output-format", "choice", "full", "The format of the report.", tuple(FORMATS)),
    Option("unsafe-fixes", "flag", False, "Let `--fix` apply the unsafe fixes, too."),
    Option("baseline", "text", None, "Findings that are known and not reported; \"\" for none."),
    Option("ruff", "flag", False, "Run ruff over the same notebooks, with its own settings."),
    Option("tools", "words", (), "Linters to run by nbQA, with options: `mypy --strict`."),
    Option("cache", "flag", True, "Keep what was found of notebooks that do not change."),
    Option("cache-dir", "text", ".nbprod_cache", "Where to keep it, from where nbprod is run."),
    Option("max-cell-lines", "number", 60, "Lines of loose code in a cell (`long-cell`)."),
    Option("max-cells", "number", 80, "Code cells in a notebook (`long-notebook`)."),
    Option("max-complexity", "number", 12, "Branches of a cell's loose code (`tangled-cell`)."),
    Option("max-lifetime", "number", 15, "Cells a value may wait for its use (`long-lived-name`)."),
    Option("jobs", "number", 0, "Processes; 0 decides by the amount of work."),
)  # fmt: skip

_BY_NAME = {one.name: one for one in OPTIONS}


def option(name: str) -> Option | None:
    """The option of a key, with dashes or underscores."""
    return _BY_NAME.get(name.replace("_", "-"))
