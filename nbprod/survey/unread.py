"""A notebook or an archive that cannot be read. Pure."""

from __future__ import annotations

from typing import NamedTuple

from nbprod.errors import ReadError
from nbprod.survey.rows import RawNotebook

__all__ = ["Unread"]


class Unread(NamedTuple):
    """A notebook or an archive that cannot be read, and why; its document has no bytes."""

    document: RawNotebook
    error: ReadError
