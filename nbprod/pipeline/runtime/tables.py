# SPDX-License-Identifier: MIT-0
"""Tables of files from outside, by suffix."""

from __future__ import annotations

import io
from typing import Any

from .errors import ApplicationError

__all__ = ["read_table", "table_bytes"]

_KNOWN = ".parquet, .csv or .json"


def read_table(url: str, data: bytes) -> Any:
    """Return the frame in the bytes of a file, whose name says what it is."""
    import pandas as pd

    stream = io.BytesIO(data)
    try:
        if url.endswith(".parquet"):
            return pd.read_parquet(stream)
        if url.endswith(".csv"):
            return pd.read_csv(stream)
        if url.endswith(".json"):
            return pd.read_json(stream, orient="records")
    except Exception as error:  # whatever the reader of a format raises
        raise ApplicationError(f"cannot read {url}: {' '.join(str(error).split())}") from error
    raise ApplicationError(f"cannot read {url}: its name must end in {_KNOWN}")


def table_bytes(url: str, frame: Any) -> bytes:
    """Return a frame as the bytes of a file, whose name says what it is."""
    if url.endswith(".parquet"):
        stream = io.BytesIO()
        frame.to_parquet(stream)
        return stream.getvalue()
    if url.endswith(".csv"):
        return bytes(frame.to_csv(index=False).encode())
    if url.endswith(".json"):
        return bytes(frame.to_json(orient="records").encode())
    raise ApplicationError(f"cannot write {url}: its name must end in {_KNOWN}")
