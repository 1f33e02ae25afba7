"""Which rules there are, by the names of their files; imported only when they are selected."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from nbprod.checking.plugins import plugin_packages
from nbprod.disk.read import read_text
from nbprod.errors import UsageError
from nbprod.model import Prediction
from nbprod.patterns import lazy_pattern
from nbprod.rule import LEVELS, Level, Rule

if TYPE_CHECKING:
    from nbprod.testing import RuleDocs

__all__ = [
    "RuleFile",
    "Selection",
    "current_name",
    "docs_of",
    "find_rule_file",
    "has_code_prefix",
    "input_rule_code",
    "level_of",
    "load_rule",
    "require_rules",
    "rule_files",
    "select",
    "select_predicting",
]

_PACKAGE = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120
_FILE = lazy_pattern(r"([a-z]{2,8}\d{3})_(\w+)\.py\Z")
_OWN_PREFIX = "NBP"
_LONGEST_WORD = 80
# Names that rules had in earlier versions; configurations and comments still hold them.
_FORMER_NAMES = {"unused-silencing": "unused-suppression"}


class RuleFile(NamedTuple):
    """A rule as its file name declares it; ``module`` is its dotted name, ``path`` its file."""

    code: str
    name: str
    group: str
    module: str
    path: str


class Selection(NamedTuple):
    """The rules to run. ``explicit`` are the codes that were asked for by code or name,
    ``plugins`` says whether rules of other packages could be, ``level`` how strict the set is.

    Certain diagnostics are always shown, minor ones at the level `production`; possible ones, and
    minor ones at other levels, only of rules that were asked for.
    """

    rules: tuple[Rule, ...]
    explicit: frozenset[str]
    plugins: bool = True
    level: Level = "production"

    @property
    def tracks_data(self) -> bool:
        """Whether some rule asks what is trained on what."""
        return any(rule.tracks_data for rule in self.rules)


@cache
def rule_files(plugins: bool = True) -> tuple[RuleFile, ...]:
    """Return every rule of the package and, with ``plugins``, of other packages, by code.

    Raises:
        UsageError: a plug-in cannot be found, or has a code or name that is taken.
    """
    root = os.path.join(_PACKAGE, "rules")  # noqa: PTH118 - pathlib is slow to import
    own: list[RuleFile] = []
    for group in os.scandir(root):
        if group.is_dir() and not group.name.startswith("_"):
            own += _rule_files_in(group.path, f"nbprod.rules.{group.name}", group.name)
    return tuple(sorted([*own, *(_plugin_files(own) if plugins else ())]))


def _rule_files_in(folder: str, package: str, group: str) -> Iterator[RuleFile]:
    for entry in os.scandir(folder):
        match = _FILE.match(entry.name)
        if match:
            module = f"{package}.{entry.name[:-3]}"
            name = match[2].replace("_", "-")
            yield RuleFile(match[1].upper(), name, group, module, entry.path)


def _plugin_files(own: Sequence[RuleFile]) -> Iterator[RuleFile]:
    taken = {word for file in own for word in (file.code, file.name)}
    for package in plugin_packages():
        for file in _rule_files_in(package.folder, package.module, package.group):
            if file.code.startswith(_OWN_PREFIX) or not taken.isdisjoint((file.code, file.name)):
                raise UsageError(
                    f"rule {file.code} {file.name} of the plug-in {package.group!r} has a code or "
                    "name that is taken; rename it or use --no-plugins"
                )
            taken.update((file.code, file.name))
            yield file


def has_code_prefix(code: str, word: str) -> bool:
    """Whether ``word`` (any case) is a rule's code or its beginning, letters included."""
    upper = word.upper()
    return code.startswith(upper) and upper.startswith(code.rstrip("0123456789"))


def load_rule(file: RuleFile) -> Rule:
    """Import a rule's module and return its rule.

    Raises:
        UsageError: the module cannot be imported, or its ``check`` is not the rule that the name
            of its file says.
    """
    try:
        loaded = getattr(import_module(file.module), "check", None)
    except Exception as error:
        if file.code.startswith(_OWN_PREFIX):
            raise
        raise UsageError(f"cannot import rule {file.code} from {file.module}: {error!r}") from error
    if not isinstance(loaded, Rule) or (loaded.code, loaded.name) != (file.code, file.name):
        raise UsageError(f"{file.module}: `check` must be the rule {file.code} {file.name}")
    return loaded


@cache
def input_rule_code(name: str) -> str:
    """Return the code of the rule on unreadable input with a name, else that of internal errors."""
    codes = {file.name: file.code for file in rule_files(False) if file.group == "input"}
    return codes.get(name, codes["internal-error"])


