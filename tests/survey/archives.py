"""Archives of notebooks, made for tests."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping, Sequence

__all__ = ["dbc_of", "tar_of", "zip_of"]


def zip_of(members: Mapping[str, bytes]) -> bytes:
    """The bytes of a zip file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 6, 0, 0, 0)), data)
    return target.getvalue()


def tar_of(members: Mapping[str, bytes], mode: str = "w:gz") -> bytes:
    """The bytes of a tar file, with a link out of it in addition."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:  # type: ignore[call-overload]
        link = tarfile.TarInfo("link.ipynb")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_715_000_000
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def dbc_of(notebooks: Mapping[str, Sequence[str]], language: str = "python") -> bytes:
    """A Databricks archive: commands in another order than their positions."""
    members = {"manifest.mf": b"Manifest"}
    for name, commands in notebooks.items():
        document = {
            "version": "NotebookV1", "language": language, "name": name,
            "commands": [
                {"version": "CommandV1", "command": text, "position": float(number),
                 "results": {"type": "html", "data": f"result {number}"}}
                for number, text in reversed(list(enumerate(commands, 1)))
            ],
        }  # fmt: skip
        members[f"{name}.{language}"] = json.dumps(document).encode()
    return zip_of(members)
