"""As much of the S3 API, on loopback, as applications use: objects, listings, ETags."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.loopback import serving_on_loopback

__all__ = ["Bucket", "serve_bucket"]

_NO_KEY = "<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>"


class Bucket:
    """The objects of a server, and the requests that it has answered."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.port = 0

    @property
    def settings(self) -> dict[str, Any]:
        """Return the configuration of an application that keeps its artefacts here."""
        options = {
            "key": "k",
            "secret": "s",
            "client_kwargs": {"endpoint_url": f"http://127.0.0.1:{self.port}"},
        }
        return {"storage": "s3://bucket/app", "storage_options": options}

    def count(self) -> Counter[str]:
        """Return how many requests of each method there were."""
        return Counter(request.split()[0] for request in self.requests)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        headers = {"Content-Length": str(len(body)), **headers}
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _key(self) -> str:
        self.bucket.requests.append(f"{self.command} {self.path}")
        return unquote(urlsplit(self.path).path).lstrip("/").partition("/")[2]

    def do_PUT(self) -> None:  # noqa: N802
        key = self._key()
        self.bucket.objects[key] = self._body()
        self._answer(200, ETag=_tag(self.bucket.objects[key]))

    def do_HEAD(self) -> None:  # noqa: N802
        data = self.bucket.objects.get(self._key())
        if data is None:
            self._answer(404)
        else:
            self._answer(200, data, ETag=_tag(data), Last_Modified=formatdate(usegmt=True))

    def do_GET(self) -> None:  # noqa: N802
        key = self._key()
        query = parse_qs(urlsplit(self.path).query)
        if "list-type" in query:
            return self._answer(200, self._listing(query).encode(), Content_Type="application/xml")
        data = self.bucket.objects.get(key)
        if data is None:
            return self._answer(404, _NO_KEY.encode(), Content_Type="application/xml")
        return self._answer(200, data, ETag=_tag(data), Last_Modified=formatdate(usegmt=True))

    def do_DELETE(self) -> None:  # noqa: N802
        self.bucket.objects.pop(self._key(), None)
        self._answer(204)

    def _body(self) -> bytes:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if "aws-chunked" not in self.headers.get("Content-Encoding", ""):
            return data
        plain = b""
        while data:
            head, _, data = data.partition(b"\r\n")
            size = int(head.split(b";")[0], 16)
            if not size:
                break
            plain, data = plain + data[:size], data[size + 2 :]
        return plain

    def _listing(self, query: dict[str, list[str]]) -> str:
        prefix, delimiter = query.get("prefix", [""])[0], query.get("delimiter", [""])[0]
        below = sorted(key for key in self.bucket.objects if key.startswith(prefix))
        parts, folders = [], set()
        for key in below:
            rest = key[len(prefix) :]
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.partition(delimiter)[0] + delimiter)
                continue
            data = self.bucket.objects[key]
            parts.append(
                f"<Contents><Key>{escape(key)}</Key><Size>{len(data)}</Size>"
                f"<ETag>{escape(_tag(data))}</ETag>"
                "<LastModified>2024-01-01T00:00:00.000Z</LastModified></Contents>"
            )
        parts += [f"<CommonPrefixes><Prefix>{escape(x)}</Prefix></CommonPrefixes>" for x in folders]
        return (
            "<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>"
            f"<KeyCount>{len(parts)}</KeyCount>{''.join(parts)}</ListBucketResult>"
        )

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _tag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


@contextmanager
def serve_bucket() -> Iterator[Bucket]:
    """Serve one bucket on a free port of loopback."""
    bucket = Bucket()
    handler = type("Handler", (_Handler,), {"bucket": bucket})
    with serving_on_loopback(handler) as port:
        bucket.port = port
        yield bucket
