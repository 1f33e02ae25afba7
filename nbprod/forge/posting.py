"""The one comment with a key is written, updated or left; suggestions are written once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from nbprod.forge.http import ApiError
from nbprod.forge.suggestions import MOST_SUGGESTIONS, LineFix, suggestion_text
from nbprod.forge.types import Forge, LineComment, comment_mark, suggestion_mark

__all__ = ["Outcome", "marked", "post_comment", "post_suggestions"]

Outcome = Literal["created", "updated", "unchanged", "not needed"]
_FORBIDDEN = (
    "; the token may not write there: give the job `pull-requests: write` on GitHub, or a token"
    " with the scope api on GitLab"
)


def marked(text: str, key: str) -> str:
    """A text that is found again: its first line is the mark of the key, in place of another."""
    first, _, rest = text.partition("\n")
    body = rest if first.startswith("<!-- nbprod") else text
    return f"{comment_mark(key)}\n{body}"


def post_comment(forge: Forge, key: str, text: str, *, is_needed: bool = True) -> Outcome:
    """Write the comment with a key, or update the one that is there.

    Args:
        forge: the request.
        key: tells this comment from other ones of nbprod.
        text: what it is to say.
        is_needed: False where a comment that says so little is not written anew.

    Raises:
        ApiError: the forge refuses it.
    """
    body = marked(text, key)
    mark = comment_mark(key)
    try:
        for comment in forge.comments():
            # Forges may change line breaks and blanks at the end.
            there = comment.body.replace("\r\n", "\n")
            if there.split("\n")[0].strip() != mark:
                continue
            if there.rstrip() == body.rstrip():
                return "unchanged"
            forge.update(comment, body)
            return "updated"
        if not is_needed:
            return "not needed"
        forge.create(body)
        return "created"
    except ApiError as error:
        raise _explained(error) from None


def post_suggestions(forge: Forge, key: str, fixes: Sequence[tuple[str, LineFix]]) -> int:
    """Suggest changes that were not suggested before; returns how many.

    Args:
        forge: the request.
        key: as for the comment.
        fixes: each with the path of its file in the repository.

    Raises:
        ApiError: the forge refuses it.
    """
    wanted = []
    for path, fix in fixes[:MOST_SUGGESTIONS]:
        mark = suggestion_mark(key, fix.finding.fingerprint)
        text = f"{mark}\n{suggestion_text(fix.finding)}\n\n{forge.suggestion(fix.text)}\n"
        wanted.append((mark, LineComment(path, fix.line, text)))
    if not wanted:
        return 0
    try:
        known = {comment.body.split("\n")[0].strip() for comment in forge.line_comments()}
        new = [comment for mark, comment in wanted if mark not in known]
        if new:
            forge.suggest(new)
    except ApiError as error:
        raise _explained(error) from None
    return len(new)


def _explained(error: ApiError) -> ApiError:
    text = f"{error}{_FORBIDDEN}" if error.status in (401, 403) else str(error)
    return ApiError(text, error.status)
