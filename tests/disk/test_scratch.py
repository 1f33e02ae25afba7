"""What runs, runs on a copy that leads nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nbprod.disk.scratch import copy_tree, scratch_folder, write_scratch


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
        assert [os.path.relpath(path, place) for path in found] == ["endless", "link", "sub/file"]
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
