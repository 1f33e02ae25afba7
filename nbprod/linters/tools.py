"""Linters that only read, and the settings that each of them is given of a repository's.

A linter's settings can name code to load: plug-ins of mypy, `init-hook` of pylint, `local-plugins`
of flake8. So a linter gets a file with those keys of the repository's settings that are known to do
nothing but select and measure. Whatever is not known is left out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from configparser import ConfigParser, Error
from typing import Any, NamedTuple

from nbprod.disk.documents import NotParsed, parse_toml, table_in, texts_in
from nbprod.disk.read import read_text
from nbprod.patterns import lazy_pattern

__all__ = ["READ_ONLY", "Harmless", "harmless_settings"]

_MOST_BYTES = 1_000_000
_SECTION = lazy_pattern(r"[\w .,:*-]+")

READ_ONLY = frozenset(
    "autoflake autopep8 bandit black blacken-docs codespell flake8 isort mdformat mypy pycodestyle "
    "pydocstyle pyflakes pylint pyupgrade radon ruff vulture yapf".split()
)
"""Linters that parse a notebook's code and never run it."""


class _Tool(NamedTuple):
    """How a linter finds its settings, which of them it gets, and by which options.

    ``files``: names in the order in which it looks, each with its section or table. ``allowed``:
    what the names of harmless keys match. ``options``: how it is made to read them and nothing
    else, to keep nothing, and not to look for modules that lie beside the notebook.
    """

    files: tuple[tuple[str, str], ...]
    allowed: re.Pattern[str]
    options: tuple[str, ...]


_TOOLS = {
    "flake8": _Tool(
        (("setup.cfg", "flake8"), ("tox.ini", "flake8"), (".flake8", "flake8")),
        lazy_pattern(
            r"(max-line-length|max-doc-length|max-complexity|(extend-)?(ignore|select)|indent-size"
            r"|hang-closing|disable-noqa|builtins|docstring-convention)\Z"
        ),
        ("--config={settings}",),
    ),
    "mypy": _Tool(
        (
            ("mypy.ini", "mypy"), (".mypy.ini", "mypy"), ("pyproject.toml", "tool.mypy"),
            ("setup.cfg", "mypy"),
        ),
        lazy_pattern(
            r"(python_version|platform|strict|namespace_packages|explicit_package_bases"
            r"|check_untyped_defs|extra_checks|local_partial_types|follow_imports|always_(true|false)"
            r"|ignore_(errors|missing_imports)|(en|dis)able_error_code|((dis)?allow|warn|strict"
            r"|(no_)?implicit)_\w+)\Z"
        ),
        ("--config-file={settings}", f"--cache-dir={os.devnull}"),
    ),
    "pylint": _Tool(
        (
            ("pylintrc", ""), (".pylintrc", ""), ("pyproject.toml", "tool.pylint"),
            ("setup.cfg", "pylint"), ("tox.ini", "pylint"),
        ),
        lazy_pattern(
            r"(disable|enable|(max|min)-[\w-]+|(good|bad)-names(-rgxs)?|[\w-]+-naming-style"
            r"|[\w-]+-rgx|ignored-[\w-]+|additional-builtins|callbacks|ignore-long-lines"
            r"|indent-string|logging-format-style|notes|overgeneral-exceptions|exclude-protected"
            r"|generated-members|known-(standard-library|third-party)|py-version"
            r"|single-line-(class|if)-stmt)\Z"
        ),
        ("--rcfile={settings}", "--persistent=n", "--disable=import-error"),
    ),
    "pydocstyle": _Tool(
        (
            ("setup.cfg", "pydocstyle"), ("tox.ini", "pydocstyle"), (".pydocstyle", "pydocstyle"),
            ("pyproject.toml", "tool.pydocstyle"),
        ),
        lazy_pattern(r"(convention|(add-)?(select|ignore)|(ignore|property)-decorators)\Z"),
        ("--config={settings}",),
    ),
}  # fmt: skip


