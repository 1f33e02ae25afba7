"""What one line of a cell installs by pip. Pure."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from nbprod.libraries.distributions import normalised

__all__ = ["Install", "Requirement", "install_of"]

_INSTALL = re.compile(
    r"[!%]{1,2}\s*(?:sudo\s+)?(?:\S*(?:python|executable)\S*\s+-m\s+)?pip3?\s+install\s+(.+)",
    re.DOTALL,
)
_VERSION = r"\s*(?:===|==|~=|!=|<=|>=|<|>)\s*\d[\w.*+!\-]*\s*"
_REQUIREMENT = re.compile(
    r"([A-Za-z0-9](?:[\w.\-]*[A-Za-z0-9])?)(?:\[[\w\-., ]*\])?"
    rf"({_VERSION}(?:,{_VERSION})*)?"
)
# What installs is no dependency of what is installed.
_INSTALLERS = frozenset(["pip", "setuptools", "wheel"])
# Options that change how it is installed or what is said of it, not what.
_MANNER = re.compile(
    r"-[qUvI]+\Z|--(?:quiet|upgrade|user|verbose|no-cache-dir|force-reinstall|ignore-installed|"
    r"disable-pip-version-check|no-warn-script-location|no-warn-conflicts|break-system-packages|"
    r"no-input|progress-bar=\w+|root-user-action=\w+|upgrade-strategy=[\w-]+)\Z"
)
# From here on the line is about what is printed.
_QUIETING = re.compile(r"(?:[12&]?>>?\S*|\||2>&1)\Z")


class Requirement(NamedTuple):
    """A distribution that is asked for: the ``text`` as written, with extras and versions."""

    name: str
    text: str
    has_version: bool

    @property
    def key(self) -> str:
        """The one spelling of its name."""
        return normalised(self.name)


class Install(NamedTuple):
    """What a line installs; ``is_whole``: the requirements say all that it does."""

    requirements: tuple[Requirement, ...]
    is_whole: bool


def install_of(line: str) -> Install | None:
    """What a line such as ``%pip install x==1.2`` installs, None if it is no such line."""
    match = _INSTALL.match(line.strip())
    if match is None:
        return None
    try:
        words = shlex.split(match[1].replace("\\\n", " "), comments=True)
    except ValueError:
        return Install((), False)
    found: list[Requirement] = []
    names = 0
    for place, word in enumerate(words):
        if _QUIETING.match(word):
            # Into a pipe goes what is said; behind any other sign there is another command.
            return Install(tuple(found), not {"&&", "||", ";", "&"} & set(words[place:]))
        if _MANNER.match(word):
            continue
        required = _REQUIREMENT.fullmatch(word)
        if required is None:
            return Install(tuple(found), False)
        names += 1
        if required[2] or required[1] not in _INSTALLERS:
            text = re.sub(r"\s+", "", word)
            found.append(Requirement(required[1], text, bool(required[2])))
    return Install(tuple(found), bool(names))
