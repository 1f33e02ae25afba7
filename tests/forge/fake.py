"""Fakes of the two APIs as local servers: what is asked of them, and what they hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.loopback import serving_on_loopback

__all__ = ["TOKEN", "FakeForge", "serving"]

TOKEN = "secret-token-of-ci-8f3a91"
ME = "nbprod-bot"


class FakeForge:
    """Comments of one request. ``answers`` are (status, headers, content) that come first."""

    def __init__(self, kind: str, *, may_ask_who: bool = True) -> None:
        self.kind = kind
        self.may_ask_who = may_ask_who
        self.comments: list[dict[str, Any]] = []
        self.line_comments: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, Any]] = []
        self.answers: list[tuple[int, dict[str, str], Any]] = []
        self.forbids_writing = False
        self.url = ""
        self.elsewhere = ""

    def add(self, body: str, author: str = "someone", *, bot: bool = False) -> dict[str, Any]:
        """A comment that is there already."""
        number = 1000 + len(self.comments)
        comment: dict[str, Any] = {"id": number, "body": body}
        if self.kind == "github":
            comment["user"] = {"login": author, "type": "Bot" if bot else "User"}
        else:
            comment |= {"author": {"username": author}, "system": False, "type": None}
        self.comments.append(comment)
        return comment

    @property
    def own(self) -> list[str]:
        """The bodies of our comments."""
        key = "user" if self.kind == "github" else "author"
        return [one["body"] for one in self.comments if ME in one[key].values()]

    @property
    def writes(self) -> list[tuple[str, str]]:
        """The requests that change something."""
        return [(method, path) for method, path, _ in self.requests if method != "GET"]

    def answer(self, method: str, path: str, content: Any) -> tuple[int, dict[str, str], Any]:
        """The answer to a request with our token."""
        self.requests.append((method, path, content))
        if self.answers:
            return self.answers.pop(0)
        if method != "GET" and self.forbids_writing:
            return 403, {}, {"message": f"Resource not accessible by {TOKEN}"}
        route = urlsplit(path).path
        if route.endswith("/user") or route == "/user":
            if not self.may_ask_who:
                return 403, {}, {"message": "Resource not accessible by integration"}
            return 200, {}, {"login": ME, "username": ME}
        if self.kind == "github":
            return self._github(method, path, route, content)
        return self._gitlab(method, path, route, content)

    def _github(
        self, method: str, path: str, route: str, content: Any
    ) -> tuple[int, dict[str, str], Any]:
        edited = re.fullmatch(r"/repos/o/r/issues/comments/(\d+)", route)
        if edited and method == "PATCH":
            return self._edit(int(edited[1]), content)
        if route == "/repos/o/r/issues/7/comments":
            if method == "GET":
                return self._page(path, self.comments)
            return 201, {}, self.add(content["body"], ME, bot=True)
        if route == "/repos/o/r/pulls/7/comments" and method == "GET":
            return self._page(path, self.line_comments)
        if route == "/repos/o/r/pulls/7/reviews" and method == "POST":
            for comment in content["comments"]:
                self.line_comments.append(
                    {**comment, "id": 1, "user": {"login": ME, "type": "Bot"}}
                )
            return 200, {}, {}
        return 404, {}, {"message": "Not Found"}

    def _gitlab(
        self, method: str, path: str, route: str, content: Any
    ) -> tuple[int, dict[str, str], Any]:
        base = "/projects/group%2Fproject/merge_requests/7"
        edited = re.fullmatch(re.escape(base) + r"/notes/(\d+)", route)
        if edited and method == "PUT":
            return self._edit(int(edited[1]), content)
        if route == f"{base}/notes":
            if method == "GET":
                return self._page(path, [*self.comments, *self.line_comments])
            return 201, {}, self.add(content["body"], ME)
        if route == f"{base}/discussions" and method == "POST":
            author = {"username": ME}
            note = {**content, "id": 1, "author": author, "type": "DiffNote", "system": False}
            self.line_comments.append(note)
            return 201, {}, {}
        if route == base:
            return 200, {}, {"diff_refs": {"base_sha": "b", "start_sha": "s", "head_sha": "h"}}
        return 404, {}, {"message": "404 Not found"}

    def _edit(self, number: int, content: Any) -> tuple[int, dict[str, str], Any]:
        for comment in self.comments:
            if comment["id"] == number:
                comment["body"] = content["body"]
                return 200, {}, comment
        return 404, {}, {"message": "Not Found"}

    def _page(self, path: str, entries: list[Any]) -> tuple[int, dict[str, str], Any]:
        query = parse_qs(urlsplit(path).query)
        size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
        size = min(size, 100)
        part = entries[(page - 1) * size : page * size]
        headers = {}
        if page * size < len(entries):
            route = urlsplit(path).path
            host = self.elsewhere or self.url
            after = f"{host}{route}?per_page={size}&page={page + 1}"
            headers["Link"] = f'<{host}{route}?page=1>; rel="first", <{after}>; rel="next"'
        return 200, headers, part


@contextmanager
def serving(fake: FakeForge) -> Iterator[FakeForge]:
    """The fake as a server of this machine; ``url`` is its address."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            content = json.loads(self.rfile.read(length)) if length else None
            sent = self.headers.get("Authorization"), self.headers.get("PRIVATE-TOKEN")
            if f"Bearer {TOKEN}" not in sent and TOKEN not in sent:
                status, headers, found = 401, dict[str, str](), {"message": "Bad credentials"}
            else:
                status, headers, found = fake.answer(self.command, self.path, content)
            data = found if isinstance(found, bytes) else json.dumps(found).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = _do  # noqa: N815 - the names of the library

        def log_message(self, *_given: object) -> None:
            """Say nothing."""

    with serving_on_loopback(Handler) as port:
        fake.url = f"http://127.0.0.1:{port}"
        yield fake
