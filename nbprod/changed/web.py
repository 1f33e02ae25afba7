"""The page of a file on the forge that a repository was cloned from. Pure.

The address of a clone is text that somebody else may have written: only its host and its path are
taken over, and only where they are plain. A user name or a token in it never is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from nbprod.patterns import lazy_pattern

__all__ = ["ForgeRepository", "forge_of"]

_LONGEST = 500
_WITH_COLON = lazy_pattern(r"(?:[^\s@/:]+@)?([^\s@/:]+):(?!/)(\S+)\Z")
_HOST = lazy_pattern(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]*[a-z0-9])+\Z")
_PART = lazy_pattern(r"(?!\.{1,2}\Z)[A-Za-z0-9._~-]{1,100}\Z")
_COMMIT = lazy_pattern(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_SERVERS = (("GitHub", "GITHUB_SERVER_URL"), ("GitLab", "CI_SERVER_URL"))


class ForgeRepository(NamedTuple):
    """A repository on a forge: the kind of forge, its host, the path of the repository."""

    name: str
    host: str
    path: str

    def page(self, commit: str, path: str) -> str | None:
        """The address of a file at a commit; None if either is not what Git names so."""
        inside = not path.startswith(("/", "../")) and path != ".."
        if not _COMMIT.match(commit) or not inside or len(path) > _LONGEST:
            return None
        blob = "-/blob" if self.name == "GitLab" else "blob"
        # What is not text is escaped byte by byte, as it is in the repository.
        data = path.encode("utf-8", "surrogateescape")
        return f"https://{self.host}/{self.path}/{blob}/{commit}/{quote(data, safe='/')}"


def forge_of(remote: str, environment: Mapping[str, str]) -> ForgeRepository | None:
    """The forge that a remote's address names; None if it is not GitHub or GitLab.

    Args:
        remote: as Git has it: `https://`, `ssh://`, `git://`, or `user@host:path`.
        environment: variables of the process; CI names a server of one's own in them.
    """
    host, path = _host_and_path(remote)
    parts = path.strip("/").removesuffix(".git").split("/")
    if not _HOST.match(host) or len(parts) < 2 or not all(map(_PART.match, parts)):
        return None
    name = _forge_name(host, environment)
    if name is None or (name == "GitHub" and len(parts) != 2):
        return None
    return ForgeRepository(name, host, "/".join(parts))


def _host_and_path(remote: str) -> tuple[str, str]:
    """The host in lower case and the path of an address; both empty for what is not one."""
    if len(remote) > _LONGEST:
        return "", ""
    if "://" not in remote:
        found = _WITH_COLON.match(remote)
        return (found[1].lower(), found[2]) if found else ("", "")
    try:
        address = urlsplit(remote)
        host, port = address.hostname or "", address.port
    except ValueError:
        return "", ""
    if address.scheme not in ("https", "http", "ssh", "git") or address.query or address.fragment:
        return "", ""
    # The pages are at the usual port, or it is not said where.
    is_usual = port in (None, 443) or address.scheme in ("ssh", "git")
    return (host, address.path) if is_usual else ("", "")


def _forge_name(host: str, environment: Mapping[str, str]) -> str | None:
    for name, variable in _SERVERS:
        if host == f"{name.lower()}.com" or host.startswith(f"{name.lower()}."):
            return name
        if host == _host_and_path(environment.get(variable, ""))[0]:
            return name
    return None
