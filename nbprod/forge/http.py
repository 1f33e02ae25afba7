"""Requests to the API of a forge: JSON, pages, limits of rates. The token goes to one host only."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from nbprod.errors import NbprodError
from nbprod.patterns import lazy_pattern

__all__ = ["ApiError", "Client"]

_NEXT = lazy_pattern(r'<([^<>]+)>\s*;[^,]*\brel="next"')
_LOCAL = ("localhost", "127.0.0.1", "::1")
_MOST_PAGES = 100
_MOST_BYTES = 50_000_000
_MOST_TRIES = 4
_LONGEST_WAIT = 60.0
_SECONDS = 30.0


class ApiError(NbprodError):
    """The forge refuses a request, or does not answer; ``status`` is 0 in the second case."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    content: Any


class _NoRedirects(HTTPRedirectHandler):
    """A redirect is an answer: following it would hand the token to another place."""

    def redirect_request(self, *_given: Any, **_named: Any) -> None:
        return None


class Client:
    """Speaks to one API.

    Args:
        base: its address, `https` unless it is this machine.
        headers: those of each request; they hold the token.
        token: is cut out of all messages.
        sleep: waits so many seconds.

    Raises:
        ApiError: the address is not one that a token may be sent to.
    """

    def __init__(
        self,
        base: str,
        headers: Mapping[str, str],
        token: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(base)
        is_local = parts.scheme == "http" and parts.hostname in _LOCAL
        if (parts.scheme != "https" and not is_local) or not parts.netloc or parts.username:
            raise ApiError(f"{self._clean(base, token)} is not an https address of an API")
        self._base = base.rstrip("/") + "/"
        self._headers = headers
        self._token = token
        self._sleep = sleep
        self._opener: OpenerDirector = build_opener(_NoRedirects)

    def get(self, path: str) -> Any:
        """What is at a path of the API."""
        return self._asked("GET", self._address(path), None).content

    def pages(self, path: str) -> Iterator[Any]:
        """The entries of a list, page by page.

        Raises:
            ApiError: a request is refused.
        """
        address: str | None = self._address(path)
        for _ in range(_MOST_PAGES):
            if address is None:
                return
            answer = self._asked("GET", address, None)
            if not isinstance(answer.content, list):
                raise ApiError(f"{self._shown(address)}: the answer is not a list")
            yield from answer.content
            address = self._next(address, answer.headers.get("link", ""))

    def send(self, method: str, path: str, content: Mapping[str, Any]) -> Any:
        """Create or change something."""
        return self._asked(method, self._address(path), content).content

    def _address(self, path: str) -> str:
        return self._base + path.lstrip("/")

    def _next(self, address: str, link: str) -> str | None:
        found = _NEXT.search(link)
        if found is None:
            return None
        following = str(urljoin(address, found[1]))
        if urlsplit(following)[:2] != urlsplit(self._base)[:2]:
            raise ApiError(f"{self._shown(address)}: the next page is on another host")
        return following

    def _asked(self, method: str, address: str, content: Mapping[str, Any] | None) -> _Answer:
        for tries in range(1, _MOST_TRIES + 1):
            answer = self._once(method, address, content)
            if answer.status < 300:
                return answer
            wait = _wait(answer, tries)
            if wait is None or tries == _MOST_TRIES:
                raise self._refused(method, address, answer)
            if wait > _LONGEST_WAIT:
                text = f"limit of rates: wait {int(wait)} seconds, then run this again"
                raise ApiError(text, answer.status)
            self._sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _once(self, method: str, address: str, content: Mapping[str, Any] | None) -> _Answer:
        data = None if content is None else json.dumps(content).encode()
        headers = {"User-Agent": "nbprod", **self._headers}
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = Request(address, data, headers, method=method)
        try:
            with self._opener.open(request, timeout=_SECONDS) as response:
                return _answer(response.status, response.headers, response.read(_MOST_BYTES))
        except HTTPError as error:
            with error:
                return _answer(error.code, error.headers, error.read(_MOST_BYTES))
        except (URLError, OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or type(error).__name__
            text = f"{self._shown(address)} does not answer: {self._clean(str(reason))}"
            raise ApiError(text) from None

    def _refused(self, method: str, address: str, answer: _Answer) -> ApiError:
        said = answer.content.get("message") if isinstance(answer.content, dict) else None
        reason = self._clean(str(said or "no reason given"))[:300]
        where = f"{method} {self._shown(address)}"
        return ApiError(f"{where}: {answer.status}: {reason}", answer.status)

    def _shown(self, address: str) -> str:
        return self._clean(address.partition("?")[0])

    def _clean(self, text: str, token: str = "") -> str:
        hidden = token or self._token
        return text.replace(hidden, "***") if hidden else text


def _answer(status: int, headers: Any, data: bytes) -> _Answer:
    found = {key.lower(): value for key, value in headers.items()}
    try:
        content = json.loads(data) if data else None
    except ValueError:
        content = None
        status = status if status >= 300 else 502
    return _Answer(status, found, content)


def _wait(answer: _Answer, tries: int) -> float | None:
    """How long to wait before another try; None where another one is of no use."""
    headers = answer.headers
    limited = answer.status == 429 or (
        answer.status == 403
        and ("retry-after" in headers or headers.get("x-ratelimit-remaining") == "0")
    )
    if limited:
        after = _number(headers.get("retry-after"))
        reset = _number(headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset"))
        if after is None and reset is not None:
            after = reset - time.time()
        return max(after, 0.0) if after is not None else float(2**tries)
    return float(2 ** (tries - 1)) if answer.status in (500, 502, 503, 504) else None


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