class Harmless(NamedTuple):
    """The settings that a linter is given, the options for that, and what was left out.

    ``text``: a file of settings, to be written where ``options`` say ``{settings}``. ``source``:
    the repository's file; ``left_out``: its keys that are not in ``text``.
    """

    text: str = ""
    options: tuple[str, ...] = ()
    source: str = ""
    left_out: tuple[str, ...] = ()


_Sections = Mapping[str, Mapping[str, str]]


def harmless_settings(name: str, folder: str) -> Harmless:
    """What of a repository's settings a linter that is run in a folder may have."""
    tool = _TOOLS.get(name)
    if tool is None:
        return Harmless()
    for path, section in _candidates(tool, folder):
        sections = _sections(path, section)
        if sections:
            return _filtered(name, tool, path, sections)
    return Harmless(f"[{name}]\n", tool.options)


def _candidates(tool: _Tool, folder: str) -> Iterator[tuple[str, str]]:
    """Where a linter's settings may be, the nearest first, up to the root of the repository."""
    while True:
        for name, section in tool.files:
            yield os.path.join(folder, name), section
        parent = os.path.dirname(folder)
        if parent == folder or os.path.lexists(os.path.join(folder, ".git")):
            return
        folder = parent


def _filtered(name: str, tool: _Tool, path: str, sections: _Sections) -> Harmless:
    lines: list[str] = []
    left_out: list[str] = []
    for section, values in sections.items():
        if not _SECTION.fullmatch(section):
            # A name of TOML may hold lines, which would be settings of their own here.
            left_out.append(section)
            continue
        lines.append(f"[{section}]")
        for key, value in values.items():
            if tool.allowed.match(_spelled(name, key)):
                lines.append(f"{key} = " + value.strip().replace("\n", "\n    "))
            else:
                left_out.append(key)
    return Harmless("\n".join(lines) + "\n", tool.options, path, tuple(dict.fromkeys(left_out)))


def _spelled(name: str, key: str) -> str:
    return key.lower().replace("-", "_") if name == "mypy" else key.lower().replace("_", "-")


def _sections(path: str, section: str) -> _Sections:
    """A linter's sections in a file, as the linter's own kind of file names them."""
    text = _text(path)
    if text is None:
        return {}
    try:
        if path.endswith(".toml"):
            return dict(_of_toml(parse_toml(text), section.removeprefix("tool.")))
        parser = ConfigParser(interpolation=None, strict=False, default_section="\0none")
        parser.read_string(text)
    except (NotParsed, Error):
        return {}
    found: dict[str, Mapping[str, str]] = {}
    for name in parser.sections():
        if not section or re.match(rf"(tool:)?{section}\b", name):
            found[name.removeprefix("tool:")] = dict(parser[name])
    return found


def _of_toml(document: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    table = table_in(document, "tool", name)
    if not table:
        return
    plain = {key: value for key, value in table.items() if key != "overrides"}
    tables = {key: value for key, value in plain.items() if isinstance(value, Mapping)}
    yield name, {key: _written(value) for key, value in plain.items() if key not in tables}
    # The tables of pylint group its options; the names of the groups mean nothing.
    for key, value in tables.items():
        yield f"{name}.{key}", {option: _written(entry) for option, entry in value.items()}
    overrides = table.get("overrides")
    for override in overrides if isinstance(overrides, list) else ():
        settings = table_in(override)
        patterns = settings.get("module")
        for pattern in [patterns] if isinstance(patterns, str) else texts_in(patterns):
            values = {key: _written(value) for key, value in settings.items() if key != "module"}
            yield f"{name}-{pattern}", values


def _written(value: Any) -> str:
    """A value of TOML as a file of sections has it."""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_written, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split())


def _text(path: str) -> str | None:
    try:
        return read_text(path, _MOST_BYTES)
    except (OSError, UnicodeDecodeError):
        return None
