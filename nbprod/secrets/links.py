"""Links that are signed for a while: what is in them opens one file, and soon nothing."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from nbprod.patterns import lazy_pattern

__all__ = ["in_temporary_link"]

_SIGNED = lazy_pattern(
    r"[?&;](?:X-(?:Amz|Goog|Oss|Tos|Bce)-\w+|AWSAccessKeyId|GoogleAccessId|OSSAccessKeyId|Key-Pair-Id"
    r"|skoid)(?:=|%3D)",
    re.IGNORECASE,
)
_EXPIRES = lazy_pattern(r"[?&;](?:Expires|exp|x-expires|expires_?(?:at|in))=\d", re.IGNORECASE)
_SIGNATURE = lazy_pattern(r"[?&;](?:Signature|sig|sign|hmac|Policy|token)=", re.IGNORECASE)
_FROM = lazy_pattern(r"[?&;]st=(\d{4}-\d\d-\d\d)")
_UNTIL = lazy_pattern(r"[?&;]se=(\d{4}-\d\d-\d\d)")
_LOCAL = lazy_pattern(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::\d+)?/", re.I)
_END = lazy_pattern(r"[\s\"'<>`\\]")
_LONGEST = 4000
_WEEK = timedelta(days=7)


def in_temporary_link(line: str, start: int, end: int) -> bool:
    """Whether a part of a line is an argument of a link that was signed, or of a local server."""
    if "://" not in line and "?" not in line:
        return False
    first = start
    while first > max(0, start - _LONGEST) and not _END.match(line[first - 1]):
        first -= 1
    following = _END.search(line, end)
    link = line[first : following.start() if following else len(line)].replace("&amp;", "&")
    if "?" not in link[: start - first]:
        return False
    if _LOCAL.search(link) or _SIGNED.search(link):
        return True
    if _EXPIRES.search(link) and _SIGNATURE.search(link):
        return True
    return _is_short(link)


def _is_short(link: str) -> bool:
    """Whether a shared access signature holds for a week at most."""
    start, end = _FROM.search(link), _UNTIL.search(link)
    if start is None or end is None:
        return False
    try:
        days = datetime.fromisoformat(end[1]) - datetime.fromisoformat(start[1])
    except ValueError:
        return False
    return days <= _WEEK
