"""A merge request on GitLab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from nbprod.errors import UsageError
from nbprod.forge.fences import fenced
from nbprod.forge.http import ApiError, Client
from nbprod.forge.types import Comment, LineComment

__all__ = ["GitLab", "gitlab_of"]


def gitlab_of(environment: Mapping[str, str], number: int | None) -> GitLab:
    """The merge request that a pipeline is about.

    Args:
        environment: the variables of the process.
        number: the number of the merge request; None for that of the pipeline.

    Raises:
        UsageError: a variable is missing.
    """
    token = environment.get("GITLAB_TOKEN")
    if not token:
        raise UsageError("--gitlab needs a token with the scope api in GITLAB_TOKEN")
    project = environment.get("CI_PROJECT_ID") or environment.get("CI_PROJECT_PATH")
    if not project:
        raise UsageError("--gitlab needs CI_PROJECT_ID")
    given = environment.get("CI_MERGE_REQUEST_IID", "")
    number = number or (int(given) if given.isdecimal() else None)
    if number is None:
        raise UsageError("--gitlab needs --number: this is not the pipeline of a merge request")
    base = environment.get("CI_API_V4_URL") or "https://gitlab.com/api/v4"
    client = Client(base, {"PRIVATE-TOKEN": token}, token)
    return GitLab(client, f"projects/{quote(project, safe='')}/merge_requests/{number}")


class GitLab:
    """One merge request."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._path = path
        self._notes: list[tuple[bool, Comment]] | None = None

    def comments(self) -> list[Comment]:
        """The comments that the owner of the token has written."""
        return [comment for on_line, comment in self._own() if not on_line]

    def create(self, body: str) -> None:
        """Write a comment."""
        self._client.send("POST", f"{self._path}/notes", {"body": body})

    def update(self, comment: Comment, body: str) -> None:
        """Replace the text of a comment."""
        self._client.send("PUT", f"{self._path}/notes/{comment.id}", {"body": body})

    def line_comments(self) -> list[Comment]:
        """The comments on lines that the owner of the token has written."""
        return [comment for on_line, comment in self._own() if on_line]

    def suggest(self, comments: list[LineComment]) -> None:
        """Write comments on lines."""
        request = self._client.get(self._path)
        refs = request.get("diff_refs") if isinstance(request, dict) else None
        if not isinstance(refs, dict):
            raise ApiError("the merge request has no diff yet; run this again")
        for comment in comments:
            position = {
                **{key: refs.get(key) for key in ("base_sha", "start_sha", "head_sha")},
                "position_type": "text",
                "new_path": comment.path,
                "old_path": comment.path,
                "new_line": comment.line,
            }
            content: dict[str, Any] = {"body": comment.body, "position": position}
            self._client.send("POST", f"{self._path}/discussions", content)

    def suggestion(self, text: str) -> str:
        """A line in place of the one that a comment is on."""
        return fenced(text, "suggestion:-0+0")

    def _own(self) -> list[tuple[bool, Comment]]:
        """The comments of the owner of the token, and whether each is on a line."""
        if self._notes is None:
            name = self._client.get("user").get("username")
            self._notes = [
                (note.get("type") == "DiffNote", Comment(str(note.get("id")), note["body"]))
                for note in self._client.pages(f"{self._path}/notes?per_page=100")
                if isinstance(note.get("body"), str)
                and not note.get("system")
                and (note.get("author") or {}).get("username") == name
            ]
        return self._notes
