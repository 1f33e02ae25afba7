"""What runs, runs on a copy that leads nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nbprod.disk.scratch import copy_tree, scratch_folder, tree_size, write_scratch


def test_a_copy_has_links_and_no_pipes(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "sub" / "skipped").mkdir(parents=True)
    (source / "sub" / "file").write_text("text")
    (source / "link").symlink_to("sub/file")
    (source / "endless").symlink_to("/dev/zero")
    os.mkfifo(source / "sub" / "pipe")
    with scratch_folder() as folder:
        place = os.path.join(folder, "copy")
        copy_tree(str(source), place, lambda _, names: {"skipped"} & set(names))
        found = sorted(
            os.path.join(top, name) for top, _, names in os.walk(place) for name in names
        )
        assert [os.path.relpath(path, place) for path in found] == ["link", "sub/file"]
        assert os.readlink(os.path.join(place, "link")) == "sub/file"
    assert not os.path.exists(folder)


def test_a_link_in_the_copy_does_not_lead_out(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    with scratch_folder() as folder:
        os.symlink(tmp_path / "outside", os.path.join(folder, "sub"))
        with pytest.raises(OSError, match="out of the project"):
            write_scratch(folder, "sub/module.py", b"x = 1")
        assert write_scratch(folder, "new/module.py", b"x = 1").startswith(folder)
    assert list((tmp_path / "outside").iterdir()) == []


def nothing_skipped(_: str, __: list[str]) -> set[str]:
    return set()


def test_what_is_written_through_links_of_a_copy_stays_in_it(tmp_path: Path) -> None:
    outside, source = tmp_path / "outside", tmp_path / "source"
    for folder in (outside / "inner", source / "own"):
        folder.mkdir(parents=True)
    (outside / "a.csv").write_text("a")
    (outside / "up").symlink_to(tmp_path)
    (source / "own" / "b.csv").write_text("b")
    links = {
        "whole": outside, "file.csv": outside / "a.csv", "up": tmp_path, "gone": outside / "new",
        "again": source / "own", "own/c.csv": source / "own" / "b.csv",
    }  # fmt: skip
    for name, target in links.items():
        (source / name).symlink_to(target)
    with scratch_folder() as scratch:
        place = Path(scratch, "copy")
        copy_tree(str(source), str(place), nothing_skipped)
        assert (place / "whole" / "a.csv").read_text() == "a"
        assert (place / "again" / "c.csv").read_text() == "b"
        for name in ("whole/a.csv", "whole/new.csv", "file.csv", "again/b.csv", "own/c.csv"):
            (place / name).write_text("changed")
        assert not [name for name in ("up", "gone", "whole/up") if os.path.lexists(place / name)]
    assert (outside / "a.csv").read_text() == "a" and (source / "own" / "b.csv").read_text() == "b"
    assert sorted(path.name for path in outside.iterdir()) == ["a.csv", "inner", "up"]


def test_what_links_lead_to_counts_as_size(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.bin").write_bytes(b"x" * 5000)
    source = tmp_path / "source"
    source.mkdir()
    (source / "data").symlink_to(tmp_path / "outside")
    size = tree_size(str(source), 10_000, nothing_skipped)
    assert size is not None and 5000 <= size < 5500
    assert tree_size(str(source), 4000, nothing_skipped) is None
    assert tree_size(str(source), 4000, lambda _, names: names) == 0
