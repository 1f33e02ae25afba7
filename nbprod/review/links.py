"""Links from a report to the files on the forge: asks git."""

from __future__ import annotations

import os
from collections.abc import Iterable

from nbprod.changed.git import Repository
from nbprod.changed.web import ForgeRepository, forge_of
from nbprod.errors import UsageError
from nbprod.review.types import ForgeLink

__all__ = ["Links"]


class Links:
    """The pages of notebooks on the forge of the repository that holds the working directory.

    Args:
        paths: the notebooks that links are asked for.

    Without git, a repository, a commit or a forge there are no links, which is no error.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._forge: ForgeRepository | None = None
        try:
            self._head = Repository.at("HEAD", "report")
            remote = self._head.remote()
            self._forge = forge_of(remote, os.environ) if remote else None
            # What is not committed is on no forge.
            self._edited = self._head.changed(paths) if self._forge is not None else {}
        except UsageError:
            self._forge = None

    def now(self, path: str) -> ForgeLink | None:
        """The page of a file as it is, if the last commit has it so."""
        if self._forge is None or path in self._edited:
            return None
        return self.at(self._head.base, self._head.name(path))

    def at(self, commit: str, name: str) -> ForgeLink | None:
        """The page of a file of the repository at a commit."""
        if self._forge is None:
            return None
        page = self._forge.page(commit, name)
        return ForgeLink(self._forge.host, page) if page is not None else None
