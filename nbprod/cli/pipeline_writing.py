"""How `nbprod pipeline` writes an application: anew, or over one that people have edited."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbprod.cli.output import print_line
from nbprod.errors import UsageError

if TYPE_CHECKING:
    from nbprod.pipeline.types import PipelinePlan
    from nbprod.pipeline.update import ApplicationUpdate

__all__ = ["update_application", "write_application", "write_picture"]


def write_application(files: Mapping[str, bytes], folder: str, *, force: bool) -> list[str]:
    """Write an application; returns the files that were changed.

    Raises:
        UsageError: something else is there.
    """
    from nbprod.pipeline.update import MANIFEST, manifest_of
    from nbprod.project.write_all import existing, write_all

    paths = _absolute({**files, MANIFEST: manifest_of(files)}, folder)
    there = [os.path.relpath(path) for path in existing(paths)]
    if there and not force:
        shown = ", ".join(there[:3]) + (f" and {len(there) - 3} more" if len(there) > 3 else "")
        advice = "use --update to keep what was edited, or --force to overwrite"
        raise UsageError(f"{shown} already exists; {advice}")
    return write_all(paths, read={}, force=True, within=[folder], named=[])


def update_application(files: Mapping[str, bytes], folder: str) -> int:
    """Write an application over the one in a directory, keeping what was edited there.

    Raises:
        UsageError: nothing says what was written there, or an earlier conflict is not resolved.
    """
    from nbprod.disk.write import remove_file
    from nbprod.pipeline.update import MANIFEST, NEW, manifest_of, planned_update, written_hashes
    from nbprod.project.write_all import bytes_there, write_all

    manifest = bytes_there(os.path.join(folder, MANIFEST))
    written = written_hashes(manifest) if manifest is not None else None
    if written is None:
        where = os.path.relpath(os.path.join(folder, MANIFEST))
        raise UsageError(f"cannot update {folder}: no record {where}; use --force")
    there = {path: bytes_there(_path(path, folder)) for path in {*files, *written}}
    update = planned_update(files, there, written)
    waiting = [path for path in update.write if path.endswith(NEW)]
    waiting = [path for path in waiting if os.path.exists(_path(path, folder))]
    if waiting:
        raise UsageError(f"{waiting[0]} is still there; merge it into the file, then remove it")
    changed = _absolute({**update.write, MANIFEST: manifest_of(files)}, folder)
    known = {_path(path, folder): data for path, data in there.items() if data is not None}
    known[_path(MANIFEST, folder)] = manifest or b""
    write_all(changed, read=known, force=False, within=[folder], named=[])
    for path, data in update.remove.items():
        remove_file(_path(path, folder), data)
    _report(update, folder)
    return 1 if update.conflicts else 0


def _report(update: ApplicationUpdate, folder: str) -> None:
    for path in update.conflicts:
        print_line(f"conflict: {path} was edited; what is written now is in {path}.new")
    for path in update.left:
        print_line(f"kept {path}: it was edited, and is not written any more")
    for path in update.deleted:
        print_line(f"not written: {path} was deleted")
    for path in update.kept:
        print_line(f"kept {path}: it was edited, and what is written has not changed")
    count = len(update.conflicts)
    print_line(
        f"updated {os.path.relpath(folder)}: {len(update.write) - count} files written,"
        f" {len(update.remove)} removed, {count} conflict{'s' * (count != 1)}"
    )


def write_picture(plan: PipelinePlan, path: str) -> None:
    """Draw a plan into a file."""
    from nbprod.pipeline.picture import picture_page, picture_svg
    from nbprod.project.write_all import write_all

    suffix = os.path.splitext(path)[1].lower()
    if suffix not in (".svg", ".html"):
        raise UsageError(f"unknown kind of picture {path!r} (choose .svg or .html)")
    text = picture_svg(plan) if suffix == ".svg" else picture_page(plan)
    where = os.path.dirname(os.path.abspath(path))
    write_all({path: text.encode()}, read={}, force=True, within=[where], named=(path,))
    print_line(f"wrote {path}")


def _absolute(files: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    return {_path(path, folder): data for path, data in files.items()}


def _path(path: str, folder: str) -> str:
    return os.path.join(folder, *path.split("/"))
