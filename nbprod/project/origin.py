"""Where the nbprod that runs was installed from, as pip writes it down (PEP 610)."""

from __future__ import annotations

import json
import re

from nbprod.patterns import lazy_pattern

__all__ = ["installed_from", "vcs_source_of"]

_URL = lazy_pattern(r"(?:https|ssh)://[\w.-]+(?::\d+)?/[\w./~+-]+\Z")


def installed_from() -> str | None:
    """What pip needs to install the same nbprod elsewhere; None for a directory of this machine.

    A URL with a user or a password in it cannot be printed.
    """
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        document = json.loads(distribution("nbprod").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return None
    return vcs_source_of(document)


def vcs_source_of(document: object) -> str | None:
    """What a `direct_url.json` says, if it names a commit of a repository."""
    if not isinstance(document, dict):
        return None
    url, vcs = document.get("url"), document.get("vcs_info")
    if not isinstance(url, str) or not _URL.match(url) or not isinstance(vcs, dict):
        return None
    commit = vcs.get("commit_id")
    if vcs.get("vcs") != "git" or not re.fullmatch(r"[0-9a-f]{40,64}", str(commit)):
        return None
    return f"nbprod @ git+{url}@{commit}"
