# SPDX-License-Identifier: MIT-0
"""Arrays of NumPy, and sparse matrices."""

from __future__ import annotations

import io
from typing import Any

from .kinds import Format, type_name

__all__ = ["FORMATS"]


def _array_bytes(value: Any) -> bytes:
    import numpy as np

    stream = io.BytesIO()
    np.save(stream, value, allow_pickle=False)
    return stream.getvalue()


def _array(data: bytes) -> Any:
    import numpy as np

    return np.load(io.BytesIO(data), allow_pickle=False)


def _sparse_bytes(value: Any) -> bytes:
    from scipy import sparse

    stream = io.BytesIO()
    sparse.save_npz(stream, value)
    return stream.getvalue()


def _sparse(data: bytes) -> Any:
    from scipy import sparse

    return sparse.load_npz(io.BytesIO(data))


FORMATS = {
    "array": Format(
        "npy",
        lambda value: type_name(value) == "numpy.ndarray" and not value.dtype.hasobject,
        _array_bytes,
        _array,
    ),
    "sparse": Format(
        "npz",
        lambda value: type_name(value).startswith("scipy.sparse."),
        _sparse_bytes,
        _sparse,
    ),
}
