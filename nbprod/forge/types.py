"""What a forge is asked: comments of a request, and suggestions on its lines."""

from __future__ import annotations

from typing import NamedTuple, Protocol

__all__ = ["Comment", "Forge", "LineComment", "comment_mark", "suggestion_mark"]


class Comment(NamedTuple):
    """A comment: its id, its text, and the name of its author."""

    id: str
    body: str


class LineComment(NamedTuple):
    """A comment on a line of a file, from 1, as it is after the change."""

    path: str
    line: int
    body: str


class Forge(Protocol):
    """A pull or merge request on a forge. Each method may raise `ApiError`."""

    def comments(self) -> list[Comment]:
        """The comments that the owner of the token has written."""
        ...

    def create(self, body: str) -> None:
        """Write a comment."""
        ...

    def update(self, comment: Comment, body: str) -> None:
        """Replace the text of a comment."""
        ...

    def line_comments(self) -> list[Comment]:
        """The comments on lines that the owner of the token has written."""
        ...

    def suggest(self, comments: list[LineComment]) -> None:
        """Write comments on lines."""
        ...

    def suggestion(self, text: str) -> str:
        """A line in place of the one that a comment is on, as a block of Markdown."""
        ...


def comment_mark(key: str) -> str:
    """The hidden first line of the comment with a key."""
    return f"<!-- nbprod review: {key} -->"


def suggestion_mark(key: str, fingerprint: str) -> str:
    """The hidden first line of the suggestion for a finding."""
    return f"<!-- nbprod suggestion: {key} {fingerprint} -->"
