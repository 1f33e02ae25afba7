"""Which versions of a distribution a notebook and the project around it allow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nbprod.facts import Facts
from nbprod.libraries.distributions import normalised
from nbprod.libraries.removed import version_key
from nbprod.patterns import lazy_pattern
from nbprod.syntax.installs import installs_of

__all__ = ["allows_version"]

_FILES = (
    "poetry.lock", "Pipfile.lock", "uv.lock", "constraints.txt", "requirements.txt", "req.txt",
    "environment.yml", "environment.yaml", "conda.yml", "conda.yaml", "env.yml", "pyproject.toml",
    "setup.cfg", "setup.py", "Pipfile", "requirements/base.txt", "requirements.in",
    "requirements-dev.txt",
)  # fmt: skip
# Other distributions with the same modules, of the same versions.
_ALIKE = {
    "tensorflow": ("tensorflow-gpu", "tensorflow-cpu", "tensorflow-macos", "intel-tensorflow"),
    "scikit-learn": ("sklearn",),
    "pillow": ("PIL",),
    "torch": ("pytorch",),
}
_HIGHEST = 5
_OPERATOR = r"(?:===|==|~=|!=|<=|>=|<|>|=|\^|~)"
_CLAUSE = lazy_pattern(
    rf"(?P<op>{_OPERATOR})\s*(?:[\"']\s*)?(?:(?P<inner>{_OPERATOR})\s*)?(?P<version>\d[\d.]*\*?)"
)


def allows_version(library: str, since: str, facts: Facts) -> bool:
    """Whether a library may be of a version, or newer, for all that is declared.

    What a cell pins counts first, then the nearest file that names a version; where nothing does,
    a fresh environment gets the newest.
    """
    if library == "python":
        version = facts.notebook.python_version
        return version is None or version >= version_key(since)[:2]
    names = (library, *_ALIKE.get(library, ()))
    for text in (*_installed(names, facts), *_texts(facts)):
        for name in names:
            clauses = _clauses(name, text)
            if clauses:
                return all(_allows(operator, version, since) for operator, version in clauses)
    return True


def _installed(names: Sequence[str], facts: Facts) -> Iterator[str]:
    """What cells install of some distributions, the last of it first."""
    keys = set(map(normalised, names))
    requirements = [
        requirement
        for parsed in facts.parsed
        if parsed is not None
        for install in installs_of(parsed)
        for requirement in install.requirements
        if requirement.key in keys
    ]
    return (requirement.text for requirement in reversed(requirements))


def _texts(facts: Facts) -> Iterator[str]:
    for height in range(_HIGHEST):
        for name in _FILES:
            text = facts.options.read_file(f"{'../' * height}{name}")
            if text is not None:
                yield text


def _clauses(library: str, text: str) -> list[tuple[str, str]]:
    """The conditions on a library's version in a file, whatever its format."""
    name = re.escape(library).replace(r"\-", "[-_.]")
    named = re.compile(
        rf"(?im)(?<![\w.-]){name}(?:\[[^\]\n]*\])?\s*(?={_OPERATOR}|\()\(?(?P<rest>[^;#\n]*)"
    )
    locked = _locked(name, text)
    if locked:
        return [("==", locked)]
    for match in named.finditer(text):
        rest = re.split(r"[\"']\s*,", match["rest"])[0]
        found = [
            (clause["inner"] or clause["op"], clause["version"])
            for clause in _CLAUSE.finditer(rest)
        ]
        if found:
            return found
    return []


def _locked(name: str, text: str) -> str | None:
    """The version of a distribution in a lock file: a table of its own, or a value of its key."""
    pattern = (
        rf'(?im)^name = "{name}"\s*^version = "([\d.]+)|"{name}": \{{[^{{}}]*"version": "==([\d.]+)'
    )
    found = re.search(pattern, text) if "version" in text else None
    return (found[1] or found[2]) if found is not None else None


def _allows(operator: str, version: str, since: str) -> bool:
    """Whether versions from ``since`` on can meet a condition."""
    wanted, bound = version_key(since), version_key(version)
    if operator == "<":
        return bound > wanted
    if operator in ("<=", "===") or (operator in ("=", "==") and not version.endswith("*")):
        return bound + (0,) * len(wanted) >= wanted
    if operator in ("=", "=="):
        return _next(bound) > wanted
    if operator == "~=":
        return _next(bound[:-1] or bound) > wanted
    if operator == "~":
        return _next(bound[:2]) > wanted
    if operator == "^":
        return _next(bound[:1] if bound[0] else bound[:2]) > wanted
    return True


def _next(version: tuple[int, ...]) -> tuple[int, ...]:
    return (*version[:-1], version[-1] + 1)
