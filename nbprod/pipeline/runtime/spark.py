# SPDX-License-Identifier: MIT-0
"""Frames of Spark as directories of Parquet that Spark itself writes and reads.

Rows keep their order as long as there are few files: of several files Spark reads the largest
first.
"""

from __future__ import annotations

import importlib.util
from functools import reduce
from typing import Any

from .errors import ApplicationError, load_module
from .keys import sha256
from .kinds import has_root
from .records import Stored
from .storage import Storage

__all__ = ["load_spark", "store_spark"]

_MOST_FILES = 64


def store_spark(storage: Storage, path: str, frame: Any, what: str) -> Stored:
    """Let Spark write a frame; return what its record says.

    The hash is of the rows' files, whose names Spark draws at random and are left out.

    Args:
        storage: one that Spark reaches by its own means: a directory, or S3 by `s3a`.
        path: the directory below it.
        frame: what is written.
        what: `task.output`.
    """
    if not (has_root(frame, "pyspark") and type(frame).__name__ == "DataFrame"):
        raise ApplicationError(
            f"{what} is a {type(frame).__name__}, which `spark` cannot store: no frame of Spark"
        )
    frame.write.parquet(_url(storage, path))
    size, digest = _content(storage, path)
    return Stored(path, "spark", "pyspark.sql.DataFrame", size, digest)


def load_spark(storage: Storage, stored: Stored) -> Any:
    """Return the frame of a directory, read by the session of this process."""
    if _content(storage, stored.path)[1] != stored.sha256:
        raise ApplicationError(f"{storage.url}/{stored.path}: is not what the task wrote")
    reader, url = _session().read, _url(storage, stored.path)
    files = [name for name in storage.names(stored.path) if name.endswith(".parquet")]
    if len(files) > _MOST_FILES:
        return reader.parquet(url)
    return reduce(
        lambda above, below: above.union(below),
        [reader.parquet(f"{url}/{name}") for name in files],
    )


def _session() -> Any:
    """Return the session of this process, as the application makes it."""
    app = __package__.rpartition(".")[0]
    if app and importlib.util.find_spec(f"{app}.library"):
        made = getattr(load_module("library"), "spark_session", None)
        if made:
            return made()
    from pyspark.sql import SparkSession

    return SparkSession.builder.getOrCreate()


def _url(storage: Storage, path: str) -> str:
    url = f"{storage.url}/{path}"
    return url.replace("s3://", "s3a://", 1) if url.startswith("s3://") else url


def _content(storage: Storage, path: str) -> tuple[int, str]:
    """Return the bytes of a directory, and a hash of them."""
    names = [name for name in storage.names(path) if name.endswith(".parquet")]
    parts = [storage.read(f"{path}/{name}") for name in names]
    hashes = "".join(sorted(map(sha256, parts)))
    return sum(map(len, parts)), sha256(hashes.encode())
