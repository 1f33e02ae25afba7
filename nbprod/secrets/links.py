"""Links that are signed for a while, and those of a web page: what is in them opens little."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from nbprod.patterns import lazy_pattern

__all__ = ["in_temporary_link", "length_of_argument", "opens_little"]

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
# An attribute of a page's markup that holds a link, up to where the link begins.
_ATTRIBUTE = lazy_pattern(
    r"\b(?:href|src|action|formaction|data-\w+)\s*=\s*\\?[\"']?\Z", re.IGNORECASE
)
# An argument of a link ends at the next one, which need not have a value.
_NEXT = lazy_pattern(r"&|#")
_ARGUMENT = lazy_pattern(r"https?://[^\s\"'<>]*[?&;][\w.\-]+=\Z")
_WEEK = timedelta(days=7)


def in_temporary_link(line: str, start: int, end: int) -> bool:
    """Whether a part of a line is an argument of a link that was signed, or of a local server."""
    if "://" not in line and "?" not in line:
        return False
    first = _start_of(line, start)
    following = _END.search(line, end)
    link = line[first : following.start() if following else len(line)].replace("&amp;", "&")
    if "?" not in link[: start - first]:
        return False
    if _LOCAL.search(link) or _SIGNED.search(link):
        return True
    if _EXPIRES.search(link) and _SIGNATURE.search(link):
        return True
    return _is_short(link)


def opens_little(line: str, start: int, end: int, name: str) -> bool:
    """Whether a value is an argument of a temporary link, or a page's own `token` in its links.

    Whoever is sent the page gets those: they are a site's, of redirects and forms.
    """
    if in_temporary_link(line, start, end):
        return True
    first = _start_of(line, start)
    if name.lower() != "token" or line.find("?", first, start) < 0:
        return False
    return bool(_ATTRIBUTE.search(line[max(0, first - 40) : first]))


def length_of_argument(line: str, start: int, length: int) -> int:
    """How long a value is: in the query of a link up to the next argument."""
    if not _ARGUMENT.search(line[max(0, start - _LONGEST) : start]):
        return length
    following = _NEXT.search(line, start, start + length)
    return following.start() - start if following else length


def _start_of(line: str, at: int) -> int:
    """Where the link begins in which a place is."""
    first = at
    while first > max(0, at - _LONGEST) and not _END.match(line[first - 1]):
        first -= 1
    return first


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
