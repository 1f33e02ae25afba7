"""What the cells of a notebook install: by pip, uv, conda and similar tools. Pure.

Every question about install lines is answered here: shell lines, magics with and without their
sign, bodies of `%%bash`, and calls such as `os.system("pip install x")`.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nbprod.libraries.distributions import name_required, normalised
from nbprod.model import Span
from nbprod.patterns import lazy_pattern
from nbprod.syntax.dotted import dotted_name
from nbprod.syntax.magic_table import SHELL_CELLS
from nbprod.syntax.types import ParsedCell

__all__ = ["Install", "Requirement", "installs_in", "installs_of", "runs_manager"]

_VERSION = r"\s*(?:===|==|~=|!=|<=|>=|<|>)\s*\d[\w.*+!\-]*\s*"
_REQUIREMENT = lazy_pattern(
    r"([A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9])?)(?:\[[\w\-., ]*\])?"
    rf"({_VERSION}(?:,{_VERSION})*)?"
)
# `conda-forge::numpy=1.26=py312_0`, `numpy>=1.26`, `python=3.12`
_CONDA_REQUIREMENT = lazy_pattern(
    r"(?:[\w./-]+::)?([A-Za-z0-9_][\w.\-]*?)((?:[=<>!~]=?\s*\d[\w.*+!,<>=\-]*)?)"
)
_PINNED = lazy_pattern(r"\s*={1,3}\s*([\w.+!]+)\s*\Z")
_INSTALLERS = frozenset(["pip", "pip3", "setuptools", "wheel", "uv"])
_PYTHON = lazy_pattern(r"(?:.*/)?(?:python[\d.]*|py)\Z|\{.*executable.*\}\Z|\$\{?\w*PYTHON\w*\}?\Z")
_ASSIGNMENT = lazy_pattern(r"[A-Za-z_]\w*=")
_WRAPPERS = frozenset(["sudo", "env", "nohup", "time", "nice", "command", "exec", "yes"])
_MANAGERS = {
    "pip": "pip", "pip2": "pip", "pip3": "pip", "uv": "uv", "conda": "conda", "mamba": "mamba",
    "micromamba": "mamba", "apt": "apt", "apt-get": "apt", "poetry": "poetry", "pipenv": "pipenv",
}  # fmt: skip
_VERBS = {
    "pip": ("install",), "uv": ("install", "add"), "conda": ("install",), "mamba": ("install",),
    "apt": ("install",), "poetry": ("add",), "pipenv": ("install",),
}  # fmt: skip
_LIKE_CONDA = frozenset(["conda", "mamba"])
# Options that change how something is installed or what is printed, not what is installed.
_MANNER = lazy_pattern(
    r"-[qUvIy]+\Z|--(?:quiet|upgrade|user|verbose|no-cache-dir|force-reinstall|ignore-installed|"
    r"disable-pip-version-check|no-warn-script-location|no-warn-conflicts|break-system-packages|"
    r"no-input|progress-bar=\w+|root-user-action=\w+|upgrade-strategy=[\w-]+|system|yes)\Z"
)
_WITH_VALUE = frozenset(
    "-r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links -e"
    " --editable -t --target --progress-bar -n --name -p --prefix --channel --python"
    " --upgrade-strategy --proxy --cache-dir --trusted-host --root --src --group -G".split()
)
_REDIRECTION = lazy_pattern(r"(?:[12&]?>>?|2>&1)")
_SEPARATORS = frozenset(["&&", "||", ";", "|", "&"])
_NOWHERE = Span(0, 0, 0)
_RUNNERS = frozenset(
    "system run check_call check_output call Popen getoutput getstatusoutput main popen"
    " run_line_magic".split()
)


class Requirement(NamedTuple):
    """A distribution that is installed: the ``text`` as written, with extras and versions."""

    name: str
    text: str
    has_version: bool

    @property
    def key(self) -> str:
        """The one spelling of its name."""
        return normalised(self.name)

    @property
    def is_installer(self) -> bool:
        """Whether it installs others, in any version: nothing is computed with it."""
        return self.name in _INSTALLERS and not self.has_version

    @property
    def pinned(self) -> str | None:
        """The one version that it may have; None if there are several."""
        match = _PINNED.fullmatch(re.sub(r"^.*?(?=[=<>!~])|^[^=<>!~]*$", "", self.text))
        return match[1] if match else None


class Install(NamedTuple):
    """A command that installs something.

    ``manager`` is ``pip``, ``uv``, ``conda``, ``mamba``, ``apt``, ``poetry`` or ``pipenv``;
    ``is_shell`` says that a shell runs it, which may belong to another environment than the
    kernel; ``python`` is the Python that runs the manager, if it is named (``python3`` or
    ``{sys.executable}``). ``is_whole``: the requirements are all that it installs, and nothing
    else is run. ``span`` is the command, or the line that it is on. ``addressed`` are the names of
    what it takes from addresses and folders: ``shop`` of ``git+https://example.org/shop.git``.
    """

    manager: str
    requirements: tuple[Requirement, ...]
    is_shell: bool
    python: str
    is_whole: bool
    span: Span
    addressed: tuple[str, ...] = ()


def installs_of(parsed: ParsedCell) -> tuple[Install, ...]:
    """Return every command of a cell that installs something, in order of position."""
    source = parsed.cell.source
    if "install" not in source and " add " not in source:
        return ()
    return tuple(sorted(_installs(parsed), key=lambda install: install.span))


def _installs(parsed: ParsedCell) -> Iterator[Install]:
    cell = parsed.cell.index
    for magic in parsed.magics:
        span = Span(cell, magic.start, magic.end)
        yield from installs_in(magic.text, span)
        if magic is parsed.cell_magic and magic.name in SHELL_CELLS:
            yield from _installs_in_body(parsed.cell.source, span)
    for node in parsed.nodes:
        if isinstance(node, ast.Call):
            yield from _installs_in_call(node, parsed)


def _installs_in_body(source: str, header: Span) -> Iterator[Install]:
    """Yield what the lines of a `%%bash` cell install."""
    for match in re.finditer(r"(?:[^\n\\]|\\.|\\\n)+", source[header.end :], re.DOTALL):
        line = match[0]
        if "install" in line or " add " in line:
            start = header.end + match.start() + len(line) - len(line.lstrip())
            span = Span(header.cell, start, header.end + match.end())
            yield from installs_in(f"!{line.strip()}", span)


def _installs_in_call(node: ast.Call, parsed: ParsedCell) -> Iterator[Install]:
    """Yield what a call such as `subprocess.run([sys.executable, "-m", "pip", …])` installs."""
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name not in _RUNNERS or not node.args:
        return
    words = [word for argument in node.args for word in _words_of(argument)]
    if name == "main":
        words.insert(0, "pip")
    sign = "%" if name in ("run_line_magic", "main") else "!"
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
    start = parsed.offset(node.lineno, node.col_offset)
    span = Span(parsed.cell.index, start, parsed.offset(end_line, end_column))
    yield from installs_in(sign + " ".join(words), span)


def _words_of(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, (ast.List, ast.Tuple)):
        for element in node.elts:
            yield from _words_of(element)
    elif dotted_name(node) == "sys.executable":
        yield "{sys.executable}"
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            str(part.value)
            if isinstance(part, ast.Constant)
            else "{" + ast.unparse(part).strip("f'\"{}") + "}"
            for part in node.values
        )


def installs_in(text: str, span: Span = _NOWHERE) -> list[Install]:
    """Return what one shell line or magic installs.

    Args:
        text: the line with its sign (``!``, ``%``), or without it for an automatic magic.
        span: where it is, for the result.
    """
    bare = text.lstrip("!%").lstrip()
    is_shell = text.startswith("!")
    try:
        words = shlex.split(bare.replace("\\\n", " "), comments=True)
    except ValueError:
        words = bare.split()
        commands = [(words, False)]
    else:
        commands = list(_commands(words))
    alone = len(commands) == 1
    found = []
    for command, is_piped in commands:
        install = _install(command, is_shell=is_shell, is_whole=alone or is_piped, span=span)
        if install is not None:
            found.append(install)
    return (
        found if not _is_unclosed(bare) else [install._replace(is_whole=False) for install in found]
    )


def runs_manager(text: str) -> bool:
    """Whether a shell line starts a package manager, to install something or for another end."""
    return _manager(text.lstrip("!%").split())[0] is not None


def _is_unclosed(text: str) -> bool:
    try:
        shlex.split(text.replace("\\\n", " "), comments=True)
    except ValueError:
        return True
    return False


def _commands(words: Sequence[str]) -> Iterator[tuple[list[str], bool]]:
    """Cut words at the operators of the shell; with each command whether the rest only reads it.

    What is after a pipe reads what the first command prints: that changes nothing.
    """
    command: list[str] = []
    cuts: list[tuple[list[str], str]] = []
    for word in words:
        ends = word.endswith(";") and word != ";"
        if word in _SEPARATORS or ends:
            if ends:
                command.append(word[:-1])
            cuts.append((command, ";" if ends else word))
            command = []
        else:
            command.append(word)
    cuts.append((command, ""))
    for place, (command, _) in enumerate(cuts):
        operators = {operator for _, operator in cuts[place:] if operator}
        yield command, place == 0 and operators <= {"|"}


def _install(words: Sequence[str], *, is_shell: bool, is_whole: bool, span: Span) -> Install | None:
    """Return what a simple command installs; None if it is another command."""
    manager, python, rest = _manager(words)
    if manager is None:
        return None
    if manager == "uv" and rest[:1] == ["pip"]:
        rest = rest[1:]
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in _WITH_VALUE else rest[1:]
    if not rest or rest[0] not in _VERBS[manager]:
        return None
    requirements, is_understood = _requirements(rest[1:], manager)
    is_whole = is_whole and is_understood
    addressed = tuple(_addressed(rest[1:]))
    return Install(manager, tuple(requirements), is_shell, python, is_whole, span, addressed)


def _addressed(words: Sequence[str]) -> Iterator[str]:
    """The names of what arguments take from an address or a folder."""
    for before, word in zip(("", *words), words, strict=False):
        if before in _WITH_VALUE and before not in ("-e", "--editable"):
            continue
        if "/" in word and not word.startswith("-") and "::" not in word:
            name = name_required(word)
            if name is not None:
                yield name


def _manager(words: Sequence[str]) -> tuple[str | None, str, list[str]]:
    """Return the package manager that a command runs, the Python that runs it, and the rest."""
    rest = list(words)
    python = ""
    while rest and (_ASSIGNMENT.match(rest[0]) or rest[0] in _WRAPPERS or rest[0].startswith("-")):
        rest.pop(0)
    if rest and _PYTHON.match(rest[0]):
        python = rest[0]
        if "-m" not in rest:
            return None, python, rest
        rest = rest[rest.index("-m") + 1 :]
    manager = _MANAGERS.get(rest[0].rpartition("/")[2]) if rest else None
    return manager, python, rest[1:]


def _requirements(words: Sequence[str], manager: str) -> tuple[list[Requirement], bool]:
    """Return the distributions among the arguments, and whether they are all that is asked."""
    pattern = _CONDA_REQUIREMENT if manager in _LIKE_CONDA else _REQUIREMENT
    found: list[Requirement] = []
    is_understood = True
    rest = iter(words)
    for word in rest:
        if _REDIRECTION.match(word):
            if _REDIRECTION.fullmatch(word) and word != "2>&1":
                next(rest, None)
            continue
        if word.startswith("-"):
            is_understood = is_understood and bool(_MANNER.match(word))
            if word in _WITH_VALUE:
                next(rest, None)
            continue
        match = pattern.fullmatch(word)
        if match is None:
            is_understood = False
            continue
        found.append(Requirement(match[1], re.sub(r"\s+", "", word), bool(match[2])))
    return found, is_understood and bool(found)