def find_rule_file(code: str) -> RuleFile | None:
    """Return the file of a rule by its code; None if nbprod and the plug-ins have no such rule."""
    for plugins in (False, True):
        for file in rule_files(plugins):
            if file.code == code:
                return file
    return None


@cache
def docs_of(file: RuleFile) -> RuleDocs:
    """The documentation of a rule, parsed from its file."""
    from pathlib import Path

    from nbprod.testing import parse_docs

    return parse_docs(Path(file.path))


def select(
    chosen: Sequence[str] = (),
    ignored: Sequence[str] = (),
    extended: Sequence[str] = (),
    level: Level = "shared",
    plugins: bool = True,
) -> Selection:
    """The rules that codes, prefixes of codes, names, groups or ``ALL`` choose.

    Args:
        chosen: replaces the set of the level when not empty.
        ignored: removed from what was chosen.
        extended: added to what was chosen.
        level: how strict the set is that nobody chose.
        plugins: whether rules of other packages take part.

    Raises:
        UsageError: a word fits no rule.
    """
    explicit, dropped = _chosen(chosen, ignored, extended, plugins)
    rules = []
    for file in rule_files(plugins):
        if file.code in dropped or (chosen and file.code not in explicit):
            continue
        # Most rules are for one level only: those of others are not even imported.
        if file.code in explicit or (
            _runs_at(_declared_level(file), level) and _runs_at(level_of(load_rule(file)), level)
        ):
            rules.append(load_rule(file))
    return Selection(tuple(rules), frozenset(explicit), plugins, level)


def require_rules(
    chosen: Sequence[str],
    ignored: Sequence[str],
    extended: Sequence[str],
    level: Level,
    plugins: bool,
) -> None:
    """Raise what `select` raises; nbprod's own rules are not imported for it.

    Raises:
        UsageError: a word fits no rule, or a rule of a plug-in cannot be imported.
    """
    if rule_files(plugins) == rule_files(False):
        _chosen(chosen, ignored, extended, plugins)
    else:
        select(chosen, ignored, extended, level, plugins)


def _chosen(
    chosen: Sequence[str], ignored: Sequence[str], extended: Sequence[str], plugins: bool
) -> tuple[set[str], set[str]]:
    """The codes that are asked for, and those that are dropped."""
    explicit = _expand(chosen, plugins) | _expand(extended, plugins)
    return explicit, _expand(ignored, plugins)


def select_predicting(prediction: Prediction) -> Selection:
    """Return nbprod's own rules whose certain findings predict this of a run."""
    loaded = (load_rule(file) for file in rule_files(False))
    rules = tuple(rule for rule in loaded if rule.predicts == prediction)
    return Selection(rules, frozenset(rule.code for rule in rules))


def level_of(loaded: Rule) -> Level | None:
    """The lowest level that runs a rule; None if it only runs when it is selected."""
    return loaded.level if loaded.default else None


def _runs_at(rule_level: Level | None, level: Level) -> bool:
    return rule_level is not None and LEVELS.index(rule_level) <= LEVELS.index(level)


@cache
def _declared_level(file: RuleFile) -> Level | None:
    """The level that a rule's file names, read without importing it; the lowest if it cannot be.

    None: the rule only runs when it is selected.
    """
    try:
        source = read_text(file.path)
    except OSError:
        return LEVELS[0]
    decorator = source.partition("\n@rule(")[2].partition("\ndef ")[0]
    if "default=False" in decorator:
        return None
    word = decorator.partition('level="')[2].partition('"')[0]
    return next((level for level in LEVELS if level == word), LEVELS[0])


def _expand(words: Iterable[str], plugins: bool) -> set[str]:
    """The codes that some words stand for."""
    codes: set[str] = set()
    for word in (part.strip() for text in words for part in text.split(",")):
        if not word:
            continue
        found = {file.code for file in rule_files(plugins) if _fits(word, file)}
        if not found:
            raise UsageError(_unknown(word, plugins))
        codes |= found
    return codes


def current_name(word: str) -> str:
    """A word in lower case; the name of today for a name that a rule had before."""
    lower = word.lower()
    return _FORMER_NAMES.get(lower, lower)


def _fits(word: str, file: RuleFile) -> bool:
    if word.upper() == "ALL" or current_name(word) in (file.name, file.group):
        return True
    return has_code_prefix(file.code, word)


def _unknown(word: str, plugins: bool) -> str:
    import difflib

    known = [name for file in rule_files(plugins) for name in (file.code, file.name, file.group)]
    word = word[:_LONGEST_WORD]
    near = difflib.get_close_matches(word, known, 1) or difflib.get_close_matches(
        word.upper(), known, 1
    )
    hint = f"; did you mean {near[0]}?" if near else "; `nbprod rule --all` lists the rules"
    return f"no rule named {word!r}{hint}"
