"""A pull request on GitHub, or on a server of GitHub Enterprise."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from nbprod.errors import UsageError
from nbprod.forge.fences import fenced
from nbprod.forge.http import ApiError, Client
from nbprod.forge.types import Comment, LineComment
from nbprod.patterns import lazy_pattern

__all__ = ["GitHub", "github_of"]

_REF = lazy_pattern(r"refs/pull/(\d+)/")
_REPOSITORY = lazy_pattern(r"[\w.-]+/[\w.-]+\Z")


def github_of(
    environment: Mapping[str, str], number: int | None, read: Callable[[str], str]
) -> GitHub:
    """The pull request that a workflow is about.

    Args:
        environment: the variables of the process.
        number: the number of the pull request; None for that of the workflow.
        read: the text of a file.

    Raises:
        UsageError: a variable is missing.
    """
    token = environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN")
    repository = environment.get("GITHUB_REPOSITORY", "")
    if not token:
        raise UsageError("--github needs a token in GITHUB_TOKEN")
    if not _REPOSITORY.match(repository):
        raise UsageError("--github needs GITHUB_REPOSITORY, as in owner/name")
    number = number or _number(environment, read)
    if number is None:
        raise UsageError("--github needs --number: this is not the workflow of a pull request")
    base = environment.get("GITHUB_API_URL") or "https://api.github.com"
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    return GitHub(Client(base, headers, token), f"repos/{repository}", number)


def _number(environment: Mapping[str, str], read: Callable[[str], str]) -> int | None:
    ref = _REF.match(environment.get("GITHUB_REF", ""))
    if ref is not None:
        return int(ref[1])
    path = environment.get("GITHUB_EVENT_PATH")
    if not path:
        return None
    try:
        event = json.loads(read(path))
    except (OSError, ValueError):
        return None
    found = event.get("pull_request", event.get("issue")) if isinstance(event, dict) else None
    number = found.get("number") if isinstance(found, dict) else None
    return number if isinstance(number, int) else None


class GitHub:
    """One pull request."""

    def __init__(self, client: Client, repository: str, number: int) -> None:
        self._client = client
        self._repository = repository
        self._number = number
        self._login: str | None = None

    def comments(self) -> list[Comment]:
        """The comments that the owner of the token has written."""
        return self._own(f"{self._repository}/issues/{self._number}/comments?per_page=100")

    def create(self, body: str) -> None:
        """Write a comment."""
        path = f"{self._repository}/issues/{self._number}/comments"
        self._client.send("POST", path, {"body": body})

    def update(self, comment: Comment, body: str) -> None:
        """Replace the text of a comment."""
        path = f"{self._repository}/issues/comments/{comment.id}"
        self._client.send("PATCH", path, {"body": body})

    def line_comments(self) -> list[Comment]:
        """The comments on lines that the owner of the token has written."""
        return self._own(f"{self._repository}/pulls/{self._number}/comments?per_page=100")

    def suggest(self, comments: list[LineComment]) -> None:
        """Write comments on lines, as one review."""
        lines = [
            {"path": comment.path, "line": comment.line, "side": "RIGHT", "body": comment.body}
            for comment in comments
        ]
        path = f"{self._repository}/pulls/{self._number}/reviews"
        self._client.send("POST", path, {"event": "COMMENT", "comments": lines})

    def suggestion(self, text: str) -> str:
        """A line in place of the one that a comment is on."""
        return fenced(text, "suggestion")

    def _own(self, path: str) -> list[Comment]:
        found = []
        for entry in self._client.pages(path):
            body, author = entry.get("body"), entry.get("user") or {}
            if isinstance(body, str) and self._is_own(author):
                found.append(Comment(str(entry.get("id")), body))
        return found

    def _is_own(self, author: Mapping[str, Any]) -> bool:
        """Whether an author has our token; an app cannot ask who it is, but it is a bot."""
        if self._login is None:
            try:
                self._login = str(self._client.get("user").get("login"))
            except ApiError as error:
                if error.status not in (401, 403, 404):
                    raise
                self._login = ""
        if self._login:
            return author.get("login") == self._login
        return author.get("type") == "Bot"
