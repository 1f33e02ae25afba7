"""An application written anew over one that people have edited since: what is kept. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from nbprod.disk.documents import NotParsed, parse_json

__all__ = [
    "MANIFEST",
    "NEW",
    "ApplicationUpdate",
    "manifest_of",
    "planned_update",
    "written_hashes",
]

# Says what was written, by hash; it is a part of the application.
MANIFEST = ".nbprod-pipeline.json"
NEW = ".new"


@dataclass(frozen=True, slots=True)
class ApplicationUpdate:
    """What an update does, by relative path.

    ``write`` has new contents, those of conflicts as `PATH.new`; ``remove`` what is not written
    any more and nobody has edited; ``kept`` are edited files whose new content is the old one;
    ``conflicts`` edited files with another; ``left`` edited ones that are not written any more;
    ``deleted`` those that a person has removed.
    """

    write: Mapping[str, bytes]
    remove: Mapping[str, bytes]
    kept: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """The record of what was written."""
    hashes = {path: _hash(data) for path, data in sorted(files.items())}
    return (json.dumps({"version": 1, "files": hashes}, indent=1) + "\n").encode()


def written_hashes(manifest: bytes) -> dict[str, str] | None:
    """The hashes of what was written, by path; None where the record cannot be read."""
    try:
        content = parse_json(manifest.decode("utf-8"))
    except (NotParsed, UnicodeDecodeError):
        return None
    files = content.get("files") if isinstance(content, dict) else None
    if not isinstance(files, dict) or content.get("version") != 1:
        return None
    return {str(path): str(digest) for path, digest in files.items()}


def planned_update(
    new: Mapping[str, bytes], there: Mapping[str, bytes | None], written: Mapping[str, str]
) -> ApplicationUpdate:
    """What becomes of each file.

    Args:
        new: what would be written now.
        there: what the paths of ``new`` and ``written`` hold.
        written: the hashes of what was written last.
    """
    write: dict[str, bytes] = {}
    kept, conflicts, deleted = [], [], []
    for path, data in new.items():
        now, before = there.get(path), written.get(path)
        if now == data:
            continue
        if now is None and before is not None:
            deleted.append(path)
        elif now is None or _hash(now) == before:
            write[path] = data
        elif _hash(data) == before:
            kept.append(path)
        else:
            conflicts.append(path)
            write[path + NEW] = data
    gone = {path: there.get(path) for path in written if path not in new}
    remove = {
        path: now for path, now in gone.items() if now is not None and _hash(now) == written[path]
    }
    left = [path for path, now in gone.items() if now is not None and path not in remove]
    return ApplicationUpdate(
        write, remove, tuple(kept), tuple(conflicts), tuple(left), tuple(deleted)
    )


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
